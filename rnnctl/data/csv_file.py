"""A CSV file as a table of typed columns, in the file's order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from rnnctl.config.table_schema import CsvData
from rnnctl.data.csv_cells import parse_numbers, parse_times, time_type
from rnnctl.data.csv_header import Header, check_columns, read_header
from rnnctl.data.csv_scan import ByteFacts, check_rows, is_regular, line_numbers, listed, odd_quotes, scan_bytes
from rnnctl.errors import DataError

MISSING_WORDS = ("NA", "N/A", "#N/A", "na", "n/a", "NaN", "nan", "NAN", "NULL", "Null", "null", "None", "none")
"""Words that stand for a missing value, besides an empty cell."""


@dataclass(frozen=True, slots=True)
class Table:
    """The wanted columns of a file.

    Attributes:
        data: The data section.
        header: The file's header.
        facts: What the file's bytes say.
        frame: Numbers in float64, null where missing; the time column as integers, floats, dates or datetimes;
            the series column as strings.
    """

    data: CsvData
    header: Header
    facts: ByteFacts
    frame: pl.DataFrame

    @property
    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of each file."""
        return {str(self.data.path): self.facts.sha256}

    def lines(self, rows: Iterable[int]) -> str:
        """Names the lines of some rows: "line 4", "lines 4, 9, … (20 in all)"."""
        rows = list(rows)
        lines = line_numbers(self.data, self.header, self.facts, rows[:10])
        return ("line " if len(rows) == 1 else "lines ") + listed([str(line) for line in lines], len(rows))


def number_columns(data: CsvData) -> tuple[str, ...]:
    """Names of the features, then of the targets that are no features."""
    return tuple(dict.fromkeys((*(data.features or data.target), *data.target)))


def read_table(data: CsvData) -> Table:
    """Reads the wanted columns of a CSV file.

    Polars parses them as numbers straight away. Only where that fails are words for missing values and stray spaces
    considered, and only where that fails too is the file gone through row by row to say what is wrong with it.

    Args:
        data: The data section.

    Returns:
        The table, without the empty lines at the end of the file.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    header = read_header(data)
    check_columns(header, data)
    with ThreadPoolExecutor(2) as pool:
        scan = pool.submit(scan_bytes, data.path)
        types = _column_types(data, header)
        partly = len(types) < len(header.names)
        regular = pool.submit(is_regular, data.path, data.separator, len(header.names)) if partly else None
        frame = _read_frame(data, header, types)
        facts = scan.result()
    frame = frame.head(max(0, frame.height - facts.blank_tail))
    if frame.height == 0:
        raise DataError(f"{data.path}: the file holds column names and no rows; expected rows of numbers below them")
    if not (regular.result() if regular else _whole_and_regular(data, header, frame)):
        check_rows(data, header)
    with_nan = [name for name in number_columns(data) if frame.get_column(name).is_nan().any()]
    if with_nan:
        frame = frame.with_columns(pl.col(with_nan).fill_nan(None))
    table = Table(data, header, facts, frame)
    if data.time is not None:
        table = _with_times(table, data.time)
    return _checked_series(table)


def _column_types(data: CsvData, header: Header) -> dict[str, type[pl.DataType]]:
    types: dict[str, type[pl.DataType]] = dict.fromkeys(number_columns(data), pl.Float64)
    if data.series is not None:
        types[data.series] = pl.String
    if data.time is not None and data.time not in types:
        types[data.time] = time_type(header.first_value(data.time))
    return types


def _whole_and_regular(data: CsvData, header: Header, frame: pl.DataFrame) -> bool:
    """Whether a file of which all columns were read is regular; it is gone through only where a row may be too short.

    Reading all columns, Polars refuses rows that are too long, and fills up those that are too short with nulls.
    """
    if frame.get_column(header.names[-1]).null_count() == 0:
        return True
    return is_regular(data.path, data.separator, len(header.names))


def _read_frame(data: CsvData, header: Header, types: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    try:
        return _read_csv(data, header, types, ())
    except pl.exceptions.PolarsError:
        pass
    try:
        return _read_csv(data, header, types, MISSING_WORDS)
    except pl.exceptions.PolarsError:
        check_rows(data, header)
    try:
        text = _read_csv(data, header, dict.fromkeys(types, pl.String), ())
    except pl.exceptions.PolarsError as error:
        line = odd_quotes(data.path)
        where = f"line {line}: a quote is opened and never closed; close it" if line else str(error).partition("\n")[0]
        raise DataError(f"{data.path}: the file cannot be read as CSV: {where}") from None
    return parse_numbers(text, number_columns(data), data, header, MISSING_WORDS)


def _read_csv(
    data: CsvData, header: Header, types: Mapping[str, type[pl.DataType]], missing: tuple[str, ...]
) -> pl.DataFrame:
    places = sorted(header.names.index(name) for name in types)
    frame = pl.read_csv(
        data.path,
        columns=places if len(places) < len(header.names) else None,
        separator=data.separator,
        schema_overrides=dict(types),
        null_values=list(missing) or None,
        decimal_comma=data.decimal_comma,
        infer_schema=False,
        glob=False,
    )
    return frame.select(list(types))


def _with_times(table: Table, name: str) -> Table:
    column = table.frame.get_column(name)
    times = parse_times(column)
    unreadable = times.is_null() | (times.is_nan() if times.dtype.is_float() else False)
    if unreadable.any():
        rows = unreadable.arg_true().to_list()
        found = column[rows[0]]
        what = "no time" if found is None else repr(found)
        form = "a number, or a date or datetime such as 2024-01-31 or 2024-01-31T18:00:00"
        if rows[0] > 0:
            form = f"a time like that of the first row, {table.header.first_value(name)!r}"
        raise DataError(
            f"{table.data.path}: column {name!r}: {table.lines(rows)}: found {what}, expected {form}; rows without a "
            f"time cannot be ordered: correct or remove them"
        )
    return Table(table.data, table.header, table.facts, table.frame.with_columns(times.alias(name)))


def _checked_series(table: Table) -> Table:
    name = table.data.series
    if name is None:
        return table
    column = table.frame.get_column(name)
    empty = column.is_null() | (column == "")
    if empty.any():
        raise DataError(
            f"{table.data.path}: column {name!r}: {table.lines(empty.arg_true().to_list())}: no series is named; "
            f"correct or remove the rows, or set data.series: null"
        )
    return table
