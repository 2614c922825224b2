"""Parquet files as typed columns, in the files' order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.selectors import by_name

from rnnctl.errors import DataError
from rnnctl.tables.bad_cells import BadCells
from rnnctl.tables.cells import UNREAD, bare, roles
from rnnctl.tables.conversion import Piece
from rnnctl.tables.date_forms import NUMBER
from rnnctl.tables.forms_found import find_forms, told_forms
from rnnctl.tables.frames import column_of
from rnnctl.tables.parquet_schema import check_files, damaged
from rnnctl.tables.parquet_types import WORDS, convert, is_written, zone
from rnnctl.tables.sources import file_sha256
from rnnctl.tables.table import SHOWN, asked_columns, joined
from rnnctl.util.format import first_few

if TYPE_CHECKING:
    from rnnctl.sources.parquet import ParquetData

CELL_BYTES = 8
"""Bytes of memory that a cell takes, about."""
NO_TIME = "rows without a time cannot be ordered: correct or remove them"
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
        forms: How columns of times and dates are written that are text; see `find_forms`.
        rows: Rows that are read at a time.
    """

    def __init__(self, path: Path, data: ParquetData, forms: Mapping[str, str], rows: int) -> None:
        self.path, self.forms = path, forms
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

    def part(self, rows: int) -> ParquetPart:
        """Tells what is wrong with the file, once all of it was read."""
        if rows == 0:
            raise DataError(f"{self.path}: the file holds columns and no rows; expected rows in them")
        told = [self._unread(role, name, cells) for (role, name), cells in self._bad.items() if role in UNREAD]
        told = told or [self._missing(name, cells) for (_, name), cells in self._bad.items()]
        if told:
            raise DataError("\n".join(told))
        return ParquetPart(self.path, rows, file_sha256(self.path))

    def _typed(self, name: str, column: pl.Series, role: str, first: int) -> pl.Series:
        parsed = convert(column, role, self.forms.get(name, ""))
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
        return f"{self.path}: column {name!r}: {first_few(items, SHOWN, cells.count)}: {UNREAD[role]}"

    def _missing(self, name: str, cells: BadCells) -> str:
        rows = first_few((str(row + 1) for row in cells.rows), SHOWN, cells.count)
        told = NO_SERIES
        if name == self._data.time:
            what = "no time" if cells.found[0] is None else repr(cells.found[0][:40])
            form, like = self._data.time_format, "like that of the first row"
            if form not in (None, NUMBER):
                like = f"in the form {form!r} (data.time_format)"
            told = f"found {what}, expected a time {like}; {NO_TIME}"
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
        self.how = ["parquet", list(roles(data, self._names).items()), told_forms(data)]

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

    def read(self, forms: dict[str, str]) -> tuple[pl.DataFrame, tuple[ParquetPart, ...]]:
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
