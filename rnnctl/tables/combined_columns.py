"""Columns of a file that together are one column of the table: names of series of several parts, times of several.

And what the names of columns tell of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product

import polars as pl

from rnnctl.schema.column_kinds import EPOCHS, EXCEL, NEXT
from rnnctl.tables.date_forms import clock_forms, forms_of, padded
from rnnctl.tables.epochs import epoch_of
from rnnctl.tables.frames import concatenated, in_whole
from rnnctl.tables.month_names import month_of
from rnnctl.tables.own_directives import PERIODS

BETWEEN = ", "
_HOUR_AND_MINUTE = "%E"
_PART = re.compile(r"((?:[^\\,]|\\.)*)(?:, |$)", re.DOTALL)

_UNITS = {
    "Y": "year yr yyyy yy jahr año ano année annee anno rok jaar år",
    "q": "quarter qtr quarterly q quartal trimestre trimester kwartaal kvartal",
    "Q": "half halfyear semester semestre halbjahr halvår",
    "m": "month mon mm mo monat mes mois mese mês maand måned",
    "V": "week wk weekno kw woche semana semaine settimana uge vecka",
    "d": "day dd dy da dom mday tag dia día jour giorno dag",
    "j": "doy yday dayofyear",
    "H": "hour hr hh he hours stunde hora heure ora uur time hhmm",
    "M": "minute min minutes mins minuto",
    "S": "second sec seconds secs sekunde segundo",
}
"""Words in names of columns that hold a part of a time, by its directive."""
EPOCH_WORDS = dict.fromkeys(EPOCHS, "times that count from 1970") | {EXCEL: "days as spreadsheets count them"}
"""What numbers are, by their form."""
_TIMES = "time timestamp ts ds t date datetime epoch unix unixtime created updated at when"
_DATES = "date dates datum fecha data dato datetime"
_END_IN = {
    part: re.compile(f"(?i)(?:{'|'.join(word for word in _UNITS[part].split() if len(word) > 3)})$") for part in "YqVm"
}
_PERIOD = re.compile(r"[MQSW]\d\d?")
_OF_DAYS = "period periods interval slot sp ptu mtu block"
_OF_LONGER = re.compile(r"(?i)(?<=day)[ _]?of[ _]?month$|(?<=week)[ _]?of[ _]?year$")
_HALF_HOUR = re.compile(r"(?i)half.?hour(?:ly)?(?:[ _]?(?:no|number|period))?$")
_OF_WEEKS = re.compile(r"(?i)(mon|tue|wed|thu|fri|sat|sun)|(mon|tues|wednes|thurs|fri|satur|sun)day")
_LETTERS = {"M": "m", "Q": "q", "S": "Q", "W": "V"}
_UNITS_IN_ORDER = "YqQmVdjHMS"
_WORD = re.compile(r"[^\W\d_A-Z]+|[A-Z][^\W\d_A-Z]+|[A-Z]+(?![a-z])")


def combined_names(parts: Sequence[pl.Series]) -> pl.Series:
    """One name for each combination of text; null where a part is.

    A comma or backslash within a part has a backslash before it, so that different parts never give the same name.
    """
    return concatenated((part.str.replace_all(r"([\\,])", r"\$1") for part in parts), BETWEEN)


def parts_of_names(names: Sequence[str], count: int) -> list[list[str]]:
    """The parts, ``count`` of them, that `combined_names` joined: a list of each part's values."""
    found = [[re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in _PART.findall(name)[:count]] for name in names]
    return [list(column) for column in zip(*found, strict=True)] if found else [[] for _ in range(count)]


def combined_times(parts: Sequence[pl.Series]) -> pl.Series:
    """The text of a time of several parts, `NEXT` between them; null where a part is.

    Args:
        parts: Of text, whole numbers (also as floats), dates or times of day, as they stand in the file.
    """
    return concatenated(map(_time_text, parts), NEXT)


def _time_text(part: pl.Series) -> pl.Series:
    if part.dtype.is_float():
        part = in_whole(part)
    if part.dtype.is_temporal():
        form = {"Date": "%Y-%m-%d", "Time": "%H:%M:%S"}.get(str(part.dtype), "%Y-%m-%d %H:%M:%S")
        return part.dt.to_string(form)
    text = part.cast(pl.String).str.strip_chars().str.replace(r"^(\d+)\.0+$", "${1}")
    return text.set(text == "", None)


def name_words(name: str) -> set[str]:
    """The words of a column's name in lower case: ``unique_id`` and ``uniqueId`` are {unique, id}."""
    return {word.casefold() for word in _WORD.findall(name)} or {name.casefold()}


def unit_of(name: str) -> str | None:
    """The directive of the part of a time that a column is named after; None where its name names none."""
    name = _OF_LONGER.sub("", name)
    words = name_words(name) | {name.casefold().replace("_", "").replace(" ", "")}
    whole = next((part for part in "jYqQVmdMSH" if not words.isdisjoint(_UNITS[part].split())), None)
    return whole or next((part for part in "YqVm" if _END_IN[part].search(name)), None)


def unit_of_cells(name: str, cells: Iterable[str]) -> str | None:
    """The same; of a name that says nothing, by cells such as M01 or Q1, as statistical offices write periods."""
    if (unit := unit_of(name)) is not None:
        return unit
    cells = list(cells)
    if cells and all(map(_OF_WEEKS.fullmatch, cells)):
        return "a"
    letters = {cell[:1] if _PERIOD.fullmatch(cell) else "" for cell in cells}
    return _LETTERS.get(letters.pop()) if len(letters) == 1 else None


def numbers_periods(name: str) -> bool:
    """Whether a column is called like one that numbers the half hours or other periods of a day."""
    return _HALF_HOUR.search(name) is not None or not name_words(name).isdisjoint(_OF_DAYS.split())


def is_time_by_name(name: str) -> bool:
    """Whether a column is called like a time, or a part of one."""
    return unit_of(name) is not None or not name_words(name).isdisjoint(f"{_TIMES} {_DATES} period".split())


def epoch_of_column(name: str, numbers: pl.Series, *, is_time: bool = False) -> str:
    """The unit of numbers that, by themselves and their column's name, are most likely times; empty of others."""
    named, dates = (not name_words(name).isdisjoint(words.split()) for words in (_TIMES, _DATES))
    return epoch_of(numbers, named=named or is_time, dates=dates)


def told_apart(names: Sequence[str]) -> list[str]:
    """Names of columns, of which the second that is called like a month, as in ``MM DD hh mm``, holds minutes."""
    months = [place for place, name in enumerate(names) if unit_of(name) == "m"]
    return ["minute" if place in months[1:] else name for place, name in enumerate(names)]


def combined_forms(names: Sequence[str], text: str) -> tuple[str, ...]:
    """The forms that a time of several parts may be written in, `NEXT` between those of the parts.

    Args:
        names: Names of the columns.
        text: One time; see `combined_times`.
    """
    parts = [_part_forms(name, cell) for name, cell in zip(told_apart(names), text.split(NEXT), strict=True)]
    found = (NEXT.join(chosen) for chosen in product(*parts))
    return tuple(form.replace("%Y", "%G") if "V" in form and "%Y" in form else form for form in found if _tells(form))


def likely_forms(names: Sequence[str], text: str) -> tuple[list[str], list[str]]:
    """A form for each part of a time, as its cell or else its column's name suggests; and the parts that are not read.

    Args:
        names: Names of the columns.
        text: One time; see `combined_times`.
    """
    forms, unread = [], []
    for name, cell in zip(told_apart(names), text.split(NEXT), strict=True):
        found = _part_forms(name, cell)
        unit = unit_of(name) or ("Y" if re.fullmatch(r"\d{4}", cell) else "m" if cell.isdigit() else "H")
        form = found[0] if found else cell.replace("%", "%%")
        for directive in () if found else _UNITS_IN_ORDER[_UNITS_IN_ORDER.index(unit) :]:
            form = re.sub(r"\d+", f"%{directive}", form, count=1)
        forms.append(form.replace("%-", "%"))
        unread += [] if found else [name]
    return forms, unread


def _tells(form: str) -> bool:
    """Whether a form has a year, once, and a day, month, quarter or week, no day twice."""
    years, days = (sum(form.replace("-", "").count(f"%{part}") for part in parts) for parts in ("YyG", "d"))
    return years == 1 and days < 2 and re.search("%[-^]?[mbBqQVdj]", form) is not None


def _alone(unit: str | None, cell: str) -> str | None:
    """The only directive of a cell of a unit: a year, a day of the year, or the name of a month or weekday."""
    if unit == "Y" and re.fullmatch(r"\d{4}|\d{2}", cell):
        return "%Y" if len(cell) == 4 else "%y"
    if unit == "j" and re.fullmatch(r"\d{1,3}", cell):
        return "%j" if len(cell) == 3 else "%-j"
    if unit == "a":
        return padded("a" if len(cell) == len("Mon") else "A", cell)
    return padded("b", cell) if unit == "m" and month_of(cell) is not None else None


def _part_forms(name: str, cell: str) -> tuple[str, ...]:
    if numbers_periods(name) and re.fullmatch(r"\d{1,3}", cell):
        return tuple(f"%{minutes}{first}" for minutes in PERIODS for first in "io")
    unit = unit_of_cells(name, [cell])
    prefix = re.fullmatch(r"([A-Za-z]{0,9}[. ]{0,2})(\d{1,2})", cell)
    if (directive := _alone(unit, cell)) is not None:
        return (directive,)
    digits = (_HOUR_AND_MINUTE,) if unit == "H" and re.fullmatch(r"\d{1,4}", cell) else ()
    if prefix and unit is not None and (not prefix[1] or unit in "qQVm"):
        return (prefix[1] + padded(unit, prefix[2]), *digits)
    if digits:
        return digits
    return tuple(clock_forms(cell)) or forms_of(cell)
