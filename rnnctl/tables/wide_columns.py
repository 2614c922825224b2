"""Tables that hold a value for each of several times in columns of their own: each becomes a row of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_names import matches
from rnnctl.tables.combined_columns import unit_of
from rnnctl.tables.date_forms import clock_form, forms_of
from rnnctl.tables.month_names import month_of
from rnnctl.util.suggest import named

if TYPE_CHECKING:
    from rnnctl.schema.table import TableData

T = TypeVar("T", bound="TableData")
_YEAR = re.compile(r"X?(?P<label>1[89]\d{2}|20\d{2}|21\d{2})(?: \[YR(?P=label)\])?")
"""A year; R writes an X before it, the World Bank says it twice."""
_NUMBERED = re.compile(r"(?P<prefix>[A-Za-z]*)[ _.-]?(?P<label>\d{1,4})")
_LETTERS = {"m": "m", "w": "V", "h": "H", "q": ""}
"""Units of single letters; what Q stands before is read as it is."""
_RANGES = {
    "month": ("m", (range(1, 13),)),
    "quarter": ("q", (range(1, 5),)),
    "week": ("V", (range(1, 53),)),
    "hour": ("H", (range(24), range(1, 25))),
}
"""The parts of times that number columns: their directive, and the numbers that there are."""
PARTS_OF_YEARS, PARTS_OF_DAYS = ("month", "quarter", "week"), ("hour", "clock")
"""What the columns of a table with years, or with dates, are."""
_STEPS = "d day t time v w week m month h hour p period s step"
"""What numbered columns of one series a row are called; R's V is one of them, and x of features is none."""
_FEWEST_STEPS = 24
_FEWEST = 3
"""Fewest columns that are dates or years."""
_FEWEST_CLOCKS = 8
FEWEST_MONTHS = 6
"""Fewest names of different months; the others are rows that the file lacks."""


def columns_of_times(names: Sequence[str]) -> tuple[str, list[str]]:
    """The columns of a header that are times, and what they are: of `_RANGES`, ``clock``, ``year``, ``date``, ``step``.

    Six months or more, four quarters, 52 weeks, 24 hours, several years or dates of one form, or many steps that are
    numbered; else none.
    """
    return next(_times(names), ("", []))


def _times(names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """What the columns may be, the likeliest first."""
    months = {name: month for name in names if (month := month_of(name.strip())) is not None}
    if len(months) == len(set(months.values())) >= FEWEST_MONTHS:
        yield "month", [*months]
    numbered = _numbered(names)
    for prefix, numbers in numbered.items():
        unit = _LETTERS.get(prefix, unit_of(prefix))
        for what, (directive, ranges) in _RANGES.items():
            alone = not prefix and what in ("month", "hour")
            if (unit == directive or alone) and any(sorted(numbers.values()) == [*every] for every in ranges):
                yield what, [*numbers]
    stripped = {name: name.strip() for name in names}
    quarters = [name for name, word in stripped.items() if re.fullmatch("Q[1-4]|[1-4]Q", word, re.IGNORECASE)]
    clocks = [name for name, word in stripped.items() if clock_form(word)]
    years = [name for name, word in stripped.items() if _YEAR.fullmatch(word)]
    by_form: dict[str, list[str]] = {}
    for name, word in stripped.items():
        for form in {form.replace("%-", "%") for form in forms_of(word)}:
            by_form.setdefault(form, []).append(name)
    dates = max(by_form.values(), key=len, default=[])
    steps = max((numbers for prefix, numbers in numbered.items() if prefix in _STEPS.split()), key=len, default={})
    first = min(steps.values(), default=0)
    in_order = first <= 2 and [*steps.values()] == [*range(first, first + len(steps))]
    every = ("clock", clocks, _FEWEST_CLOCKS), ("quarter", quarters, 4), ("year", years, _FEWEST)
    for what, found, least in (*every, ("date", dates, _FEWEST), ("step", [*steps] * in_order, _FEWEST_STEPS)):
        if len(found) >= least:
            yield what, found


def _numbered(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """The numbers of columns, by the word before them and the column's name."""
    found: dict[str, dict[str, int]] = {}
    for name in names:
        if match := _NUMBERED.fullmatch(name.strip()):
            found.setdefault(match["prefix"].casefold(), {})[name] = int(match["label"])
    return found


def labels_of(wide: Sequence[str]) -> list[str]:
    """The times that wide columns are called: without what stands beside a number in each, such as HE01."""
    what, found = columns_of_times(wide)
    pattern = {"year": _YEAR}.get(what, _NUMBERED if what in (*_RANGES, "step") else None)
    names = [name.strip() for name in wide]
    matches = [] if pattern is None or len(found) < len(wide) else [pattern.fullmatch(name) for name in names]
    labels = [match["label"] for match in matches if match is not None]
    return labels if labels and len(labels) == len(wide) else names


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
        _, found = columns_of_times(names)
        expected = "no columns are months, quarters, weeks, hours, years or dates"
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


def long_columns(data: TableData, columns: Mapping[str, pl.Series]) -> Mapping[str, pl.Series]:
    """A file's columns with a row for each of its wide ones: those of the first row, then those of the second."""
    if data.wide is None or data.wide.columns is None or not set(data.wide.columns) <= set(columns):
        return columns
    return unpivoted(columns, data.wide.columns, data.wide.names, data.wide.values)


def unpivoted(
    columns: Mapping[str, pl.Series], wide: Sequence[str], names: str, values_name: str
) -> dict[str, pl.Series]:
    """Columns with a row for each of some wide ones, whose names and values become columns."""
    height, count = len(columns[wide[0]]), len(wide)
    values = pl.concat([pl.DataFrame({"": columns[name]}) for name in wide], how="vertical_relaxed").to_series()
    at = np.arange(height * count)
    repeated = np.repeat(np.arange(height), count)
    found = {name: column.gather(repeated) for name, column in columns.items() if name not in wide}
    found[names] = pl.Series(labels_of(wide) * height, dtype=pl.String)
    found[values_name] = values.gather(at % count * height + at // count)
    return found
