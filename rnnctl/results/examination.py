"""An examination of a network's gradients: findings, verdicts with causes and advice, trials of the advice.

The names of the fields are the names of the JSON keys (``SCHEMA_VERSION`` counts their changes). None stands for what
cannot be computed, such as the decay over a single time step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnctl.results.gradients import (
    LayerFindings,
    NoiseFindings,
    RangeFindings,
    SelfCheck,
    Series,
    TrainingFindings,
    VariableFindings,
)

SCHEMA_VERSION = 1
"""Counts the changes of the keys."""


@dataclass(frozen=True, slots=True)
class ColumnFindings:
    """One column of the inputs or targets, as the network sees it (scaled), over the training split's sample.

    Attributes:
        role: ``feature`` or ``target``.
    """

    name: str
    role: str
    non_finite: int
    constant: bool
    mean: float
    std: float
    largest: float


@dataclass(frozen=True, slots=True)
class DataFindings:
    """The data behind the gradients.

    Attributes:
        output_range: Smallest and largest value that the network can put out; None where it is unbounded.
        targets_outside: Share of target values outside that range, 0 to 1.
        out_of_reach: Their distance from that range, as a share of the targets' distance from their medians, at most 1.
    """

    sequences: int
    columns: tuple[ColumnFindings, ...]
    output_range: tuple[float, float] | None
    targets_outside: float
    out_of_reach: float = 0.0


@dataclass(frozen=True, slots=True)
class Advice:
    """A change to the config that answers a verdict.

    Attributes:
        changes: Config paths and their new values, as ``--set`` takes them.
    """

    changes: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that holds of the network, with its cause.

    Attributes:
        word: ``healthy``, ``vanishing``, ``exploding``, ``non-finite``, ``saturated``, ``dead``, ``bad data`` or
            ``noise-dominated``.
        subject: Path of a layer, ``data`` or ``network``.
        headline: One line in words, such as "the gradient reaches 7 of 100 time steps back".
        because: Evidence for the cause, one line each.
        not_because: Causes that were ruled out, with their evidence, one line each.
        advice: What to change, the likeliest help first.
    """

    word: str
    subject: str
    headline: str
    because: tuple[str, ...] = ()
    not_because: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """A change that was tried out.

    Attributes:
        label: The change in words; ``as it is`` for the network examined.
        decay_per_step: Of the layer whose reach is shortest, at initialization.
        reach_steps: Of the same layer, at initialization, through all layers.
        final_loss: Loss after the trial's steps, mean over its last steps; NaN where it became non-finite.
        best: Whether it is recommended: it learns, and on validation rows, where there are some, it is better than the
            best baseline and than the network as it is; from two seeds, and by more than these differ.
        reach_after: Reach as above after the trial's steps; None where the loss became non-finite.
        skill: After the trial's steps, on validation rows: by what share of the best baseline's error it is below that
            (`rnnctl.diagnosis.skill`); None where there are no validation rows.
        held_out: The metric behind it, beside the best baseline's, in words.
    """

    label: str
    changes: Mapping[str, object]
    decay_per_step: float | None
    reach_steps: int
    first_loss: float
    final_loss: float
    milliseconds_per_step: float
    best: bool = False
    reach_after: int | None = None
    skill: float | None = None
    held_out: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """All that ``inspect-gradients`` found.

    Attributes:
        state: What was examined, in words: ``at initialization``, ``after 20 steps``, ``run first-step-1``.
        gradient_norm: L2 norm over all weights, before clipping.
        clipped_norm: The same after clipping.
        verdict: The overall word: the gravest of ``verdicts``.
        history: By state path, the norms through time of each step taken before the examination, ``[steps][time]``.
        sequences: Sequences that the gradients were taken over.
        time_steps: Time steps of the longest of them.
        dtype: ``float32``, as training has it, or ``float64``.
        truncated: Time steps after which training cuts backpropagation (``training.truncate``), so that no gradient
            comes back further; None where it reaches through whole sequences.
        range: How far back the gradient comes, and how far back it should.
        training: What training came to before; None at initial weights.
    """

    name: str
    state: str
    model: str
    loss: float
    gradient_norm: float
    clipped_norm: float
    verdict: str
    verdicts: tuple[Verdict, ...]
    layers: tuple[LayerFindings, ...]
    variables: tuple[VariableFindings, ...]
    data: DataFindings
    noise: NoiseFindings | None
    self_check: SelfCheck | None
    history: Mapping[str, tuple[Series, ...]] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    recommendation: str | None = None
    seconds: float = 0.0
    sequences: int = 0
    time_steps: int = 0
    dtype: str = "float32"
    truncated: int | None = None
    range: RangeFindings | None = None
    training: TrainingFindings | None = None
    schema_version: int = SCHEMA_VERSION

    def _repr_html_(self) -> str:
        """The examination as notebooks show it."""
        from rnnctl.report.notebook import examination_html

        return examination_html(self)
