"""Ratio of single updates to the weights, measured between compiled calls: no other step pays for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

CLOSEST = 8
"""Least steps from one measured step to the next: a measured step is a call of its own, which takes longer."""

OCTAVE = 32
"""Most measured steps until the number of steps has doubled."""


class UpdateRatios:
    """Measures ‖Δw‖ / ‖w‖ of each weight at a few steps: the first, then ever further apart.

    Which steps these are depends on their numbers alone, so that a resumed or longer run measures the same ones.

    Args:
        variables: The trainable weights, by their paths.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables

    def due(self, step: int) -> bool:
        """Whether the update of a step, counted from 1, is to be measured."""
        return (step - 1) % _spacing(step) == 0

    def bound(self, done: int, count: int) -> int:
        """How many of ``count`` steps after step ``done`` a call may take, so that a measured step is alone in one."""
        if self.due(done + 1):
            return min(count, 1)
        return next((step - 1 - done for step in range(done + 2, done + count + 1) if self.due(step)), count)

    def values(self) -> list[npt.NDArray[np.floating]]:
        """Copies the weights."""
        return [variable.value.numpy() for variable in self._variables.values()]

    def since(self, before: list[npt.NDArray[np.floating]]) -> dict[str, float]:
        """The ratios, by path: the L2 norm of a weight's change since ``values`` over that of the weight before.

        Returns:
            Infinity where a weight that was all zeros changed, and 0 where it did not.
        """
        pairs = zip(self._variables, before, self.values(), strict=True)
        return {path: ratio(old, new) for path, old, new in pairs}


def _spacing(step: int) -> int:
    """Steps from one measured step to the next about a step."""
    return max(CLOSEST, (1 << step.bit_length()) // (2 * OCTAVE))


def ratio(before: npt.NDArray[np.floating], after: npt.NDArray[np.floating]) -> float:
    """‖after − before‖ / ‖before‖, in float64; infinite where only the latter is 0, and 0 where both are."""
    old = before.astype(np.float64)
    change, size = float(np.linalg.norm(after.astype(np.float64) - old)), float(np.linalg.norm(old))
    if size == 0:
        return 0.0 if change == 0 else float("inf")
    return change / size
