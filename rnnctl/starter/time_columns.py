"""Columns that order the rows: dates, whole numbers, and several columns that together are one time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config.dump import flow
from rnnctl.errors import DataError
from rnnctl.schema.column_names import Combined, parts_of
from rnnctl.schema.table import TableData
from rnnctl.starter.column_guess import ColumnGuess, left_out, like_dates
from rnnctl.starter.file_lines import missing_marks
from rnnctl.starter.remarks import quoted
from rnnctl.starter.sample import Sample
from rnnctl.tables.combined_columns import combined_times, numbers_periods, told_apart, unit_of, unit_of_cells
from rnnctl.tables.date_form_search import FormSearch, forms_to_choose
from rnnctl.tables.date_forms import OF_INTERVALS, clock_form, parse_dates
from rnnctl.tables.frames import column_of
from rnnctl.tables.long_rows import spans_of, unpivoted
from rnnctl.tables.own_directives import DIRECTIVE
from rnnctl.tables.sums import follows_from_row
from rnnctl.tables.wide_columns import BESIDE, columns_of_times, what_columns_may_be
from rnnctl.util.format import counted, cut, listed

_UNITS = "YQqmVdjaHMS"
"""Parts of a time that have a column of their own, from the longest to the shortest."""
_DAYS = "QqmVdj"
_LONGEST_CLOCK = 16
_FEWEST_PERIODS = 24
_RAGGED = ("day", "step")
"""What columns are that a row may have fewer of: 31 days, or steps of series."""
_FINENESS = "YqmVdjHMS"
_BEGINS = re.compile("(?i)^(?:start|begin|first)|unnamed: ?\\d+$")
"""How a column beside steps is called that may tell when each series begins."""
_NEAR = 0.1
"""Years by which the middle or the end of a month or quarter may be off from its beginning."""
_MOST_UNREAD = 0.5
"""Share of the rows whose parts may make no time: they are faults that the data's reader names."""


def combined_candidates(columns: Sequence[ColumnGuess]) -> Iterator[ColumnGuess]:
    """Times of several columns: a date and a time of day, or a year and its parts; each finer than its parts."""
    finer = [column for column in columns if _is_clock(column)][:1]
    finer += [column for column in columns if _divides(column)]
    for date in columns:
        if date.kind == "date" and date.values.dtype == pl.Date:
            for part in finer:
                months = _unit(part, part.name) == "d" and bool((date.values.dt.day() == 1).all())
                begin = replace(date, values=date.values.dt.to_string("%Y-%m")) if months else date
                yield from _made(date.distinct, (begin, part))
    parts: dict[str, ColumnGuess] = {}
    for column, name in zip(map(_of_years, columns), told_apart([column.name for column in columns]), strict=True):
        if not column.missing and column.kind != "date" and (unit := _unit(column, name)) is not None:
            parts.setdefault(unit, column)
    if "Y" in parts and any(unit in parts for unit in _DAYS):
        finest = max((column.distinct for column in columns if column.kind == "date"), default=0)
        yield from _made(finest, [parts[unit] for unit in _UNITS if unit in parts])


def _divides(column: ColumnGuess) -> bool:
    """Whether a column tells the day of a month or of a week, or the number of a period of a day."""
    if column.missing or column.kind == "date":
        return False
    return _unit(column, column.name) in ("d", "a") or (
        numbers_periods(column.name) and column.distinct >= _FEWEST_PERIODS
    )


def _of_years(column: ColumnGuess) -> ColumnGuess:
    """A column of dates that are years alone as numbers of these."""
    if column.kind != "date" or column.missing or unit_of(column.name) != "Y":
        return column
    years = column.values.dt.year()
    return replace(column, kind="number", values=years) if years.n_unique() == column.distinct else column


def _unit(column: ColumnGuess, name: str) -> str | None:
    text = column.values.dtype == pl.String
    return unit_of_cells(name, column.values.unique().head(_LONGEST_CLOCK)) if text else unit_of(name)


def given_time(parts: Sequence[ColumnGuess]) -> ColumnGuess:
    """The time of the columns that were asked for.

    Raises:
        DataError: They are none together.
    """
    found = parts[0] if len(parts) == 1 else next(_made(0, parts), None)
    if found is None:
        names = listed([repr(part.name) for part in parts], "and")
        whys = [quoted([part.name]) + f": {part.unusable.text}" for part in parts if part.unread_times]
        todo = "; ".join(whys) or "give a date and a time of day, or a year and its parts"
        raise DataError(f"--time: {names} are not read as one time{_first_unread(parts)}; {todo}")
    return found


def _first_unread(parts: Sequence[ColumnGuess]) -> str:
    """The cells of the first row that make no time."""
    cells = combined_times([part.values for part in parts])
    form = FormSearch.of(Combined(part.name for part in parts), cells).form
    row = 0 if not form else int(parse_dates(cells, form).is_null().arg_max() or 0)
    return f": row {row + 1} has " + listed([repr(cut(str(part.values[row]), 40)) for part in parts], "and")


def without_clock(columns: Sequence[ColumnGuess], used: Collection[str]) -> tuple[ColumnGuess, ...]:
    """The columns of a table without times: a clock beside dates that are not read is no feature, but part of the time.

    Args:
        used: Names of columns that a person asked for, which stay.
    """
    date = next((column for column in columns if column.unread_times and like_dates(column.values)), None)
    clock = next((column for column in columns if column is not date and _is_clock(column)), None)
    if date is None or clock is None or clock.name in used:
        return tuple(columns)
    names = [date.name, clock.name]
    forms = forms_to_choose([date.values, clock.values], names)
    todo = f"set data.time: {flow(names)} and data.time_format: {forms}" if forms != '""' else OF_INTERVALS
    told = {
        date.name: replace(date, option=todo),
        clock.name: replace(clock, kind="unusable", why=f"it is the time of day of {quoted([date.name])}"),
    }
    return tuple(told.get(column.name, column) for column in columns)


def without_decimal_years(
    columns: Sequence[ColumnGuess], time: ColumnGuess | None, asked: Collection[str]
) -> tuple[ColumnGuess, ...]:
    """The columns, of which none says the time again as a year with decimals.

    Args:
        asked: Names of columns that a person asked for, which stay.
    """
    if time is None or time.kind != "date" or time.missing:
        return tuple(columns)
    years = time.values.dt.year() + (time.values.dt.ordinal_day() - 1) / 365.25
    why = f"it is the time of {quoted(parts_of(time.name))} as a year with decimals"
    again = [
        column.name
        for column in columns
        if column.kind == "number" and not (column.missing or column.whole or column.name in asked)
        if column.distinct > 1 and bool(((column.values - years).abs() <= _NEAR).all())
    ]
    return left_out(columns, dict.fromkeys(again, why))


def _is_clock(column: ColumnGuess) -> bool:
    """Whether all cells are times of day, or hours by their name."""
    present = column.values.drop_nulls()
    if column.missing or present.is_empty():
        return False
    if present.dtype == pl.Time:
        return True
    if column.whole:
        hours = bool(present.is_between(0, 25).all())
        return unit_of(column.name) == "H" and (hours or bool(((present % 100 < 60) & (present < 2400)).all()))
    if present.dtype != pl.String:
        return False
    cells = present.unique()
    return bool((cells.str.len_chars() <= _LONGEST_CLOCK).all()) and all(map(clock_form, cells.head(1500)))


def _made(finest: int, parts: Sequence[ColumnGuess]) -> Iterator[ColumnGuess]:
    """The time that some columns are together, where it tells more times apart than ``finest``."""
    if len(parts) < 2:
        return
    name = Combined(column.name for column in parts)
    cells = combined_times([column.values for column in parts])
    search = FormSearch.of(name, cells)
    if not search.form:
        return
    times = parse_dates(cells, search.form)
    unread = times.null_count() - cells.null_count()
    if unread > _MOST_UNREAD * len(times) or times.drop_nulls().n_unique() <= finest:
        return
    why = f"{'dates' if times.dtype == pl.Date else 'dates and times'} in {len(parts)} columns"
    why += f"; {counted(unread, 'cell')} of {len(times):,} not read" if unread else ""
    yield ColumnGuess(name, "date", why, times, unread=unread)


def with_times(columns: Sequence[ColumnGuess], time: ColumnGuess | None) -> tuple[ColumnGuess, ...]:
    """The rows whose time is read; the others are faults that the data's reader names."""
    if time is None or not time.missing:
        return tuple(columns)
    kept = time.values.is_not_null()
    return tuple(replace(column, values=column.values.filter(kept)) for column in columns)


def long_sample(sample: Sample, asked: Collection[str] = ()) -> Sample:
    """The sample with a row for each of its wide columns; itself where it has none.

    Columns that add up those of their row, such as a total, are no features: months to come would be in them.

    Args:
        asked: Columns that a person asked for, which stay.
    """
    names = sample.frame.columns
    for begin in (0, 1):  # the first column, which names series, may be numbered like the others
        for what, wide in what_columns_may_be(names[begin:]):
            others = [name for name in names if name not in wide]
            whys = _unusable(sample, what, wide, [name for name in others if name not in asked])
            if _go_together(sample, what, wide, [name for name in others if name not in whys]):
                told = columns_of_times(names[begin:])[1] == wide
                named = free_name(others, what, f"{what} of column")
                return made_long(sample, wide, named, what, whys, columns=() if told else wide)
    return sample


def free_name(taken: Collection[str], *names: str) -> str:
    """The first of some names that no column has."""
    return next(name for name in (*names, *(f"wide_{name}" for name in names)) if name not in taken)


def made_long(
    sample: Sample,
    wide: Sequence[str],
    names_in: str,
    what: str,
    whys: Mapping[str, str] = {},
    *,
    columns: Sequence[str] = (),
) -> Sample:
    """The sample with a row for each of its wide columns, each a ``what``.

    Args:
        names_in: Column for their names.
        whys: The columns that cannot be used beside them, and why.
        columns: The wide ones, where their names do not tell them.
    """
    value = free_name([name for name in sample.frame.columns if name not in wide], "value", "values")
    keys: dict[str, str | bool | list[str]] = {"columns": [*columns]} if columns else {}
    keys |= {"names": names_in, "values": value}
    ragged = what in _RAGGED and not np.isfinite(_values(sample, wide)[:, [0, -1]]).all()
    keys |= {"ragged": True} if ragged else {}
    return replace(_long(sample, wide, (names_in, value), whys, ragged=ragged), wide=keys, wide_what=what)


def _go_together(sample: Sample, what: str, wide: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the other columns hold what wide ones, each a ``what``, are parts of, and no other time."""
    cells = {name: column_of(sample.frame, name) for name in others}
    if what == "step":  # of a series a row, which has a name
        values = np.isfinite(_values(sample, wide))
        return all(_tells_series(name, column, values) for name, column in cells.items()) and any(
            column.dtype == pl.String and column.n_unique() == len(column) for column in cells.values()
        )
    units = set("".join(_units_of(name, column) for name, column in cells.items()))
    if what not in BESIDE:
        return not units and not any("date" in name.casefold() for name in others)
    finest = max(units & {*_FINENESS}, key=_FINENESS.index, default="")
    return finest != "" and finest in BESIDE[what] and not units.isdisjoint("YGy")


def _units_of(name: str, cells: pl.Series) -> str:
    """The directives of the times that a column holds, or of the part of a time that it is called like."""
    form = FormSearch.of(name, cells).form
    return "".join(DIRECTIVE.findall(form)) if form else unit_of(name) or ""


def _tells_series(name: str, cells: pl.Series, values: npt.NDArray[np.bool_]) -> bool:
    """Whether a column beside steps, ``values [rows, steps]`` of which there are, tells of the series and no label."""
    if cells.dtype == pl.String and not cells.str.contains(r"^[\d.,-]*$").any():
        return unit_of(name) is None and "date" not in name.casefold()
    return bool(_of_steps(name, cells, values)) or (not cells.has_nulls() and cells.n_unique() == 1)


def _of_steps(name: str, cells: pl.Series, values: npt.NDArray[np.bool_]) -> str:
    """What a column beside steps tells of these, and of no series: why it cannot be used."""
    numbers = cells.cast(pl.Float64, strict=False)
    if numbers.has_nulls():
        return ""
    if _BEGINS.search(name) is not None:
        return "it may tell when each series begins, and steps are read by their order alone"
    counted_so = bool((numbers.to_numpy() == values.sum(axis=1)).all())
    return "it is the number of values of its row: a row would tell the steps after it" if counted_so else ""


def long_of(sample: Sample, data: TableData, used: Collection[str]) -> Sample:
    """The sample of a config's file as the config makes rows of its wide columns.

    Args:
        used: Columns that the config names, which stay.
    """
    wide, names = None if data.wide is None else data.wide.columns, sample.frame.columns
    if data.wide is None or wide is None or not set(wide) <= set(names):
        return sample
    what, found = columns_of_times(wide)
    what = what if found == [*wide] else "time"
    whys = _unusable(sample, what, wide, [name for name in names if name not in wide and name not in used])
    return _long(sample, wide, (data.wide.names, data.wide.values), whys, ragged=data.wide.ragged)


def _long(
    sample: Sample, wide: Sequence[str], made: tuple[str, str], whys: Mapping[str, str], *, ragged: bool
) -> Sample:
    """The sample with a row for each of its wide columns, and without the columns that cannot be used beside them.

    Args:
        ragged: Whether what is missing at the ends of a row is none.
    """
    kept = {name: column_of(sample.frame, name) for name in sample.frame.columns if name not in whys}
    spans = spans_of(list(np.isfinite(_values(sample, wide)).T)) if ragged else None
    frame = pl.DataFrame(unpivoted(kept, wide, *made, spans))
    each = {"each": len(wide), "spans": [] if spans is None else spans.tolist()}
    return replace(
        sample,
        frame=frame,
        rows=round(sample.rows * frame.height / max(1, sample.frame.height)),
        part=None if sample.part is None else replace(sample.part, **each),
        unusable=(*sample.unusable, *whys.items()),
        ends=missing_marks(sample) if ragged else {},
    )


def _values(sample: Sample, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """``[rows, names]``: the numbers of columns, not a number where one is missing in any way."""
    codes = list({code for name in names for code in sample.sentinels.get(name, {})})
    numbers = {name: column for name, column in sample.numbers_by_name() if name in names}
    none = np.full(sample.frame.height, np.nan)
    columns = (column.set(column.is_in(codes), None).to_numpy() for column in numbers.values())
    found = dict(zip(numbers, columns, strict=True))
    return np.column_stack([found.get(name, none) for name in names])


def _unusable(sample: Sample, what: str, wide: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """The columns that follow from wide ones of their row, each a ``what``, or tell nothing but of these; and why."""
    values, found = _values(sample, wide), {}
    for name, column in zip(others, _values(sample, others).T, strict=True) if others else ():
        if how := follows_from_row(values, column, wide):
            found[name] = f"it is {how}: a row would tell the {what}s after it"
    if what == "step":
        there = np.isfinite(values)
        steps = ((name, _of_steps(name, column_of(sample.frame, name), there)) for name in others)
        found |= {name: why for name, why in steps if why}
    return found
