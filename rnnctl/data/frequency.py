"""Rows put in where some are missing from regular times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from rnnctl.data.grid_search import find_grids, usual_grid
from rnnctl.data.grids import Counted, Grids, counted_steps
from rnnctl.data.pace import find_far
from rnnctl.data.row_order import Order, Rows
from rnnctl.data.sequences import Ints
from rnnctl.data.time_grid import Grid, times_of
from rnnctl.errors import DataError
from rnnctl.tables.frames import by_place, replaced
from rnnctl.util.format import counted, first_few
from rnnctl.util.memory import available_bytes, in_words

if TYPE_CHECKING:
    from rnnctl.schema.table import TableData
    from rnnctl.tables.table import Table

SHOWN = 3


def regular(table: Table, order: Order, every: str, known: Mapping[str, Grid] | None = None) -> Rows:
    """Adds the rows that are missing from a table of regular times; their cells are null but for what a series shares.

    Args:
        every: The distance (``1d``, ``1mo``, ``1b``, ``15m``, ``1i`` for whole numbers), or ``auto`` for each series'
            own usual one.
        known: Grids of the table that was learnt from; None where this is it.

    Raises:
        DataError: The distance is none, or so short that memory cannot hold the rows; or a time does not lie on the
            grid that its series' first one begins.
    """
    name, times = table.data.time, order.times
    if name is None or times is None:
        raise ValueError("a frequency is of times")
    grids = grids_of(table, order, every, known)
    if not grids.every:
        raise no_distance(table)
    _check_near(table, order, grids)
    groups = list(counted_steps(times, order.bounds, grids))
    added, closed = _missing(table, order, groups)
    _check_fits(table, order, grids, added)
    place = np.arange(len(times)) + np.cumsum(added) - added
    origin = np.full(len(times) + int(added.sum()), -1)
    origin[place] = np.arange(len(times)) if order.rows is None else order.rows
    before = np.repeat(np.arange(len(times)), 1 + added)
    filled = times.gather(before).scatter(np.flatnonzero(origin < 0), _put_in(times, groups, added))
    whole = Order(np.append(place[order.begin], len(origin)), order.names, times=filled, was_sorted=order.was_sorted)
    found = every == "auto" and (known is None or grids.main != known.get(""))
    notes = _notes(table, order, filled, origin, grids, found=found)
    if len(closed):
        where = Rows(table, table.frame, order).lines(closed.tolist())
        what = f"{counted(len(closed), 'row')} kept, though at times that the others skip each week"
        notes = (*notes, f"{table.data.path}: column {name!r}: {where}: {what}")
    frame = replaced(_longer(table, order, origin, before), {name: filled})
    return Rows(table, frame, whole, origin, grids.every, notes, grids=grids)


def _missing(table: Table, order: Order, groups: Sequence[Counted]) -> tuple[Ints, Ints]:
    """``[rows]``: how many are missing after each; and the rows at times that their series skips each week.

    Raises:
        DataError: A row is off its series' grid.
    """
    added, closed = np.zeros(int(order.bounds[-1]), dtype=np.int64), [np.zeros(0, dtype=np.int64)]
    for grid, steps, rows, values in groups:
        off = rows[~steps.aligned(values)]
        if len(off):
            raise _off(table, order, grid, off)
        place = steps.place(values)
        closed.append(rows[steps.number(place) == steps.number(place - 1)])
        added[rows[:-1]] = np.where(np.diff(order.series_of(rows)) == 0, steps.missing(values), 0)
    return added, np.sort(np.concatenate(closed))


def _put_in(times: pl.Series, groups: Sequence[Counted], added: Ints) -> pl.Series:
    """The times of the rows put in, in order."""
    found, after = [times.clear()], [np.zeros(0, dtype=np.int64)]
    for grid, steps, rows, values in groups:
        before, nth = repeated(added[rows])
        moved = steps.of(before).after(values[before], nth)
        after.append(rows[before])
        found.append(times_of(moved, times.dtype, wall=grid.wall))
    return pl.concat(found).gather(np.argsort(np.concatenate(after), kind="stable"))


def repeated(counts: Ints) -> tuple[Ints, Ints]:
    """Each place as often as counted there, and the number of each time, from 1."""
    places = np.repeat(np.arange(len(counts)), counts)
    return places, np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts) + 1


def _longer(table: Table, order: Order, origin: Ints, before: Ints) -> pl.DataFrame:
    """The table's rows in order, with added ones; constant columns are as in the file's row before, nulls too."""
    frame, rows = by_place(table.frame), order.rows
    source = pl.Series(origin).replace(-1, None)
    before = before if rows is None else rows[before]
    constant = _constant(table.data)
    columns = zip(table.frame.columns, frame.get_columns(), strict=True)
    return pl.DataFrame({
        name: column.gather(before) if name in constant else _gathered(column, source) for name, column in columns
    })  # fmt: skip


def _gathered(column: pl.Series, rows: pl.Series) -> pl.Series:
    """Rows of a column; null where a row's number is."""
    return column.to_frame().select(pl.all().gather(rows)).to_series()


def _constant(data: TableData) -> list[str]:
    """Columns that are the same in all rows of a series, and so in added ones."""
    labels = data.target if data.task_entry.series_target else ()
    return [name for name in (data.series, data.split.column, *(data.static or ()), *labels) if name is not None]


def grids_of(table: Table, order: Order, every: str | None, known: Mapping[str, Grid] | None = None) -> Grids:
    """The grid of each series, as ``data.frequency`` and ``data.open`` say, and the times themselves.

    Args:
        every: The distance; ``auto`` or None for each series' own, whose usual one it is at least.
        known: Grids of another table, by series; see `Preparation`.

    Raises:
        DataError: The distance does not go with the times, or they tell none.
    """
    data, times = table.data, order.times
    if times is None:
        raise ValueError("a grid is of times")
    whole = times.dtype.is_integer()
    if not (whole or times.dtype.is_temporal()):
        raise DataError(
            f"{data.path}: column {data.time!r}: times that are neither dates nor whole numbers have no "
            f"frequency; set data.frequency: null"
        )
    given = None if every in (None, "auto") else every
    if given is not None and given.endswith("i") != whole:
        example = "1i, the times being whole numbers" if whole else "1d, 1b, 1h, 1mo or 7d"
        raise DataError(f"data.frequency: {given!r} is no distance between these times; write one such as {example}")
    if given is not None and times.dtype == pl.Date and not Grid(given).wall:
        raise DataError(
            f"data.frequency: {given!r} is no distance between dates without a time of day; write one such as 1d, "
            f"1b or 1mo"
        )
    if given is not None and not isinstance(data.open, str) and not Grid(given).slotted:
        raise DataError(
            f"{data.path}: column {data.time!r}: data.open is for distances of whole seconds of which a day is a "
            f"multiple, such as 1d or 1h, and data.frequency is {given}; set it to one, or data.open: auto"
        )
    known = known or {}
    grids = find_grids(times, order.bounds, given, data.open, known.get(""))
    grids.own |= {place: known[name] for place, name in enumerate(order.names) if name in known}
    if grids.main is None:
        grids.main, grids.sure = usual_grid(times, order.bounds), False
    return grids


def sure_grids(table: Table, order: Order) -> Grids | None:
    """Grids that a forecast goes on by, of times that no rows are put in between; None where most keep to none."""
    times = order.times
    if times is None or table.data.task_entry.labels or not (times.dtype.is_integer() or times.dtype.is_temporal()):
        return None
    grids = grids_of(table, order, None)
    return grids if grids.sure and grids.main is not None else None


def by_name(grids: Grids | None, order: Order) -> dict[str, Grid]:
    """Grids as a `Preparation` keeps them."""
    if grids is None:
        return {}
    main = {} if grids.main is None else {"": grids.main}
    return main | {order.names[place]: grid for place, grid in grids.own.items() if order.names}


def no_distance(table: Table) -> DataError:
    """The error of times that tell no distance."""
    times = table.frame.get_column(str(table.data.time)).dtype
    near = " a microsecond or more apart" if times == pl.Datetime("ns") else ""
    return DataError(
        f"{table.data.path}: column {table.data.time!r}: no series has two rows{near}, so nothing tells the time from "
        f"one row to the next; give more rows, or train with data.frequency set"
    )


def _off(table: Table, order: Order, grid: Grid, off: Ints) -> DataError:
    data = table.data
    lines = Rows(table, table.frame, order).lines(off.tolist())
    what = f"a whole number of {grid.every} after its series' first one"
    return DataError(
        f"{data.path}: column {data.time!r}: {lines}: time {order.time_of(int(off[0]))} does not lie {what}; correct "
        f"it, or set data.frequency to a distance that all keep"
    )


def _check_fits(table: Table, order: Order, grids: Grids, added: Ints) -> None:
    """Stops before more rows are added than memory holds."""
    count, new = len(added), int(added.sum())
    every, data, times = grids.every, table.data, order.times
    rows = count + new
    needed, available = int(rows * 8 * (table.frame.width + 1)), available_bytes()  # 8 bytes a cell
    if new and available is not None and needed > available and times is not None:
        raise DataError(
            f"{data.path}: column {data.time!r}: {every} apart, from {order.time_of(int(times.arg_min() or 0))} to "
            f"{order.time_of(int(times.arg_max() or 0))}, the file's {count:,} rows would be {rows:,}, which need "
            f"{in_words(needed)} of memory, and {in_words(available)} are available; correct a time that is far from "
            f"the others, or set data.frequency to a longer distance"
        )


def _check_near(table: Table, order: Order, grids: Grids) -> None:
    """Stops at a time so far from the others that it makes a thousand rows of each of the file's."""
    if (found := find_far(order, grids)) is not None:
        lines = Rows(table, table.frame, order)
        raise DataError(
            f"{table.data.path}: column {table.data.time!r}: {lines.lines([found.row])}: {found.told(order)} "
            f"({lines.lines([found.other])}); correct the time, or set data.frequency to a longer distance"
        )


def _notes(table: Table, order: Order, times: pl.Series, origin: Ints, grids: Grids, *, found: bool) -> tuple[str, ...]:
    data = table.data
    notes = [f"{data.path}: column {data.time!r}: {text}" for text in told(data, order, grids, found=found)]
    added = origin < 0
    if not added.any():
        return tuple(notes)
    gaps = np.flatnonzero(np.diff(added, prepend=False, append=False)).reshape(-1, 2)  # first row, row after the last
    places = (
        f"{times[first]}{'' if stop - first == 1 else f' to {times[stop - 1]}'} after "
        f"{table.lines([int(origin[first - 1])])}"
        for first, stop in gaps[:SHOWN].tolist()
    )
    notes.append(
        f"{data.path}: {int(added.sum()):,} rows are missing in {counted(len(gaps), 'gap')} and "
        f"were put in without values: {first_few(places, SHOWN, len(gaps), '; ')}"
    )
    return tuple(notes)


def told(data: TableData, order: Order, grids: Grids, *, found: bool) -> list[str]:
    """What was found of the times that the config does not say: a sentence for each.

    Args:
        found: Whether the distance was.
    """
    main, sentences = grids.main, []
    if found and main is not None:
        sentences.append(f"the time from row to row is {main}")
    elif main is not None and main.open and data.open == "auto":
        sentences.append(
            f"rows lie within {', '.join(main.open)}; what is skipped comes round every week and is no gap "
            f"(data.open: all puts in these rows too)"
        )
    if grids.own:
        names = (f"{order.names[place]!r} {grid}" for place, grid in grids.own.items())
        sentences.append(f"series with another distance of their own: {first_few(names, SHOWN, len(grids.own))}")
    return sentences
