"""Columns of numbers, or their changes from row to row, scaled by their training rows alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from rnnctl.data.sequences import Floats, Ints
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData

CHUNK_ROWS = 1 << 14


def _number(value: object) -> float:
    """A statistic as a float: Polars types it as any value."""
    if not isinstance(value, (int, float)):
        raise TypeError(f"a statistic of numbers is {value!r}")
    return float(value)


def _standard(training: pl.Series) -> tuple[float, float]:
    """Mean and standard deviation (divided by n): scaled values have mean 0 and variance 1."""
    return _number(training.mean()), _number(training.std(ddof=0))


def _minmax(training: pl.Series) -> tuple[float, float]:
    """Minimum and range: scaled training values lie in [0, 1]."""
    low, high = _number(training.min()), _number(training.max())
    return low, high - low


def _robust(training: pl.Series) -> tuple[float, float]:
    """Median and interquartile range (linear interpolation): outliers do not move them."""
    lower, middle, upper = (_number(training.quantile(share, "linear")) for share in (0.25, 0.5, 0.75))
    return middle, upper - lower


SCALES: dict[str, Callable[[pl.Series], tuple[float, float]]] = {
    "standard": _standard,
    "minmax": _minmax,
    "robust": _robust,
    "none": lambda _: (0.0, 1.0),
}
"""Each ``data.scale``: from a column's training values, float64, nulls aside, to its center and scale."""


def changes(column: pl.Series, begin: Ints) -> pl.Series:
    """Each row's change from the row before it; null in the first row of each series, and next to a null."""
    return column.diff().scatter(begin, None)


def write_scaled(column: pl.Series, scale: tuple[float, float], array: Floats, place: int) -> None:
    """Scales a column ``[rows]`` of float64 into column ``place`` of ``array [rows, columns]``; a null becomes NaN.

    A few rows at a time, so that intermediate values stay in the processor's cache.

    Raises:
        FloatingPointError: A scaled value is too large for a float32.
    """
    row, (center, size) = 0, scale
    for chunk in column.get_chunks():
        for first in range(0, len(chunk), CHUNK_ROWS):
            numbers = chunk.slice(first, CHUNK_ROWS).to_numpy()
            with np.errstate(over="raise"):
                np.divide(numbers - center, size, out=array[row : row + len(numbers), place], casting="same_kind")
            row += len(numbers)


def too_large(data: TableData, name: str, scale: tuple[float, float]) -> DataError:
    """The error for a value that cannot be scaled into a float32."""
    return DataError(
        f"{data.path}: column {name!r}: a value lies so far from those of the training rows (around {scale[0]:g}, "
        f"scale {scale[1]:g}) that it is too large for a float32 once scaled; correct it, or set data.scale: none"
    )


def fit_scale(data: TableData, name: str, training: pl.Series) -> tuple[float, float]:
    """Center and scale of a column, from its values (or their changes) in the training rows, float64.

    Raises:
        DataError: There is nothing to scale by, or a target has nothing to learn.
    """
    training = training.drop_nulls()
    where = f"{data.path}: column {name!r}"
    value = "change from row to row" if data.difference else "value"
    if not len(training):
        raise DataError(f"{where} has no {value} in the training rows; remove it, or hold out fewer rows (data.split)")
    if training.min() == training.max():
        found = f"{where} is {training[0]:g} in all {len(training):,} training rows"
        if data.difference:
            found = f"{where} changes by {training[0]:g} from every training row to the next"
        if name in data.target:
            raise DataError(f"{found}, so there is nothing to learn; choose another data.target or another data.split")
        if data.scale != "none":
            raise DataError(
                f"{found}, so it cannot be scaled and tells the model nothing; remove it from data.features, or set "
                f"data.scale: none"
            )
    center, scale = SCALES[data.scale](training)
    if scale == 0:
        raise DataError(
            f"{where}: the middle half of its training {'changes' if data.difference else 'values'} is one value "
            f"({center:g}), so data.scale: robust has nothing to divide by; set data.scale: standard"
        )
    return center, scale
