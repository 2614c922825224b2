"""Names of the columns that a table's files have, before anything of them is read."""

from __future__ import annotations

from rnnctl.schema.table import CsvData, TableData
from rnnctl.tables.csv_header import read_header
from rnnctl.tables.parquet_schema import read_schema
from rnnctl.tables.sources import find_files


def file_columns(data: TableData) -> tuple[str, tuple[str, ...]]:
    """The columns of the first of a table's files.

    Args:
        data: The data section.

    Returns:
        Where they are named, for messages; and their names, in the order of the file.

    Raises:
        DataError: There is no file, or it cannot be read.
    """
    if isinstance(data, CsvData):
        header = read_header(find_files(data.path, "csv")[0], data)
        return f"{header.path}: line {header.line}", header.names
    path = find_files(data.path, "parquet")[0]
    return str(path), tuple(read_schema(path))
