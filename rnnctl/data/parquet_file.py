"""Parquet files as typed columns, in the files' order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rnnctl.config.table_schema import ParquetData
from rnnctl.data.cells import UNREAD, bare, roles
from rnnctl.data.csv_scan import scan_bytes
from rnnctl.data.parquet_types import WORDS, convert, wrong_type, zone
from rnnctl.data.sources import GZIP, read_head
from rnnctl.data.table import SHOWN, asked_columns, listed, missing_column
from rnnctl.errors import DataError

MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class ParquetPart:
    """The rows of a Parquet file; see `Part`."""

    path: Path
    rows: int
    sha256: str

    @property
    def word(self) -> str:
        """What a place is called."""
        return "row"

    def places(self, rows: Sequence[int]) -> list[int]:
        """The rows, counted from 1."""
        return [row + 1 for row in rows]


def read_parquet_files(files: Sequence[Path], data: ParquetData) -> tuple[list[pl.DataFrame], tuple[ParquetPart, ...]]:
    """Reads the wanted columns of some Parquet files.

    Args:
        files: The files.
        data: The data section.

    Returns:
        The columns of each, and where they come from.

    Raises:
        DataError: A file cannot be read as the config asks, or the files do not agree.
    """
    schemas: list[Mapping[str, pl.DataType]] = []
    for path in files:
        schemas.append(_read_schema(path))
        _check_columns(path, schemas[-1], data, (files[0], schemas[0]) if len(schemas) > 1 else None)
    firsts: dict[str, str] = {}
    frames: list[pl.DataFrame] = []
    parts = []
    for path in files:
        frame = _typed(path, _read(path, list(asked_columns(data))), data, firsts)
        if frames:
            _check_times(path, frame, files[0], frames[0], data)
        frames.append(frame)
        parts.append(ParquetPart(path, frame.height, scan_bytes(path, unpack=False).sha256))
    return frames, tuple(parts)


def _read_schema(path: Path) -> Mapping[str, pl.DataType]:
    head = read_head(path, "parquet", len(MAGIC), unpack=False)
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
        raise _damaged(path, error) from None


def _what_else(path: Path, head: bytes) -> str:
    if head.startswith(GZIP):
        return " but gzip; unpack it first"
    if head.startswith(b"PK"):
        return " but a ZIP archive or an Excel workbook; save it as Parquet"
    text = read_head(path, "parquet", 1 << 12, unpack=False)
    if b"\0" in text:
        return "; save it as Parquet, or correct data.path"
    return " but text; if it is a CSV file, set data.kind: csv"


def _damaged(path: Path, error: Exception) -> DataError:
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


def _read(path: Path, names: list[str]) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path, columns=names, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from None
    if frame.height == 0:
        raise DataError(f"{path}: the file holds columns and no rows; expected rows in them")
    return frame[names]  # select() would take a column called * for all of them


def _typed(path: Path, frame: pl.DataFrame, data: ParquetData, firsts: dict[str, str]) -> pl.DataFrame:
    faults: list[str] = []
    ready = []
    for name, role in roles(data, frame.columns).items():
        column = frame.get_column(name)
        parsed = convert(column, role, firsts)
        if role in ("boolean", "date"):
            bad = parsed.is_null() & column.is_not_null()
            if column.dtype in WORDS:
                bad &= bare(column.cast(pl.String)).is_not_null()
            if bad.any():
                faults.append(_unread(path, name, role, bad, column))
        ready.append(parsed)
    if faults:
        raise DataError("\n".join(faults))
    found = pl.DataFrame(ready)
    if data.time is not None:
        _check_whole(
            path,
            found.get_column(data.time),
            "found no time, expected a time like that of the first row; rows without "
            "a time cannot be ordered: correct or remove them",
        )
    if data.series is not None:
        _check_whole(
            path,
            found.get_column(data.series),
            "no series is named; correct or remove the rows, or set data.series: null",
        )
    return found


def _unread(path: Path, name: str, role: str, bad: pl.Series, column: pl.Series) -> str:
    rows = bad.arg_true()
    cells = zip(rows.head(SHOWN).to_list(), column.gather(rows.head(SHOWN)).to_list(), strict=True)
    told = listed([f"row {row + 1} {str(cell)[:40]!r}" for row, cell in cells], len(rows))
    return f"{path}: column {name!r}: {told}: {UNREAD[role]}"


def _check_whole(path: Path, column: pl.Series, told: str) -> None:
    empty = column.is_null().arg_true()
    if len(empty):
        rows = listed([str(row + 1) for row in empty.head(SHOWN).to_list()], len(empty))
        raise DataError(f"{path}: column {column.name!r}: {'row' if len(empty) == 1 else 'rows'} {rows}: {told}")


def _check_times(path: Path, frame: pl.DataFrame, first: Path, model: pl.DataFrame, data: ParquetData) -> None:
    """Files' times can be ordered together where all are numbers, or all of one type."""
    for name, role in roles(data, frame.columns).items():
        if role not in ("time", "date"):
            continue
        here, there = frame.schema[name], model.schema[name]
        alike = (here.is_numeric() and there.is_numeric()) or zone(here) == zone(there)
        if not alike:
            raise DataError(
                f"{path}: column {name!r} holds {here}, and {there} in {first.name}; give it one type in all files"
            )
