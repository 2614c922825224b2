"""What each column of a sample holds, judged by its cells. Knows no roles: those are `roles` and `tasks`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from rnnctl.data.files.cells import bare, date_parser, parse_numbers
from rnnctl.data.guessing.sample import Sample
from rnnctl.numbers import counted

Kind = Literal["number", "boolean", "category", "words", "characters", "date", "unusable"]

YES_NO = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
LONGEST_NAME = 500
"""Most characters of a column's name: YAML takes no key of more than 1,024."""

OTHER_DATE = re.compile(r"^(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2})\b")
"""Dates in another form than ISO 8601."""

_ALMOST_ALL = 0.9
_MOST_TOKENS = 10_000


@dataclass(frozen=True, eq=False, slots=True)
class ColumnGuess:
    """A column, and what it most likely holds.

    Attributes:
        name: Its name.
        kind: What it holds.
        why: What was seen of it, in words.
        values: Its cells: numbers in float64, dates or datetimes, else text; null where missing.
        distinct: Different values.
        missing: Missing values.
        whole: Whether it holds whole numbers only.
    """

    name: str
    kind: Kind
    why: str
    values: pl.Series
    distinct: int
    missing: int
    whole: bool = False


def describe_columns(sample: Sample) -> tuple[ColumnGuess, ...]:
    """Says of every column of a sample what it holds.

    Args:
        sample: A table's first rows.
    """
    return tuple(_describe(column, decimal_comma=sample.decimal_comma) for column in sample.frame.get_columns())


def _describe(column: pl.Series, *, decimal_comma: bool) -> ColumnGuess:
    if len(column.name) > LONGEST_NAME:
        return _guess(column.name, "unusable", f"its name has {len(column.name):,} characters", column)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return _typed(column)
    cells = column.cast(pl.String)
    text = bare(cells)
    present = text.drop_nulls()
    if present.is_empty():
        return _guess(column.name, "unusable", "it is empty", text)
    return (
        _yes_or_no(text, present)
        or _parsed_number(text, present, decimal_comma=decimal_comma)
        or _parsed_dates(text, present)
        or _text(cells)
    )


def _typed(column: pl.Series) -> ColumnGuess:
    """A column of a file that says itself what its columns hold."""
    if column.dtype in (pl.Date, pl.Datetime):
        return _date(column.name, column)
    if column.dtype == pl.Boolean:
        return _guess(column.name, "boolean", "true and false", column)
    if column.dtype.is_numeric():
        return _number(column.name, column.cast(pl.Float64).fill_nan(None))
    return _guess(column.name, "unusable", f"it holds {column.dtype}", column)


def _parsed_dates(text: pl.Series, present: pl.Series) -> ColumnGuess | None:
    parse = date_parser(present[0])
    if parse is None:
        return None
    times = parse(text)
    return _date(text.name, times) if times.null_count() == text.null_count() else None


def _guess(name: str, kind: Kind, why: str, values: pl.Series, *, whole: bool = False) -> ColumnGuess:
    distinct = values.drop_nulls().n_unique()
    return ColumnGuess(name, kind, why, values, distinct, values.null_count(), whole)


def _date(name: str, values: pl.Series) -> ColumnGuess:
    return _guess(name, "date", "dates" if values.dtype == pl.Date else "dates and times", values)


def _yes_or_no(text: pl.Series, present: pl.Series) -> ColumnGuess | None:
    found = present.unique().head(5).to_list()
    if len(found) == 2 and {value.casefold() for value in found} in YES_NO:
        return _guess(text.name, "boolean", f"{found[0]} or {found[1]}", text)
    return None


def _parsed_number(text: pl.Series, present: pl.Series, *, decimal_comma: bool) -> ColumnGuess | None:
    numbers = parse_numbers(text, decimal_comma)
    failed = numbers.null_count() - text.null_count()
    if not failed:
        return _number(text.name, numbers)
    if numbers.len() - numbers.null_count() < _ALMOST_ALL * present.len():
        return None
    odd = text.filter(numbers.is_null() & text.is_not_null())[0]
    why = f"{counted(failed, 'cell')} of {present.len():,} are no numbers, such as {odd[:30]!r}; correct them to use it"
    return _guess(text.name, "unusable", why, text)


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


def _text(cells: pl.Series) -> ColumnGuess:
    text = cells.set(cells == "", None)  # NA may be a word here
    present = text.drop_nulls()
    if OTHER_DATE.match(present[0]) and present.str.contains(OTHER_DATE.pattern).all():
        told = (
            f"dates such as {present[0][:20]} are not read; write them as 2024-01-31 or 2024-01-31T18:00:00 to use them"
        )
        return _guess(text.name, "unusable", told, text)
    words = float(present.str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]
    distinct, count = present.n_unique(), present.len()
    if (words >= 3 and distinct > count / 2) or (words >= 4 and distinct > 50):
        return _guess(text.name, "words", f"text of {words:.0f} words a cell", text)
    if distinct <= max(count / 2, min(20, 0.8 * count)) and distinct <= _MOST_TOKENS:
        return _guess(text.name, "category", f"{counted(distinct, 'different word')}", text)
    length = float(present.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    if words < 1.5 and length >= 12 and _few_characters(present):
        return _guess(text.name, "characters", f"strings of {length:.0f} characters", text)
    if words >= 2:
        return _guess(text.name, "words", f"text of {words:.0f} words a cell", text)
    return _guess(text.name, "unusable", "nearly every row has a text of its own", text)


def _few_characters(present: pl.Series) -> bool:
    """Whether strings are made of few different characters, as DNA and proteins are and identifiers are not."""
    return len(set("".join(present.head(200).to_list()))) <= 30 and not present.head(50).str.contains(r"\d").any()
