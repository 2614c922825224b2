"""Columns scaled by statistics of their training rows alone, and put into float32. Knows neither windows nor models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from rnnctl.data.csv_file import Table, number_columns
from rnnctl.data.sequences import Floats, Scaler
from rnnctl.data.series import Order
from rnnctl.data.splits import RowSplits
from rnnctl.errors import DataError

CHUNK_ROWS = 1 << 14


def _number(value: object) -> float:
    """Polars' types allow its statistics to be of any kind; those of a column of numbers are numbers."""
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


def _none(training: pl.Series) -> tuple[float, float]:
    """Leaves values as they are."""
    return 0.0, 1.0


SCALES: dict[str, Callable[[pl.Series], tuple[float, float]]] = {
    "standard": _standard,
    "minmax": _minmax,
    "robust": _robust,
    "none": _none,
}
"""Each ``data.scale``: from a column's training values, float64, nulls aside, to its center and scale."""


def scale_columns(table: Table, order: Order, splits: RowSplits) -> tuple[Floats, Floats, Scaler | None]:
    """Scales the table's columns, in float64, letting go of each when it is done.

    Args:
        table: The table; its frame loses the columns.
        order: The order in which its rows are taken.
        splits: Each series' rows by split.

    Returns:
        Features ``[rows, features]`` and targets ``[rows, targets]``, float32, NaN where missing (one array where they
        are the same columns), and the targets' scaler; None where they are not scaled.

    Raises:
        DataError: A column has nothing to scale by, or a target nothing to learn.
    """
    data = table.data
    features = data.features or data.target
    homes = [(np.empty((table.frame.height, len(features)), dtype=np.float32), features)]
    if features != data.target:
        homes.append((np.empty((table.frame.height, len(data.target)), dtype=np.float32), data.target))
    inside = None if len(splits.begin) == 1 else _training_rows(splits)
    fits: dict[str, tuple[float, float]] = {}
    for name in number_columns(data):
        column = table.frame.drop_in_place(name)
        if order.rows is not None:
            column = column.gather(order.rows)
        training = column.head(int(splits.validation[0])) if inside is None else column.filter(inside)
        fits[name] = _fit(table, name, training.drop_nulls())
        for array, names in homes:
            for place in (place for place, other in enumerate(names) if other == name):
                _write(column, *fits[name], array, place)
    values, targets = homes[0][0], homes[-1][0]
    if data.scale == "none":
        return values, targets, None
    centers, scales = zip(*(fits[name] for name in data.target), strict=True)
    return values, targets, Scaler(np.array(centers), np.array(scales))


def _write(column: pl.Series, center: float, scale: float, array: Floats, place: int) -> None:
    """Scales a column into one of an array's, a few rows at a time, so that what lies between stays in the cache."""
    row = 0
    for chunk in column.get_chunks():
        for first in range(0, len(chunk), CHUNK_ROWS):
            numbers = chunk.slice(first, CHUNK_ROWS).to_numpy()
            np.divide(numbers - center, scale, out=array[row : row + len(numbers), place], casting="same_kind")
            row += len(numbers)


def _training_rows(splits: RowSplits) -> pl.Series:
    """``[rows]``, bool: whether a row is for training."""
    edges = np.zeros(int(splits.end[-1]) + 1, dtype=np.int8)
    np.add.at(edges, splits.begin, 1)
    np.add.at(edges, splits.validation, -1)
    return pl.Series(np.cumsum(edges[:-1], dtype=np.int8).astype(np.bool_))


def _fit(table: Table, name: str, training: pl.Series) -> tuple[float, float]:
    """Center and scale of a column, from its training values."""
    data = table.data
    where = f"{data.path}: column {name!r}"
    if not len(training):
        raise DataError(f"{where} has no value in the training rows; remove it, or hold out fewer rows (data.split)")
    if training.min() == training.max():
        found = f"{where} is {training[0]:g} in all {len(training):,} training rows"
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
            f"{where}: the middle half of its training values is one value ({center:g}), so data.scale: robust has "
            f"nothing to divide by; set data.scale: standard"
        )
    return center, scale
