"""Cells of text: missing values, booleans, numbers and times."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import polars as pl

from rnnctl.schema.column_kinds import EPOCHS, TOKENS
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.number_form import NumberForm
from rnnctl.schema.table import TableData
from rnnctl.tables.date_forms import NUMBER, parse_dates, within_years
from rnnctl.tables.epochs import of_epoch
from rnnctl.tables.footnotes import tail_of
from rnnctl.tables.numbers import parse_numbers
from rnnctl.tables.wide_columns import long_name

MISSING_WORDS = ("NA", "N/A", "#N/A", "na", "n/a", "NaN", "nan", "NAN", "NULL", "Null", "null", "None", "none")
"""Words that stand for a missing value, besides an empty cell, in columns that hold no text."""
YES = ("true", "yes", "t", "y", "1")
NO = ("false", "no", "f", "n", "0")

SPELLINGS = tuple(zip(NO, YES, strict=True))
"""No and yes as they are written together."""

WORDS = (pl.String, pl.Categorical, pl.Enum)
"""Types of text."""

PLAIN = re.compile(r"[A-Za-z_]\w*")
FORM = "a date or datetime such as 2024-01-31 or 2024-01-31T18:00:00"
"""What a date looks like, for messages."""
CHECKED = ("number", "boolean", "date")
"""Roles of which a cell may be missing, but not of another form."""
AS_TEXT = "text"
"""The role of cells that stay as they are written."""
WHOLE = (AS_TEXT, "boolean")
"""Roles of which numbers are whole."""
UNREAD = {
    "boolean": "neither yes nor no (true/false, yes/no, t/f, y/n, 1/0); correct them, or leave them empty and set "
    "data.missing: drop",
    AS_TEXT: "neither a word nor a whole number; save the column as text, or use it as numbers",
    "date": f"not {FORM}, all in one form; correct them, or leave them empty and set data.missing: drop",
}
"""Messages about cells that cannot be read, by role."""


def roles(data: TableData, names: list[str]) -> dict[str, str]:
    """The roles of columns: ``number``, ``boolean``, ``date``, ``time``, ``part`` of a combined time, or ``text``."""
    used = {*data.seen, *data.target, *(data.known or ())}

    def role(name: str) -> str:
        if (long := long_name(data, name)) != name:
            return role(long)
        kind = data.column(name)
        if name in used and kind.kind == "number":
            return "number"
        if name == data.time:
            return "time"
        if name in parts_of(data.time) and name not in used:
            return "part"
        return AS_TEXT if name not in used or isinstance(kind, TOKENS) else kind.kind

    return {name: role(name) for name in names}


def parse_times(column: pl.Series, form: str) -> pl.Series:
    """Parses times, of integers, floats or text, as integers, floats, dates or datetimes.

    Args:
        form: Their form, `NUMBER`, or one of `EPOCHS`.

    Returns:
        Null where a value is not of that form.
    """
    if form not in (NUMBER, *EPOCHS):
        return parse_dates(column.cast(pl.String).str.strip_chars(), form)
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        whole = text.cast(pl.Int64, strict=False)
        column = whole if whole.null_count() == text.null_count() else text.cast(pl.Float64, strict=False)
    return of_epoch(column, form) if form in EPOCHS else column


def spelling_of(column: pl.Series) -> tuple[str, str]:
    """No and yes as the first cell of a column that is one of them is spelt; false and true where none is."""
    cells = column.cast(pl.String).str.strip_chars().drop_nulls().unique(maintain_order=True).to_list()
    for cell in cells:
        for pair in SPELLINGS:
            if cell.lower() in pair:
                like = str.title if cell.istitle() else str.upper if cell.isupper() else str.lower
                no, yes = map(like, pair)
                return no, yes
    return SPELLINGS[0]


def parse_booleans(text: pl.Series) -> pl.Series:
    """Parses the words `YES` and `NO` in any case."""
    low = text.str.to_lowercase()
    yes = low.is_in(YES)
    return yes.set(~(yes | low.is_in(NO)), None)


def without_nan(column: pl.Series) -> pl.Series:
    """The column with null in place of NaN."""
    return column.fill_nan(None) if column.dtype.is_float() and column.is_nan().any() else column


def bare(column: pl.Series, marks: Sequence[str] = (), notes: Sequence[str] = ()) -> pl.Series:
    """A column of text without spaces around, null where missing: empty, a word for it, or one of ``marks``.

    Args:
        notes: Marks of footnotes, which may stand behind those, or alone.
    """
    text = column.str.strip_chars()
    missing = ["", *MISSING_WORDS, *marks]
    gone = text.is_in(missing)
    if notes:
        negative = text.str.contains(r"^\(\s*[\d.,]+\s*\)")  # (1) is -1, even where it is a mark
        gone |= text.str.replace(tail_of(notes), "").is_in(missing) & ~negative
    return text.set(gone, None)


def typed(column: pl.Series, role: str, form: str, numbers: NumberForm) -> pl.Series:
    """Converts a column to its role; null where a cell is missing or cannot be read.

    Args:
        column: Of a type that `ACCEPTED` has for the role, or text; see `bare`.
        form: Form of times and dates that are text or whole numbers; empty where there are none.
        numbers: How numbers that are text are written.
    """
    if role == "number":
        return without_nan(parse_numbers(column, numbers) if column.dtype == pl.String else column.cast(pl.Float64))
    if role == AS_TEXT:
        strings = column.cast(pl.String)
        return strings.set(strings == "", None)
    if role == "boolean":
        return column if column.dtype == pl.Boolean else parse_booleans(column.cast(pl.String))
    if is_written(column.dtype) and role == "date":
        return parse_dates(column.cast(pl.String), form)
    return _times(column, form)


def _times(column: pl.Series, form: str) -> pl.Series:
    if is_written(column.dtype) or form in EPOCHS:
        column = parse_times(column if column.dtype.is_numeric() else column.cast(pl.String), form or NUMBER)
    if column.dtype.is_temporal():
        return within_years(column)
    if column.dtype.is_integer():
        return column.cast(pl.Int64, strict=False)  # a larger one is no time
    return without_nan(column.cast(pl.Float64)) if column.dtype.is_float() else column


def is_written(dtype: pl.DataType) -> bool:
    """Whether times and dates in a column are text or whole numbers of some form."""
    return dtype in WORDS or dtype == pl.Null or dtype.is_integer()


def of_words(name: str, cells: Sequence[str]) -> str:
    """Advice for a column that may hold words and not numbers, by some of its cells."""
    flags = {cell.strip().lower() for cell in cells} <= {*YES, *NO}
    kind, what = ("boolean", "yes or no") if flags else ("category", "words")
    return f"if the column holds {what}, set data.columns: {{{key_in_yaml(name)}: {kind}}}"


def key_in_yaml(name: str) -> str:
    """A column's name as a key in YAML."""
    return name if PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
