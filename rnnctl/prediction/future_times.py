"""Times of the rows that are to be predicted: each series goes on along its own grid."""

from __future__ import annotations

import numpy as np
import polars as pl

from rnnctl.data.dataset import Preparation
from rnnctl.data.frequency import grids_of, no_distance, told
from rnnctl.data.grid_search import MOSTLY
from rnnctl.data.grids import Grids, by_phase, inner_steps
from rnnctl.data.pace import missing_after
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints, Numbers
from rnnctl.data.time_grid import moments, times_of
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.table import Table

_MOST_DIGITS = 9


def future_grids(table: Table, order: Order, known: Preparation) -> Grids | None:
    """Each series' grid; None where times are none, or have fractions."""
    if order.times is None or order.times.dtype.is_float():
        return None
    every = table.data.frequency if known.grids or known.frequency is None else known.frequency
    grids = grids_of(table, order, every, known.grids)
    if known.grids and every is None and len(order.times) > len(order):
        missing, whole = missing_after(order.times, order.bounds, grids)
        kept = np.delete((missing == 0) & whole, order.end - 1)
        grids.sure = bool(kept.mean() >= MOSTLY)
    return grids


def future_times(table: Table, order: Order, last: Ints, steps: Ints, grids: Grids | None) -> pl.Series:
    """Times a number of steps after some rows.

    Args:
        last: ``[rows]``, int64, rows in that order.
        steps: ``[rows]``, int64, number of steps after each.
        grids: Each series' own; None of times with fractions, see `_after_fractions`.

    Raises:
        DataError: No distance can be found, or a time is beyond the year 9999.
    """
    if order.times is None:
        raise ValueError("rows without times have no future times")
    times = order.times.gather(last)
    if grids is None:
        differences = inner_steps(order.times.to_numpy(), order.bounds)
        if not len(differences):
            raise no_distance(table)
        return _after_fractions(order.times.to_numpy(), differences, times.to_numpy(), steps)
    rows, found = list[Ints](), list[pl.Series]()
    for grid, some in grids.groups(order.series_of(last)):
        if grid is None:
            raise no_distance(table)
        values = moments(times.gather(some), wall=grid.wall)
        for places, counted in by_phase(grid, values):
            moved = counted.after(values[places], steps[some[places]])
            rows.append(some[places])
            found.append(times_of(moved, times.dtype, wall=grid.wall))
    new = pl.concat(found).gather(np.argsort(np.concatenate(rows)))
    if new.dtype.is_temporal() and new.dt.year().max() > 9999:  # type: ignore[operator]
        raise DataError(
            f"{table.data.path}: column {table.data.time!r}: the future rows are after the year 9999; correct the "
            f"last times, or predict fewer rows"
        )
    return new


def _after_fractions(written: Numbers, differences: Numbers, times: Numbers, steps: Ints) -> pl.Series:
    """Times with fractions some steps later, with as many digits as the file's.

    A step is the mean one where all differ by no more than rounding (1970.042, 1970.125, 1970.208, 1970.292), else the
    median one.
    """
    near = 1e-12 * np.abs(written).max()
    every = range(_MOST_DIGITS)
    digits = next((few for few in every if np.abs(written - written.round(few)).max() <= near), _MOST_DIGITS)
    alike = np.ptp(differences) <= 2.1 * 10.0**-digits
    return pl.Series((times + steps * (differences.mean() if alike else np.median(differences))).round(digits))


def notes_of_times(data: TableData, order: Order, grids: Grids | None, added: Ints, known: Preparation) -> list[str]:
    """What is to be said of the times of added rows."""
    if grids is None or not added.any() or data.frequency is not None:
        return []
    where = f"{data.path}: column {data.time!r}"
    if not grids.sure:
        which = "that of the run's own file" if known.grids else "the most common one"
        return [
            f"{where}: the file's times do not keep to one distance; those of the forecast go on by {which}, "
            f"{grids.main}; set data.frequency to the one that is meant"
        ]
    plain = grids.main is None or not (grids.main.pattern or (known.grids and grids.main != known.grids.get("")))
    return [] if plain and not grids.own else [f"{where}: {text}" for text in told(data, order, grids, found=True)]
