"""What each column of a sample holds, guessed from its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from rnnctl.starter.sample import Sample
from rnnctl.tables.cells import bare, parse_dates, parse_numbers
from rnnctl.tables.date_form_search import FormSearch
from rnnctl.tables.frames import column_of
from rnnctl.util.format import counted

Kind = Literal["number", "boolean", "category", "words", "characters", "date", "unusable"]

YES_NO = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
LONGEST_NAME = 500
"""Most characters of a column's name: YAML takes no key of more than 1,024."""

LIKE_A_DATE = r"^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b"
"""Dates in numbers."""

_ALMOST_ALL = 0.9
_MOST_TOKENS = 10_000


@dataclass(frozen=True, eq=False, slots=True)
class ColumnGuess:
    """A column, and what it most likely holds.

    Attributes:
        name: Its name.
        kind: As ``data.columns``, or ``unusable``.
        why: What it holds, in words.
        values: Its cells, nameless: numbers in float64, dates or datetimes, else text; null where missing.
        distinct: Number of different values.
        missing: Number of missing values.
        whole: Whether all numbers are whole.
    """

    name: str
    kind: Kind
    why: str
    values: pl.Series
    distinct: int
    missing: int
    whole: bool = False


def describe_columns(sample: Sample) -> tuple[ColumnGuess, ...]:
    """Guesses what every column of a table's sample holds."""
    frame, comma = sample.frame, sample.decimal_comma
    return tuple(_describe(name, column_of(frame, name), decimal_comma=comma) for name in frame.columns)


def _describe(name: str, column: pl.Series, *, decimal_comma: bool) -> ColumnGuess:
    if len(name) > LONGEST_NAME:
        return _guess(name, "unusable", f"its name has {len(name):,} characters", column)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return _typed(name, column)
    cells = column.cast(pl.String)
    text = bare(cells)
    present = text.drop_nulls()
    if present.is_empty():
        return _guess(name, "unusable", "it is empty", text)
    return (
        _yes_or_no(name, text, present)
        or _parsed_dates(name, text)
        or _parsed_number(name, text, present, decimal_comma=decimal_comma)
        or _text(name, cells)
    )


def _typed(name: str, column: pl.Series) -> ColumnGuess:
    """A column of a file with types."""
    if column.dtype in (pl.Date, pl.Datetime):
        return _date(name, column)
    if column.dtype == pl.Boolean:
        return _guess(name, "boolean", "true and false", column)
    if column.dtype.is_integer() and (dates := _parsed_dates(name, column.cast(pl.String))) is not None:
        return dates
    if column.dtype.is_numeric():
        return _number(name, column.cast(pl.Float64).fill_nan(None))
    return _guess(name, "unusable", f"it holds {column.dtype}", column)


def _parsed_dates(name: str, text: pl.Series) -> ColumnGuess | None:
    """Dates in a form that the column's own cells determine; unusable where they do not."""
    search = FormSearch(numbers=False)
    search.feed(text)
    if search.form:
        times = parse_dates(text, search.form)
        return _date(name, times) if times.null_count() == text.null_count() else None
    if search.form == "" or not text.drop_nulls().str.contains(LIKE_A_DATE).all():
        return None
    why = (
        f"dates such as {search.first} are not read: no row tells which number is the day; write them as 2024-01-31, "
        "or say their form (data.time_format, or format in data.columns)"
    )
    return _guess(name, "unusable", why, text)


def _guess(name: str, kind: Kind, why: str, values: pl.Series, *, whole: bool = False) -> ColumnGuess:
    distinct = values.drop_nulls().n_unique()
    return ColumnGuess(name, kind, why, values, distinct, values.null_count(), whole)


def _date(name: str, values: pl.Series) -> ColumnGuess:
    return _guess(name, "date", "dates" if values.dtype == pl.Date else "dates and times", values)


def _yes_or_no(name: str, text: pl.Series, present: pl.Series) -> ColumnGuess | None:
    found = present.unique().head(5).to_list()
    if len(found) == 2 and {value.casefold() for value in found} in YES_NO:
        return _guess(name, "boolean", f"{found[0]} or {found[1]}", text)
    return None


def _parsed_number(name: str, text: pl.Series, present: pl.Series, *, decimal_comma: bool) -> ColumnGuess | None:
    numbers = parse_numbers(text, decimal_comma)
    failed = numbers.null_count() - text.null_count()
    if not failed:
        return _number(name, numbers)
    if numbers.len() - numbers.null_count() < _ALMOST_ALL * present.len():
        return None
    odd = text.filter(numbers.is_null() & text.is_not_null())[0]
    why = f"{counted(failed, 'cell')} of {present.len():,} are no numbers, such as {odd[:30]!r}; correct them to use it"
    return _guess(name, "unusable", why, text)


def _number(name: str, numbers: pl.Series) -> ColumnGuess:
    present = numbers.drop_nulls()
    if present.is_empty():
        return _guess(name, "unusable", "it is empty", numbers)
    if not present.is_finite().all():
        return _guess(name, "unusable", "it holds infinite numbers; correct them to use it", numbers)
    whole = bool((present == present.floor()).all())
    if whole and present.n_unique() == 2 and set(present.unique().to_list()) == {0.0, 1.0}:
        return _guess(name, "boolean", "1 or 0", numbers, whole=True)
    low, high = present.to_numpy().min(), present.to_numpy().max()
    why = f"{'whole numbers' if whole else 'numbers'}, {low:.6g} to {high:.6g}"
    return _guess(name, "number", why, numbers, whole=whole)


def _text(name: str, cells: pl.Series) -> ColumnGuess:
    text = cells.set(cells == "", None)  # NA may be a word here
    present = text.drop_nulls()
    words = float(present.str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]
    distinct, count = present.n_unique(), present.len()
    if (words >= 3 and distinct > count / 2) or (words >= 4 and distinct > 50):
        return _guess(name, "words", f"text of {words:.0f} words a cell", text)
    if distinct <= max(count / 2, min(20, 0.8 * count)) and distinct <= _MOST_TOKENS:
        return _guess(name, "category", f"{counted(distinct, 'different word')}", text)
    length = float(present.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    # DNA and proteins are made of few different characters, identifiers are not.
    few = len(set("".join(present.head(200).to_list()))) <= 30 and not present.head(50).str.contains(r"\d").any()
    if words < 1.5 and length >= 12 and few:
        return _guess(name, "characters", f"strings of {length:.0f} characters", text)
    if words >= 2:
        return _guess(name, "words", f"text of {words:.0f} words a cell", text)
    return _guess(name, "unusable", "nearly every row has a text of its own", text)
