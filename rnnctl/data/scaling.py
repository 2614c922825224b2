"""Columns of numbers, or their changes from row to row, scaled by their training rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Floats, Ints, covered
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData

CHUNK_ROWS = 1 << 14


_VALUE = pl.col("value")
SCALES: dict[str, tuple[pl.Expr, pl.Expr]] = {
    "standard": (_VALUE.mean(), _VALUE.std(ddof=0)),
    "minmax": (_VALUE.min(), _VALUE.max() - _VALUE.min()),
    "robust": (_VALUE.quantile(0.5, "linear"), _VALUE.quantile(0.75, "linear") - _VALUE.quantile(0.25, "linear")),
    "none": (pl.lit(0.0), pl.lit(1.0)),
}
"""Each ``data.scale``: center and scale of a column's training values. These then have mean 0 and variance 1, lie in
[0, 1], or have median 0 and an interquartile range of 1, which outliers do not move."""


DROWNED = 0.1
"""Share of the standard deviation of all series together below which one drowns under a scale of all.

An error as large as all of its spread counts at most a hundredth (0.1²) of one in a series of usual spread. A mean of n
squared errors is itself uncertain by a share of √(2/n), so that with less than 20,000 validation windows early stopping
cannot tell whether such a series is learnt.
"""

MANY = 0.1
"""Share of the series from which on those that drown are no exceptions."""


def drowned(spreads: npt.NDArray[np.float64], whole: float) -> Ints:
    """Places of the series that drown under a scale of all; none where they are exceptions.

    Args:
        spreads: ``[series]``, standard deviations of those that vary.
        whole: The standard deviation of all together.
    """
    found = np.flatnonzero(spreads < DROWNED * whole).astype(np.int64)
    return found if len(found) >= MANY * len(spreads) else found[:0]


def changes(column: pl.Series, bounds: Ints, rows: int) -> pl.Series:
    """Each row's change from so many rows before it; null in as many rows of each series, and where either is null.

    Args:
        bounds: ``[series + 1]``, first row of each series, and the number of rows.
        rows: 1 or more.
    """
    first = covered(len(column), bounds[:-1], np.minimum(bounds[:-1] + rows, bounds[1:]))
    return column.diff(rows).scatter(np.flatnonzero(first), None)


FEWEST = 7
"""Values that tell the spread of a series without training rows: of 7 normally distributed ones the standard deviation
comes out below a third of what it is in less than one case of 100 (of 6, in more)."""


def fit_each_series(
    data: TableData, column: pl.Series, known: pl.Series, series: Ints, whole: tuple[float, float], *, fewest: int
) -> dict[int, tuple[float, float]]:
    """Center and scale of each series that has rows to learn them from.

    Of a series that has no spread there, or too few values, its own center, and the scale of all, so that it is not
    divided by nothing.

    Args:
        column: ``[rows]``, values or their changes.
        known: ``[rows]``, whether a row is one to learn from.
        series: ``[rows]``, the number of the series.
        whole: Center and scale of all together.
        fewest: Number of values below which a spread is not taken from them.
    """
    middle, spread = SCALES[data.scale]
    frame = pl.DataFrame({"series": series, "value": column}).filter(known).drop_nulls()
    flat = (_VALUE.min() == _VALUE.max()) | (pl.len() < fewest)
    found = frame.group_by("series").agg(center=middle, scale=spread, flat=flat)
    return {
        place: (center, whole[1] if flat or not scale else scale) for place, center, scale, flat in found.iter_rows()
    }


def write_scaled(
    data: TableData,
    name: str,
    column: pl.Series,
    scale: tuple[float, float] | tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    array: Floats,
    place: int,
) -> None:
    """Scales a column ``[rows]`` of float64 into column ``place`` of ``array [rows, columns]``; a null becomes NaN.

    A few rows at a time, so that intermediate values stay in the processor's cache.

    Args:
        scale: Center and scale, numbers or ``[rows]`` each.

    Raises:
        DataError: A scaled value is too large for a float32.
    """
    row, (centers, sizes) = 0, scale
    for chunk in column.get_chunks():
        for first in range(0, len(chunk), CHUNK_ROWS):
            numbers = chunk.slice(first, CHUNK_ROWS).to_numpy()
            center, size = (
                one[row : row + len(numbers)] if isinstance(one, np.ndarray) else one for one in (centers, sizes)
            )
            try:
                with np.errstate(over="raise"):
                    np.divide(numbers - center, size, out=array[row : row + len(numbers), place], casting="same_kind")
            except FloatingPointError:
                worst = np.nanargmax(np.abs((numbers - center) / size))
                center, size = (float(np.broadcast_to(one, numbers.shape)[worst]) for one in (center, size))
                raise DataError(
                    f"{data.path}: column {name!r}: a value lies so far from those of the training rows (around "
                    f"{center:g}, scale {size:g}) that it is too large for a float32 once scaled; correct it, or set "
                    f"data.scale: none"
                ) from None
            row += len(numbers)


def fit_scale(data: TableData, name: str, training: pl.Series) -> tuple[float, float]:
    """Center and scale of a column, from its values (or their changes) in the training rows, float64.

    Raises:
        DataError: There is nothing to scale by, or a target has nothing to learn.
    """
    training = training.drop_nulls()
    where = f"{data.path}: column {name!r}"
    value = {0: "value", 1: "change from row to row"}.get(data.difference, f"change over {data.difference} rows")
    if not len(training):
        raise DataError(f"{where} has no {value} in the training rows; remove it, or hold out fewer rows (data.split)")
    if training.min() == training.max():
        found = f"{where}: the {value} is {training[0]:g} in all {len(training):,} training rows"
        if name in data.target:
            raise DataError(f"{found}, so there is nothing to learn; choose another data.target or another data.split")
        if data.scale != "none":
            raise DataError(
                f"{found}, so it cannot be scaled and tells the model nothing; remove it from data.features, or set "
                f"data.scale: none"
            )
    middle, spread = SCALES[data.scale]
    center, scale = training.to_frame("value").select(center=middle, scale=spread).row(0)
    if scale == 0:
        raise DataError(
            f"{where}: the middle half of the training rows has one {value} ({center:g}), so data.scale: robust has "
            f"nothing to divide by; set data.scale: standard"
        )
    return center, scale
