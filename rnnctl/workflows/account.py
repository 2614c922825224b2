"""What a run came to so far, step by step: what its summary is made from, beside what the loop knows itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.run_folder import Past
from rnnctl.workflows.ending import gradient_reach

if TYPE_CHECKING:
    from rnnctl.training.loop import TrainingLoop


class Account:
    """Keeps account of a run: its losses, its gradients' way back through time, and its seconds.

    Args:
        config: The run's config.
        dataset: Its data.

    Attributes:
        validations: Validation losses so far.
    """

    def __init__(self, config: Config, dataset: Dataset) -> None:
        self.validations: list[ValidationRecord] = []
        self._config, self._dataset = config, dataset
        self._first_loss: float | None = None
        self._final_loss: float | None = None
        self._through_time: Mapping[str, tuple[float, ...]] = {}
        self._began: float | None = None
        self._seconds_before = 0.0

    def begin(self, before: float) -> None:
        """Starts the clock.

        Args:
            before: Seconds that were spent on setting the run up.
        """
        self._began = time.perf_counter() - self._seconds_before - before

    @property
    def begun(self) -> bool:
        """Whether the clock runs."""
        return self._began is not None

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far."""
        return 0.0 if self._began is None else time.perf_counter() - self._began

    def take_up(self, past: Past, seconds: float) -> None:
        """Takes up the account of a run that goes on.

        Args:
            past: What it did before.
            seconds: How long that took.
        """
        # The record's nine digits tell every float32, and each step's loss is one.
        self._first_loss = None if past.first is None else float(np.float32(past.first.loss))
        self._final_loss = None if past.last is None else float(np.float32(past.last.loss))
        self._through_time, self._seconds_before = past.through_time, seconds
        self.validations.extend(past.validations)

    def note(self, record: StepRecord | ValidationRecord) -> None:
        """Takes down a step or a validation."""
        if isinstance(record, ValidationRecord):
            self.validations.append(record)
            return
        self._final_loss = record.loss
        if record.state_gradient_norms is not None:
            self._through_time = record.state_gradient_norms
        if self._first_loss is None:
            self._first_loss = record.loss

    def summary(self, loop: TrainingLoop, stopped: str, metrics: Mapping[str, float], reason: str | None) -> Summary:
        """What it came to.

        Args:
            loop: The loop that took the steps.
            stopped: Why training ended, in a word.
            metrics: Test metrics.
            reason: What went wrong; None where nothing did.
        """
        median = loop.calls.median
        word, reach = gradient_reach(self._config, self._dataset, self._through_time)
        return Summary(
            steps=loop.done,
            epochs=loop.done // loop.schedule.steps_per_epoch,
            first_loss=self._first_loss,
            final_loss=self._final_loss,
            best_validation_loss=loop.best.loss,
            best_epoch=loop.best.epoch,
            stopped=stopped,
            seconds=self.seconds,
            milliseconds_per_step=None if median is None else 1000 * median,
            metrics=metrics,
            reason=reason,
            verdict="non-finite" if stopped == "non-finite" else word,
            reach=reach,
            input_wait=loop.input_wait,
        )
