"""What ``rnnctl diagnose`` finds: why a network does not learn, what to change, and what the changes gave.

The names of the fields are the names of the JSON keys (``SCHEMA_VERSION`` counts their changes).

A *skill* is how much better predictions are than the best baseline that sees no more, by the metric that rules: 1 is
perfect, 0 as good as the baseline, below 0 worse. Of an error it is 1 − error / the baseline's error, of an accuracy
(accuracy − the baseline's) / (1 − the baseline's).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rnnctl.results.examination import Advice

SCHEMA_VERSION = 1
"""Counts the changes of the keys."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that may be wrong, or that nothing is.

    Attributes:
        word: An entry of the table of causes, such as ``learning rate too low``; ``healthy`` where nothing is wrong.
        sure: How sure, 0 to 1.
        sentence: The cause in one sentence.
        because: The evidence, one line each.
        advice: What to change, the likeliest help first.
        fault: Whether something is wrong.
    """

    word: str
    sure: float
    sentence: str
    because: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    fault: bool = True


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """What a training came to.

    Attributes:
        label: What was trained, in words.
        changes: What differs from the config, by dotted path.
        steps: Steps that it took.
        of: Steps that it was to take.
        losses: Training loss by step.
        validations: Step and validation loss.
        skill: On the validation rows; None where there are none, or no baseline.
        training_skill: On training rows.
        seeds: Seeds that it was trained with; ``skill`` is their mean.
        spread: Standard deviation of the skill over these seeds; None of one.
        best: Whether it is what the diagnosis recommends.
        other_losses: Training loss by step of the other seeds.
    """

    label: str
    changes: Mapping[str, object]
    steps: int
    of: int
    losses: tuple[float, ...] = field(repr=False)
    validations: tuple[tuple[int, float], ...] = field(repr=False)
    skill: float | None
    training_skill: float | None = None
    seeds: int = 1
    spread: float | None = None
    best: bool = False
    other_losses: tuple[tuple[float, ...], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class RateTest:
    """Short trainings from the same initial weights, each at a constant learning rate.

    Attributes:
        rates: Ascending.
        losses: Loss after the steps of each: of the validation rows, or of the last batches where there are none; None
            where it became NaN or infinite.
        steps: Steps of each.
        configured: The config's largest rate.
        best: The smallest rate whose loss falls by nine tenths of what it falls by at the rate of the lowest loss.
        first: Loss at the initial weights.
    """

    rates: tuple[float, ...]
    losses: tuple[float | None, ...]
    steps: int
    configured: float
    best: float
    first: float


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """What linear regression and nearest answers in NumPy reach on the same rows: what there is to learn, at least.

    Attributes:
        skill: Of ridge regression on the sequence's last steps, sums, products and the states of a random recurrent
            network (an echo state network); None where it does not fit the data.
        near: The same, from those time steps alone that the gradient reaches; None where that is all.
        shifted: Share of the targets' variance that is explained where targets are moved by so many rows or sequences.
        order: Largest autocorrelation from one time step to the next of the features, within sequences.
    """

    skill: float | None
    near: float | None = None
    shifted: Mapping[str, float] = field(default_factory=dict)
    order: float | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that ``diagnose`` found.

    Attributes:
        state: What was looked at, in words: ``trained for 300 of 300 steps``, ``run sunspots-1``.
        cause: Word of the likeliest cause; ``healthy`` where nothing is wrong.
        causes: Every cause that is likely, the likeliest first.
        metric: The metric of the skills, its baseline and their values, in words.
        course: Training as the config has it.
        reference: Training with settings that suit most data (``rnnctl.diagnosis.reference``); None of a run.
        rates: The learning-rate test; None of a run.
        verdict: The gradient's own verdict, as ``inspect-gradients`` has it.
        tried: What ``--try`` tried.
        recommendation: What to do, in a sentence; None where nothing was tried.
        changes: The recommended changes, by dotted path; empty where none helps.
        notes: What was changed to be able to look, such as rows held out for validation.
    """

    name: str
    state: str
    model: str
    cause: str
    causes: tuple[Cause, ...]
    metric: str
    course: CourseFacts
    reference: CourseFacts | None
    rates: RateTest | None
    probe: ProbeFacts
    verdict: str
    tried: tuple[CourseFacts, ...] = ()
    recommendation: str | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION

    def _repr_html_(self) -> str:
        """The diagnosis as notebooks show it."""
        from rnnctl.report.notebook import diagnosis_html

        return diagnosis_html(self)
