"""How a column is scaled, from its training values alone. Knows neither files nor windows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]


def _standard(values: Column) -> tuple[float, float]:
    """Mean and standard deviation (divided by n): scaled values have mean 0 and variance 1."""
    return float(values.mean()), float(values.std())


def _minmax(values: Column) -> tuple[float, float]:
    """Minimum and range: scaled training values lie in [0, 1]."""
    low, high = float(values.min()), float(values.max())
    return low, high - low


def _robust(values: Column) -> tuple[float, float]:
    """Median and interquartile range (linear interpolation): outliers do not move them."""
    lower, middle, upper = np.quantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(upper - lower)


def _none(values: Column) -> tuple[float, float]:
    """Leaves values as they are."""
    return 0.0, 1.0


SCALES: dict[str, Callable[[Column], tuple[float, float]]] = {
    "standard": _standard,
    "minmax": _minmax,
    "robust": _robust,
    "none": _none,
}
"""Each ``data.scale``: from a column's training values ``[rows]``, float64, without gaps, to its center and scale."""
