"""What Parquet files hold, told from their ends: can they be read at all, and are the wanted columns there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from rnnctl.errors import DataError
from rnnctl.tables.cells import roles
from rnnctl.tables.parquet_types import wrong_type
from rnnctl.tables.sources import GZIP, read_head
from rnnctl.tables.table import asked_columns, missing_column

if TYPE_CHECKING:
    from rnnctl.sources.parquet import ParquetData

MAGIC = b"PAR1"


def check_files(files: Sequence[Path], data: ParquetData) -> list[Mapping[str, pl.DataType]]:
    """Checks that the files can be read, and that each has the wanted columns, of types that can be read.

    Returns:
        The types of each file's columns.

    Raises:
        DataError: One has not, or is no Parquet file.
    """
    schemas: list[Mapping[str, pl.DataType]] = []
    for path in files:
        schemas.append(read_schema(path))
        _check_columns(path, schemas[-1], data, (files[0], schemas[0]) if len(schemas) > 1 else None)
    return schemas


def read_schema(path: Path) -> Mapping[str, pl.DataType]:
    """Names and types of a file's columns.

    Raises:
        DataError: It cannot be read, or is no Parquet file.
    """
    head = read_head(path, "Parquet", len(MAGIC), unpack=False)
    if not head:
        raise DataError(f"{path}: the file is empty; expected a Parquet file")
    if head != MAGIC:
        raise DataError(f"{path}: this is not a Parquet file{_what_else(path, head)}")
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(0, end - len(MAGIC)))
        whole = end > 2 * len(MAGIC) and file.read() == MAGIC
    if not whole:
        raise DataError(f"{path}: the Parquet file is cut off before its end; write or copy it again")
    try:
        return pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged(path, error) from None


def _what_else(path: Path, head: bytes) -> str:
    if head.startswith(GZIP):
        return " but gzip; unpack it first"
    if head.startswith(b"PK"):
        return " but a ZIP archive or an Excel workbook; save it as Parquet"
    text = read_head(path, "Parquet", 1 << 12, unpack=False)
    if b"\0" in text:
        return "; save it as Parquet, or correct data.path"
    return " but text; if it is a CSV file, set data.kind: csv"


def damaged(path: Path, error: Exception) -> DataError:
    """The error for a Parquet file that Polars cannot read."""
    reason = str(error).partition("\n")[0][:200]
    return DataError(f"{path}: the Parquet file is damaged ({reason}); write or copy it again")


def _check_columns(
    path: Path,
    schema: Mapping[str, pl.DataType],
    data: ParquetData,
    model: tuple[Path, Mapping[str, pl.DataType]] | None,
) -> None:
    asked = asked_columns(data)
    others = None if model is None else (model[0], tuple(model[1]))
    faults = [
        f"{path}: {missing_column(tuple(schema), others, key, name)}"
        for name, key in asked.items()
        if name not in schema
    ]
    for name, role in roles(data, [name for name in asked if name in schema]).items():
        if told := wrong_type(name, schema[name], role):
            faults.append(f"{path}: column {name!r} holds {schema[name]}; {told}")
    if faults:
        raise DataError("\n".join(faults))
