"""Why a short reach is no fault: gates that will learn, a task that needs no more, a training that learns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from rnnctl.gradients.verdicts.subject import Findings, gates_of, number
from rnnctl.results import LayerFindings, RangeFindings, TrainingFindings
from rnnctl.util.format import counted, percent

LEARNT = 0.01
"""Share of the constant answer's loss by which a training that learns is below it, beyond chance."""

FEWEST = 5
"""Steps that a mean loss is taken over, at least."""

MOVED = 0.1
"""Share of the kernels' size by which they must have come away for training to have had its chance."""

STEEPEST = 0.25
"""Largest slope of a sigmoid."""


def excuse(reach: RangeFindings | None, training: TrainingFindings | None, *, gates: bool) -> str:
    """Says why a gradient that does not reach far is no fault; empty where it is one.

    Args:
        reach: What is known of the reach and of the task.
        training: What training came to; None at initial weights.
        gates: Whether gates hold the state that have a slope to learn by.
    """
    if training is not None and learns(training, reach):
        return "the network learns all the same"
    if reach is not None and _suffices(reach):
        return f"by a regression, the task needs no more than the last {reach.needed_steps}"
    if gates and training is None:
        return "gates usually learn to reach further: see --steps"
    if gates and training is not None and training.moved is not None and training.moved < MOVED:
        return f"gates usually learn to reach further: the weights have moved by {percent(training.moved)} at most"
    if gates and training is not None and not training.complete:
        return "gates usually learn to reach further: take more --steps"
    return ""


def training_findings(
    losses: Sequence[float],
    updates: Sequence[Mapping[str, float]],
    naive_loss: float | None,
    *,
    steps: int,
    complete: bool,
) -> TrainingFindings:
    """What training came to.

    Args:
        losses: Of every step, or of the last ones alone.
        updates: ‖Δw‖ / ‖w‖ by weight, of the steps at which it was measured.
        naive_loss: Loss of the constant answer.
        steps: Steps taken.
        complete: Whether no more steps are to be taken.
    """
    tail = np.array(losses[-max(FEWEST, steps // 10) :])
    enough = len(tail) >= FEWEST
    loss = float(tail.mean()) if enough else math.nan
    error = 2.0 * float(tail.std()) / math.sqrt(len(tail)) if enough else math.nan
    ratios = [
        ratio for one in updates for path, ratio in one.items() if path.endswith("kernel") and math.isfinite(ratio)
    ]
    moved = steps * float(np.mean(ratios)) if ratios else None
    return TrainingFindings(steps, complete, loss, error, naive_loss, moved)


def gates_learn(found: Findings, layer: LayerFindings) -> bool:
    """Whether every gate that keeps the state has a slope, at its mean, that is no less than `saturated` allows."""
    keeping = [gate.mean for key, gate in gates_of(layer) if key.keeps]
    least = found.thresholds.slope * STEEPEST
    return bool(keeping) and all(mean * (1.0 - mean) >= least for mean in keeping)


def evidence(found: Findings, reached: int) -> Iterator[str]:
    """What says whether the task needs more than so many time steps, and whether training learns."""
    reach, training = found.range, found.training
    if reach is not None and reach.explained is not None and reach.explained_within is not None:
        within, last = percent(reach.explained_within), f"the last {reach.needed_steps}"
        if _suffices(reach):
            yield f"a regression explains {within} of the target, from {last} time steps as well as from more"
        else:
            all_steps = f"and {percent(reach.explained)} from {last}"
            steps = counted(reach.reach_steps, "time step")
            yield f"a regression explains {within} of the target from the last {steps}, {all_steps}"
    else:
        yield f"it matters where the task needs what lies more than {counted(reached, 'time step')} back"
    if training is not None and training.naive_loss is not None and math.isfinite(training.loss):
        yield (
            f"after {counted(training.steps, 'step')} the loss is {number(training.loss)}; always giving the same "
            f"answer has {number(training.naive_loss)}"
        )
    if training is not None and training.moved is not None and training.moved < MOVED:
        yield f"the weights have moved by {percent(training.moved)} of their size at most: the steps may be too small"


def _suffices(reach: RangeFindings) -> bool:
    """Whether the task is known to need no more time steps than the gradient comes back over."""
    return reach.needed_steps is not None and reach.needed_steps <= reach.reach_steps


def learns(training: TrainingFindings, reach: RangeFindings | None) -> bool:
    """Whether the loss is below that of the constant answer: where the task needs more than is reached, far below.

    Then a network that used nothing beyond its reach would explain as much as a regression does within it; one that
    learns is nearer to what all time steps explain.
    """
    naive = training.naive_loss
    if naive is None or not naive > 0 or not math.isfinite(training.loss):
        return False
    enough = LEARNT
    if reach is not None and reach.explained is not None and reach.explained_within is not None:
        enough = LEARNT if _suffices(reach) else max(LEARNT, (reach.explained_within + reach.explained) / 2.0)
    return training.loss + training.error < (1.0 - enough) * naive
