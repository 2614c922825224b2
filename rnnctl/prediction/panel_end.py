"""Where the forecast of each series begins: after the last time of all series of a panel, or after its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import Preparation
from rnnctl.data.grid_search import Grids
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.data.time_grid import Steps, moments
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, first_few

SHOWN = 3
_SHARED = 0.5
"""Least share of a panel's series that reach its last time; with fewer, each series has an end of its own."""


@dataclass(frozen=True, eq=False, slots=True)
class Ends:
    """The end of each series.

    Attributes:
        late: ``[series]``, rows that are missing between a series' last known row and the panel's last time, where the
            forecast begins after that.
        until: The panel's last time; None where no series is continued up to it.
        filled: Whether ``data.missing`` fills these rows; else the model predicts them.
    """

    late: Ints
    until: pl.Series | None = None
    filled: bool = True
    notes: tuple[str, ...] = ()


def find_ends(
    data: TableData, order: Order, last: Ints, grids: Grids | None, observed: tuple[str, ...], known: Preparation
) -> Ends:
    """Decides for each series of a forecast whether it ends a little early, or ended long ago.

    A series that lacks fewer rows than ``data.window.length`` up to the panel's last time is continued to that time
    first; one that lacks more is forecast from its own end. Where fewer than half of the series reach the panel's last
    time, nothing tells a common end, and each is forecast from its own.

    Args:
        last: ``[series]``, the last known row of each series; −1 where none is.
        observed: Columns that are known up to the last known row.
    """
    none = np.zeros(len(last), dtype=np.int64)
    times, has_some = order.times, last >= 0
    if times is None or grids is None or has_some.sum() < 2 or not data.task_entry.windowed:
        return Ends(none)
    ends = times.gather(np.maximum(last, 0))
    some = ends.filter(pl.Series(has_some)).sort()
    until, newest = some.tail(1), str(some[-1])
    late = np.where(has_some, rows_until(order, ends, grids, until), 0)
    if not late.any():
        return Ends(none)
    if (late[has_some] == 0).mean() < _SHARED:
        return Ends(none, notes=(
            f"{data.path}: the series end at different times, from {some[0]!s} to {newest}, few of them at the last: "
            f"each is forecast from its own end",
        ))  # fmt: skip
    others = set(observed) - set(data.target)
    filled = data.missing == "forward" or (data.missing == "mask" and set(observed) <= set(known.masked))
    short = (late > 0) & (late < data.windowed.length) & (filled or not others)
    notes = []
    if short.any():
        who = _named(order, ends, np.flatnonzero(short), late)
        how = f"are filled as data.missing: {data.missing} says" if filled else "are predicted by the model itself"
        notes.append(f"{data.path}: {who}: the rows missing up to {newest}, where the others end, {how}")
    stuck = (late > 0) & (late < data.windowed.length) & ~short
    if stuck.any():
        who = _named(order, ends, np.flatnonzero(stuck), late)
        names = " or ".join(map(repr, sorted(others)))
        notes.append(
            f"{data.path}: {who}: forecast from there, before the others, whose last time is {newest}: nothing stands "
            f"in for {names} of the missing rows; fill them in, or train with data.missing: forward"
        )
    old = late >= data.windowed.length
    if old.any():
        who = _named(order, ends, np.flatnonzero(old), late)
        notes.append(
            f"{data.path}: {who}: forecast from there, for the others end at {newest}, and no row of a window "
            f"(data.window.length {data.windowed.length}) would be known"
        )
    return Ends(np.where(short, late, 0), until if short.any() else None, filled, tuple(notes))


def rows_until(order: Order, ends: pl.Series, grids: Grids, until: pl.Series) -> Ints:
    """``[series]``: the rows of each series' grid after a time of it, up to one of all."""
    found = np.zeros(len(ends), dtype=np.int64)
    for grid, series in grids.groups():
        if grid is None:
            continue
        values, stop = moments(ends, wall=grid.wall), moments(until, wall=grid.wall)
        for place in series.tolist():
            steps = Steps(grid, values[place : place + 1])
            number = steps.number(steps.place(np.append(values[place], stop)))
            found[place] = max(0, int(number[1] - number[0]))
    return found


def _named(order: Order, ends: pl.Series, series: npt.NDArray[np.int64], late: Ints) -> str:
    each = (
        f"{order.names[place]!r} ends at {ends[place]}, {counted(int(late[place]), 'row')} before"
        for place in series[:SHOWN].tolist()
    )
    return f"series {first_few(each, SHOWN, len(series), '; ')}"
