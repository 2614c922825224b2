"""A CSV file as typed columns, in the file's order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rnnctl.config.table_schema import CsvData
from rnnctl.data.cells import (
    INTEGER,
    MISSING_WORDS,
    bare,
    parse_booleans,
    parse_dates,
    parse_numbers,
    parse_times,
)
from rnnctl.data.csv_faults import BadCells, CellFaults
from rnnctl.data.csv_header import Header
from rnnctl.data.csv_scan import check_rows, is_regular, line_numbers, odd_quotes, scan_bytes
from rnnctl.data.sources import Source
from rnnctl.errors import DataError


@dataclass(frozen=True, slots=True)
class CsvPart:
    """The rows of a CSV file; see `Part`.

    Attributes:
        header: The file's header.
        rows: How many rows there are.
        sha256: Fingerprint, in hexadecimal.
        quotes: Whether the file holds quote characters.
    """

    header: Header
    rows: int
    sha256: str
    quotes: bool

    @property
    def path(self) -> Path:
        """The file."""
        return self.header.path

    @property
    def word(self) -> str:
        """What a place is called."""
        return "line"

    def places(self, rows: Sequence[int]) -> list[int]:
        """The lines on which some rows begin."""
        return line_numbers(self.header, self.quotes, rows)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the columns of a CSV file are read.

    Attributes:
        header: The file's header.
        data: The data section.
        roles: What each wanted column is read as; see `roles`.
        firsts: The first value of columns of times and dates, filled as they are met; of the first file that has one.
    """

    header: Header
    data: CsvData
    roles: Mapping[str, str]
    firsts: MutableMapping[str, str]

    @property
    def types(self) -> dict[str, type[pl.DataType]]:
        """What Polars reads the columns as at first."""
        time = pl.Int64 if INTEGER.fullmatch(self.firsts.get(self.data.time or "", "")) else pl.String
        known = {"number": pl.Float64, "time": time}
        return {name: known.get(role, pl.String) for name, role in self.roles.items()}


def read_csv_file(plan: Plan, faults: CellFaults) -> tuple[pl.DataFrame, CsvPart]:
    """Reads the wanted columns of a CSV file.

    Polars parses numbers straight away. Only where that fails are words for missing values and stray spaces
    considered, and only where that fails too is the file gone through row by row to say what is wrong with it.

    Args:
        plan: How.
        faults: Gathers cells that cannot be read.

    Returns:
        The columns, without the empty lines at the end of the file, and where they come from.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    header = plan.header
    with ThreadPoolExecutor(2) as pool:
        scan = pool.submit(scan_bytes, header.path)
        partly = len(plan.roles) < len(header.names)
        regular = pool.submit(is_regular, header) if partly else None
        frame = read_typed(_content(header.path), plan)
        facts = scan.result()
    frame = frame.head(max(0, frame.height - facts.blank_tail))
    if frame.height == 0:
        raise no_rows(header)
    if not (regular.result() if regular else _whole_and_regular(header, frame)):
        check_rows(header)
    frame = typed_cells(frame, plan, faults, 0)
    faults.raise_any(facts.quotes)
    return frame, CsvPart(header, frame.height, facts.sha256, facts.quotes)


def _content(path: Path) -> Path | bytes:
    with Source(path) as source:
        return source.read() if source.gzipped else path


def no_rows(header: Header) -> DataError:
    """The error for a file without rows."""
    return DataError(f"{header.path}: the file holds column names and no rows; expected rows of numbers below them")


def _whole_and_regular(header: Header, frame: pl.DataFrame) -> bool:
    """Whether a file of which all columns were read is regular; it is gone through only where a row may be too short.

    Reading all columns, Polars refuses rows that are too long, and fills up those that are too short with nulls.
    """
    if frame.get_column(header.names[-1]).null_count() == 0:
        return True
    return is_regular(header)


def read_typed(content: Path | bytes, plan: Plan) -> pl.DataFrame:
    """Reads numbers as numbers where that can be done, and all columns as text where it cannot.

    Args:
        content: The file, or the bytes of its header and some rows.
        plan: How.

    Raises:
        DataError: The file as a whole is not one of regular rows.
    """
    types = plan.types
    try:
        return _read_csv(content, plan, types, ())
    except pl.exceptions.PolarsError:
        pass
    words = {name: kind for name, kind in types.items() if kind == pl.String}
    try:
        # A word for a missing value is a word like others in a column of text.
        numbers = {name: kind for name, kind in types.items() if name not in words}
        read = [_read_csv(content, plan, numbers, MISSING_WORDS)] if numbers else []
        read += [_read_csv(content, plan, words, ())] if words else []
        return pl.concat(read, how="horizontal").select(list(types))
    except pl.exceptions.PolarsError:
        check_rows(plan.header)
    try:
        return _read_csv(content, plan, dict.fromkeys(types, pl.String), ())
    except pl.exceptions.PolarsError as error:
        line = odd_quotes(plan.header.path)
        where = f"line {line}: a quote is opened and never closed; close it" if line else str(error).partition("\n")[0]
        raise DataError(f"{plan.header.path}: the file cannot be read as CSV: {where}") from None


def _read_csv(
    content: Path | bytes, plan: Plan, types: Mapping[str, type[pl.DataType]], missing: tuple[str, ...]
) -> pl.DataFrame:
    names = plan.header.names
    places = sorted(names.index(name) for name in types)
    frame = pl.read_csv(
        content,
        columns=places if len(places) < len(names) else None,
        separator=plan.header.separator,
        schema_overrides=dict(types),
        null_values=list(missing) or None,
        decimal_comma=plan.data.decimal_comma,
        infer_schema=False,
        glob=False,
    )
    return frame.select(list(types))


def typed_cells(frame: pl.DataFrame, plan: Plan, faults: CellFaults, offset: int) -> pl.DataFrame:
    """Brings the columns to their kinds.

    Args:
        frame: What `read_typed` gave.
        plan: How.
        faults: Gathers cells that cannot be read.
        offset: Row of the file of the frame's first row.

    Returns:
        The columns as `Table.frame` has them.
    """
    ready = [_typed(frame.get_column(name), role, plan, faults, offset) for name, role in plan.roles.items()]
    found = pl.DataFrame(ready)
    if plan.data.time is not None:
        times = found.get_column(plan.data.time)
        faults.times.add(times.is_null(), frame.get_column(plan.data.time), offset)
    if plan.data.series is not None:
        series = found.get_column(plan.data.series)
        faults.series.add(series.is_null(), series, offset)
    return found


def _typed(column: pl.Series, role: str, plan: Plan, faults: CellFaults, offset: int) -> pl.Series:
    if role == "text":
        return column.set(column == "", None) if (column == "").any() else column
    if role == "time":
        times = parse_times(column, plan.firsts.get(column.name, ""))
        return times.fill_nan(None) if times.dtype.is_float() else times
    if column.dtype == pl.Float64:
        return column.fill_nan(None) if column.is_nan().any() else column
    text = bare(column)
    if role == "boolean":
        parsed = parse_booleans(text)
    elif role == "date":
        parsed = parse_dates(text, column.name, plan.firsts)
    else:
        parsed = parse_numbers(text, plan.data.decimal_comma).fill_nan(None)
    bad = parsed.is_null() & text.is_not_null()
    if bad.any():
        faults.unread.setdefault((role, column.name), BadCells()).add(bad, text, offset)
    return parsed
