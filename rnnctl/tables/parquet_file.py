"""Parquet files as typed columns, in the files' order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars.selectors import by_name

from rnnctl.errors import DataError
from rnnctl.tables.cell_faults import CellFaults
from rnnctl.tables.cells import UNREAD, bare, roles
from rnnctl.tables.conversion import Piece
from rnnctl.tables.data_files import file_sha256
from rnnctl.tables.date_form_search import configured_forms, find_forms
from rnnctl.tables.frames import column_of
from rnnctl.tables.parquet_schema import WORDS, check_files, convert, damaged, is_written, zone
from rnnctl.tables.table import Part, asked_columns, joined

if TYPE_CHECKING:
    from rnnctl.sources.parquet import ParquetData

CELL_BYTES = 8
"""Bytes of memory that a cell takes, about."""


class ParquetReader:
    """Reads the wanted columns of one Parquet file, all at once or piece after piece; see `Convertible`.

    Args:
        path: The file.
        data: The data section.
        forms: How columns of times and dates are written that are text; see `find_forms`.
        rows: Rows that are read at a time.
    """

    def __init__(self, path: Path, data: ParquetData, forms: Mapping[str, str], rows: int) -> None:
        self.path, self.forms = path, forms
        self._data, self._rows = data, rows
        self._roles = roles(data, list(asked_columns(data)))
        self._faults = CellFaults(path, data, Part.word)

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read."""
        return self._faults.any

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
        frame = self.cells(list(self._roles), count, first)
        found = {name: self._typed(name, column_of(frame, name), role, first) for name, role in self._roles.items()}
        return pl.DataFrame(found)

    def cells(self, names: list[str], count: int, first: int = 0) -> pl.DataFrame:
        """Some rows of some columns as they stand in the file.

        Args:
            names: The columns.
            count: How many rows.
            first: The first of them.

        Raises:
            DataError: The file is damaged.
        """
        wanted = by_name(*names)  # a column called * is not all of them
        try:
            return pl.scan_parquet(self.path, glob=False).select(wanted).slice(first, count).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise damaged(self.path, error) from None

    def part(self, rows: int) -> Part:
        """Tells what is wrong with the file, once all of it was read."""
        if rows == 0:
            raise DataError(f"{self.path}: the file holds columns and no rows; expected rows in them")
        part = Part(self.path, rows, file_sha256(self.path))
        self._faults.raise_any(part.places)
        return part

    def _typed(self, name: str, column: pl.Series, role: str, first: int) -> pl.Series:
        parsed = convert(column, role, self.forms.get(name, ""))
        if role in UNREAD:
            bad = parsed.is_null() & column.is_not_null()
            if column.dtype in WORDS:
                bad &= bare(column.cast(pl.String)).is_not_null()
            self._faults.add_unread(role, name, bad, column, first)
        self._faults.add_missing(name, parsed, column, first)
        return parsed


class ParquetFiles:
    """The Parquet files of a table; see `TableFiles`.

    Args:
        paths: The files.
        data: The data section.
        piece: Bytes of memory of the rows that are converted at a time.
    """

    part = staticmethod(Part.from_json)

    def __init__(self, paths: Sequence[Path], data: ParquetData, piece: int) -> None:
        self.paths = paths
        self._data = data
        self._names = list(asked_columns(data))
        self._rows = max(1, piece // (CELL_BYTES * len(self._names)))
        self.how = ["parquet", list(roles(data, self._names).items()), configured_forms(data)]

    def larger_than(self, limit: int) -> bool:
        """Whether the wanted columns take more bytes of memory."""
        check_files(self.paths, self._data)
        return sum(file.count() for file in self._files({})) * CELL_BYTES * len(self._names) > limit

    def open(self, forms: dict[str, str]) -> list[ParquetReader]:
        """Gives the files from their beginning."""
        schemas = check_files(self.paths, self._data)
        kinds = roles(self._data, self._names)
        written = {name: role for name, role in kinds.items() if any(is_written(schema[name]) for schema in schemas)}
        find_forms(self._data, written, forms, {}, self._cells)
        self._check_times(forms)
        return self._files(forms)

    def read(self, forms: dict[str, str]) -> tuple[pl.DataFrame, tuple[Part, ...]]:
        """Reads the files into memory."""
        read = []
        for file in self.open(forms):
            frame = file.read(file.count())
            read.append((frame, file.part(frame.height)))
        return joined([frame for frame, _ in read]), tuple(part for _, part in read)

    def _files(self, forms: Mapping[str, str]) -> list[ParquetReader]:
        return [ParquetReader(path, self._data, forms, self._rows) for path in self.paths]

    def _cells(self, names: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        """Columns as they stand in the files, some rows after the other."""
        for file in self._files({}):
            for first in range(0, file.count(), self._rows):
                yield str(file.path), file.cells(names, self._rows, first)

    def _check_times(self, forms: Mapping[str, str]) -> None:
        """Files' times and dates can be ordered together where all are numbers, or all of one type."""
        kinds = roles(self._data, self._names)
        model: dict[str, pl.DataType] = {}
        for file in self._files(forms):
            row = file.read(1)
            for name in (name for name, role in kinds.items() if role in ("time", "date")):
                here, there = row.schema[name], model.setdefault(name, row.schema[name])
                alike = (here.is_numeric() and there.is_numeric()) or zone(here) == zone(there)
                if not alike and column_of(row, name).null_count() == 0:
                    raise DataError(
                        f"{file.path}: column {name!r} holds {here}, and {there} in {self.paths[0].name}; give it one "
                        f"type in all files"
                    )
