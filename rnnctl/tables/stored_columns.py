"""Columns as plain arrays on disk, mapped into memory where they are read.

The files of a table, in the byte order of the machine:

``schema.arrow``  types of the columns: an Arrow IPC file without rows
``3.values``      of column 3: numbers, dates and times as in memory; a byte for each boolean; strings in UTF-8
``3.ends``        of strings: where each begins in ``3.values``, and after the last where it ends (int64)
``3.valid``       a bit for each row, 1 where there is a value; only where one is missing

Arrow IPC files would do, but since version 2 Polars copies them into memory instead of mapping them.
"""

from __future__ import annotations

import hashlib
import mmap
import weakref
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nanoarrow as na
import numpy as np
import numpy.typing as npt
import polars as pl

CHUNK_BYTES = 1 << 20
SCHEMA = "schema.arrow"
ARROW: dict[pl.DataType, Any] = {
    pl.Float64(): na.float64(),
    pl.Int64(): na.int64(),
    pl.Int32(): na.int32(),
    pl.UInt8(): na.uint8(),
    pl.String(): na.large_string(),
}
"""Arrow types by physical type."""

Checksums = dict[str, list[Any]]
"""By file name: the size in bytes, and the SHA-256 in hexadecimal."""

HASHING_THREADS = 8
"""Files whose SHA-256 is computed side by side."""


def write_columns(folder: Path, pieces: Sequence[Path]) -> None:
    """Joins the columns of Arrow IPC files and writes them to a folder; types that differ become a common one.

    Raises:
        OSError: The folder cannot be written.
    """
    empty = [pl.DataFrame(schema=pl.read_ipc_schema(piece)) for piece in pieces]
    schema = pl.concat(empty, how="vertical_relaxed")
    schema.write_ipc(folder / SCHEMA)
    for piece in pieces:
        for place, (column, dtype) in enumerate(zip(pl.read_ipc(piece), schema.dtypes, strict=True)):
            _append(folder / str(place), column.cast(dtype))
    for path in folder.glob("*.valid"):
        valid = np.fromfile(path, dtype=np.bool_)
        path.unlink()
        if not valid.all():
            path.write_bytes(np.packbits(valid, bitorder="little").data)


def _append(stem: Path, column: pl.Series) -> None:
    with stem.with_suffix(".valid").open("ab") as valid, stem.with_suffix(".values").open("ab") as values:
        valid.write(column.is_not_null().to_numpy().data)
        if column.dtype != pl.String:
            values.write(_physical(column).fill_null(0).to_numpy().data)
            return
        present = column.fill_null("")
        with stem.with_suffix(".ends").open("ab") as ends:
            ends.write(b"" if ends.tell() else bytes(8))
            ends.write((values.tell() + np.cumsum(present.str.len_bytes().to_numpy(), dtype=np.int64)).data)
        values.write("".join(present.to_list()).encode())


def _physical(column: pl.Series) -> pl.Series:
    return column.cast(pl.UInt8) if column.dtype == pl.Boolean else column.to_physical()


class Pages:
    """The memory that a column's files are mapped to."""

    def __init__(self) -> None:
        self._maps: list[weakref.ref[mmap.mmap]] = []

    def array(self, path: Path) -> npt.NDArray[np.uint8] | None:
        """Maps a file for as long as the array lives; None where there is no such file."""
        if not path.exists():
            return None
        if path.stat().st_size == 0:
            return np.empty(0, dtype=np.uint8)
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._maps.append(weakref.ref(mapped))
        return np.frombuffer(mapped, dtype=np.uint8)

    def release(self) -> None:
        """Lets the system take the memory back; what is read again is loaded again."""
        for known in self._maps:
            mapped = known()
            if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
                mapped.madvise(mmap.MADV_DONTNEED)


def map_columns(folder: Path, names: Sequence[str], rows: int) -> tuple[dict[str, pl.Series], dict[str, Pages]]:
    """Maps the columns that `write_columns` wrote into memory; numbers, dates, times and strings are not copied.

    Returns:
        The columns and the memory that they are mapped to, by name.
    """
    columns, memory = {}, {}
    dtypes = pl.read_ipc_schema(folder / SCHEMA).values()
    for place, (name, dtype) in enumerate(zip(names, dtypes, strict=True)):
        pages, stem = Pages(), folder / str(place)
        parts = ("valid", "ends", "values") if dtype == pl.String else ("valid", "values")
        buffers = [pages.array(stem.with_suffix(f".{part}")) for part in parts]
        arrow = ARROW[_physical(pl.Series(dtype=dtype)).dtype]
        columns[name] = pl.Series(na.Array(na.c_array_from_buffers(arrow, rows, buffers))).cast(dtype)
        memory[name] = pages
    return columns, memory


def checksums(folder: Path, names: Iterable[str]) -> Checksums:
    """Reads files once and computes their checksums, several side by side."""
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        return dict(zip(names, pool.map(lambda name: _checksum(folder / name), names), strict=True))


def damage(folder: Path, known: Mapping[str, Sequence[Any]]) -> str | None:
    """What is wrong with the first file that differs from its checksums; None where none does."""
    for name, (size, _) in known.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            return f"{name} is cut off"
    found = checksums(folder, list(known))
    return next((f"{name} is damaged" for name in known if found[name] != list(known[name])), None)


def _checksum(path: Path) -> list[Any]:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        return [file.tell(), digest.hexdigest()]
