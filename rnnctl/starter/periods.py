"""Trend and memory of a series."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.scoring.season import LONGEST, autocorrelation

Values = npt.NDArray[np.float64]


def has_trend(values: Values) -> bool:
    """Whether a series ``[rows]`` (NaN where missing) leaves its past range, so that changes are easier to learn.

    Of the last 30 % of the rows, a quarter must lie above all, or below all, of the rows before them, by more than a
    tenth of their range.
    """
    values = values[np.isfinite(values)]
    if len(values) < 10:
        return False
    cut = int(0.7 * len(values))
    past, recent = values[:cut], values[cut:]
    low, high = past.min(), past.max()
    margin = 0.1 * (high - low)
    return bool(max((recent > high + margin).mean(), (recent < low - margin).mean()) > 0.25)


def memory(values: Values) -> int:
    """The first lag at which the autocorrelation of ``[rows]`` (NaN where missing) falls below 1/e."""
    lags = max(1, min(len(values) // 3, LONGEST))
    below = np.flatnonzero(autocorrelation([values], lags)[0][: lags + 1] < np.exp(-1))
    return max(1, int(below[0])) if len(below) else lags
