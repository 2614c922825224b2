"""The row of numbers that a compiled step gives, and the record that everyone else sees."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from rnnctl.results.training import StepRecord


class ResultLayout(NamedTuple):
    """Place of each number in a step's row of results.

    The row is ``[loss, gradient norm, clipped norm, learning rate, norm per weight…, state norms…]``.

    Attributes:
        weights: Path of each trainable weight; empty where no norms are recorded.
        states: Path of each recorded state; empty where none is recorded.
        time_steps: Time steps of each state: those of the longest sequence, or of a piece where training truncates.
            Those that a batch does not have hold 0.
    """

    weights: tuple[str, ...]
    states: tuple[str, ...]
    time_steps: int

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 4 + len(self.weights) + len(self.states) * self.time_steps

    def record(self, row: list[float], *, step: int, epoch: int, seconds: float, every: int) -> StepRecord:
        """Names the numbers of a row.

        Args:
            row: One step's results.
            step: Number of the step, from 1.
            epoch: Number of its epoch, from 1.
            seconds: Seconds that the step took.
            every: State gradients' norms are part of the record at steps 1, 1 + every, ….
        """
        loss, norm, clipped, rate = row[:4]
        states_at, through_time = 4 + len(self.weights), None
        if self.states and (step - 1) % every == 0:
            places = range(states_at, len(row), self.time_steps)
            through_time = {
                path: tuple(row[at : at + self.time_steps]) for path, at in zip(self.states, places, strict=True)
            }
        return StepRecord(
            step=step,
            epoch=epoch,
            loss=loss,
            gradient_norm=norm,
            clipped_norm=clipped,
            gradient_norms=dict(zip(self.weights, row[4:states_at], strict=True)),
            learning_rate=_shortest(rate),
            seconds=seconds,
            state_gradient_norms=through_time,
        )


@lru_cache(maxsize=64)
def _shortest(number: float) -> float:
    """The number of fewest digits that is the same float32: 0.01 and not 0.009999999776482582."""
    return float(str(np.float32(number)))
