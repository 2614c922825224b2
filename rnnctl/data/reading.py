"""From ``data.path`` to a table: which files there are, that they agree, and their rows one after the other."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rnnctl.config.column_schema import CategoryColumn, DateColumn, NumberColumn
from rnnctl.config.table_schema import CsvData, ParquetData, TableData
from rnnctl.data.cache import TableCache
from rnnctl.data.cells import roles
from rnnctl.data.csv_blocks import BLOCK_BYTES
from rnnctl.data.csv_file import CsvReader, read_csv_blocks, read_csv_file
from rnnctl.data.csv_header import Header, check_columns, read_header
from rnnctl.data.parquet_file import read_parquet_files
from rnnctl.data.sources import find_files, is_gzip
from rnnctl.data.stored_columns import Pages
from rnnctl.data.table import Part, Table, asked_columns, joined
from rnnctl.errors import DataError
from rnnctl.news import Tell, tell

LARGE = 1 << 28
"""Bytes of CSV from which on ``data.cache: auto`` converts."""
GZIP_RATIO = 4
"""How many times as large gzipped CSV is taken to be when it is unpacked."""


def read_table(data: TableData, tell: Tell = tell, block: int = BLOCK_BYTES) -> Table:
    """Reads the wanted columns of a table's files.

    Large CSV files are converted once to columns that are mapped into memory; see `TableCache`.

    Args:
        data: The data section.
        tell: Takes what is worth telling while files are converted; whoever listens to `rnnctl.news` where not given.
        block: Bytes of CSV that are read at a time where a file is not read at once.

    Returns:
        The table.

    Raises:
        DataError: A file cannot be read as the config asks, or the files do not agree.
    """
    check_uses(data)
    files = find_files(data.path, "csv" if isinstance(data, CsvData) else "parquet")
    if isinstance(data, CsvData):
        return Table(data, *_read_csv_files(files, data, tell, block))
    if isinstance(data, ParquetData):
        frames, parts = read_parquet_files(files, data)
        return Table(data, joined(frames), parts)
    raise TypeError(f"no reader for {type(data).__name__}")


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


def _read_csv_files(
    files: tuple[Path, ...], data: CsvData, tell: Tell, block: int
) -> tuple[pl.DataFrame, tuple[Part, ...], dict[str, Pages]]:
    wanted = roles(data, list(asked_columns(data)))
    cache = _cache(files, data, wanted, tell, block)
    if cache is not None and (found := cache.find()) is not None:
        return found
    headers: list[Header] = []
    for path in files:
        headers.append(read_header(path, data))
        check_columns(headers[-1], data, headers[0] if len(headers) > 1 else None)

    def readers(firsts: dict[str, str]) -> list[CsvReader]:
        if data.time is not None:
            firsts[data.time] = headers[0].first_value(data.time)
        return [CsvReader(header, data, wanted, firsts, files[0].name) for header in headers]

    if cache is not None:
        try:
            return cache.make(readers)
        except OSError as error:
            _no_cache(data, error, tell)
    read = [
        read_csv_blocks(reader, block) if is_gzip(reader.header.path) else read_csv_file(reader)
        for reader in readers({})
    ]
    return joined([frame for frame, _ in read]), tuple(part for _, part in read), {}


def _cache(files: tuple[Path, ...], data: CsvData, wanted: dict[str, str], tell: Tell, block: int) -> TableCache | None:
    """The cache, where one is asked for or the files are large; None where not, or where a file is not there."""
    if data.cache == "never" or not all(path.is_file() for path in files):
        return None
    try:
        if data.cache == "auto" and not _large(files):
            return None
        return TableCache(files, data, wanted, tell, block)
    except OSError as error:
        _no_cache(data, error, tell)
        return None


def _large(files: tuple[Path, ...]) -> bool:
    """Whether the files are larger than `LARGE` when they are unpacked; small ones are not opened to see."""
    sizes = {path: path.stat().st_size for path in files}
    if sum(sizes.values()) * GZIP_RATIO <= LARGE:
        return False
    return sum(size * (GZIP_RATIO if is_gzip(path) else 1) for path, size in sizes.items()) > LARGE


def _no_cache(data: CsvData, error: OSError, tell: Tell) -> None:
    told = f"no converted copy of {data.path.name} can be kept ({error})"
    if data.cache == "always":
        raise DataError(
            f"{data.path}: {told}, as data.cache: always asks; set RNNCTL_CACHE to a folder that has room, or set "
            f"data.cache: never"
        ) from None
    tell(f"{told}; it is read as it is", None)
