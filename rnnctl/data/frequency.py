"""The distance in time from row to row: how even it is, and rows added where some are missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

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
    every = _distance(table, order.times, order.bounds, every)
    _check_fits(table, order.times, order.bounds, every)
    places = {column: str(place) for place, column in enumerate(table.frame.columns)}
    frame = replaced(by_place(table.frame), {_ROW: pl.Series(np.arange(table.frame.height))})
    frame = frame if order.rows is None else frame[order.rows]
    by = [] if data.series is None else [places[data.series]]
    longer = frame.upsample(places[name], every=every, group_by=by or None, maintain_order=True)
    origin = longer.get_column(_ROW).fill_null(-1).to_numpy()
    before = np.maximum.accumulate(np.where(origin >= 0, np.arange(len(origin)), 0))
    constant = [*by, *(places[column] for column in _constant(data))]  # as in the file's row before, nulls too
    longer = replaced(longer, {column: longer.get_column(column).gather(before) for column in constant})
    lost = np.setdiff1d(frame.get_column(_ROW).to_numpy(), origin)
    if len(lost):
        time = column_of(table.frame, name)[int(lost[0])]
        raise DataError(
            f"{data.path}: column {name!r}: {table.lines(lost.tolist())}: time {time} does not lie a whole number of "
            f"{every} after its series' first one; correct it, or set data.frequency to a distance that all keep"
        )
    counts = longer.get_column(by[0]).rle().struct.field("len").to_numpy() if by else [longer.height]
    bounds = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    times = longer.get_column(places[name])
    whole = Order(bounds, order.names, times=times, was_sorted=order.was_sorted)
    notes = _notes(table, times, origin, every, found=found)
    named = pl.DataFrame({column: longer.get_column(place) for column, place in places.items()})
    return Rows(table, named, whole, origin, every, notes)


def _constant(data: TableData) -> list[str]:
    """Columns that are the same in all rows of a series, and so in added ones."""
    names = [*(data.static or ()), *(data.target if data.task_entry.series_target else ())]
    return [*names, data.split.column] if data.split.column else names


def _distance(table: Table, times: pl.Series, bounds: Ints, every: str) -> str:
    whole = times.dtype.is_integer()
    if not (whole or times.dtype.is_temporal()):
        raise DataError(
            f"{table.data.path}: column {table.data.time!r}: times that are neither dates nor whole numbers have no "
            f"frequency; set data.frequency: null"
        )
    if every == "auto":
        return most_common(table, times, bounds)
    if every.endswith("i") != whole:
        example = "1i, the times being whole numbers" if whole else "1d, 1h, 1mo or 7d"
        raise DataError(f"data.frequency: {every!r} is no distance between these times; write one such as {example}")
    return every


def _check_fits(table: Table, times: pl.Series, bounds: Ints, every: str) -> None:
    """Stops before more rows are added than memory holds: a frequency may be a million times too fine."""
    counted = times if times.dtype.is_integer() else times.cast(pl.Datetime("us"))
    ends = [
        counted.gather(places).to_physical().to_numpy().astype(np.float64) for places in (bounds[:-1], bounds[1:] - 1)
    ]
    number, unit = parts_of(every)
    rows = float(((ends[1] - ends[0]) // (number * _LONGEST[unit]) + 1).sum())
    needed, available = int(rows * 8 * (table.frame.width + 1)), available_bytes()  # 8 bytes a cell
    if available is not None and needed > available:
        rising = times.sort()
        raise DataError(
            f"{table.data.path}: column {table.data.time!r}: {every} apart, from {rising[0]} to {rising[-1]}, the "
            f"file's {table.frame.height:,} rows would be {rows:,.0f}, which need {in_words(needed)} of memory, and "
            f"{in_words(available)} are available; correct a time that is far from the others, or set data.frequency "
            f"to a longer distance"
        )


def parts_of(every: str) -> tuple[int, str]:
    """A distance in time as a number and its unit."""
    found = _DISTANCE.fullmatch(every)
    if found is None:
        raise ValueError(f"{every!r} is no distance in time")
    return int(found[1]), found[2]


def most_common(table: Table, times: pl.Series, bounds: Ints) -> str:
    """The most common distance between neighbouring rows of a series; times are whole numbers, dates or datetimes.

    Raises:
        DataError: No series has two rows.
    """
    counted = times if times.dtype.is_integer() else times.cast(pl.Datetime("us"))  # Parquet's may count others
    steps = inner_steps(counted.to_physical().to_numpy(), bounds)
    if not len(steps):
        raise DataError(f"{table.data.path}: data.frequency: auto needs a series of two rows; write the frequency")
    step = most_frequent(steps)
    if times.dtype.is_integer():
        return f"{step}i"
    months = None if step < 28 * _DAY else month_steps(times, bounds)
    if months is None:
        return _duration(step)
    usual = most_frequent(months)
    return f"{usual}mo" if usual % 12 else f"{usual // 12}y"


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


def month_steps(times: pl.Series, bounds: Ints) -> Ints | None:
    """Months between neighbouring rows of a series, where all times stand on one day of the month; None elsewhere."""
    if times.dt.day().n_unique() > 1:
        return None
    return inner_steps((times.dt.year().cast(pl.Int64) * 12 + times.dt.month()).to_numpy(), bounds)


def _duration(microseconds: int) -> str:
    unit = next(unit for unit in ("d", "h", "m", "s", "ms", "us") if microseconds % _LONGEST[unit] == 0)
    return f"{microseconds // _LONGEST[unit]}{unit}"


def _notes(table: Table, times: pl.Series, origin: Ints, every: str, *, found: bool) -> tuple[str, ...]:
    data = table.data
    notes = [f"{data.path}: column {data.time!r}: the time from row to row is {every}"] if found else []
    added = origin < 0
    if not added.any():
        return tuple(notes)
    first = np.flatnonzero(added & ~np.concatenate(([False], added[:-1])))
    last = np.flatnonzero(added & ~np.concatenate((added[1:], [False])))
    gaps = (
        f"{times[begin]}{'' if begin == end else f' to {times[end]}'} after {table.lines([int(origin[begin - 1])])}"
        for begin, end in zip(first[:SHOWN].tolist(), last[:SHOWN].tolist(), strict=True)
    )
    notes.append(
        f"{data.path}: {int(added.sum()):,} rows are missing in {counted(len(first), 'gap')} and "
        f"were put in without values: {first_few(gaps, SHOWN, len(first), '; ')}"
    )
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class Pace:
    """The time from row to row.

    Attributes:
        frequency: The usual one, as ``data.frequency`` is written; None where there is none.
        evenness: ``even``: it is always that; ``gaps``: some rows are missing; ``uneven``: anything else.
    """

    frequency: str | None
    evenness: Literal["even", "gaps", "uneven"]
    gaps: int = 0


def find_pace(times: pl.Series, bounds: Ints) -> Pace:
    """The time from row to row within each series of dates or datetimes ``[rows]``; see `inner_steps`."""
    steps = inner_steps(times.cast(pl.Datetime("us")).to_physical().to_numpy(), bounds)
    if not len(steps):
        return Pace(None, "uneven")
    if (steps >= 28 * _DAY).all() and (months := month_steps(times, bounds)) is not None:
        usual = most_frequent(months)
        return _judged(months, usual, f"{usual}mo")
    usual = most_frequent(steps)
    return _judged(steps, usual, _duration(usual) if usual > 0 and usual % _LONGEST["s"] == 0 else None)


def _judged(steps: Ints, usual: int, frequency: str | None) -> Pace:
    if usual <= 0 or frequency is None:
        return Pace(None, "uneven")
    odd = steps[steps != usual]
    if not len(odd):
        return Pace(frequency, "even")
    if len(odd) <= (1 - _MOSTLY) * len(steps) and (odd > 0).all() and (odd % usual == 0).all():
        return Pace(frequency, "gaps", int((odd // usual - 1).sum()))
    return Pace(frequency if len(odd) <= (1 - _MOSTLY) * len(steps) else None, "uneven")


def span(times: pl.Series) -> timedelta:
    """The time from the first row to the last."""
    micros = times.drop_nulls().cast(pl.Datetime("us")).to_physical().to_numpy()
    return timedelta(microseconds=int(np.ptp(micros))) if len(micros) else timedelta(0)
