"""Parquet files as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl
from polars.selectors import by_name

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import EPOCHS
from rnnctl.schema.table import TableData
from rnnctl.tables.cell_faults import CellFaults
from rnnctl.tables.cells import WORDS, is_written
from rnnctl.tables.date_form_search import Columns
from rnnctl.tables.frames import column_of
from rnnctl.tables.parquet_scan import CELL_BYTES, check_growth, count_rows, parquet_errors, scan
from rnnctl.tables.parquet_schema import check_files, order_of
from rnnctl.tables.table import Part
from rnnctl.tables.table_files import Piece, TableFile, TableFiles
from rnnctl.tables.unpacking import file_sha256

_MEASURED = 1000
"""First rows whose text tells how many bytes a row takes."""


class ParquetFile(TableFile):
    """A Parquet file, of which a piece takes about ``size`` bytes of memory."""

    def __init__(self, roles: Mapping[str, str], forms: Mapping[str, str], faults: CellFaults, size: int) -> None:
        super().__init__(roles, forms, faults)
        self._size, self._text_bytes = size, 0

    def pieces(self) -> Iterator[Piece]:
        """The file's rows."""
        total, size = count_rows(self.path, self.read_roles), self.path.stat().st_size
        text = _text_bytes(self.columns(0, _MEASURED)) / max(1, min(total, _MEASURED))
        rows = max(1, int(self._size / (CELL_BYTES * len(self.roles) + text)))
        self._text_bytes = 0
        for first in range(0, total, rows):
            end = min(total, first + rows)
            yield Piece(end, 0, size * end // total, partial(self.columns, first, end - first))

    def columns(self, first: int = 0, count: int | None = None) -> dict[str, pl.Series]:
        """Reads ``count`` rows (all where it is None) from ``first`` on, as they stand in the file.

        Raises:
            DataError: The file is damaged, or the text read of it so far takes far more memory than it is large.
        """
        wanted = by_name(*self.read_roles)  # a column called * is not all of them
        with parquet_errors(self.path):
            frame = scan(self.path).select(wanted).slice(first, count).collect()
        columns = {name: column_of(frame, name) for name in self.read_roles}
        self._text_bytes += _text_bytes(columns)
        check_growth(self.path, self._text_bytes)
        return columns

    def described(self, rows: int) -> Part:
        """Sums the file up."""
        return Part(self.path, rows, file_sha256(self.path))


def _text_bytes(columns: Columns) -> int:
    """Bytes of the text in columns, where each cell has its own."""
    texts = (column.cast(pl.String) for column in columns.values() if column.dtype in WORDS)
    return sum(int(text.str.len_bytes().sum()) for text in texts)


class ParquetFiles(TableFiles):
    """The Parquet files of a table, of which a piece takes ``piece`` bytes of memory."""

    def __init__(self, paths: Sequence[Path], data: TableData, piece: int) -> None:
        super().__init__(paths, data)
        self._piece = piece

    def larger_than(self, limit: int) -> bool:
        """Whether the wanted columns take more bytes of memory."""
        check_files(self.paths, self.data)
        return sum(count_rows(path, self.roles) for path in self.paths) * CELL_BYTES * len(self.roles) > limit

    def checked(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Reads the schemas."""
        schemas = check_files(self.paths, self.data)
        text = pl.String()  # of names of wide columns
        written = [name for name in self.roles if any(is_written(types.get(name, text)) for types in schemas)]
        if self.data.time_format in EPOCHS and self.data.time not in written:  # numbers with fractions
            written.append(str(self.data.time))
        return {name: self.roles[name] for name in written}, {}

    def files(self, roles: Mapping[str, str], forms: Mapping[str, str]) -> list[ParquetFile]:
        """The files."""
        faults = (CellFaults(path, self.data, told=self.told) for path in self.paths)
        return [ParquetFile(roles, forms, found, self._piece) for found in faults]

    def open(self, forms: dict[str, str]) -> Sequence[TableFile]:
        """Checks that times and dates can be ordered across files: all are numbers, or all of one type."""
        files = super().open(forms)
        model: dict[str, pl.DataType] = {}
        for file in self.files({name: role for name, role in self.roles.items() if role in ("time", "date")}, forms):
            row = file.typed(file.columns(0, 1), 0)
            for name, here in row.schema.items():
                there = model.setdefault(name, here)
                if order_of(here) != order_of(there) and column_of(row, name).null_count() == 0:
                    raise DataError(
                        f"{file.path}: column {name!r} holds {here}, and {there} in {self.paths[0].name}; give it one "
                        f"type in all files"
                    )
        return files
