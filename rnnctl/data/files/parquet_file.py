"""Parquet files as typed columns, in the files' order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from polars.selectors import by_name

from rnnctl.config.table_schema import ParquetData
from rnnctl.data.files.bad_cells import BadCells
from rnnctl.data.files.cells import UNREAD, bare, nameless, roles
from rnnctl.data.files.conversion import Piece
from rnnctl.data.files.csv_scan import scan_bytes
from rnnctl.data.files.parquet_schema import check_files, damaged
from rnnctl.data.files.parquet_types import WORDS, convert, zone
from rnnctl.data.files.table import asked_columns, joined, listed
from rnnctl.errors import DataError

CELL_BYTES = 8
"""Bytes of memory that a cell takes, about."""
NO_TIME = (
    "found no time, expected a time like that of the first row; rows without a time cannot be ordered: correct or "
    "remove them"
)
NO_SERIES = "no series is named; correct or remove the rows, or set data.series: null"


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

    def to_json(self) -> dict[str, Any]:
        """As plain values for a JSON file; without the path."""
        return {"rows": self.rows, "sha256": self.sha256}

    @classmethod
    def from_json(cls, path: Path, plain: Mapping[str, Any]) -> ParquetPart:
        """From what `to_json` gave, of a file of the same content.

        Raises:
            KeyError, TypeError, ValueError: It is not of that form.
        """
        return cls(path, int(plain["rows"]), str(plain["sha256"]))


class ParquetReader:
    """Reads the wanted columns of one Parquet file, all at once or piece after piece; see `Convertible`.

    Args:
        path: The file.
        data: The data section.
        firsts: The first value of columns of times and dates that are text, of the first file that has one; filled as
            they are met.
        rows: Rows that are read at a time.
    """

    def __init__(self, path: Path, data: ParquetData, firsts: dict[str, str], rows: int) -> None:
        self.path, self.firsts = path, firsts
        self._data, self._rows = data, rows
        self._roles = roles(data, list(asked_columns(data)))
        self._bad: dict[tuple[str, str], BadCells] = {}

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read."""
        return bool(self._bad)

    def count(self) -> int:
        """How many rows the file holds, by its own account."""
        try:
            return int(pl.scan_parquet(self.path, glob=False).select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise damaged(self.path, error) from None

    def pieces(self) -> Iterator[Piece]:
        """The file's rows."""
        total, size = self.count(), self.path.stat().st_size
        for first in range(0, total, self._rows):
            end = min(total, first + self._rows)
            yield Piece(end, 0, size * end // total, partial(self.read, end - first))

    def read(self, count: int, first: int = 0) -> pl.DataFrame:
        """Reads some rows, and keeps what cannot be read for `part`.

        Args:
            count: How many.
            first: The first of them.

        Raises:
            DataError: The file is damaged.
        """
        wanted = by_name(*self._roles)  # a column called * is not all of them
        try:
            frame = pl.scan_parquet(self.path, glob=False).select(wanted).slice(first, count).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise damaged(self.path, error) from None
        found = {
            name: self._typed(name, nameless(frame.get_column(name)), role, first) for name, role in self._roles.items()
        }
        return pl.DataFrame(found)

    def part(self, rows: int) -> ParquetPart:
        """Tells what is wrong with the file, once all of it was read."""
        if rows == 0:
            raise DataError(f"{self.path}: the file holds columns and no rows; expected rows in them")
        told = [self._unread(role, name, cells) for (role, name), cells in self._bad.items() if role in UNREAD]
        told = told or [self._missing(name, cells) for (_, name), cells in self._bad.items()]
        if told:
            raise DataError("\n".join(told))
        return ParquetPart(self.path, rows, scan_bytes(self.path, unpack=False).sha256)

    def _typed(self, name: str, column: pl.Series, role: str, first: int) -> pl.Series:
        parsed = convert(name, column, role, self.firsts)
        if role in UNREAD:
            bad = parsed.is_null() & column.is_not_null()
            if column.dtype in WORDS:
                bad &= bare(column.cast(pl.String)).is_not_null()
            self._keep((role, name), bad, column, first)
        if name in (self._data.time, self._data.series):
            self._keep(("missing", name), parsed.is_null(), column, first)
        return parsed

    def _keep(self, what: tuple[str, str], bad: pl.Series, column: pl.Series, first: int) -> None:
        if bad.any():
            self._bad.setdefault(what, BadCells()).add(bad, column, first)

    def _unread(self, role: str, name: str, cells: BadCells) -> str:
        items = [f"row {row + 1} {(cell or '')[:40]!r}" for row, cell in zip(cells.rows, cells.found, strict=True)]
        return f"{self.path}: column {name!r}: {listed(items, cells.count)}: {UNREAD[role]}"

    def _missing(self, name: str, cells: BadCells) -> str:
        rows = listed([str(row + 1) for row in cells.rows], cells.count)
        told = NO_TIME if name == self._data.time else NO_SERIES
        return f"{self.path}: column {name!r}: {'row' if cells.count == 1 else 'rows'} {rows}: {told}"


class ParquetFiles:
    """The Parquet files of a table; see `TableFiles`.

    Args:
        paths: The files.
        data: The data section.
        piece: Bytes of memory of the rows that are converted at a time.
    """

    part = staticmethod(ParquetPart.from_json)

    def __init__(self, paths: Sequence[Path], data: ParquetData, piece: int) -> None:
        self.paths = paths
        self._data = data
        self._names = list(asked_columns(data))
        self._rows = max(1, piece // (CELL_BYTES * len(self._names)))
        self.how = ["parquet", list(roles(data, self._names).items())]

    def larger_than(self, limit: int) -> bool:
        """Whether the wanted columns take more bytes of memory."""
        check_files(self.paths, self._data)
        return sum(file.count() for file in self._files({})) * CELL_BYTES * len(self._names) > limit

    def open(self, firsts: dict[str, str]) -> list[ParquetReader]:
        """Gives the files from their beginning."""
        check_files(self.paths, self._data)
        self._check_times()
        return self._files(firsts)

    def read(self) -> tuple[pl.DataFrame, tuple[ParquetPart, ...]]:
        """Reads the files into memory."""
        read = []
        for file in self.open({}):
            frame = file.read(file.count())
            read.append((frame, file.part(frame.height)))
        return joined([frame for frame, _ in read]), tuple(part for _, part in read)

    def _files(self, firsts: dict[str, str]) -> list[ParquetReader]:
        return [ParquetReader(path, self._data, firsts, self._rows) for path in self.paths]

    def _check_times(self) -> None:
        """Files' times and dates can be ordered together where all are numbers, or all of one type."""
        kinds = roles(self._data, self._names)
        model: dict[str, pl.DataType] = {}
        for file in self._files({}):
            row = file.read(1)
            for name in (name for name, role in kinds.items() if role in ("time", "date")):
                here, there = row.schema[name], model.setdefault(name, row.schema[name])
                alike = (here.is_numeric() and there.is_numeric()) or zone(here) == zone(there)
                if not alike and row.get_column(name).null_count() == 0:
                    raise DataError(
                        f"{file.path}: column {name!r} holds {here}, and {there} in {self.paths[0].name}; give it one "
                        f"type in all files"
                    )
