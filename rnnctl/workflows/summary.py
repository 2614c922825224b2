"""The summary of a run, from its records and its loop."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from rnnctl.cells import CELLS
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.training.build import Built
from rnnctl.util.format import short

if TYPE_CHECKING:
    from rnnctl.training.loop import TrainingLoop


LAST = 1000
"""Steps whose losses are kept for the verdict."""


@dataclass(eq=False)
class SummaryBuilder:
    """Collects what a run's summary needs beside its loop.

    Attributes:
        built: The run's config and data.
        validations: Validation losses so far.
        first: The first step.
        through_time: By state, norms through time of the last step that has some.
        losses: Of the last steps.
        updates: Of the last steps at which they were measured, ‖Δw‖ / ‖w‖ by weight.
        means: By epoch, for the first and the last one that steps were taken in, mean loss and steps.
        seconds_before: Wall-clock seconds before the clock was started.
        began: When the clock was started; None before that.
    """

    built: Built
    validations: list[ValidationRecord] = field(default_factory=list)
    first: StepRecord | None = None
    through_time: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    means: dict[int, tuple[float, int]] = field(default_factory=dict)
    losses: deque[float] = field(default_factory=lambda: deque(maxlen=LAST))
    updates: deque[Mapping[str, float]] = field(default_factory=lambda: deque(maxlen=LAST))
    seconds_before: float = 0.0
    began: float | None = None

    @property
    def seconds(self) -> float:
        """Wall-clock seconds so far; 0 before the clock is started."""
        return 0.0 if self.began is None else time.perf_counter() - self.began + self.seconds_before

    def add(self, record: StepRecord | ValidationRecord) -> None:
        """Adds a step or a validation."""
        if isinstance(record, ValidationRecord):
            self.validations.append(record)
            return
        if self.first is None:
            self.first = record
        self.losses.append(record.loss)
        if record.update_ratios is not None:
            self.updates.append(record.update_ratios)
        mean, count = self.means.get(record.epoch, (0.0, 0))
        self.means[record.epoch] = mean + (record.loss - mean) / (count + 1), count + 1
        for epoch in sorted(self.means)[1:-1]:  # those of the first and the last epoch are told
            del self.means[epoch]
        if record.state_gradient_norms is not None:
            self.through_time = record.state_gradient_norms

    def remarks(self, loop: TrainingLoop) -> Iterator[str]:
        """What one may misread of the summary, a sentence each."""
        best, early = loop.best.state, self.built.config.training.early_stopping
        finite = (record for record in self.validations if math.isfinite(record.loss))
        lowest = min(finite, key=attrgetter("loss"), default=None)
        if early is not None and lowest is not None and best.loss is not None and lowest.loss < best.loss:
            yield (
                f"the validation loss was lower in epoch {lowest.epoch} ({short(lowest.loss)}) than in epoch "
                f"{best.epoch} ({short(best.loss)}), which counts as the best: it fell by less than "
                f"training.early_stopping.min_delta, {early.min_delta:g}; set that to 0 to keep the lowest"
            )
        schedule = loop.schedule
        differ = schedule.truncate is not None or len(schedule.shape.padded_lengths) > 1
        if differ and loop.done > schedule.steps_per_epoch and self.means:
            means = (f"{short(mean)} in epoch {epoch}" for epoch, (mean, _) in sorted(self.means.items()))
            yield (
                "first and last loss are of batches of other lengths or places, and hard to compare; the mean loss is "
                + ", ".join(means)
            )

    def summary(
        self, loop: TrainingLoop, stopped: str, metrics: Mapping[str, float], reason: str | None, worth: str = ""
    ) -> Summary:
        """The run's summary.

        Args:
            loop: The loop that took the steps.
            stopped: Why training ended, in a word.
            metrics: Test metrics.
            reason: What went wrong; None where nothing did.
            worth: What the test says of the network.
        """
        from rnnctl.gradients.verdicts.step_verdict import verdict_of_step

        median, train = loop.calls.median, self.built.dataset.train
        # A record that is read back has nine digits: they tell every float32, and each step's loss is one.
        first, final = (None if step is None else float(np.float32(step.loss)) for step in (self.first, loop.last))
        word, reach = None, None
        # Only where all sequences end at one time step, with the loss there alone, do the norms tell the reach.
        if train.uniform and not train.per_step:
            word, reach = verdict_of_step(self.through_time, self.built.config.gradients.thresholds)
        if word == "vanishing" and reach is not None and self._excused(loop.done, stopped, reach):
            word = None
        return Summary(
            steps=loop.done,
            epochs=loop.done // loop.schedule.steps_per_epoch,
            first_loss=first,
            final_loss=final,
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
            worth=worth,
        )

    def _excused(self, steps: int, stopped: str, reach: tuple[int, int]) -> bool:
        """Whether a short reach is no fault: training learns, or has more steps to take, or the task needs no more."""
        from rnnctl.diagnosis.naive_loss import naive_loss
        from rnnctl.gradients.needed_range import range_findings
        from rnnctl.gradients.verdicts.short_reach import excuse, training_findings

        config, dataset = self.built.config, self.built.dataset
        complete = stopped in ("finished", "early stopping")
        naive = naive_loss(config, dataset)
        training = training_findings([*self.losses], self.updates, naive, steps=steps, complete=complete)
        gates = any(CELLS[layer.cell].gates for layer in config.model.layers)
        if excuse(None, training, gates=gates):
            return True
        return bool(excuse(range_findings(config, dataset, *reach), training, gates=gates))
