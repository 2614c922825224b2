"""Tables that hold a value for each of several times in columns of their own: each becomes a row of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rnnctl.errors import DataError
from rnnctl.schema.column_names import matches, parts_of
from rnnctl.tables.combined_columns import unit_of
from rnnctl.tables.date_forms import clock_form, forms_of
from rnnctl.tables.month_names import month_of
from rnnctl.tables.own_directives import BEFORE_END, PERIODS
from rnnctl.tables.weekday_names import weekdays_among
from rnnctl.util.suggest import named

if TYPE_CHECKING:
    from rnnctl.schema.table import TableData

T = TypeVar("T", bound="TableData")
_YEAR = re.compile(r"X?(?P<label>1[89]\d{2}|20\d{2}|21\d{2})(?: \[YR(?P=label)\])?")
"""A year; R writes an X before it, the World Bank says it twice."""
_NUMBERED = re.compile(r"(?P<prefix>[A-Za-z]*)[ _.-]?(?P<label>\d{1,4})")
_QUARTER = re.compile(r"Q[1-4]|[1-4]Q|(?P<label>[1-4])(?:st|nd|rd|th) ?(?:Q|Qtr|Quarter)", re.IGNORECASE)
_HOUR_AND_MINUTE = re.compile(r"[A-Za-z]{0,2}_?(?P<hour>[01]\d|2[0-4])(?P<minute>[0-5]\d)")
_HOUR_OF_HALF = re.compile(r"(?P<hour>\d{1,2}) ?(?P<half>[AaPp][Mm])")
_CLOCK_WITH_END = re.compile(rf"(?P<begin>\d{{1,2}}:\d\d){BEFORE_END}\d{{1,2}}:\d\d")
_LETTERS = {"m": "m", "w": "V", "h": "H", "q": ""}
"""Units of single letters; what Q stands before is read as it is."""
_STEPS = {"", *"d day t time v w week m month h hour p period s step".split()}  # noqa: SIM905
"""What numbered columns of one series a row are called; R's V is one of them, and x of features is none."""
_OF_DAYS = {"", "v", "value", "val", "d"}
_PERIODS = {"", *"sp hh p period t q qh int interval slot halfhour block time h hour".split()}  # noqa: SIM905


class _Part(NamedTuple):
    """A part of times that numbers columns.

    Attributes:
        unit: Its directive; empty where none is called so.
        ranges: The numbers that there are.
        words: What stands before them, besides names of the unit.
    """

    unit: str
    ranges: tuple[range, ...]
    words: Collection[str] = ()


_NUMBERS = {
    "month": _Part("m", (range(1, 13),), ("",)),
    "quarter": _Part("q", (range(1, 5),)),
    "week": _Part("V", (range(1, 53), range(1, 54))),
    "day": _Part("d", (range(1, 32),), _OF_DAYS),
    "hour": _Part("H", (range(24), range(1, 25)), ("",)),
    "period": _Part(
        "", tuple(range(first, first + 1440 // minutes) for minutes in PERIODS for first in (0, 1)), _PERIODS
    ),
}
"""What numbered columns are, the likeliest first."""
BESIDE = {
    "month": "Y", "quarter": "Y", "week": "Y", "day": "m", "weekday": "dV", "hour": "dj", "clock": "dj", "period": "dj",
}  # fmt: skip
"""The finest part of a time that stands in other columns, by what the columns of times are; of others none does."""
_MOST_FURTHER = 2
"""Hours that the day has more on which clocks are put back."""
_FEWEST_STEPS = 24
_FEWEST = 3
"""Fewest columns that are dates or years."""
_FEWEST_CLOCKS = 8
FEWEST_MONTHS = 6
"""Fewest names of different months; the others are rows that the file lacks."""


def columns_of_times(names: Sequence[str]) -> tuple[str, list[str]]:
    """The likeliest of `what_columns_may_be`; an empty word and none where there are no such columns."""
    return next(what_columns_may_be(names), ("", []))


def what_columns_may_be(names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The columns of a header that may be times, and what they are, the likeliest first.

    Twelve months or six names of such, four quarters, 52 weeks, 31 days, days of the week, 24 hours, half hours or
    other periods of a day, several years or dates of one form, or many steps that are numbered: a word of `BESIDE`,
    ``year``, ``date`` or ``step``.
    """
    stripped = {name: name.strip() for name in names}
    months = {name: month for name, word in stripped.items() if (month := month_of(word)) is not None}
    if len(months) == len(set(months.values())) >= FEWEST_MONTHS:
        yield "month", [*months]
    if (weekdays := weekdays_among(list(stripped.values()))) is not None:
        yield "weekday", [name for name, word in stripped.items() if word in weekdays]
    numbered = _numbered(names)
    for prefix, numbers in numbered.items():
        unit = _LETTERS.get(prefix, unit_of(prefix) if prefix else None)
        for what, part in _NUMBERS.items():
            if (part.unit and unit == part.unit) or prefix in part.words:
                yield from ((what, [*numbers][: len(every)]) for every in part.ranges if _are(numbers, every))
    by_form: dict[str, list[str]] = {}
    for name, word in stripped.items():
        for form in {form.replace("%-", "%") for form in forms_of(word)}:
            by_form.setdefault(form, []).append(name)
    steps = max((numbers for prefix, numbers in numbered.items() if prefix in _STEPS), key=len, default={})
    first = min(steps.values(), default=0)
    in_order = first <= 2 and [*steps.values()] == [*range(first, first + len(steps))]
    coded = [name for name, word in stripped.items() if _HOUR_AND_MINUTE.fullmatch(word)]
    for what, found, least in (
        ("clock", [name for name, word in stripped.items() if _clock(word)], _FEWEST_CLOCKS),
        ("clock", coded if _fill_a_day([stripped[name] for name in coded]) else [], _FEWEST_CLOCKS),
        ("quarter", [name for name, word in stripped.items() if _QUARTER.fullmatch(word)], 4),
        ("year", [name for name, word in stripped.items() if _YEAR.fullmatch(word)], _FEWEST),
        ("date", max(by_form.values(), key=len, default=[]), _FEWEST),
        ("step", [*steps] * in_order, _FEWEST_STEPS),
    ):
        if len(found) >= least:
            yield what, found


def _are(numbers: Mapping[str, int], every: range) -> bool:
    """Whether columns are numbered so, in any order; two hours more a day stand at its end."""
    found = list(numbers.values())
    further = len(found) - len(every)
    if 0 < further <= _MOST_FURTHER * len(every) // 24 and len(every) >= _FEWEST_STEPS:
        return found == [*range(every.start, every.start + len(found))]
    return sorted(found) == [*every]


def _numbered(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """The numbers of columns, by the word before them and the column's name."""
    found: dict[str, dict[str, int]] = {}
    for name in names:
        if match := _NUMBERED.fullmatch(name.strip()):
            found.setdefault(match["prefix"].casefold(), {})[name] = int(match["label"])
    return found


def _clock(word: str) -> str:
    """A time of day as it is read; empty for another word."""
    if found := _CLOCK_WITH_END.fullmatch(word):
        return found["begin"]
    if found := _HOUR_OF_HALF.fullmatch(word):
        return f"{found['hour']}:00 {found['half']}"
    return word if clock_form(word) else ""


def _coded_clock(word: str) -> str:
    """A time of day in digits alone as it is read; empty for another word."""
    found = _HOUR_AND_MINUTE.fullmatch(word)
    return "" if found is None else f"{found['hour']}:{found['minute']}"


def _fill_a_day(words: Sequence[str]) -> bool:
    """Whether times of day in digits alone, which may be years or codes, are all those of a day, evenly apart."""
    found = [_coded_clock(word) for word in words]
    minutes = sorted(60 * int(clock[:2]) + int(clock[3:]) for clock in found)
    steps = {after - before for before, after in pairwise(minutes)}
    return len(words) >= _FEWEST_STEPS and len(steps) == 1 and len(words) * steps.pop() == 1440


def labels_of(wide: Sequence[str]) -> list[str]:
    """The times that wide columns are called, as they are read: without what stands beside a number, such as HE01."""
    what, found = columns_of_times(wide)
    names = [name.strip() for name in wide]
    if len(found) < len(wide):
        return names
    if what == "weekday":
        return [*(weekdays_among(names) or {}).values()]
    if what == "clock":
        return [_clock(name) or _coded_clock(name) for name in names]
    pattern = {"year": _YEAR, "quarter": _QUARTER}.get(what, _NUMBERED if what in _NUMBERS or what == "step" else None)
    matched = [] if pattern is None else [match for name in names if (match := pattern.fullmatch(name)) is not None]
    labels = [match["label"] for match in matched if match["label"] is not None]
    return labels if len(labels) == len(names) else names


def resolved(data: T, where: str, names: Sequence[str]) -> T:
    """The data section whose ``wide.columns`` are those of a file.

    Args:
        where: The place of the names in the file.
        names: The file's columns.

    Raises:
        DataError: None is meant.
    """
    if data.wide is None:
        return data
    if data.wide.columns is None:
        others = {*parts_of(data.time), *parts_of(data.series)}
        _, found = columns_of_times([name for name in names if name not in others])
        expected = "no columns are months, quarters, weeks, days, hours, years or dates"
    else:
        found = [name for name in names if any(matches(pattern, name) for pattern in data.wide.columns)]
        expected = f"no column is called {', '.join(data.wide.columns)}"
    if not found:
        raise DataError(
            f"{where}: {expected}, which data.wide asks for; the columns are {named(names)}; name some in "
            "data.wide.columns, or remove data.wide"
        )
    for key in ("names", "values"):
        name = getattr(data.wide, key)
        if name in names:
            raise DataError(f"{where}: data.wide.{key}: {name!r} is a column of the file already; give it another name")
    return data.model_copy(update={"wide": data.wide.model_copy(update={"columns": tuple(found)})})


def long_names(data: TableData, names: Sequence[str]) -> tuple[str, ...]:
    """The columns of a table whose file has these, ``data`` being `resolved`."""
    if data.wide is None:
        return tuple(names)
    columns = set(data.wide.columns or ())
    return (*(name for name in names if name not in columns), data.wide.names, data.wide.values)


def wide_names(data: TableData, names: Iterable[str]) -> list[str]:
    """The columns of a file that a table's columns are read from, ``data`` being `resolved`."""
    if data.wide is None:
        return list(names)
    own = (data.wide.names, data.wide.values)
    return [*(name for name in names if name not in own), *(data.wide.columns or ())]


def long_name(data: TableData, name: str) -> str:
    """The column of a table that a column of its file goes to."""
    return data.wide.values if data.wide is not None and name in (data.wide.columns or ()) else name
