"""Cells of text as what their column holds: dates, yes and no, numbers; and what is said of others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, MutableMapping

import polars as pl

from rnnctl.config.column_schema import TOKENS
from rnnctl.config.table_schema import TableData

MISSING_WORDS = ("NA", "N/A", "#N/A", "na", "n/a", "NaN", "nan", "NAN", "NULL", "Null", "null", "None", "none")
"""Words that stand for a missing value, besides an empty cell, in columns that hold no text."""
YES = ("true", "yes", "t", "y", "1")
NO = ("false", "no", "f", "n", "0")

PLAIN = re.compile(r"[A-Za-z_]\w*")
INTEGER = re.compile(r"\s*[+-]?\d{1,19}\s*")
MONTH = re.compile(r"\d{4}-\d{2}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:?\d{2})?")

FORM = "a date or datetime such as 2024-01-31 or 2024-01-31T18:00:00"
"""What a date looks like, for messages."""
UNREAD = {
    "boolean": "neither yes nor no (true/false, yes/no, t/f, y/n, 1/0); correct them, or leave them empty and set "
    "data.missing: drop",
    "date": f"not {FORM}, all in one form; correct them, or leave them empty and set data.missing: drop",
}
"""What is said of cells that cannot be read, by role."""

Parse = Callable[[pl.Series], pl.Series]
"""From a column of text, without spaces around and null where missing, to values; null where one cannot be read."""


def roles(data: TableData, names: list[str]) -> dict[str, str]:
    """What the wanted columns are read as: ``number``, ``boolean``, ``date``, ``time`` or ``text``.

    Args:
        data: The data section.
        names: The wanted columns.
    """
    used = {*data.seen, *data.target, *(data.known or ())}

    def role(name: str) -> str:
        kind = data.column(name)
        if name in used and kind.kind == "number":
            return "number"
        if name == data.time:
            return "time"
        return "text" if name not in used or isinstance(kind, TOKENS) else kind.kind

    return {name: role(name) for name in names}


def date_parser(first: str) -> Parse | None:
    """How to read dates or datetimes written like ``first``; None where that is neither."""
    if MONTH.fullmatch(first):
        return lambda text: (text + "-01").str.to_date("%Y-%m-%d", strict=False)
    if DATE.fullmatch(first):
        return lambda text: text.str.to_date("%Y-%m-%d", strict=False)
    if found := DATETIME.fullmatch(first):
        middle, seconds, _, zone = found.groups()
        form = f"%Y-%m-%d{middle}%H:%M" + (":%S%.f" if seconds else "") + ("%#z" if zone else "")
        return lambda text: text.str.to_datetime(form, time_unit="us", strict=False)
    return None


def parse_times(column: pl.Series, first: str) -> pl.Series:
    """Reads a column of times as integers, floats, dates or datetimes, whichever its first value is.

    Args:
        column: Integers, floats, dates, datetimes, or text.
        first: The first value, as it is written; that of the first file where there are several.

    Returns:
        The times; null where a value is not of the first one's form.
    """
    if column.dtype != pl.String:
        return column
    text = column.str.strip_chars()
    if parse := date_parser(first.strip()):
        return parse(text)
    whole = text.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == text.null_count() else text.cast(pl.Float64, strict=False)


def parse_dates(text: pl.Series, name: str, firsts: MutableMapping[str, str]) -> pl.Series:
    """Reads a column of dates or datetimes, whichever the first that there is is.

    Args:
        text: As `Parse` takes it.
        name: The column's name.
        firsts: The first value of each column; this one's is put in where it is not there yet.

    Returns:
        The dates, null where one is not of the first one's form.
    """
    if name not in firsts:
        written = text.drop_nulls()
        if not len(written):
            return text.cast(pl.Date)
        firsts[name] = written[0]
    parse = date_parser(firsts[name])
    return parse(text) if parse else pl.Series(text.name, [None] * len(text), dtype=pl.Date)


def parse_booleans(text: pl.Series) -> pl.Series:
    """Reads yes and no, in any of the words `YES` and `NO`, in any case."""
    low = text.str.to_lowercase()
    yes = low.is_in(YES)
    return yes.set(~(yes | low.is_in(NO)), None)


def parse_numbers(text: pl.Series, decimal_comma: bool) -> pl.Series:
    """Reads numbers as float64."""
    written = text.str.replace(",", ".", literal=True) if decimal_comma else text
    return written.cast(pl.Float64, strict=False)


def nameless(column: pl.Series) -> pl.Series:
    """A column without its name: Polars would take one such as ``*`` for a pattern of names, even within a column."""
    return column.alias("")


def bare(column: pl.Series) -> pl.Series:
    """A column of text without spaces around, null where missing."""
    text = column.str.strip_chars()
    return text.set(text.is_in(["", *MISSING_WORDS]), None)


def of_words(name: str) -> str:
    """What to do about a column that holds words and not numbers."""
    return f"if the column holds words, set data.columns: {{{key_in_yaml(name)}: category}}"


def key_in_yaml(name: str) -> str:
    """A column's name as it is written as a key in YAML."""
    return name if PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
