"""All that causes are judged by, gathered from a config or from a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import ValidationError

from rnnctl.config import Config
from rnnctl.config.overrides import with_changes
from rnnctl.data import Dataset
from rnnctl.data_check.leak_checks import examine_leaks
from rnnctl.diagnosis.courses import Course, Trainer, peak_rate, rate_test, steps_in
from rnnctl.diagnosis.naive_loss import naive_loss
from rnnctl.diagnosis.probes import Probe
from rnnctl.diagnosis.reference import holds_out, reference_changes
from rnnctl.errors import RnnctlError
from rnnctl.results import Examination
from rnnctl.results.data_check import Finding
from rnnctl.results.diagnosis import RateTest
from rnnctl.schema.training import Thresholds
from rnnctl.training.build import Built, build

COURSE_SECONDS = 4.0
REFERENCE_SECONDS = 3.0
RATE_SECONDS = 0.3
FEWEST, MOST_REFERENCE = 40, 400


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of a network that may not learn.

    Attributes:
        config: The config, as diagnosed.
        dataset: Its data, with validation rows.
        found: The examination of its gradients: at the initial weights, or at those of a run.
        course: Its training.
        reference: Training with `reference_changes`; None of a run.
        rates: The learning-rate test; None of a run.
        weight_sizes: By path, root mean square of a kernel's initial weights over what Keras' usual initializer gives.
        notes: What the user should know of how it was looked at, a sentence each.
    """

    config: Config
    dataset: Dataset
    found: Examination
    course: Course
    reference: Course | None = None
    rates: RateTest | None = None
    weight_sizes: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def naive(self) -> float | None:
        """Loss of always giving the same answer; None where no target is known."""
        return naive_loss(self.config, self.dataset)

    @cached_property
    def probe(self) -> Probe | None:
        """What ridge regression finds; None where it does not fit the data."""
        return Probe.of(self.dataset)

    @cached_property
    def leaks(self) -> tuple[Finding, ...]:
        """Features that give the target away, as `rnnctl check` tells them."""
        table = self.config.data.table
        return (
            () if table is None else tuple(one for one in examine_leaks(table, self.dataset) if one.level == "warning")
        )

    @cached_property
    def reach(self) -> tuple[int, int] | None:
        """Time steps that the gradient comes back at the end of the course, and all; None where norms do not tell."""
        from rnnctl.gradients.verdicts.step_verdict import verdict_of_step

        train, norms = self.dataset.train, self.course.through_time
        if train.per_step or not train.uniform or not norms:
            return None
        return verdict_of_step(norms, self.thresholds)[1]

    @cached_property
    def probe_skill(self) -> float | None:
        """Skill of the probe that sees whole sequences."""
        return None if self.probe is None else self.probe.skill()

    @cached_property
    def near(self) -> float | None:
        """Skill of the probe that sees what the gradient reaches; None where that is all."""
        return None if self.reach is None else self.within(self.reach[0])

    def within(self, steps: int) -> float | None:
        """Skill of the probe that sees so many time steps from the end; None where that is all."""
        train = self.dataset.train
        if self.probe is None or train.per_step or steps >= train.length:
            return None
        return self.probe.skill(max(1, steps))

    @cached_property
    def shifts(self) -> dict[str, float]:
        """See `Probe.shifts`."""
        return {} if self.probe is None else dict(self.probe.shifts())

    @cached_property
    def order(self) -> float | None:
        """See `Probe.order`."""
        return None if self.probe is None else self.probe.order()

    @cached_property
    def together(self) -> float:
        """See `Probe.together`."""
        return 0.0 if self.probe is None else self.probe.together()

    @cached_property
    def as_classes(self) -> tuple[float, float] | None:
        """See `Probe.as_classes`."""
        return None if self.probe is None else self.probe.as_classes()

    @property
    def skill(self) -> float:
        """The skill of the course: on validation rows, else on training rows, else by the loss."""
        for known in (self.course.skill, self.course.training_skill):
            if known is not None:
                return known
        if self.naive is not None and self.naive > 0 and math.isfinite(tail := self.course.tail()):
            return 1 - tail / self.naive
        return -1.0

    @property
    def within_reach(self) -> float:
        """The best skill that is known to be possible: of the reference, the probe, the course itself.

        A course that is not at its end may still come to what the probe has.
        """
        others = (
            None if self.reference is None else self.reference.skill,
            self.probe_skill if self.course.complete else None,
        )
        return max([self.skill, *(one for one in others if one is not None)])

    @property
    def missed(self) -> float:
        """How much skill is missed."""
        return self.within_reach - self.skill

    @property
    def harmed(self) -> bool:
        """Whether more is missed than chance explains: a tenth of what is possible, and 0.05 at least."""
        return self.missed > max(0.05, 0.1 * self.within_reach, self.chance)

    @property
    def chance(self) -> float:
        """About the standard error of a skill: 0.7 / √n of n predictions on validation rows."""
        held = self.dataset.validation
        if held is None:
            return 0.0
        entries = int(held.lengths.sum()) / 4 if held.per_step and not self.dataset.forecast else len(held)
        return float(0.7 / math.sqrt(max(entries, 1)))

    @property
    def stuck(self) -> bool:
        """Whether it is no better than the baseline."""
        return self.skill < 0.02

    @property
    def thresholds(self) -> Thresholds:
        """Where the config draws the lines."""
        return self.config.gradients.thresholds

    def has(self, word: str) -> bool:
        """Whether a verdict of the gradients holds."""
        return any(verdict.word == word for verdict in self.found.verdicts)


def one_net(config: Config) -> Config:
    """The config of a single net, which is trained once and combined with nothing."""
    alone = config.member(1)
    return alone.model_copy(update={"training": alone.training.model_copy(update={"refit": False})})


def prepared(config: Config, dataset: Dataset | None = None) -> tuple[Built, tuple[str, ...]]:
    """The config built, with validation rows; with these data where they are loaded already."""
    built = build(config, dataset)
    dataset, note = holds_out(built.dataset)
    if dataset is built.dataset:
        return built, ()
    return Built.of(built.config, dataset, built.model), (note,)


def train_reference(config: Config, dataset: Dataset) -> Course | None:
    """The reference's training; None where it does not fit the data."""
    changes = reference_changes(config)
    try:
        changed = with_changes(config, changes)
        first = Built.of(changed, dataset) if "data.scale" not in changes else prepared(changed)[0]
        steps = min(MOST_REFERENCE, max(FEWEST, steps_in(changed, first, REFERENCE_SECONDS)))
        training = {"steps": steps, "epochs": None, "early_stopping": None}
        training["batch_size"] = batch_size(len(first.dataset.train))
        changed = changed.model_copy(update={"training": changed.training.model_copy(update=training)})
        from rnnctl.model.build import build_model

        built = Built.of(changed, first.dataset, build_model(changed, first.dataset.signature))
        course = Trainer(built).train("reference", steps, validate=False)
    except (RnnctlError, ValidationError):
        return None
    return replace(course, changes=changes)


def batch_size(sequences: int) -> int:
    """A batch that most data trains well with: 32, fewer of few sequences."""
    return max(4, min(32, sequences // 8))


def tests_of_rates(trainer: Trainer) -> RateTest:
    """The learning-rate test, as many steps a rate as there is time for."""
    plain = trainer.with_plain_rate()
    steps = min(60, max(20, steps_in(plain.config, plain.built, RATE_SECONDS)))
    return rate_test(plain, steps, peak_rate(trainer.config))


def weight_sizes(weights: Mapping[str, Any]) -> dict[str, float]:
    """By path of a recurrent layer's kernels, their root mean square over that of Keras' usual initial weights.

    Glorot's has 2 / (inputs + outputs) as the variance of a kernel; an orthogonal recurrent kernel
    ``[units, gates · units]`` has 1 / (gates · units) as its mean square.
    """
    found = {}
    for path, value in weights.items():
        name = path.rsplit("/", 1)[-1]
        if not path.startswith("recurrent") or name not in ("kernel", "recurrent_kernel"):
            continue
        rows, columns = value.shape
        usual = 2.0 / (rows + columns) if name == "kernel" else 1.0 / columns
        found[path] = float(np.sqrt(np.mean(np.square(value, dtype=np.float64)) / usual))
    return found


def without_gradients(built: Built, course: Course) -> Evidence:
    """The evidence of a training and of its data alone: no gradient is computed."""
    from rnnctl.gradients.data_health import examine_data

    config, dataset = built.config, built.dataset
    found = Examination(
        name=config.name,
        state="",
        model="",
        loss=math.nan,
        gradient_norm=math.nan,
        clipped_norm=math.nan,
        verdict="",
        verdicts=(),
        layers=(),
        variables=(),
        data=examine_data(dataset, config.model),
        noise=None,
        self_check=None,
    )
    return Evidence(config, dataset, found, course)
