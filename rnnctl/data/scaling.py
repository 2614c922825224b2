"""Columns, or their changes from row to row, scaled by their training rows alone, in float32. Knows no windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.csv_file import Table, number_columns
from rnnctl.data.dataset import Scaler
from rnnctl.data.sequences import Floats, Ints
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


@dataclass(frozen=True, eq=False, slots=True)
class ScaledColumns:
    """A table's columns, ready for sequences to be views of.

    Attributes:
        values: ``[rows, features]``, float32, NaN where missing.
        targets: ``[rows, targets]``, float32, NaN where missing; the same array where they are the same columns.
        scaler: How the targets were scaled; None where they were not.
        levels: See `Dataset`.
    """

    values: Floats
    targets: Floats
    scaler: Scaler | None
    levels: npt.NDArray[np.float64] | None


def scale_columns(table: Table, order: Order, splits: RowSplits) -> ScaledColumns:
    """Scales the table's columns, in float64, letting go of each when it is done.

    With ``data.difference: 1`` these are the columns' changes: row t holds x_t − x_{t−1} of its series. A change is
    missing in a series' first row, and where either value is. Statistics are those of the training rows' changes.

    Args:
        table: The table; its frame loses the columns.
        order: The order in which its rows are taken.
        splits: Each series' rows by split.

    Raises:
        DataError: A column has nothing to scale by, or a target nothing to learn.
    """
    data = table.data
    features = data.features or data.target
    homes = [(np.empty((table.frame.height, len(features)), dtype=np.float32), features)]
    if features != data.target:
        homes.append((np.empty((table.frame.height, len(data.target)), dtype=np.float32), data.target))
    levels = np.empty((table.frame.height, len(data.target))) if data.difference else None
    inside = None if len(splits.begin) == 1 else _training_rows(splits)
    fits: dict[str, tuple[float, float]] = {}
    for name in number_columns(data):
        column = table.frame.drop_in_place(name)
        if order.rows is not None:
            column = column.gather(order.rows)
        if levels is not None:
            for place in _places(name, data.target):
                levels[:, place] = column.to_numpy()
            column = _changes(column, order.bounds[:-1])
        training = column.head(int(splits.validation[0])) if inside is None else column.filter(inside)
        fits[name] = _fit(table, name, training.drop_nulls())
        for array, names in homes:
            for place in _places(name, names):
                try:
                    _write(column, *fits[name], array, place)
                except FloatingPointError:
                    raise DataError(_too_large(data.path, name, *fits[name])) from None
    values, targets = homes[0][0], homes[-1][0]
    if data.scale == "none":
        return ScaledColumns(values, targets, None, levels)
    centers, scales = zip(*(fits[name] for name in data.target), strict=True)
    return ScaledColumns(values, targets, Scaler(np.array(centers), np.array(scales)), levels)


def _places(name: str, names: tuple[str, ...]) -> list[int]:
    return [place for place, other in enumerate(names) if other == name]


def _changes(column: pl.Series, begin: Ints) -> pl.Series:
    """Each row's change from the row before it; null in the first row of each series, and next to a null."""
    return column.diff().scatter(begin, None)


def _write(column: pl.Series, center: float, scale: float, array: Floats, place: int) -> None:
    """Scales a column into one of an array's, a few rows at a time, so that what lies between stays in the cache."""
    row = 0
    for chunk in column.get_chunks():
        for first in range(0, len(chunk), CHUNK_ROWS):
            numbers = chunk.slice(first, CHUNK_ROWS).to_numpy()
            with np.errstate(over="raise"):
                np.divide(numbers - center, scale, out=array[row : row + len(numbers), place], casting="same_kind")
            row += len(numbers)


def _too_large(path: Path, name: str, center: float, scale: float) -> str:
    return (
        f"{path}: column {name!r}: a value lies so far from those of the training rows (around {center:g}, scale "
        f"{scale:g}) that it is too large for a float32 once scaled; correct it, or set data.scale: none"
    )


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
