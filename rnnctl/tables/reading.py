"""Reading a table, from its files or from their converted copy."""

from __future__ import annotations

from rnnctl.errors import DataError, system_words
from rnnctl.schema.column_kinds import CategoryColumn, DateColumn, NumberColumn
from rnnctl.schema.column_names import Combined, parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.cell_faults import UnreadCellsError
from rnnctl.tables.csv_blocks import BLOCK_BYTES
from rnnctl.tables.table import Table
from rnnctl.tables.table_cache import TableCache
from rnnctl.tables.table_files import TableFiles
from rnnctl.tables.time_zones import in_zone
from rnnctl.util.progress import Listener, notify

LARGE = 1 << 28
"""Bytes from which on ``data.cache: auto`` converts."""


def read_leniently(data: TableData) -> tuple[Table, list[str]]:
    """Reads a table as `read_table` does, but for cells that cannot be read: these are missing.

    Returns:
        The table, and a sentence about each column that holds such cells.

    Raises:
        DataError: A file cannot be read as the config asks, or the files do not agree.
    """
    try:
        return read_table(data), []
    except UnreadCellsError:
        files = data.open_files(BLOCK_BYTES)
        files.told = []
        return in_zone(files.read()), files.told


def read_table(data: TableData, tell: Listener = notify, block: int = BLOCK_BYTES) -> Table:
    """Reads the wanted columns of a table's files.

    Large files are converted once to columns that are mapped into memory; see `TableCache`.

    Args:
        tell: Takes progress while files are converted.
        block: Bytes read at a time where a file is not read at once.

    Raises:
        DataError: A file cannot be read as the config asks, or the files do not agree.
    """
    _check_uses(data)
    files = data.open_files(block)
    try:
        if _is_cached(data, files):
            cache = TableCache(files, tell)
            return in_zone(cache.find() or cache.make())
    except OSError as error:
        reason = f"no converted copy of {data.path.name} can be kept ({system_words(error)})"
        if data.cache == "always":
            raise DataError(
                f"{data.path}: {reason}, as data.cache: always asks; set RNNCTL_CACHE to a folder that has room, or "
                f"set data.cache: never"
            ) from None
        tell(f"{reason}; it is read as it is", None)
    return in_zone(files.read())


def _check_uses(data: TableData) -> None:
    """Checks that no column is used for two things that exclude each other."""
    used = {*data.seen, *data.target, *(data.known or ())}
    for name in parts_of(data.series):
        if name in data.target or (name in used and not isinstance(data.column(name), CategoryColumn)):
            raise DataError(
                f"data.series: {name!r} tells series apart and cannot be a feature or target too; remove it from "
                f"data.features and data.target"
            )
    for name in parts_of(data.time):
        kinds = (NumberColumn, DateColumn, CategoryColumn)
        fits = kinds if isinstance(data.time, Combined) else kinds[:2]
        if name in used and not isinstance(data.column(name), fits):
            raise DataError(
                f"data.time: {name!r} orders the rows and cannot be a column of {data.column(name).kind} "
                f"too; take it out of data.columns"
            )


def _is_cached(data: TableData, files: TableFiles) -> bool:
    convertible = data.cache != "never" and all(path.is_file() for path in files.paths)
    return convertible and (data.cache == "always" or files.larger_than(LARGE))
