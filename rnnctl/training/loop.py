"""The training loop: a generator of records that neither prints nor writes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from rnnctl.config.training_schema import EarlyStopping
from rnnctl.records import StepRecord, ValidationRecord
from rnnctl.training.feeds import STEPS_A_CALL
from rnnctl.training.plan import Plan
from rnnctl.training.program import Layout, Prepared, TrainingProgram

SECONDS_A_CALL = 0.1
"""How long a compiled call should take, so that the screen moves several times a second."""


Taken = tuple[npt.NDArray[np.float32], float]
"""Rows of results of the steps of one call, and seconds a step."""


@dataclass
class Pace:
    """Chooses how many steps the next call takes.

    Attributes:
        steps: Steps of the next call.
        seconds: Seconds that a step took in the calls so far, each call's mean.
    """

    steps: int = 1
    seconds: list[float] = field(default_factory=list)

    def note(self, steps: int, seconds: float) -> float:
        """Takes in how long a call took, and returns its seconds a step."""
        each = seconds / steps
        self.seconds.append(each)
        # Growing at most eightfold keeps one lucky measurement from making a call that blocks for seconds.
        self.steps = max(1, min(STEPS_A_CALL, 8 * steps, int(SECONDS_A_CALL / max(each, 1e-9))))
        return each

    @property
    def median(self) -> float | None:
        """Median seconds a step; None before the first call."""
        return float(np.median(self.seconds)) if self.seconds else None


class BestWeights:
    """Follows the validation loss: which was best, when to stop, and the weights it was reached with.

    Args:
        model: The model in training.
        stopping: The section ``training.early_stopping``; None never stops and keeps no weights.
    """

    def __init__(self, model: keras.Model, stopping: EarlyStopping | None) -> None:
        self.loss: float | None = None
        self.epoch: int | None = None
        self._model = model
        self._stopping = stopping
        self._waited = 0
        self._weights: list[npt.NDArray[Any]] | None = None

    def note(self, loss: float, epoch: int) -> bool:
        """Takes in a validation loss and returns whether it counts as the best so far."""
        margin = self._stopping.min_delta if self._stopping else 0.0
        # NaN is below nothing, and as the first loss it would never be beaten: it does not count as a best.
        better = math.isfinite(loss) and (self.loss is None or loss < self.loss - margin)
        if better:
            self.loss, self.epoch, self._waited = loss, epoch, 0
            if self._stopping and self._stopping.restore_best_weights:
                self._weights = self._model.get_weights()
        else:
            self._waited += 1
        return better

    @property
    def exhausted(self) -> bool:
        """Whether early stopping's patience is used up."""
        return self._stopping is not None and self._waited >= self._stopping.patience

    def restore(self) -> None:
        """Puts the best epoch's weights back, where they were kept."""
        if self._weights is not None:
            self._model.set_weights(self._weights)


@dataclass
class TrainingLoop:
    """Trains, call by call, and yields what happened step by step.

    Attributes:
        program: The compiled steps.
        plan: Which sequences each step sees.
        best: Follows the validation loss.
        validate: Gives the validation loss; None without a validation split.
        every: State gradients' norms are recorded at every so many steps.
        stop: Asked between calls; training ends where it says True.
        pace: How many steps a call takes.
        done: Steps taken, those included whose records have not been yielded yet.
        stopped: Why training ended.
        last: The last step's record.
        norm_before: Gradient norm at the step before the last one.
    """

    program: TrainingProgram
    plan: Plan
    best: BestWeights
    validate: Callable[[], float] | None = None
    every: int = 1
    stop: Callable[[], bool] = lambda: False
    pace: Pace = field(default_factory=Pace)
    done: int = 0
    stopped: str = "finished"
    last: StepRecord | None = None
    norm_before: float | None = None
    _ahead: Future[Prepared] | None = None
    _ahead_steps: int = 0

    def __iter__(self) -> Generator[StepRecord | ValidationRecord, None, None]:
        self.program.warm_up()
        # One thread takes steps and another prepares the next batches, while this one yields the records of the call
        # before: whoever prints and writes them costs training nothing, as long as a core is free.
        with ThreadPoolExecutor(1, "rnnctl-steps") as worker, ThreadPoolExecutor(1, "rnnctl-batches") as feeder:
            running = self._next_call(worker, feeder)
            while running is not None:
                rows, seconds = running.result()
                first, self.done = self.done + 1, self.done + len(rows)
                self.stopped = self._reason(rows)
                validating = self._validating(worker)
                running = None if validating else self._next_call(worker, feeder)
                yield from self._records(rows, first, seconds)
                if validating is not None:
                    yield self._validation(validating.result())
                    running = self._next_call(worker, feeder)

    def _next_call(self, worker: ThreadPoolExecutor, feeder: ThreadPoolExecutor) -> Future[Taken] | None:
        """Starts the next call, unless training is over, and has the batches of the one after it prepared."""
        if self.done >= self.plan.total_steps or self.stopped != "finished":
            return None
        if self.stop():
            self.stopped = "interrupted"
            return None
        batches = self._ahead or self._have_prepared(feeder, self.done)
        running = worker.submit(lambda: self._timed_call(batches.result()))
        self._ahead = self._have_prepared(feeder, self.done + self._ahead_steps)
        return running

    def _have_prepared(self, feeder: ThreadPoolExecutor, done: int) -> Future[Prepared] | None:
        """Has the batches of the call that begins after step ``done`` prepared; None at the end of training."""
        count = min(self.pace.steps, self.plan.total_steps - done, self.program.feed.steps_a_call)
        if self.validate is not None:
            count = min(count, self.plan.steps_left_in_epoch(done))
        self._ahead_steps = count
        return feeder.submit(lambda: self.program.prepare(*self.plan.batches(done, count))) if count else None

    def _timed_call(self, prepared: Prepared) -> Taken:
        began = time.perf_counter()
        rows = self.program.run(prepared)
        return rows, self.pace.note(len(rows), time.perf_counter() - began)

    def _reason(self, rows: npt.NDArray[np.float32]) -> str:
        return "finished" if np.isfinite(rows[-1, :2]).all() else "non-finite"

    def _records(self, rows: npt.NDArray[np.float32], first: int, seconds: float) -> Iterator[StepRecord]:
        for step, row in enumerate(rows.tolist(), start=first):
            self.norm_before = self.last.gradient_norm if self.last else None
            # The step that is not finite keeps its norms through time whatever ``every`` says: they show where.
            every = 1 if self.stopped == "non-finite" and step == self.done else self.every
            self.last = make_record(
                self.program.layout, row, step=step, epoch=self.plan.epoch(step), seconds=seconds, every=every
            )
            yield self.last

    def _validating(self, worker: ThreadPoolExecutor) -> Future[float] | None:
        """Starts a validation, if this is the time for one."""
        if self.validate is None or self.stopped != "finished" or not self._epoch_ended():
            return None
        return worker.submit(self.validate)

    def _epoch_ended(self) -> bool:
        return self.done % self.plan.steps_per_epoch == 0 or self.done == self.plan.total_steps

    def _validation(self, loss: float) -> ValidationRecord:
        epoch = self.plan.epoch(self.done)
        record = ValidationRecord(self.done, epoch, loss, self.best.note(loss, epoch))
        if self.best.exhausted and self.done < self.plan.total_steps:
            self.stopped = "early stopping"
        return record


def make_record(layout: Layout, row: list[float], *, step: int, epoch: int, seconds: float, every: int) -> StepRecord:
    """Turns a row of results into the record that everyone else sees.

    Args:
        layout: Where each number stands.
        row: One step's results.
        step: Number of the step, from 1.
        epoch: Number of its epoch, from 1.
        seconds: Seconds that the step took.
        every: State gradients' norms are kept at steps 1, 1 + every, ….

    Returns:
        The record.
    """
    loss, norm, clipped, rate = row[:4]
    states_at = 4 + len(layout.weights)
    through_time = None
    if layout.states and (step - 1) % every == 0:
        length = layout.time_steps
        through_time = {
            path: tuple(row[states_at + place * length : states_at + (place + 1) * length])
            for place, path in enumerate(layout.states)
        }
    return StepRecord(
        step=step,
        epoch=epoch,
        loss=loss,
        gradient_norm=norm,
        clipped_norm=clipped,
        gradient_norms=dict(zip(layout.weights, row[4:states_at], strict=True)),
        learning_rate=_shortest(rate),
        seconds=seconds,
        state_gradient_norms=through_time,
    )


@lru_cache(maxsize=64)
def _shortest(number: float) -> float:
    """The number of fewest digits that is the same float32: 0.01 and not 0.009999999776482582."""
    return float(str(np.float32(number)))
