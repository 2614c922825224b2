"""The distance in time from row to row: how even it is, and rows added where some are missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.row_order import Order, Rows
from rnnctl.data.sequences import Ints
from rnnctl.errors import DataError
from rnnctl.tables.frames import by_place, column_of, replaced
from rnnctl.util.format import counted, first_few
from rnnctl.util.memory import available_bytes, in_words

if TYPE_CHECKING:
    from rnnctl.schema.table import TableData
    from rnnctl.tables.table import Table

SHOWN = 3
N = TypeVar("N", bound=np.number)
_DISTANCE = re.compile(r"(\d+)([a-z]+)")
_DAY = 86_400_000_000
_LONGEST = {"y": 366 * _DAY, "q": 92 * _DAY, "mo": 31 * _DAY, "w": 7 * _DAY, "d": _DAY, "h": _DAY // 24,
            "m": 60_000_000, "s": 1_000_000, "ms": 1000, "us": 1, "i": 1}  # fmt: skip
"""Most microseconds of a unit of time; of whole numbers, one."""
_MOSTLY = 0.8
_ROW = "row"


def regular(table: Table, order: Order, every: str) -> Rows:
    """Adds the rows that are missing from a table of regular times; their cells are null but for what a series shares.

    Args:
        every: The distance (``1d``, ``1mo``, ``15m``, ``1i`` for whole numbers), or ``auto`` for the most common one.

    Raises:
        DataError: The distance is none, or so short that memory cannot hold the rows; or a time does not lie on the
            grid that its series' first one begins.
    """
    name, data = table.data.time, table.data
    if name is None or order.times is None:
        raise ValueError("a frequency is of times")
    found = every == "auto"
    every = _distance(table, order, order.times, every)
    _check_fits(table, order, order.times, every)
    places = {column: str(place) for place, column in enumerate(table.frame.columns)}
    frame = replaced(by_place(table.frame), {_ROW: pl.Series(np.arange(table.frame.height))})
    frame = frame if order.rows is None else frame[order.rows]
    by = None if data.series is None else places[data.series]
    longer = frame.upsample(places[name], every=every, group_by=by, maintain_order=True)
    origin = longer.get_column(_ROW).fill_null(-1).to_numpy()
    there = origin >= 0
    before = np.maximum.accumulate(np.where(there, np.arange(len(origin)), 0))
    constant = [places[column] for column in _constant(data)]  # as in the file's row before, nulls too
    longer = replaced(longer, {column: longer.get_column(column).gather(before) for column in constant})
    lost = np.setdiff1d(frame.get_column(_ROW).to_numpy(), origin)
    if len(lost):
        time = column_of(table.frame, name)[int(lost[0])]
        raise DataError(
            f"{data.path}: column {name!r}: {table.lines(lost.tolist())}: time {time} does not lie a whole number of "
            f"{every} after its series' first one; correct it, or set data.frequency to a distance that all keep"
        )
    times = longer.get_column(places[name])
    bounds = np.append(np.flatnonzero(there)[order.begin], len(there))
    whole = Order(bounds, order.names, times=times, was_sorted=order.was_sorted)
    notes = _notes(table, times, origin, every, found=found)
    named = pl.DataFrame({column: longer.get_column(place) for column, place in places.items()})
    return Rows(table, named, whole, origin, every, notes)


def _constant(data: TableData) -> list[str]:
    """Columns that are the same in all rows of a series, and so in added ones."""
    labels = data.target if data.task_entry.series_target else ()
    return [name for name in (data.series, data.split.column, *(data.static or ()), *labels) if name is not None]


def _distance(table: Table, order: Order, times: pl.Series, every: str) -> str:
    whole = times.dtype.is_integer()
    if not (whole or times.dtype.is_temporal()):
        raise DataError(
            f"{table.data.path}: column {table.data.time!r}: times that are neither dates nor whole numbers have no "
            f"frequency; set data.frequency: null"
        )
    if every == "auto":
        return most_common(table, order, times)
    if every.endswith("i") != whole:
        example = "1i, the times being whole numbers" if whole else "1d, 1h, 1mo or 7d"
        raise DataError(f"data.frequency: {every!r} is no distance between these times; write one such as {example}")
    return every


def _check_fits(table: Table, order: Order, times: pl.Series, every: str) -> None:
    """Stops before more rows are added than memory holds: a frequency may be a million times too fine."""
    first, last = (_counts(times.gather(rows)).astype(np.float64) for rows in (order.begin, order.end - 1))
    number, unit = parts_of(every)
    rows = float(((last - first) // (number * _LONGEST[unit]) + 1).sum())
    needed, available = int(rows * 8 * (table.frame.width + 1)), available_bytes()  # 8 bytes a cell
    if available is not None and needed > available:
        raise DataError(
            f"{table.data.path}: column {table.data.time!r}: {every} apart, from {times.min()!s} to {times.max()!s}, "
            f"the file's {table.frame.height:,} rows would be {rows:,.0f}, which need {in_words(needed)} of memory, "
            f"and {in_words(available)} are available; correct a time that is far from the others, or set "
            f"data.frequency to a longer distance"
        )


def _counts(times: pl.Series) -> Ints:
    """Whole numbers as they are, dates and datetimes of any unit in microseconds."""
    return (times if times.dtype.is_integer() else times.cast(pl.Datetime("us"))).to_physical().to_numpy()


def parts_of(every: str) -> tuple[int, str]:
    """A distance in time as a number and its unit."""
    found = _DISTANCE.fullmatch(every)
    if found is None:
        raise ValueError(f"{every!r} is no distance in time")
    return int(found[1]), found[2]


def most_common(table: Table, order: Order, times: pl.Series) -> str:
    """The most common distance between neighbouring rows of a series; times are whole numbers, dates or datetimes.

    Raises:
        DataError: No series has two rows.
    """
    steps, units = _steps(times, order.bounds)
    if not len(steps):
        raise no_distance(table)
    return _written(most_frequent(steps), units)


def no_distance(table: Table) -> DataError:
    """The error of times that tell no distance."""
    return DataError(
        f"{table.data.path}: column {table.data.time!r}: no series has two rows, so nothing tells the time from one "
        f"row to the next; give more rows, or train with data.frequency set"
    )


def _steps(times: pl.Series, bounds: Ints) -> tuple[Ints, dict[str, int]]:
    """Steps between neighbouring rows of a series, and the units that they can be written in, the longest first.

    They count whole numbers, microseconds or, where all times stand on one day of the month, months of 28 to 31 days.
    """
    steps = inner_steps(_counts(times), bounds)
    if times.dtype.is_integer():
        return steps, {"i": 1}
    if not len(steps) or steps.min() < 28 * _DAY or times.dt.day().n_unique() > 1:
        return steps, {unit: _LONGEST[unit] for unit in ("d", "h", "m", "s", "ms", "us")}
    months = times.dt.year().cast(pl.Int64) * 12 + times.dt.month()
    return inner_steps(months.to_numpy(), bounds), {"y": 12, "mo": 1}


def _written(step: int, units: dict[str, int]) -> str:
    return next(f"{step // size}{unit}" for unit, size in units.items() if step % size == 0)


def inner_steps(values: npt.NDArray[N], bounds: Ints) -> npt.NDArray[N]:
    """Differences ``[rows − series]`` between neighbouring rows of the same series.

    Args:
        values: ``[rows]``, series after series.
        bounds: ``[series + 1]``, first row of each series, and the number of rows.
    """
    return np.delete(np.diff(values), bounds[1:-1] - 1)


def most_frequent(values: Ints) -> int:
    """The most frequent value, the smallest of equally frequent ones."""
    distinct, counts = np.unique(values, return_counts=True)
    return int(distinct[counts.argmax()])


def _notes(table: Table, times: pl.Series, origin: Ints, every: str, *, found: bool) -> tuple[str, ...]:
    data = table.data
    notes = [f"{data.path}: column {data.time!r}: the time from row to row is {every}"] if found else []
    added = origin < 0
    if not added.any():
        return tuple(notes)
    gaps = np.flatnonzero(np.diff(added, prepend=False, append=False)).reshape(-1, 2)  # first row, row after the last
    told = (
        f"{times[first]}{'' if stop - first == 1 else f' to {times[stop - 1]}'} after "
        f"{table.lines([int(origin[first - 1])])}"
        for first, stop in gaps[:SHOWN].tolist()
    )
    notes.append(
        f"{data.path}: {int(added.sum()):,} rows are missing in {counted(len(gaps), 'gap')} and "
        f"were put in without values: {first_few(told, SHOWN, len(gaps), '; ')}"
    )
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class Pace:
    """The time from row to row.

    Attributes:
        frequency: The usual one, as ``data.frequency`` is written; None where there is none.
        odd: ``[odd steps]``, int64, the steps that differ from it, by their place among all within series.
        missing: Rows that would fill these, where each passes in whole multiples of the usual one.
    """

    frequency: str | None
    odd: Ints
    missing: int = 0

    @property
    def even(self) -> bool:
        """Whether all steps are the usual one."""
        return self.frequency is not None and not len(self.odd)


def find_pace(times: pl.Series, bounds: Ints) -> Pace:
    """The time from row to row within each series, of whole numbers, dates or datetimes ``[rows]``."""
    steps, units = _steps(times, bounds)
    usual = most_frequent(steps) if len(steps) else 0
    odd = np.flatnonzero(steps != usual)
    if usual <= 0 or len(steps) - len(odd) < _MOSTLY * len(steps):
        return Pace(None, odd[:0])
    apart = steps[odd]
    whole = (apart > 0).all() and (apart % usual == 0).all()
    return Pace(_written(usual, units), odd, int((apart // usual - 1).sum()) if whole else 0)


def span(times: pl.Series) -> timedelta:
    """The time from the first row to the last."""
    micros = _counts(times.drop_nulls())
    return timedelta(microseconds=int(np.ptp(micros))) if len(micros) else timedelta(0)
