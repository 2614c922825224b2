"""The base of files that hold tables: read into memory, or piece by piece for a conversion."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import NEXT
from rnnctl.schema.column_names import Combined, parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.cell_faults import MISSING, CellFaults
from rnnctl.tables.cells import CHECKED, WHOLE, WORDS, bare, roles, typed, without_nan
from rnnctl.tables.combined_columns import combined_names, combined_times
from rnnctl.tables.date_form_search import Columns, configured_forms, find_forms
from rnnctl.tables.date_forms import parse_dates
from rnnctl.tables.footnotes import is_sure, without_notes
from rnnctl.tables.frames import in_whole
from rnnctl.tables.long_rows import long_columns, ragged_spans
from rnnctl.tables.numbers import missing_values, missing_words
from rnnctl.tables.table import Part, Table, long_columns_asked, table_columns
from rnnctl.tables.wide_columns import wide_names


class Piece(NamedTuple):
    """Consecutive rows of a file.

    Attributes:
        end: Where they end, in whatever the file is counted in.
        crc: Checksum of the file up to there; 0 where there is none.
        position: Bytes of the file on disk up to there, about.
        read: Reads them, as they stand in the file.
    """

    end: int
    crc: int
    position: int
    read: Callable[[], Columns]


class TableFile(ABC):
    """A file of a table.

    Args:
        roles: Roles of the wanted columns; see `roles`.
        forms: Forms of times and dates; see `find_forms`.
        faults: Takes what cannot be read, until the file ends.
    """

    def __init__(self, roles: Mapping[str, str], forms: Mapping[str, str], faults: CellFaults) -> None:
        self.path, self.roles, self.forms, self._faults = faults.path, roles, forms, faults
        self.read_roles = reading_roles(faults.data, roles)
        """Roles of the columns that are read; see `long_columns`."""
        self.spans: list[list[int]] = []
        """See `Part`; of the rows so far."""

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read; `part` raises it."""
        return bool(self._faults.cells)

    @abstractmethod
    def pieces(self) -> Iterator[Piece]:
        """The file's rows from its beginning; the same pieces each time.

        Raises:
            DataError: The file cannot be read.
        """

    @abstractmethod
    def described(self, rows: int) -> Part:
        """Describes the file once all its rows have been read.

        Raises:
            DataError: The file as a whole is not what it should be.
        """

    def typed(self, columns: Columns, offset: int) -> pl.DataFrame:
        """Converts columns to those of `Table.frame`; ``offset`` is the file's row of the first one."""
        spans = ragged_spans(self._faults.data, columns)
        self.spans += [] if spans is None else spans.tolist()
        columns = self.long(columns)
        found = {name: self._typed(name, columns[name], offset) for name, role in self.roles.items() if role != "part"}
        time, series = self._faults.data.time, self._faults.data.series
        if isinstance(time, Combined) and time.parts[0] in columns and time in self.forms:
            cells = combined_times([columns[part] for part in time.parts])
            found[time] = parse_dates(cells, self.forms[time])
            self._faults.add(MISSING, time, found[time].is_null(), cells.str.replace_all(NEXT, " "), offset)
        if isinstance(series, Combined) and series.parts[0] in found:
            found[series] = combined_names([found[part] for part in series.parts])
        wanted = [name for name in table_columns(self._faults.data) if name in found]
        return pl.DataFrame({name: found[name] for name in wanted})

    def long(self, columns: Columns) -> Columns:
        """Columns as the table has them; times and dates are without marks of footnotes that are no letters."""
        data = self._faults.data
        columns = long_columns(data, columns)
        notes = list(filter(is_sure, data.footnote_marks))
        if not notes:
            return columns
        timed = [name for name, role in roles(data, list(columns)).items() if role in ("time", "date", "part")]
        text = {name: columns[name].str.strip_chars() for name in timed if columns[name].dtype == pl.String}
        return {**columns, **{name: without_notes(cells, notes) for name, cells in text.items()}}

    def _typed(self, name: str, column: pl.Series, offset: int) -> pl.Series:
        role = self.roles[name]
        data = self._faults.data
        marks = missing_words(data.missing_marks)
        if column.dtype.is_float() and role in WHOLE:
            floats, column = without_nan(column), in_whole(column)
            self._faults.add(role, name, column.is_null() & floats.is_not_null(), floats, offset)
        written = column.dtype in WORDS or (column.dtype.is_integer() and role != "number")
        notes = data.footnote_marks if role == "number" else ()
        cells = bare(column.cast(pl.String), marks, notes) if written and role in CHECKED else column
        parsed = typed(cells, role, self.forms.get(name, ""), data.number_form(name))
        if role in CHECKED and not cells.dtype.is_float():
            self._faults.add(role, name, parsed.is_null() & cells.is_not_null(), cells, offset)
        if role == "number" and (values := missing_values(data.missing_marks)):
            parsed = parsed.set(parsed.is_in(values), None)
        if name == data.time or name in parts_of(data.series):
            self._faults.add(MISSING, name, parsed.is_null(), column, offset)
        return parsed

    def part(self, rows: int) -> Part:
        """Describes the file once all its rows have been read.

        Raises:
            DataError: The file cannot be read as the config asks.
        """
        if rows == 0:
            found = "no value in the columns of data.wide" if self.spans else "column names and no rows"
            raise DataError(f"{self.path}: the file holds {found}; expected rows below them")
        wide = self._faults.data.wide
        each = 1 if wide is None else len(wide.columns or (1,))
        part = replace(self.described(rows), each=each, spans=self.spans)
        self._faults.raise_any(part)
        return part

    def read(self) -> tuple[pl.DataFrame, Part]:
        """Reads the whole file; raises as `part` does."""
        frames: list[pl.DataFrame] = []
        rows = 0
        for piece in self.pieces():
            frames.append(self.typed(piece.read(), rows))
            rows += frames[-1].height
        part = self.part(rows)
        return joined(frames), part


class TableFiles(ABC):
    """The files of a table, of one format."""

    part_type: ClassVar[type[Part]] = Part

    def __init__(self, paths: Sequence[Path], data: TableData) -> None:
        self.paths, self.data = paths, data
        self.told: list[str] | None = None
        """See `CellFaults`."""
        self.roles = roles(data, list(long_columns_asked(data)))

    @property
    def dependencies(self) -> list[Any]:
        """All that the table depends on besides the files' content, as plain values."""
        data = self.data
        numbers = [data.number_form(name) for name in self.roles]
        wide = None if data.wide is None else data.wide.model_dump(mode="json")
        read = [configured_forms(data), numbers, list(data.missing_marks), wide]
        return [data.kind, list(self.roles.items()), data.time, data.series, read]

    @abstractmethod
    def larger_than(self, limit: int) -> bool:
        """Whether there are more than ``limit`` bytes in the files.

        Raises:
            OSError: A file does not exist.
        """

    @abstractmethod
    def checked(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Checks that the files have the wanted columns.

        Returns:
            The roles of columns whose times and dates are text or whole numbers of some form; and the first cells of
            some of them.

        Raises:
            DataError: A file cannot be read as the config asks.
        """

    @abstractmethod
    def files(self, roles: Mapping[str, str], forms: Mapping[str, str]) -> Sequence[TableFile]:
        """The files, checked before, from their beginning; for columns of these roles."""

    def open(self, forms: dict[str, str]) -> Sequence[TableFile]:
        """Opens the files from their beginning.

        Args:
            forms: The known forms of times and dates, by column; filled in.

        Raises:
            DataError: A file cannot be read as the config asks, or the files do not agree.
        """
        written, firsts = self.checked()
        find_forms(self.data, written, forms, firsts, self._cells)
        return self.files(self.roles, forms)

    def _cells(self, names: list[str]) -> Iterator[tuple[str, Columns]]:
        for file in self.files(dict.fromkeys(names, "text"), {}):
            for piece in file.pieces():
                yield str(file.path), file.long(piece.read())

    def text(self, names: Sequence[str]) -> Iterator[Columns]:
        """Reads columns of text, numbers or whole numbers piece by piece, as the files hold them."""
        self.checked()
        return (columns for _, columns in self._cells(list(names)))

    def read(self) -> Table:
        """Reads the files into memory; see `open`."""
        forms: dict[str, str] = {}
        frames, parts = zip(*(file.read() for file in self.open(forms)), strict=True)
        return Table(self.data, joined(frames), parts, forms)


def reading_roles(data: TableData, found: Mapping[str, str]) -> dict[str, str]:
    """Roles of the columns of a file that columns of these roles are read from."""
    if data.wide is None:
        return dict(found)
    value = found.get(data.wide.values, "text")
    return {name: found.get(name, value) for name in wide_names(data, found)}


def joined(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Frames of the same columns, one after the other; whole numbers become float64 where another file has these."""
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical_relaxed")
