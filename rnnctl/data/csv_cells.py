"""Cells of a CSV file that Polars does not read as they stand: numbers beside text, and times. Knows no windows."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from rnnctl.config.table_schema import CsvData
from rnnctl.data.csv_header import Header
from rnnctl.data.csv_scan import line_numbers, listed, scan_bytes
from rnnctl.errors import DataError

INTEGER = re.compile(r"\s*[+-]?\d{1,19}\s*")
MONTH = re.compile(r"\d{4}-\d{2}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:?\d{2})?")
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


def time_type(first: str) -> type[pl.DataType]:
    """The type to read a time column as, judged by its first value: integer, or text to be looked at further."""
    return pl.Int64 if INTEGER.fullmatch(first) else pl.String


def parse_times(column: pl.Series) -> pl.Series:
    """Reads a column of times as integers, floats, dates or datetimes, whichever its first value is.

    Args:
        column: Integers, floats, or text.

    Returns:
        The times; null where a value is not of the first one's form.
    """
    if column.dtype != pl.String:
        return column
    text = column.str.strip_chars()
    first = text[0] or ""
    if MONTH.fullmatch(first):
        return (text + "-01").str.to_date("%Y-%m-%d", strict=False)
    if DATE.fullmatch(first):
        return text.str.to_date("%Y-%m-%d", strict=False)
    if found := DATETIME.fullmatch(first):
        middle, seconds, _, zone = found.groups()
        form = f"%Y-%m-%d{middle}%H:%M" + (":%S%.f" if seconds else "") + ("%#z" if zone else "")
        return text.str.to_datetime(form, time_unit="us", strict=False)
    whole = text.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == text.null_count() else text.cast(pl.Float64, strict=False)


def parse_numbers(
    text: pl.DataFrame, numbers: Sequence[str], data: CsvData, header: Header, missing: Sequence[str]
) -> pl.DataFrame:
    """Reads columns of text as numbers, spaces around them left away.

    Args:
        text: Columns of strings.
        numbers: Names of those to read as numbers.
        data: The data section.
        header: The file's header.
        missing: Words that stand for a missing value.

    Returns:
        The frame, with those columns in float64.

    Raises:
        DataError: A cell is neither a number nor missing.
    """
    faults = []
    for name in numbers:
        column = text.get_column(name).str.strip_chars()
        column = column.set(column.is_in(["", *missing]), None)
        written = column.str.replace(",", ".", literal=True) if data.decimal_comma else column
        parsed = written.cast(pl.Float64, strict=False)
        bad = parsed.is_null() & column.is_not_null()
        if bad.any():
            rows = bad.arg_true().to_list()
            faults.append(_not_numbers(data, header, name, rows, column.gather(rows[:10]).to_list()))
        text = text.with_columns(parsed.alias(name))
    if faults:
        raise DataError("\n".join(faults))
    return text


def _not_numbers(data: CsvData, header: Header, name: str, rows: list[int], found: list[str]) -> str:
    lines = line_numbers(data, header, scan_bytes(data.path), rows[:10])
    shown = listed([f"line {line} {value[:40]!r}" for line, value in zip(lines, found, strict=True)], len(rows))
    if "," in found[0] and "." in found[0]:
        todo = "these look like numbers with a mark between the thousands: remove that mark"
    elif not data.decimal_comma and DECIMAL_COMMA.fullmatch(found[0]):
        todo = "these look like numbers with a decimal comma: set data.decimal_comma: true"
    elif data.decimal_comma and "." in found[0]:
        todo = "these look like numbers with a decimal point: set data.decimal_comma: false"
    else:
        todo = "correct them, or leave them empty and set data.missing: drop"
    return f"{data.path}: column {name!r}: {shown}: not a number; {todo}"
