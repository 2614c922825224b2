"""Features that are parts of the time, such as its month: the calendar shows them, for rows to come as well."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import get_args

import polars as pl

from rnnctl.schema.column_kinds import CalendarPart
from rnnctl.schema.column_names import parts_of
from rnnctl.starter.column_guess import ColumnGuess, left_out
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, Remark, quoted
from rnnctl.starter.task_choice import TaskGuess
from rnnctl.starter.time_columns import without_decimal_years

_TIME = pl.col("time")
_HOUR = _TIME.cast(pl.Datetime("us"))
_PARTS = {
    "year": ("", _TIME.dt.year(), None),
    "quarter": ("month", _TIME.dt.quarter(), _TIME.dt.year()),
    "month": ("month", _TIME.dt.month(), _TIME.dt.year()),
    "week": ("week", _TIME.dt.week(), _TIME.dt.iso_year()),
    "day of the year": ("day_of_year", _TIME.dt.ordinal_day(), _TIME.dt.year()),
    "day of the month": ("day_of_month", _TIME.dt.day(), _TIME.dt.truncate("1mo")),
    "weekday": ("weekday", _TIME.dt.weekday(), _TIME.dt.truncate("1w")),
    "hour": ("hour", _HOUR.dt.hour(), _TIME.dt.date()),
    "minute": ("minute", _HOUR.dt.minute(), _TIME.dt.truncate("1h")),
}
"""Parts of times: what ``data.calendar`` calls them, their numbers, and what they come round again in."""
_ONCE = pl.lit(0)
_FEWEST = 12
"""Fewest times, two for each number of a part, from which on what follows from it does so by no chance."""


def told_by_time(columns: Sequence[ColumnGuess], time: ColumnGuess | None) -> tuple[ColumnGuess, ...]:
    """The columns, of which those that follow from the time say so."""
    if time is None or time.kind != "date" or time.missing:
        return tuple(columns)
    told = {column.name: _why(what, time) for column in columns if (what := _part(column, time)) is not None}
    return without_decimal_years(left_out(columns, told), time, ())


def _why(what: str, time: ColumnGuess) -> str:
    of = quoted(parts_of(time.name))
    return f"it follows from the {what} of {of}" + (", which data.calendar can show" if _PARTS[what][0] else "")


def without_time_parts(guess: TaskGuess, asked: Collection[str]) -> TaskGuess:
    """The guess without features that follow from the time; the calendar shows these.

    Args:
        asked: Names of columns that a person asked for, which stay.
    """
    time = guess.roles.time
    if time is None or time.kind != "date":
        return guess
    found: dict[str, str] = {}
    for column in guess.features:
        if column is not guess.target and column.name not in asked and column not in guess.static:
            found |= {column.name: what} if (what := _part(column, time)) else {}
    if not found:
        return guess
    told = {name: _why(what, time) for name, what in found.items()}
    parts = {_PARTS[what][0] for what in found.values()}
    remarks = (
        Remark(one.column, LEFT_OUT, told[one.column]) if one.column in told else one
        for one in guess.remarks
        if one.column not in told or one.use != DOUBTFUL
    )
    return replace(
        guess,
        features=tuple(column for column in guess.features if column.name not in found),
        known=tuple(column for column in guess.known if column.name not in found),
        calendar=tuple(part for part in get_args(CalendarPart) if part in parts),
        remarks=tuple(remarks),
    )


def _part(column: ColumnGuess, time: ColumnGuess) -> str | None:
    """The part of the time that a column is, up to where it counts from, or that it always follows from."""
    if column.missing or column.distinct < 2 or not (column.whole or column.kind in ("category", "boolean")):
        return None
    frame = pl.DataFrame({"time": time.values, "cell": column.values}).drop_nulls()
    clock = frame.schema["time"] != pl.Date
    for what, (_, part, within) in _PARTS.items():
        if what in ("hour", "minute") and not clock:
            continue
        found = frame.select(part=part.cast(pl.Float64), within=_ONCE if within is None else within, cell="cell")
        if column.whole and found.select(pl.col("part") - pl.col("cell")).to_series().n_unique() == 1:
            return what
        parts = found.get_column("part").n_unique()
        repeated = found.select("part", "within").n_unique() >= max(2 * parts, _FEWEST)
        if repeated and within is not None and found.select("part", "cell").n_unique() == parts:
            return what
    return None
