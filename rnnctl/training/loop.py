"""The training loop: a generator of records that neither prints nor writes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.results.training import Snapshot, StepRecord, Stopping, ValidationRecord
from rnnctl.training.best import BestWeights
from rnnctl.training.due import Due
from rnnctl.training.layout import Prepared
from rnnctl.training.pace import SECONDS_A_CALL, Pace
from rnnctl.training.plan import Plan
from rnnctl.training.program import TrainingProgram
from rnnctl.training.rows import make_record
from rnnctl.training.state import TrainingState
from rnnctl.training.threads import two_threads
from rnnctl.training.updates import Updates

CALLS_AHEAD = 2
"""Calls whose batches are prepared while one runs: a step that is measured is a call of its own, too short to prepare
those of the next one beside it."""

Event = StepRecord | ValidationRecord | Snapshot
"""What the loop yields."""


class Taken(NamedTuple):
    """What one call gave.

    Attributes:
        rows: ``[steps, row]``, rows of results.
        seconds: Seconds a step.
        ratios: Of a step that was alone in the call and measured, how large its update was, by weight.
    """

    rows: npt.NDArray[np.float32]
    seconds: float
    ratios: Mapping[str, float] | None


class Coming(NamedTuple):
    """A call whose batches are being prepared.

    Attributes:
        batches: What it will be given.
        steps: How many steps it takes.
    """

    batches: Future[Prepared]
    steps: int


@dataclass
class TrainingLoop:
    """Trains, call by call, and yields what happened step by step, and snapshots where they are due.

    Attributes:
        program: The compiled steps.
        plan: Which sequences each step sees.
        best: Follows the validation loss.
        validate: Gives the validation loss; None without a validation split.
        every: State gradients' norms are recorded at every so many steps.
        stop: Asked between calls; training ends where it says True.
        at_once: Asked where iterating ends; a step or a validation that is still under way is left to itself where it
            says True, and waited for otherwise.
        pace: How many steps a call takes.
        done: Steps taken, those included whose records have not been yielded yet.
        stopped: Why training ended.
        last: The last step's record.
        norm_before: Gradient norm at the step before the last one.
        state: The variables, for snapshots.
        due: When snapshots are taken; None takes none.
        until: Step after which training ends as if it were interrupted; None goes on to the plan's end.
        updates: Measures how large the updates of some steps are; None measures none.
        waited: Seconds that steps waited for their batches, after the first call.
        worked: Seconds that steps took, after the first call.
    """

    program: TrainingProgram
    plan: Plan
    best: BestWeights
    validate: Callable[[], float] | None = None
    every: int = 1
    stop: Callable[[], bool] = lambda: False
    at_once: Callable[[], bool] = lambda: False
    pace: Pace = field(default_factory=Pace)
    done: int = 0
    stopped: str = "finished"
    last: StepRecord | None = None
    norm_before: float | None = None
    state: TrainingState | None = None
    due: Due | None = None
    until: int | None = None
    updates: Updates | None = None
    waited: float = 0.0
    worked: float = 0.0
    _before: tuple[int, Stopping] = (0, Stopping())
    _kept: int = 0
    _ahead: deque[Coming] = field(default_factory=deque)

    def __iter__(self) -> Generator[Event, None, None]:
        # One thread takes steps and another prepares the next batches, while this one yields the records of the call
        # before: whoever prints and writes them costs training nothing, as long as a core is free.
        with two_threads(self.at_once) as (worker, feeder):
            worker.submit(self.program.warm_up).result()  # there, since a signal is handled while this thread waits
            running = yield from self._go_on(worker, feeder, iter(()))
            while running is not None:
                taken = running.result()
                first, self.done = self.done + 1, self.done + len(taken.rows)
                self.stopped = self._reason(taken.rows)
                running = yield from self._go_on(worker, feeder, self._records(taken, first))

    def snapshot(self, *reasons: str) -> Snapshot:
        """Copies the state after the last step; only while no step is being taken.

        Args:
            reasons: Why, for the record.
        """
        if self.state is None:
            raise RuntimeError("this loop was not given its variables")
        self._kept = self.done
        step, before = self._before
        return self.state.take(self.done, before if step == self.done else self.best.state, *reasons)

    def restore(self, snapshot: Snapshot) -> None:
        """Takes up the state of a snapshot; iterating then goes on after its step.

        Args:
            snapshot: One that ``state.check`` found to fit.
        """
        if self.state is None:
            raise RuntimeError("this loop was not given its variables")
        self.state.put(snapshot)
        self.best.state = snapshot.stopping
        self.done = self._kept = snapshot.step
        self._ahead.clear()

    def _go_on(
        self, worker: ThreadPoolExecutor, feeder: ThreadPoolExecutor, records: Iterator[StepRecord]
    ) -> Generator[Event, None, Future[Taken] | None]:
        """Yields a call's records, validation and snapshot, and starts the next call as early as it can."""
        validating = self._validating(worker)
        if validating is None:
            taking = self._taking(worker)
            running = self._next_call(worker, feeder)
            yield from records
        else:
            yield from records
            validation = self._validation(validating.result())
            taking = self._taking(worker, best=validation.is_best)
            running = self._next_call(worker, feeder)
            yield validation
        if taking is not None:
            yield taking.result()
        return running

    def _taking(self, worker: ThreadPoolExecutor, *, best: bool = False) -> Future[Snapshot] | None:
        """Starts a snapshot between two calls, if one is due."""
        if self.due is None or self.stopped == "non-finite" or self.done == self._kept:
            return None
        reasons = self.due.reasons(self.done, best=best)
        return worker.submit(self.snapshot, *reasons) if reasons else None

    def _next_call(self, worker: ThreadPoolExecutor, feeder: ThreadPoolExecutor) -> Future[Taken] | None:
        """Starts the next call, unless training is over, and has the batches of the one after it prepared."""
        if self.done >= self.plan.total_steps or self.stopped != "finished":
            return None
        if self.stop() or self.done == self.until:
            self.stopped = "interrupted"
            return None
        self._have_prepared(feeder, self.done, calls=1)
        if not self._ahead:
            return None
        call = self._ahead.popleft()
        measured = self.updates if self.updates is not None and self.updates.due(self.done + 1) else None
        running = worker.submit(lambda: self._timed_call(self._waited_for(call.batches), measured))
        self._have_prepared(feeder, self.done + call.steps, calls=CALLS_AHEAD)
        return running

    def _have_prepared(self, feeder: ThreadPoolExecutor, done: int, calls: int) -> None:
        """Has the batches of the calls that begin after step ``done`` prepared; of none at the end of training."""
        done += sum(call.steps for call in self._ahead)
        while len(self._ahead) < calls and (count := self._count(done)):
            self._ahead.append(Coming(feeder.submit(self._prepared, done, count), count))
            done += count

    def _count(self, done: int) -> int:
        """Steps of the call that begins after step ``done``; 0 at the end of training."""
        end = self.plan.total_steps if self.until is None else min(self.until, self.plan.total_steps)
        count = min(self.pace.steps, end - done, self.program.feed.steps_a_call)
        count = self.plan.same_width(done, count) if count > 0 else 0
        if self.due is not None:
            count = self.due.bound(done, count)
        if self.updates is not None:
            count = self.updates.bound(done, count)
        if self.validate is not None:
            count = min(count, self.plan.steps_left_in_epoch(done))
        return count

    def _prepared(self, done: int, count: int) -> Prepared:
        plan = self.plan
        return self.program.prepare(*plan.batches(done, count), plan.piece(done, count), plan.width(done))

    def _waited_for(self, batches: Future[Prepared]) -> Prepared:
        began = time.perf_counter()
        prepared = batches.result()
        if self.pace.seconds:  # nothing ran before the first call beside which its batches could have been prepared
            self.waited += time.perf_counter() - began
        return prepared

    def _timed_call(self, prepared: Prepared, measured: Updates | None) -> Taken:
        if measured is not None:
            measured.begin()
        began = time.perf_counter()
        rows = self.program.run(prepared)
        seconds = time.perf_counter() - began
        ratios = None if measured is None else measured.end()
        if self.pace.seconds:
            self.worked += seconds
        # A step alone in its call says little of how long a step takes, and nothing of how many a call may take.
        each = seconds if measured is not None and self.pace.seconds else self.pace.note(len(rows), seconds)
        return Taken(rows, each, ratios)

    @property
    def input_wait(self) -> float | None:
        """Share of the steps' time that they waited for their batches, 0 to 1; None where that was but a moment."""
        whole = self.waited + self.worked
        return self.waited / whole if whole >= SECONDS_A_CALL else None

    def _reason(self, rows: npt.NDArray[np.float32]) -> str:
        return "finished" if np.isfinite(rows[-1, :2]).all() else "non-finite"

    def _records(self, taken: Taken, first: int) -> Iterator[StepRecord]:
        for step, row in enumerate(taken.rows.tolist(), start=first):
            self.norm_before = self.last.gradient_norm if self.last else None
            # The step that is not finite keeps its norms through time whatever ``every`` says: they show where.
            every = 1 if self.stopped == "non-finite" and step == self.done else self.every
            record = make_record(
                self.program.layout, row, step=step, epoch=self.plan.epoch(step), seconds=taken.seconds, every=every
            )
            self.last = record if taken.ratios is None else replace(record, update_ratios=taken.ratios)
            yield self.last

    def _validating(self, worker: ThreadPoolExecutor) -> Future[float] | None:
        """Starts a validation, if this is the time for one."""
        if self.validate is None or self.stopped != "finished" or not self.done or not self._epoch_ended():
            return None
        return worker.submit(self.validate)

    def _epoch_ended(self) -> bool:
        return self.done % self.plan.steps_per_epoch == 0 or self.done == self.plan.total_steps

    def _validation(self, loss: float) -> ValidationRecord:
        epoch = self.plan.epoch(self.done)
        self._before = self.done, self.best.state
        record = ValidationRecord(self.done, epoch, loss, self.best.note(loss, epoch))
        if self.best.exhausted and self.done < self.plan.total_steps:
            self.stopped = "early stopping"
        return record
