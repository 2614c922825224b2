"""Parquet files as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl
from polars.selectors import by_name

from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.cell_faults import CellFaults
from rnnctl.tables.cells import UNREAD, bare
from rnnctl.tables.data_files import file_sha256
from rnnctl.tables.date_form_search import find_forms
from rnnctl.tables.frames import column_of
from rnnctl.tables.parquet_schema import WORDS, check_files, convert, damaged, is_written, zone
from rnnctl.tables.table import Part
from rnnctl.tables.table_files import Piece, TableFile, TableFiles

CELL_BYTES = 8
"""Bytes of memory of a cell, about."""


class ParquetFile(TableFile):
    """A Parquet file, of which a piece is ``rows`` rows."""

    def __init__(
        self, path: Path, data: TableData, roles: Mapping[str, str], forms: Mapping[str, str], rows: int
    ) -> None:
        super().__init__(path, forms)
        self._roles, self._rows = roles, rows
        self._faults = CellFaults(path, data, Part.word)

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read."""
        return self._faults.any

    def count(self) -> int:
        """Number of rows, from the file's metadata."""
        try:
            return int(pl.scan_parquet(self.path, glob=False).select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise damaged(self.path, error) from None

    def pieces(self) -> Iterator[Piece]:
        """The file's rows."""
        total, size = self.count(), self.path.stat().st_size
        for first in range(0, total, self._rows):
            end = min(total, first + self._rows)
            yield Piece(end, 0, size * end // total, partial(self.rows, end - first))

    def read(self) -> tuple[pl.DataFrame, Part]:
        """Reads the whole file at once."""
        frame = self.rows(self.count())
        return frame, self.part(frame.height)

    def rows(self, count: int, first: int = 0) -> pl.DataFrame:
        """Reads ``count`` rows from ``first`` on; `part` raises what cannot be read.

        Raises:
            DataError: The file is damaged.
        """
        frame = self.cells(list(self._roles), count, first)
        found = {name: self._typed(name, column_of(frame, name), role, first) for name, role in self._roles.items()}
        return pl.DataFrame(found)

    def cells(self, names: list[str], count: int, first: int = 0) -> pl.DataFrame:
        """Reads ``count`` rows from ``first`` on of some columns, as they stand in the file.

        Raises:
            DataError: The file is damaged.
        """
        wanted = by_name(*names)  # a column called * is not all of them
        try:
            return pl.scan_parquet(self.path, glob=False).select(wanted).slice(first, count).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise damaged(self.path, error) from None

    def part(self, rows: int) -> Part:
        """Checks the file as a whole."""
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


class ParquetFiles(TableFiles):
    """The Parquet files of a table, of which a piece takes ``piece`` bytes of memory."""

    def __init__(self, paths: Sequence[Path], data: TableData, piece: int) -> None:
        super().__init__(paths, data)
        self._row_bytes = CELL_BYTES * len(self.roles)
        self._rows = max(1, piece // self._row_bytes)

    def larger_than(self, limit: int) -> bool:
        """Whether the wanted columns take more bytes of memory."""
        check_files(self.paths, self.data)
        return sum(file.count() for file in self._files({})) * self._row_bytes > limit

    def open(self, forms: dict[str, str]) -> list[ParquetFile]:
        """Opens the files from their beginning."""
        schemas = check_files(self.paths, self.data)
        written = {name: role for name, role in self.roles.items() if any(is_written(types[name]) for types in schemas)}
        find_forms(self.data, written, forms, {}, self._cells)
        self._check_times(forms)
        return self._files(forms)

    def _files(self, forms: Mapping[str, str]) -> list[ParquetFile]:
        return [ParquetFile(path, self.data, self.roles, forms, self._rows) for path in self.paths]

    def _cells(self, names: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        for file in self._files({}):
            for first in range(0, file.count(), self._rows):
                yield str(file.path), file.cells(names, self._rows, first)

    def _check_times(self, forms: Mapping[str, str]) -> None:
        """Checks that times and dates can be ordered across files: all are numbers, or all of one type."""
        model: dict[str, pl.DataType] = {}
        for file in self._files(forms):
            row = file.rows(1)
            for name in (name for name, role in self.roles.items() if role in ("time", "date")):
                here, there = row.schema[name], model.setdefault(name, row.schema[name])
                alike = (here.is_numeric() and there.is_numeric()) or zone(here) == zone(there)
                if not alike and column_of(row, name).null_count() == 0:
                    raise DataError(
                        f"{file.path}: column {name!r} holds {here}, and {there} in {self.paths[0].name}; give it one "
                        f"type in all files"
                    )
