"""From ``data.path`` to a table: which files there are, that they agree, and their rows one after the other."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rnnctl.config.column_schema import CategoryColumn, DateColumn, NumberColumn
from rnnctl.config.table_schema import CsvData, ParquetData, TableData
from rnnctl.data.cells import roles
from rnnctl.data.csv_file import CsvReader, read_csv_blocks, read_csv_file
from rnnctl.data.csv_header import check_columns, read_header
from rnnctl.data.parquet_file import read_parquet_files
from rnnctl.data.sources import find_files, is_gzip
from rnnctl.data.table import Part, Table, asked_columns, joined
from rnnctl.errors import DataError


def read_table(data: TableData) -> Table:
    """Reads the wanted columns of a table's files.

    Args:
        data: The data section.

    Returns:
        The table.

    Raises:
        DataError: A file cannot be read as the config asks, or the files do not agree.
    """
    check_uses(data)
    files = find_files(data.path, "csv" if isinstance(data, CsvData) else "parquet")
    if isinstance(data, CsvData):
        frames, parts = _read_csv_files(files, data)
    elif isinstance(data, ParquetData):
        frames, parts = read_parquet_files(files, data)
    else:
        raise TypeError(f"no reader for {type(data).__name__}")
    return Table(data, joined(frames), parts)


def check_uses(data: TableData) -> None:
    """Checks that no column is used for two things that exclude each other.

    Raises:
        DataError: One is.
    """
    used = {*data.seen, *data.target, *(data.known or ())}
    if data.series in data.target or (
        data.series in used and not isinstance(data.column(data.series or ""), CategoryColumn)
    ):
        raise DataError(
            f"data.series: {data.series!r} tells series apart and cannot be a feature or target too; remove it from "
            f"data.features and data.target"
        )
    if data.time in used and not isinstance(data.column(data.time or ""), NumberColumn | DateColumn):
        raise DataError(
            f"data.time: {data.time!r} orders the rows and cannot be a column of {data.column(data.time or '').kind} "
            f"too; take it out of data.columns"
        )


def _read_csv_files(files: tuple[Path, ...], data: CsvData) -> tuple[list[pl.DataFrame], tuple[Part, ...]]:
    wanted = roles(data, list(asked_columns(data)))
    headers = []
    for path in files:
        headers.append(read_header(path, data))
        check_columns(headers[-1], data, headers[0] if len(headers) > 1 else None)
    firsts: dict[str, str] = {}
    if data.time is not None:
        firsts[data.time] = headers[0].first_value(data.time)
    readers = [CsvReader(header, data, wanted, firsts, files[0].name) for header in headers]
    read = [(read_csv_blocks if is_gzip(reader.header.path) else read_csv_file)(reader) for reader in readers]
    return [frame for frame, _ in read], tuple(part for _, part in read)
