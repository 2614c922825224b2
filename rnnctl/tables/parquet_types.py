"""Which types of Parquet columns can be read as what, and the reading. Knows no files."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from rnnctl.tables.cells import FORM, bare, key_in_yaml, of_words, parse_booleans, parse_dates, parse_times
from rnnctl.tables.date_forms import NUMBER

WORDS = (pl.String, pl.Categorical, pl.Enum)
DATES = (pl.Date, pl.Datetime)
UNREADABLE = {
    pl.List: "take its items out into columns of their own",
    pl.Array: "take its items out into columns of their own",
    pl.Struct: "take its fields out into columns of their own",
    pl.Decimal: "save it as float64 (in Polars: cast(pl.Float64))",
    pl.Time: "save it as a number, such as the seconds since midnight",
    pl.Duration: "save it as a number, such as its seconds",
    pl.Binary: "save it as text or numbers",
    pl.Object: "save it as text or numbers",
}
"""What to do about columns of types that no kind of column is read from."""

Type = pl.DataType

ACCEPTED: dict[str, Callable[[Type], bool]] = {
    "number": lambda found: found.is_numeric(),
    "boolean": lambda found: found == pl.Boolean or found.is_integer() or found in WORDS,
    "date": lambda found: found in (*DATES, *WORDS) or found.is_integer(),
    "text": lambda found: found in WORDS or found.is_integer() or found == pl.Boolean,
    "time": lambda found: found in (*DATES, *WORDS) or found.is_numeric(),
}
"""The types that a column of each role may have; see `roles`."""

EXPECTED = {
    "boolean": "expected yes or no: save it as booleans, as 1 and 0, or as words",
    "date": f"expected {FORM}; save it as dates",
    "text": "expected words or whole numbers; save it as text",
    "time": f"expected a number, or {FORM}, to order the rows by",
}


def wrong_type(name: str, found: Type, role: str) -> str | None:
    """What was expected of a column and what to do; None where it can be read.

    Args:
        name: The column's name.
        found: Its type.
        role: What it is to be read as.
    """
    todo = next((todo for kind, todo in UNREADABLE.items() if found == kind), None)
    if todo or found == pl.Null or ACCEPTED[role](found):
        return todo
    if role != "number":
        return EXPECTED[role]
    if found == pl.Boolean or found in DATES:
        kind = "boolean" if found == pl.Boolean else "date"
        return f"expected numbers; set data.columns: {{{key_in_yaml(name)}: {kind}}}"
    return f"expected numbers; {of_words(name)}"


def convert(column: pl.Series, role: str, form: str) -> pl.Series:
    """Brings a column to its role; null where it is missing or cannot be read.

    Args:
        column: The column, of an accepted type.
        role: What it is to be read as.
        form: How times and dates are written that are text or whole numbers; empty where there are none.
    """
    if role == "number":
        return _without_nan(column.cast(pl.Float64))
    if role == "text":
        strings = column.cast(pl.String)
        return strings.set(strings == "", None)
    if role == "boolean":
        return column if column.dtype == pl.Boolean else parse_booleans(bare(column.cast(pl.String)))
    if is_written(column.dtype):
        if role == "date":
            return parse_dates(bare(column.cast(pl.String)), form)
        column = parse_times(column if column.dtype.is_integer() else column.cast(pl.String), form or NUMBER)
    if column.dtype.is_integer():
        return column.cast(pl.Int64, strict=False)  # a larger one is told as no time
    return _without_nan(column.cast(pl.Float64)) if column.dtype.is_float() else column


def is_written(dtype: Type) -> bool:
    """Whether times and dates in a column of a type are written in some form, rather than being of a type of theirs."""
    return dtype in WORDS or dtype == pl.Null or dtype.is_integer()


def _without_nan(column: pl.Series) -> pl.Series:
    return column.fill_nan(None) if column.is_nan().any() else column


def zone(found: Type) -> tuple[type[Type], str | None]:
    """What two types of dates or times must share to be ordered together."""
    return found.base_type(), getattr(found, "time_zone", None)
