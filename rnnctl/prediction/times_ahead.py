"""Times of rows that are still to come. Knows no values."""

from __future__ import annotations

import numpy as np
import polars as pl

from rnnctl.data.frequency import most_common, parts_of
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.errors import DataError
from rnnctl.tables.table import Table


def times_ahead(table: Table, order: Order, last: Ints, ahead: Ints, every: str | None) -> pl.Series:
    """Times so many steps after some rows.

    Args:
        table: The table, for its most common distance between rows where none is given.
        order: Its rows' order, with times.
        last: ``[rows]``, int64, rows in that order.
        ahead: ``[rows]``, int64, how many steps after each.
        every: The distance, as ``data.frequency``.

    Returns:
        ``[rows]``, of the times' own type.

    Raises:
        DataError: Nothing tells the distance.
    """
    if order.times is None:
        raise ValueError("rows without times have none ahead")
    times = order.times.gather(last)
    if times.dtype.is_float():
        return times + pl.Series(ahead.astype(np.float64)) * _middle_difference(table, order)
    try:
        number, unit = parts_of(every or most_common(table, order))
    except DataError:
        raise DataError(_untold(table)) from None
    if unit == "i":
        return (times + pl.Series(ahead * number)).cast(times.dtype)
    steps = pl.DataFrame({"time": times, "by": [f"{number * step}{unit}" for step in ahead.tolist()]})
    return steps.select(pl.col("time").dt.offset_by(pl.col("by"))).to_series().cast(times.dtype)


def _middle_difference(table: Table, order: Order) -> float:
    if order.times is None:
        raise ValueError("rows without times have no differences")
    steps = np.diff(order.times.to_numpy())
    inside = np.ones(len(steps), dtype=np.bool_)
    inside[order.bounds[1:-1] - 1] = False
    if not inside.any():
        raise DataError(_untold(table))
    return float(np.median(steps[inside]))


def _untold(table: Table) -> str:
    return (
        f"{table.data.path}: column {table.data.time!r}: no series has two rows, so nothing tells the time from one "
        f"row to the next; give more rows, or set data.frequency and train again"
    )
