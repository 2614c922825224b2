"""Schemas of Parquet files: whether a file can be read, whether it has the wanted columns, and of which types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import FORM, WORDS, key_in_yaml, roles
from rnnctl.tables.data_files import read_head
from rnnctl.tables.parquet_scan import read_checked_schema
from rnnctl.tables.table import asked_columns, missing_column, missing_faults
from rnnctl.tables.unpacking import GZIP

MAGIC = b"PAR1"
DATES = (pl.Date, pl.Datetime)
UNREADABLE = {
    (pl.List, pl.Array, pl.Struct): "take what is in it out into columns of their own",
    (pl.Time, pl.Duration): "save it as a number, such as its seconds",
    (pl.Binary, pl.Object): "save it as text or numbers",
}
"""Advice for columns of types that cannot be read."""

ACCEPTED: dict[str, Callable[[pl.DataType], bool]] = {
    "number": lambda found: found.is_numeric() or found in WORDS,
    "boolean": lambda found: found == pl.Boolean or found.is_numeric() or found in WORDS,
    "date": lambda found: found in (*DATES, *WORDS) or found.is_integer(),
    "text": lambda found: found in WORDS or found.is_numeric() or found == pl.Boolean,
    "time": lambda found: found in (*DATES, *WORDS) or found.is_numeric(),
    "part": lambda found: found in (*DATES, pl.Time, *WORDS) or found.is_numeric(),
}
"""The types that a column of each role may have; see `roles`."""

EXPECTED = {
    "boolean": "expected yes or no: save it as booleans, as 1 and 0, or as words",
    "date": f"expected {FORM}; save it as dates",
    "text": "expected words or whole numbers; save it as text",
    "time": f"expected a number, or {FORM}, to order the rows by",
    "part": "expected a date, a time of day, words or whole numbers, as a part of data.time",
}


def check_files(files: Sequence[Path], data: TableData) -> list[Mapping[str, pl.DataType]]:
    """Reads the schemas of files.

    Raises:
        DataError: A file is no Parquet file, or lacks a wanted column of a type that can be read.
    """
    schemas = [read_schema(path) for path in files]
    for path, schema in zip(files, schemas, strict=True):
        _check_columns(path, schema, data, (files[0], tuple(schemas[0])))
    return schemas


def read_schema(path: Path) -> Mapping[str, pl.DataType]:
    """Names and types of a file's columns.

    Raises:
        DataError: It cannot be read, or is no Parquet file.
    """
    read_head(path, "Parquet", 0)  # raises where the file cannot be opened
    with path.open("rb") as file:
        head = file.read(1 << 12)
        end = file.seek(0, 2)
        file.seek(max(0, end - len(MAGIC)))
        whole = end > 2 * len(MAGIC) and file.read() == MAGIC
    if not head:
        raise DataError(f"{path}: the file is empty; expected a Parquet file")
    if not head.startswith(MAGIC):
        raise DataError(f"{path}: this is not a Parquet file{_what_else(head)}")
    if not whole:
        raise DataError(f"{path}: the Parquet file is cut off before its end; write or copy it again")
    return read_checked_schema(path)


def _what_else(head: bytes) -> str:
    if head.startswith(GZIP):
        return " but gzip; unpack it first"
    if head.startswith(b"PK"):
        return " but a ZIP archive or an Excel workbook; save it as Parquet"
    if b"\0" in head:
        return "; save it as Parquet, or correct the path"
    return " but text; if it is a CSV file, set data.kind: csv"


def _check_columns(
    path: Path,
    schema: Mapping[str, pl.DataType],
    data: TableData,
    model: tuple[Path, tuple[str, ...]],
) -> None:
    asked = asked_columns(data)
    missing = [name for name in asked if name not in schema]
    own = (path, tuple(schema))
    faults = missing_faults(path, missing, lambda name: f"{path}: {missing_column(own, model, asked[name], name)}")
    for name, role in roles(data, [name for name in asked if name in schema]).items():
        if todo := _wrong_type(name, schema[name], role):
            faults.append(f"{path}: column {name!r} holds {schema[name]}; {todo}")
    if faults:
        raise DataError("\n".join(faults))


def _wrong_type(name: str, dtype: pl.DataType, role: str) -> str | None:
    """What is expected of a column and what to do; None where it can be read."""
    todo = next((todo for kinds, todo in UNREADABLE.items() if dtype in kinds), None)
    if dtype == pl.Time and role == "part":
        todo = None
    if todo or dtype == pl.Null or ACCEPTED[role](dtype):
        return todo
    if role != "number":
        return EXPECTED[role]
    kind = "boolean" if dtype == pl.Boolean else "date"
    return f"expected numbers; set data.columns: {{{key_in_yaml(name)}: {kind}}}"


def order_of(dtype: pl.DataType) -> object:
    """What two types of dates or times must share to be ordered together."""
    return "number" if dtype.is_numeric() else (dtype.base_type(), getattr(dtype, "time_zone", None))
