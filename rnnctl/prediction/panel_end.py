"""Where the forecast of each series begins: after the last time of all series of a panel, or after its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import Preparation
from rnnctl.data.grids import Grids, by_phase
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.data.time_grid import moments
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, first_few

SHOWN = 3
_SHARED = 0.5
"""Least share of a panel's series that reach its last time, or of those that did not end long ago; with fewer, each
series has an end of its own."""


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
    first; one that lacks more is forecast from its own end. Where nothing tells a common end, each is.

    Args:
        last: ``[series]``, the last known row of each series; −1 where none is.
        observed: Columns that are known up to the last known row.
    """
    none = Ends(np.zeros(len(last), dtype=np.int64))
    times, has_some = order.times, last >= 0
    if times is None or grids is None or has_some.sum() < 2 or not data.task_entry.windowed:
        return none
    ends = times.gather(np.maximum(last, 0))
    some = ends.filter(pl.Series(has_some)).sort()
    until, newest, length = some.tail(1), some[-1], data.windowed.length
    late = np.where(has_some, rows_until(order, ends, grids, until), 0)
    if not late.any():
        return none
    if not _common(late[has_some], length):
        return replace(none, notes=(
            f"{data.path}: the series end at different times, from {some[0]} to {newest}, few of them at the last: "
            f"each is forecast from its own end",
        ))  # fmt: skip
    others = sorted(set(observed) - set(data.target))
    filled = data.missing == "forward" or (data.missing == "mask" and set(observed) <= set(known.masked))
    short, old = (late > 0) & (late < length), late >= length
    stuck = short & (not filled and bool(others))
    short &= ~stuck
    how = f"are filled as data.missing: {data.missing} says" if filled else "are predicted by the model itself"
    told = (
        (short, f"the rows missing up to {newest}, where the others end, {how}"),
        (
            stuck,
            f"forecast from there, before the others, whose last time is {newest}: nothing stands in for "
            f"{' or '.join(map(repr, others))} of the missing rows; fill them in, or train with data.missing: forward",
        ),
        (
            old,
            f"forecast from there, for the others end at {newest}, and no row of a window (data.window.length "
            f"{length}) would be known",
        ),
    )
    notes = (f"{data.path}: {_named(order, ends, which, late)}: {text}" for which, text in told if which.any())
    return Ends(np.where(short, late, 0), until if short.any() else None, filled, tuple(notes))


def _common(late: Ints, length: int) -> bool:
    """Whether enough series end together: of all, or of those that did not end long ago.

    One alone is enough beside others that are a little early where the rest ended two windows before and more, so that
    the ends are not merely spread.
    """
    together, recent = (late == 0).sum(), late < length
    if together >= _SHARED * len(late):
        return True
    spread = together == 1 and not (recent | (late >= 2 * length)).all()
    return bool(recent.sum() > 1 and together >= _SHARED * recent.sum() and not spread)


def rows_until(order: Order, ends: pl.Series, grids: Grids, until: pl.Series) -> Ints:
    """``[series]``: the rows of each series' grid after a time of it, up to one of all."""
    found = np.zeros(len(ends), dtype=np.int64)
    for grid, series in grids.groups():
        if grid is None:
            continue
        values, stop = moments(ends, wall=grid.wall)[series], moments(until, wall=grid.wall)
        for places, steps in by_phase(grid, values):
            first, last = (steps.number(steps.place(some)) for some in (values[places], stop))
            found[series[places]] = np.maximum(0, last - first)
    return found


def _named(order: Order, ends: pl.Series, which: npt.NDArray[np.bool_], late: Ints) -> str:
    series = np.flatnonzero(which)
    each = (
        f"{order.names[place]!r} ends at {ends[place]}, {counted(int(late[place]), 'row')} before"
        for place in series[:SHOWN].tolist()
    )
    return f"series {first_few(each, SHOWN, len(series), '; ')}"
