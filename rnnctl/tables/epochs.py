"""Times as numbers that count from the beginning of 1970, in UTC, or days of spreadsheets: read, written, found."""

from __future__ import annotations

import polars as pl

from rnnctl.schema.column_kinds import EPOCHS, EXCEL

_MICROSECONDS = 1_000_000
_EARLIEST, _LATEST = 631_152_000, 2_524_608_000
"""Seconds to 1990 and 2050: times that numbers are taken for where nobody says what they are."""
_END = 253_402_300_800
"""Seconds to the year 10000, which nothing else can show; years before 1 are as far the other way at most."""
_LARGEST = 1 << 62
_FEWEST = 8
"""Fewest numbers that look like times by their distances alone."""
_MINUTE = 60
_DAY = 86_400
_DAYS_TO_1970 = 25_569
"""Spreadsheets count days from 1899-12-30 on, but for the first two months, in which they have a day too many."""


def of_epoch(column: pl.Series, unit: str) -> pl.Series:
    """Numbers as datetimes; null where one is none of the years 1 to 9999. Days are read to whole seconds."""
    if unit == EXCEL:
        return of_epoch(((column.cast(pl.Float64) - _DAYS_TO_1970) * _DAY).round(), "epoch_s")
    per_second, column = EPOCHS[unit], _widest(column)
    if column.dtype.is_float():
        column = column.fill_nan(None)
        column = (column * (_MICROSECONDS / per_second)).round() if per_second <= _MICROSECONDS else column
        per_second = max(per_second, _MICROSECONDS)
    most = min(_END * per_second, _LARGEST)
    column = column.set(~column.is_between(-most, most - 1), None).cast(pl.Int64)
    more, fewer = max(1, _MICROSECONDS // per_second), max(1, per_second // _MICROSECONDS)
    times = (column * more // fewer).cast(pl.Datetime("us"))
    return times.set(~times.dt.year().is_between(1, 9999), None) if len(times) else times


def since_epoch(times: pl.Series, unit: str) -> pl.Series:
    """Datetimes as numbers: whole ones where all are."""
    if unit == EXCEL:
        seconds = since_epoch(times, "epoch_s") + _DAYS_TO_1970 * _DAY
        return seconds // _DAY if (seconds % _DAY == 0).all() else seconds / _DAY
    per_second = EPOCHS[unit]
    moments = times.cast(pl.Datetime("us")).to_physical()
    if per_second >= _MICROSECONDS:
        return moments * (per_second // _MICROSECONDS)
    each = _MICROSECONDS // per_second
    return moments // each if (moments % each == 0).all() else moments / each


def epoch_of(numbers: pl.Series, *, named: bool, dates: bool = False) -> str:
    """The unit of numbers that are most likely times of 1990 to 2049; empty where they are none.

    Args:
        numbers: Null where missing.
        named: Whether they are called like times; else most of them have to be whole minutes apart, alike.
        dates: Whether they are called like dates, so that they may be days of spreadsheets.
    """
    present = _widest(numbers.drop_nulls())
    if not present.dtype.is_numeric() or present.is_empty():
        return ""
    ranges = {unit: (_EARLIEST * per_second, _LATEST * per_second) for unit, per_second in EPOCHS.items()}
    ranges[EXCEL] = (_EARLIEST // _DAY + _DAYS_TO_1970, _LATEST // _DAY + _DAYS_TO_1970)
    if not dates:
        del ranges[EXCEL]
    unit = next((unit for unit, limits in ranges.items() if present.is_between(*limits).all()), "")
    if not unit or (named and present.n_unique() > 1):
        return unit
    steps = present.unique().sort().diff().drop_nulls()
    if len(steps) < _FEWEST or (steps % (_MINUTE * EPOCHS[unit]) != 0).any():
        return ""
    usual = steps.value_counts(sort=True).get_column("count")[0]
    return unit if 2 * usual > len(steps) else ""


def _widest(column: pl.Series) -> pl.Series:
    """Numbers in a type that holds the limits here: Polars does not compare Int32 with what only Int64 holds."""
    wide = {True: pl.Int128, False: pl.Float64}
    return column.cast(wide[column.dtype.is_integer()]) if column.dtype.is_numeric() else column
