"""The summary of a run, from its records and its loop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.run_folder import Past
from rnnctl.training.build import Built

if TYPE_CHECKING:
    from rnnctl.training.loop import TrainingLoop


class SummaryBuilder:
    """Collects what a run's summary needs: losses, state gradients' norms, and seconds.

    Args:
        built: The run's config and data.

    Attributes:
        validations: Validation losses so far.
    """

    def __init__(self, built: Built) -> None:
        self.validations: list[ValidationRecord] = []
        self._built = built
        self._first_loss: float | None = None
        self._final_loss: float | None = None
        self._through_time: Mapping[str, tuple[float, ...]] = {}
        self._began: float | None = None
        self._seconds_before = 0.0

    def begin(self, before: float) -> None:
        """Starts the clock, ``before`` seconds ago."""
        self._began = time.perf_counter() - self._seconds_before - before

    @property
    def begun(self) -> bool:
        """Whether the clock runs."""
        return self._began is not None

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far."""
        return 0.0 if self._began is None else time.perf_counter() - self._began

    def resume(self, past: Past, seconds: float) -> None:
        """Goes on from the records of a run that was stopped, after so many seconds."""
        # The record's nine digits tell every float32, and each step's loss is one.
        self._first_loss = None if past.first is None else float(np.float32(past.first.loss))
        self._final_loss = None if past.last is None else float(np.float32(past.last.loss))
        self._through_time, self._seconds_before = past.through_time, seconds
        self.validations.extend(past.validations)

    def note(self, record: StepRecord | ValidationRecord) -> None:
        """Adds a step or a validation."""
        if isinstance(record, ValidationRecord):
            self.validations.append(record)
            return
        self._final_loss = record.loss
        if record.state_gradient_norms is not None:
            self._through_time = record.state_gradient_norms
        if self._first_loss is None:
            self._first_loss = record.loss

    def summary(self, loop: TrainingLoop, stopped: str, metrics: Mapping[str, float], reason: str | None) -> Summary:
        """The run's summary.

        Args:
            loop: The loop that took the steps.
            stopped: Why training ended, in a word.
            metrics: Test metrics.
            reason: What went wrong; None where nothing did.
        """
        from rnnctl.gradients.verdicts.step_verdict import verdict_of_step

        median, train = loop.calls.median, self._built.dataset.train
        word, reach = None, None
        # Only where all sequences end at one time step, with the loss there alone, do the norms tell the reach.
        if train.uniform and not train.per_step:
            word, reach = verdict_of_step(self._through_time, self._built.config.gradients.thresholds)
        return Summary(
            steps=loop.done,
            epochs=loop.done // loop.schedule.steps_per_epoch,
            first_loss=self._first_loss,
            final_loss=self._final_loss,
            best_validation_loss=loop.best.state.loss,
            best_epoch=loop.best.state.epoch,
            stopped=stopped,
            seconds=self.seconds,
            milliseconds_per_step=None if median is None else 1000 * median,
            metrics=metrics,
            reason=reason,
            verdict="non-finite" if stopped == "non-finite" else word,
            reach=reach,
            input_wait=loop.input_wait,
        )
