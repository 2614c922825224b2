"""A row of a compiled step's results → the record that everyone else sees."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from rnnctl.results.training import StepRecord
from rnnctl.training.layout import Layout


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
