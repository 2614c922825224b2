"""How large single updates are beside the weights, measured between compiled calls: no other step pays for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

MOST = 64
"""Steps of a run whose updates are measured, about; each is a call of its own."""


class Updates:
    """Measures ‖Δw‖ / ‖w‖ of each weight at a few steps, evenly spaced from the first.

    Which steps these are is a function of the run's length alone, so that a run that was stopped and gone on with
    measures the same ones.

    Args:
        variables: The trainable weights, by their paths.
        total_steps: Steps of the run.
    """

    def __init__(self, variables: Mapping[str, Any], total_steps: int) -> None:
        self._variables = variables
        self._every = max(1, -(-total_steps // MOST))
        self._before: list[npt.NDArray[np.floating]] = []

    def due(self, step: int) -> bool:
        """Whether the update of a step, counted from 1, is to be measured."""
        return (step - 1) % self._every == 0

    def bound(self, done: int, count: int) -> int:
        """How many of ``count`` steps after step ``done`` a call may take, so that a measured step is alone in one."""
        return min(count, 1) if self.due(done + 1) else min(count, self._every - done % self._every)

    def begin(self) -> None:
        """Takes down the weights before the step."""
        self._before = self._values()

    def end(self) -> dict[str, float]:
        """The ratios, by path: the L2 norm of a weight's change over that of the weight before.

        Returns:
            Infinity where a weight that was all zeros changed, and 0 where it did not.
        """
        pairs = zip(self._variables, self._before, self._values(), strict=True)
        return {path: ratio(before, after) for path, before, after in pairs}

    def _values(self) -> list[npt.NDArray[np.floating]]:
        return [variable.value.numpy() for variable in self._variables.values()]


def ratio(before: npt.NDArray[np.floating], after: npt.NDArray[np.floating]) -> float:
    """‖after − before‖ / ‖before‖, in float64; infinite where only the latter is 0, and 0 where both are."""
    old = before.astype(np.float64)
    change, size = float(np.linalg.norm(after.astype(np.float64) - old)), float(np.linalg.norm(old))
    if size == 0:
        return 0.0 if change == 0 else float("inf")
    return change / size
