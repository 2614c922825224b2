"""What the findings come to: verdicts with their causes, advice, and what became of it when it was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """A change to the config that answers a verdict.

    Attributes:
        changes: Config paths and their new values, as ``--set`` takes them.
        why: One sentence.
    """

    changes: Mapping[str, str | int | float | bool | Mapping[str, str | float]]
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
        changes: Config paths and their new values.
        decay_per_step: Of the layer whose reach is shortest, at initialization.
        reach_steps: Of the same layer, at initialization, through all layers.
        first_loss: Loss at the first step.
        final_loss: Loss after the trial's steps, mean over its last steps; NaN where it became non-finite.
        milliseconds_per_step: Median time of a step.
        best: Whether it is the one recommended.
        reach_after: Reach as above after the trial's steps; None where the loss became non-finite.
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
