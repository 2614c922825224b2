"""The training loop: a generator of records that neither prints nor writes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from rnnctl.results.training import Snapshot, StepRecord, Stopping, ValidationRecord
from rnnctl.training.checkpoint_schedule import CheckpointSchedule
from rnnctl.training.compiling import patiently
from rnnctl.training.early_stopping import BestWeights
from rnnctl.training.program import CallInputs, TrainingProgram
from rnnctl.training.schedule import Schedule
from rnnctl.training.steps_per_execution import SECONDS_A_CALL, StepsPerExecution
from rnnctl.training.training_state import TrainingState
from rnnctl.training.update_ratios import UpdateRatios

PREFETCH = 2
"""Calls whose batches are prepared while one runs: a step that is measured is a call of its own, too short to prepare
those of the next one beside it."""

GRACE_SECONDS = 0.5
"""Seconds that a busy thread has to finish where it is to be abandoned."""

Event = StepRecord | ValidationRecord | Snapshot
"""What the loop yields."""


CallResult = tuple[npt.NDArray[np.float32], float, Mapping[str, float] | None]
"""Rows of results ``[steps, row]``, seconds a step, and of a single, measured step the update ratios by weight."""


@dataclass
class TrainingLoop:
    """Trains, call by call, and yields step by step what happened, and the snapshots of the checkpoint schedule.

    Attributes:
        program: The compiled steps.
        schedule: Which sequences each step sees.
        best: Follows the validation loss.
        state: The variables, for snapshots.
        validate: Computes the validation loss; None without a validation split.
        every: State gradients' norms are recorded at every so many steps.
        stop: Called between calls; True ends training.
        at_once: Called on exit; True abandons a step or validation that is still running instead of waiting for it.
        calls: Number of steps of each call.
        done: Steps taken, those included whose records have not been yielded yet.
        stopped: Why training ended.
        last: The last step's record.
        norm_before: Gradient norm at the step before the last one.
        checkpoints: When snapshots are taken; None takes none.
        until: Step after which training ends as if it were interrupted; None goes on to the schedule's end.
        updates: Measures how large the updates of some steps are; None measures none.
        waited: Seconds that steps waited for their batches, after the first call.
        worked: Seconds that steps took, after the first call.
    """

    program: TrainingProgram
    schedule: Schedule
    best: BestWeights
    state: TrainingState
    validate: Callable[[], float] | None = None
    every: int = 1
    stop: Callable[[], bool] = lambda: False
    at_once: Callable[[], bool] = lambda: False
    calls: StepsPerExecution = field(default_factory=StepsPerExecution)
    done: int = 0
    stopped: str = "finished"
    last: StepRecord | None = None
    norm_before: float | None = None
    checkpoints: CheckpointSchedule | None = None
    until: int | None = None
    updates: UpdateRatios | None = None
    waited: float = 0.0
    worked: float = 0.0
    _stopping_before: tuple[int, Stopping] = (0, Stopping())
    _last_snapshot: int = 0
    # Arguments of the next calls while these are being prepared, and the steps of each.
    _pending: deque[tuple[Future[CallInputs], int]] = field(default_factory=deque)

    def __iter__(self) -> Generator[Event, None, None]:
        # One thread takes steps and another prepares the next batches, while this one yields the records of the call
        # before: whoever prints and writes them costs training nothing, as long as a core is free.
        with _two_threads(self.at_once) as (worker, feeder):
            patiently(worker.submit(self.program.warm_up))  # there, since a signal is handled while this thread waits
            running = yield from self._advance(worker, feeder, iter(()))
            while running is not None:
                rows, seconds, ratios = patiently(running)
                first, self.done = self.done + 1, self.done + len(rows)
                self.stopped = "finished" if np.isfinite(rows[-1, :2]).all() else "non-finite"
                running = yield from self._advance(worker, feeder, self._records(rows, seconds, ratios, first))

    def snapshot(self, *reasons: str) -> Snapshot:
        """Copies the state after the last step; only while no step is running.

        Args:
            reasons: Why, for the record.
        """
        self._last_snapshot = self.done
        step, before = self._stopping_before
        return self.state.take(self.done, before if step == self.done else self.best.state, *reasons)

    def restore(self, snapshot: Snapshot) -> None:
        """Restores the state of a snapshot; iterating then goes on after its step.

        Args:
            snapshot: One that ``state.check`` found to fit.
        """
        self.state.put(snapshot)
        self.best.state = snapshot.stopping
        self.done = self._last_snapshot = snapshot.step
        self._pending.clear()

    @property
    def input_wait(self) -> float | None:
        """Share of the steps' time that they waited for their batches, 0 to 1; None where that was but a moment."""
        whole = self.waited + self.worked
        return self.waited / whole if whole >= SECONDS_A_CALL else None

    def _advance(
        self, worker: ThreadPoolExecutor, feeder: ThreadPoolExecutor, records: Iterator[Event]
    ) -> Generator[Event, None, Future[CallResult] | None]:
        """Yields a call's records, validation and snapshot, and starts the next call as early as it can."""
        ends = self.done % self.schedule.steps_per_epoch == 0 or self.done == self.schedule.total_steps
        best, left = False, records
        if self.validate is not None and self.stopped == "finished" and self.done and ends:
            validating = worker.submit(self.validate)
            yield from records
            loss, epoch = patiently(validating), self.schedule.epoch(self.done)
            self._stopping_before = self.done, self.best.state
            best = self.best.note(loss, epoch)
            left = iter((ValidationRecord(self.done, epoch, loss, best),))
            if self.best.exhausted and self.done < self.schedule.total_steps:
                self.stopped = "early stopping"
        taking = self._start_snapshot(worker, best=best)
        running = self._next_call(worker, feeder)
        yield from left
        if taking is not None:
            yield taking.result()
        return running

    def _start_snapshot(self, worker: ThreadPoolExecutor, *, best: bool) -> Future[Snapshot] | None:
        """Starts a snapshot between two calls, if the checkpoint schedule has one here."""
        if self.checkpoints is None or self.stopped == "non-finite" or self.done == self._last_snapshot:
            return None
        reasons = self.checkpoints.reasons(self.done, best=best)
        return worker.submit(self.snapshot, *reasons) if reasons else None

    def _next_call(self, worker: ThreadPoolExecutor, feeder: ThreadPoolExecutor) -> Future[CallResult] | None:
        """Starts the next call, unless training is over, and has the batches of the ones after it prepared."""
        if self.done >= self.schedule.total_steps or self.stopped != "finished":
            return None
        if self.stop() or self.done == self.until:
            self.stopped = "interrupted"
            return None
        self._prefetch(feeder, self.done, calls=1)
        if not self._pending:
            return None
        inputs, steps = self._pending.popleft()
        measured = self.updates if self.updates is not None and self.updates.due(self.done + 1) else None
        running = worker.submit(self._timed_call, inputs, measured)
        self._prefetch(feeder, self.done + steps, calls=PREFETCH)
        return running

    def _prefetch(self, feeder: ThreadPoolExecutor, done: int, calls: int) -> None:
        """Has the batches of the calls that begin after step ``done`` prepared; of none at the end of training."""
        done += sum(steps for _, steps in self._pending)
        while len(self._pending) < calls and (count := self._count(done)):
            self._pending.append((feeder.submit(self._prepare, done, count), count))
            done += count

    def _count(self, done: int) -> int:
        """Steps of the call that begins after step ``done``; 0 at the end of training."""
        schedule = self.schedule
        end = schedule.total_steps if self.until is None else min(self.until, schedule.total_steps)
        count = min(self.calls.steps, end - done, self.program.feed.steps_a_call)
        count = schedule.alike(done, count) if count > 0 else 0
        if self.checkpoints is not None:
            count = self.checkpoints.bound(done, count)
        if self.updates is not None:
            count = self.updates.bound(done, count)
        if self.validate is not None:
            count = min(count, schedule.steps_left_in_epoch(done))
        return count

    def _prepare(self, done: int, count: int) -> CallInputs:
        at = self.schedule
        return self.program.prepare(*at.batches(done, count), at.pieces(done, count), at.padded_length(done))

    def _timed_call(self, inputs: Future[CallInputs], measured: UpdateRatios | None) -> CallResult:
        began = time.perf_counter()
        prepared = inputs.result()
        waited = time.perf_counter() - began
        before = [] if measured is None else measured.values()
        began = time.perf_counter()
        rows = self.program.run(prepared)
        seconds = time.perf_counter() - began
        ratios = None if measured is None else measured.since(before)
        if self.calls.seconds:  # nothing ran before the first call beside which its batches could have been prepared
            self.waited += waited
            self.worked += seconds
        # A step alone in its call says little of how long a step takes, and nothing of how many a call may take.
        each = seconds if measured is not None and self.calls.seconds else self.calls.note(len(rows), seconds)
        return rows, each, ratios

    def _records(
        self, rows: npt.NDArray[np.float32], seconds: float, ratios: Mapping[str, float] | None, first: int
    ) -> Iterator[StepRecord]:
        for step, row in enumerate(rows.tolist(), start=first):
            self.norm_before = self.last.gradient_norm if self.last else None
            # The step that is not finite has its norms through time whatever ``every`` says: they show where.
            every = 1 if self.stopped == "non-finite" and step == self.done else self.every
            epoch = self.schedule.epoch(step)
            record = self.program.layout.record(row, step=step, epoch=epoch, seconds=seconds, every=every)
            self.last = record if ratios is None else replace(record, update_ratios=ratios)
            yield self.last


@contextmanager
def _two_threads(at_once: Callable[[], bool]) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    """A thread for steps and one for batches; waits for both on exit, unless ``at_once`` says to abandon them."""
    pools = ThreadPoolExecutor(1, "rnnctl-steps"), ThreadPoolExecutor(1, "rnnctl-batches")
    try:
        yield pools
    finally:
        busy = at_once() and bool(wait([pool.submit(int) for pool in pools], GRACE_SECONDS).not_done)
        for pool in pools:
            pool.shutdown(wait=not busy, cancel_futures=busy)
