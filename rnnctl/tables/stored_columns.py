"""Columns on disk as plain arrays that are appended to, and mapped into memory where they are read.

A column ``3`` is some of these files, in the byte order of the machine:

``3.values``    numbers, dates and times as they are in memory; a byte for each boolean; the UTF-8 bytes of strings
``3.ends``      of strings: where each begins in ``3.values``, and after the last where it ends (int64)
``3.missing``   a byte for each row, 1 where the value is missing; there only where one is

Polars' own Arrow files are not used: since version 2 it copies them into memory where it reads them.
"""

from __future__ import annotations

import mmap
import os
import weakref
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import nanoarrow as na
import numpy as np
import numpy.typing as npt
import polars as pl

CHUNK_BYTES = 1 << 20

DTYPES: dict[str, pl.DataType] = {
    "float64": pl.Float64(),
    "int64": pl.Int64(),
    "boolean": pl.Boolean(),
    "string": pl.String(),
    "date": pl.Date(),
}
"""The types that columns are stored as, but for datetimes, which have a unit and perhaps a zone."""
PHYSICAL = {"float64": "f8", "int64": "i8", "boolean": "?", "date": "i4", "datetime": "i8"}
"""What one value is on disk, as NumPy calls it."""


def name_of(dtype: pl.DataType) -> str:
    """What a type is called in a state: a key of `DTYPES`, or such as ``datetime us UTC``."""
    if isinstance(dtype, pl.Datetime):
        return f"datetime {dtype.time_unit} {dtype.time_zone or ''}".rstrip()
    return next(name for name, known in DTYPES.items() if known == dtype)


def dtype_of(name: str) -> pl.DataType:
    """The type that `name_of` gave a name.

    Raises:
        KeyError: There is none.
    """
    if not name.startswith("datetime "):
        return DTYPES[name]
    _, unit, *zone = name.split(" ")
    known = {"ms", "us", "ns"} & {unit}
    return pl.Datetime(known.pop(), zone[0] if zone else None)  # type: ignore[arg-type]


def _physical(name: str) -> str:
    return PHYSICAL[name.partition(" ")[0]]


class StoredFile:
    """A file that is appended to, and its checksum so far.

    Args:
        path: The file; made where there is none.
        state: What `state` gave when it was last known to be whole; what was written after that is cut off.
    """

    def __init__(self, path: Path, state: Mapping[str, int] | None = None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.size, self.crc = (0, 0) if state is None else (state["size"], state["crc"])
        path.touch()
        if path.stat().st_size < self.size:
            raise ValueError(f"{path} is shorter than it was")
        os.truncate(path, self.size)

    def append(self, content: npt.NDArray[Any] | bytes) -> None:
        """Writes bytes, or an array's, at the end."""
        self._file = self._file or self._path.open("ab", buffering=0)
        view = memoryview(content if isinstance(content, bytes) else content.tobytes())
        while view:
            written = self._file.write(view[: 1 << 28]) or 0
            self.crc = zlib.crc32(view[:written], self.crc)
            self.size += written
            view = view[written:]

    @property
    def state(self) -> dict[str, int]:
        """Size and checksum."""
        return {"size": self.size, "crc": self.crc}

    def close(self) -> None:
        """Closes it."""
        if self._file is not None:
            self._file.close()


class StoredColumn:
    """A column that is written block after block.

    Args:
        folder: The folder of its files.
        place: Its number.
        state: What `state` gave; a new column where it is None.
    """

    def __init__(self, folder: Path, place: int, state: Mapping[str, Any] | None = None) -> None:
        self._folder, self._place = folder, place
        state = {"dtype": None, "rows": 0, "missing": 0, "files": {}} if state is None else state
        self.dtype: str | None = state["dtype"]
        self._rows: int = state["rows"]
        self._missing: int = state["missing"]
        self._files = {end: self._open(end, known) for end, known in state["files"].items()}

    def append(self, column: pl.Series) -> None:
        """Writes some rows; all are of the type of the first ones.

        Args:
            column: Of a type that `name_of` knows.
        """
        self.dtype = self.dtype or name_of(column.dtype)
        missing = column.null_count()
        if missing:
            self._append_missing(column.is_null().to_numpy())
        elif "missing" in self._files:
            self._file("missing").append(np.zeros(len(column), dtype=np.uint8))
        if self.dtype == "string":
            self._append_strings(column.fill_null("") if missing else column)
        else:
            values = column.fill_null(strategy="zero") if missing else column
            self._file("values").append(values.to_physical().to_numpy().astype(_physical(self.dtype), copy=False))
        self._rows += len(column)
        self._missing += missing

    @property
    def state(self) -> dict[str, Any]:
        """What the column is so far, as plain values for a JSON file."""
        files = {end: file.state for end, file in self._files.items()}
        return {"dtype": self.dtype, "rows": self._rows, "missing": self._missing, "files": files}

    def close(self) -> None:
        """Closes the files."""
        for file in self._files.values():
            file.close()

    def _open(self, end: str, state: Mapping[str, int] | None = None) -> StoredFile:
        return StoredFile(self._folder / f"{self._place}.{end}", state)

    def _file(self, end: str) -> StoredFile:
        if end not in self._files:
            self._files[end] = self._open(end)
        return self._files[end]

    def _append_missing(self, flags: npt.NDArray[np.bool_]) -> None:
        if "missing" not in self._files:
            for first in range(0, self._rows, CHUNK_BYTES):  # none was missing before
                self._file("missing").append(bytes(min(CHUNK_BYTES, self._rows - first)))
        self._file("missing").append(flags.astype(np.uint8))

    def _append_strings(self, column: pl.Series) -> None:
        if "ends" not in self._files:
            self._file("ends").append(np.zeros(1, dtype=np.int64))
        begin = self._file("values").size
        lengths = column.str.len_bytes().to_numpy()
        self._file("ends").append(begin + np.cumsum(lengths, dtype=np.int64))
        self._file("values").append("".join(column.to_list()).encode())


class Pages:
    """The memory that a column's files are mapped to.

    Args:
        folder: The folder of its files.
        place: Its number.
    """

    def __init__(self, folder: Path, place: int) -> None:
        self._folder, self._place = folder, place
        self._maps: list[weakref.ref[mmap.mmap]] = []

    def array(self, end: str, dtype: str) -> npt.NDArray[Any]:
        """Maps one of the files; the array alone keeps it mapped.

        Args:
            end: How the file's name ends.
            dtype: What it holds.
        """
        path = self._folder / f"{self._place}.{end}"
        if path.stat().st_size == 0:
            return np.empty(0, dtype=dtype)
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._maps.append(weakref.ref(mapped))
        return np.frombuffer(mapped, dtype=dtype)

    def rest(self) -> None:
        """Tells the system that the memory may be taken back until it is looked at again."""
        for known in self._maps:
            mapped = known()
            if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
                mapped.madvise(mmap.MADV_DONTNEED)


def map_column(folder: Path, place: int, state: Mapping[str, Any]) -> tuple[pl.Series, Pages]:
    """Maps a column into memory. Numbers, dates and times are not copied: they are read where they are looked at.

    Args:
        folder: The folder of its files.
        place: Its number.
        state: What `StoredColumn.state` gave.
    """
    pages, rows, dtype = Pages(folder, place), int(state["rows"]), dtype_of(state["dtype"])
    missing = pages.array("missing", "?") if state["missing"] else None
    present = None if missing is None else np.packbits(~missing, bitorder="little")
    if dtype == pl.String:
        buffers = [present, pages.array("ends", "i8"), pages.array("values", "u1")]
        return pl.Series(na.Array(na.c_array_from_buffers(na.large_string(), rows, buffers))), pages
    kind = _physical(state["dtype"])
    values = pages.array("values", kind)
    if dtype == pl.Boolean:
        column = pl.Series(values)
        return column if missing is None else column.set(pl.Series(missing), None), pages
    arrow = {"f8": na.float64, "i8": na.int64, "i4": na.int32}[kind]()
    return pl.Series(na.Array(na.c_array_from_buffers(arrow, rows, [present, values]))).cast(dtype), pages


def damage(folder: Path, place: int, state: Mapping[str, Any]) -> str | None:
    """What is wrong with a column's files, by their sizes and checksums; None where nothing is."""
    for end, known in state["files"].items():
        path = folder / f"{place}.{end}"
        if not path.is_file() or path.stat().st_size != known["size"]:
            return f"{path.name} is cut off"
        crc = 0
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                crc = zlib.crc32(chunk, crc)
        if crc != known["crc"]:
            return f"{path.name} is damaged"
    return None
