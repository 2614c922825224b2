"""Short trainings of a config and of changed ones, on the same data, with what they came to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.config.overrides import with_changes
from rnnctl.diagnosis.probes import sample
from rnnctl.diagnosis.skill import in_words, skill_of
from rnnctl.model.shapes import weight_shapes
from rnnctl.optimizers import OPTIMIZERS, Schedule
from rnnctl.results.diagnosis import CourseFacts, RateTest
from rnnctl.results.training import StepRecord, Stopping, ValidationRecord
from rnnctl.runs.run_record import RunRecord
from rnnctl.scoring.scores import score
from rnnctl.training.build import Built

Doubles = npt.NDArray[np.float64]

SCORED = 400
"""Most sequences of a split that a skill is computed on."""

TAIL = 5
"""Least steps that a final loss is the mean of."""
_SPEED = 1.5e10
"""Operations a second that a budget of seconds is turned into steps by; a plain figure, so that all machines agree."""
_STEP_SECONDS = 3e-4
_TIME_STEP_SECONDS = 1e-5


@dataclass(frozen=True, eq=False)
class Course:
    """A training, in numbers; arrays are ``[steps]`` unless said otherwise.

    Attributes:
        label: What was trained, in words.
        total: Steps that it was to take.
        losses: Mean loss of each step's batch.
        rates: Learning rates.
        norms: Norm of the gradient before clipping.
        clipped_norms: The same after it.
        update_ratios: By the weight's path, ‖Δw‖ / ‖w‖ of the steps that were measured, ``[measured]``.
        through_time: By state, norms through time of the last step that has some.
        validations: Losses of the validation rows.
        stopped: As `rnnctl.results.Summary.stopped`.
        skill: On the validation rows, at the weights that it keeps.
        training_skill: On training rows.
        metric: The metric of the skill in words.
        changes: What differs from the config that is diagnosed, by dotted path.
    """

    label: str
    total: int
    losses: Doubles
    rates: Doubles
    norms: Doubles
    clipped_norms: Doubles
    update_ratios: Mapping[str, Doubles]
    through_time: Mapping[str, Sequence[float]]
    validations: tuple[ValidationRecord, ...] = ()
    stopped: str = "finished"
    skill: float | None = None
    training_skill: float | None = None
    metric: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_records(cls, label: str, total: int, records: Sequence[StepRecord], **more: Any) -> Course:
        """The course of these steps."""
        measured = [record.update_ratios for record in records if record.update_ratios is not None]
        ratios = {path: np.array([one[path] for one in measured]) for path in (measured[0] if measured else ())}
        norms = next((one.state_gradient_norms for one in reversed(records) if one.state_gradient_norms), {})
        names = ("loss", "learning_rate", "gradient_norm", "clipped_norm")
        loss, rate, norm, clipped = (
            np.array([getattr(record, name) for record in records], np.float64) for name in names
        )
        return cls(label, total, loss, rate, norm, clipped, ratios, norms, **more)

    @classmethod
    def of_run(cls, total: int, run: RunRecord) -> Course:
        """The course that a run recorded."""
        steps = run.steps
        columns = steps.loss, steps.learning_rate, steps.gradient_norm, steps.clipped_norm
        norms = {path: rows[-1].tolist() for path, rows in run.through_time.items() if len(rows)}
        stopped = str((run.summary or {}).get("stopped", "interrupted"))
        return cls("the run", total, *columns, steps.update_ratios, norms, run.validations, stopped)

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.losses)

    @property
    def complete(self) -> bool:
        """Whether it took all its steps, or ended by itself."""
        return self.steps >= self.total or self.stopped in ("early stopping", "non-finite")

    @property
    def first(self) -> float:
        """Loss of the first step."""
        return float(self.losses[0]) if self.steps else math.nan

    def tail(self, part: float = 0.1) -> float:
        """Mean loss of the last steps; NaN where training did not stay finite."""
        if self.stopped == "non-finite" or not self.steps:
            return math.nan
        return float(self.losses[-max(TAIL, int(part * self.steps)) :].mean())

    @property
    def rises(self) -> bool:
        """Whether the loss ends well above what it was, or at no finite number."""
        if self.stopped == "non-finite" or not self.steps:
            return self.stopped == "non-finite"
        return self.tail() > max(1.5 * float(np.nanmin(self.losses)), self.first)

    def update_ratio(self) -> float | None:
        """Median of ‖Δw‖ / ‖w‖ over the weights that are no bias, and over the later half of the steps measured."""
        parts = [
            ratios[len(ratios) // 2 :]
            for path, ratios in self.update_ratios.items()
            if path.rsplit("/", 1)[-1] != "bias"
        ]
        known = np.concatenate(parts) if parts else np.empty(0)
        known = known[np.isfinite(known)]
        return float(np.median(known)) if known.size else None

    @property
    def clipped(self) -> tuple[float, float]:
        """Share of the steps at which clipping changed the gradient, and the median of clipped over whole norm."""
        there = (self.norms > 0) & np.isfinite(self.norms)
        if not there.any():
            return 0.0, 1.0
        ratios = self.clipped_norms[there] / self.norms[there]
        return float((ratios < 0.999).mean()), float(np.median(ratios))

    def facts(self, *, best: bool = False) -> CourseFacts:
        """As results have it."""
        validations = tuple((one.step, one.loss) for one in self.validations)
        losses = tuple(map(float, self.losses))
        known = self.steps, self.total, losses, validations, self.skill, self.training_skill
        return CourseFacts(self.label, dict(self.changes), *known, best=best)


def steps_in(config: Config, built: Built, seconds: float) -> int:
    """Steps that about so many seconds have room for: by the work of a step, and not by a clock."""
    time, batch, signature = built.schedule.shape.time_steps, built.schedule.batch_size, built.dataset.signature
    shapes = weight_shapes(config.model, signature)
    weights = sum(math.prod(shape) for path, shape in shapes.items() if path.startswith("recurrent_"))
    work = 6.0 * time * batch * weights / _SPEED + time * len(config.model.layers) * _TIME_STEP_SECONDS + _STEP_SECONDS
    return max(1, int(seconds / work))


class Trainer:
    """Trains a config from its initial weights, as often as asked, with one compiled program.

    Args:
        built: What it is built to, its model at its initial weights.
    """

    def __init__(self, built: Built) -> None:
        from rnnctl.training.setup import make_loop

        self.built, self.config = built, built.config
        self.loop = make_loop(built)
        self.start = self.loop.state.take(0, Stopping())

    def with_plain_rate(self) -> Trainer:
        """A trainer of the same config with a learning rate that `train` can set, and no schedule."""
        if not isinstance(self.config.optimizer.learning_rate, Schedule):
            return self
        config = with_changes(self.config, {"optimizer.learning_rate": peak_rate(self.config)})
        self.loop.state.put(self.start)
        return Trainer(Built.of(config, self.built.dataset, self.model))

    @property
    def model(self) -> Any:
        """The model, at the weights that the last training left."""
        return self.built.model

    def train(
        self,
        label: str,
        steps: int,
        *,
        rate: float | None = None,
        member: int = 1,
        validate: bool = True,
        score: bool = True,
    ) -> Course:
        """Trains from the initial weights.

        Args:
            label: What it is, in words.
            steps: Most steps.
            rate: Learning rate in place of the config's, which is then no schedule.
            member: Which net of an ensemble it is: another one begins with other weights, in another order.
            validate: Whether the validation rows are looked at after every epoch, as training does.
            score: Whether its skill is computed.
        """
        from rnnctl.training.setup import initial_state, make_loop

        built = self._for(steps, member)
        self.loop.state.put(self.start if member == 1 else initial_state(built))
        loop = make_loop(built, [self.loop])
        if rate is not None:
            loop.program.optimizer.learning_rate.assign(rate)
        if not validate:
            loop.validate = None
        loop.until = steps
        records, validations = list[StepRecord](), list[ValidationRecord]()
        for record in loop:
            if isinstance(record, StepRecord):
                records.append(record)
            elif isinstance(record, ValidationRecord):
                validations.append(record)
        finite = loop.stopped != "non-finite"
        if finite:
            loop.best.restore()
        seen = {"validations": tuple(validations), "stopped": loop.stopped}
        course = Course.of_records(label, self.built.schedule.total_steps, records, **seen)
        return self.scored(course) if score and finite else course

    def _for(self, steps: int, member: int) -> Built:
        """What is built, for a net of an ensemble, its training as long as asked for at least."""
        training: dict[str, Any] = {"member": member}
        if steps > self.built.schedule.total_steps:
            training |= {"steps": steps, "epochs": None}
        changed = self.config.training.model_copy(update=training)
        if changed == self.config.training:
            return self.built
        return Built.of(self.config.model_copy(update={"training": changed}), self.built.dataset, self.model)

    def scored(self, course: Course) -> Course:
        """The course with the skills of the present weights."""
        skill, words = self.skill("validation")
        return replace(course, skill=skill, metric=words, training_skill=self.skill("train")[0])

    def skill(self, split: str) -> tuple[float | None, str]:
        """The skill of the present weights on a sample of a split, and its metric in words."""
        return skill_at(self.built, split)

    def loss_at(self, rate: float, steps: int) -> float:
        """Loss after some steps at a constant rate: of the validation rows, or of the last batches without these."""
        course = self.train("", steps, rate=rate, validate=False, score=False)
        if course.stopped == "non-finite" or not np.isfinite(course.losses).all():
            return math.nan
        return self.loop.validate() if self.loop.validate is not None else course.tail()


def careful(losses: list[tuple[float, float]], first: float) -> float:
    """The smallest rate that is as good as the best: nine tenths of what the loss falls by are reached at it."""
    least = min(losses)[0]
    begin = first if math.isfinite(first) else max(losses)[0]
    enough = least + 0.1 * max(begin - least, 0.0)
    return min(rate for loss, rate in losses if loss <= enough)


def peak_rate(config: Config) -> float:
    """The largest learning rate of a config."""
    rate = config.optimizer.learning_rate
    return rate.initial_learning_rate if isinstance(rate, Schedule) else float(rate)


def rate_test(trainer: Trainer, steps: int, configured: float) -> RateTest:
    """Trains shortly at many rates, half a power of ten apart, around a usual one, and at the config's own."""
    usual = OPTIMIZERS[trainer.config.optimizer.kind].usual_rate
    grid = [usual * 10.0 ** (power / 2) for power in range(-5, 4)]
    rates = [rate for rate in grid if abs(math.log10(rate / configured)) > 0.2]
    rates = sorted([*rates, configured])
    trainer.loop.state.put(trainer.start)
    first = trainer.loop.validate() if trainer.loop.validate is not None else math.nan
    losses = [trainer.loss_at(rate, steps) for rate in rates]
    finite = [(loss, rate) for loss, rate in zip(losses, rates, strict=True) if math.isfinite(loss)]
    best = careful(finite, first) if finite else rates[0]
    if not math.isfinite(first):
        first = max((loss for loss, _ in finite), default=math.nan)
    shown = tuple(loss if math.isfinite(loss) else None for loss in losses)
    return RateTest(tuple(rates), shown, steps, configured, best, first)


def skill_at(built: Built, split: str) -> tuple[float | None, str]:
    """The skill of a model's present weights on a sample of a split, and its metric in words."""
    from rnnctl.engines.choosing import trained_network

    dataset = built.dataset
    if split not in dataset.splits:
        return None, ""
    part = sample(dataset, dataset.splits[split], SCORED).part
    if len(part) < 2:
        return None, ""
    scores = score(trained_network(built, part).said(dataset, part), dataset, part, dataset)
    return skill_of(scores), in_words(scores)
