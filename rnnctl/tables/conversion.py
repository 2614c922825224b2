"""Files to stored columns, piece after piece, of which a few are in memory; a conversion that was cut off goes on.

After every piece the state is written beside the columns: how far each file of theirs was whole, and how far the file
that is converted had been read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from rnnctl.tables.frames import column_of
from rnnctl.tables.stored_columns import StoredColumn, dtype_of, name_of
from rnnctl.tables.table import Part
from rnnctl.util.atomic import replace_file

STATE = "state.json"


class Piece(NamedTuple):
    """Some rows of a file, one after the other.

    Attributes:
        end: How far into the file they go, in whatever the file is counted in.
        crc: Checksum of the file up to there; 0 where there is none.
        position: Bytes of the file on disk up to there, about.
        read: Reads them; takes how many rows of the file there are before them.
    """

    end: int
    crc: int
    position: int
    read: Callable[[int], pl.DataFrame]


class Convertible(Protocol):
    """A file that is read piece after piece."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def forms(self) -> Mapping[str, str]:
        """How columns of times and dates are written."""

    @property
    def faulty(self) -> bool:
        """Whether something is wrong with what was read, which `part` tells."""

    def pieces(self) -> Iterator[Piece]:
        """The file's rows from its beginning; the same ones each time.

        Raises:
            DataError: The file cannot be read.
        """

    def part(self, rows: int) -> Part:
        """What the file gave, once all pieces have been seen.

        Args:
            rows: How many rows.

        Raises:
            DataError: The file cannot be read as the config asks.
        """


class _OtherTypeError(Exception):
    """A column turns out to be of another type than its first rows were.

    Args:
        name: The column.
        dtype: What it is now; see `name_of`.
    """

    def __init__(self, name: str, dtype: str) -> None:
        super().__init__(name, dtype)
        self.name, self.dtype = name, dtype


class _OtherContentError(Exception):
    """The state is of a file of other content."""


@dataclass(slots=True)
class State:
    """How far a conversion is.

    Attributes:
        types: Types of columns that are not those of their first rows; see `name_of`.
        forms: How columns of times and dates are written.
        parts: The files that were read to their end; see `Part.to_json`.
        end: How far the file after them was converted; see `Piece`.
        crc: Checksum up to there.
        rows: Rows of that file that were converted.
        columns: What `StoredColumn.state` gave of each column, in their order.
    """

    types: dict[str, str] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    crc: int = 0
    rows: int = 0
    columns: list[dict[str, Any]] = field(default_factory=list)


class Conversion:
    """Converts files to stored columns in a folder.

    Args:
        folder: The folder; a state in it is gone on from.
        names: The wanted columns.
        open_files: Gives the files from their beginning; takes the forms of dates that are known.
        tell: Takes the share that is done.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        open_files: Callable[[dict[str, str]], Sequence[Convertible]],
        tell: Callable[[float], None],
    ) -> None:
        self._folder, self._names, self._tell = folder, names, tell
        self._open_files = open_files
        self.state = self._load()

    def run(self) -> State:
        """Converts what is left.

        Returns:
            The state at the end: all files are among its parts.

        Raises:
            DataError: A file cannot be read as the config asks.
            OSError: The folder cannot be written.
        """
        while True:
            afresh = not self.state.columns
            try:
                return self._run()
            except _OtherTypeError as other:
                if other.name in self.state.types:
                    raise
                self.state = State(types={**self.state.types, other.name: other.dtype})
            except (_OtherContentError, ValueError, KeyError, TypeError):
                if afresh:
                    raise
                self.state = State()  # what was found cannot be gone on from

    def _load(self) -> State:
        try:
            return State(**json.loads((self._folder / STATE).read_bytes()))
        except (OSError, ValueError, TypeError):
            return State()

    def _save(self, columns: Sequence[StoredColumn]) -> None:
        self.state.columns = [column.state for column in columns]
        plain = {name: getattr(self.state, name) for name in State.__slots__}
        replace_file(self._folder / STATE, json.dumps(plain).encode(), durable=False)

    def _run(self) -> State:
        files = self._open_files(dict(self.state.forms))
        total = sum(file.path.stat().st_size for file in files)
        known: list[dict[str, Any] | None] = [*self.state.columns] or [None] * len(self._names)
        columns = [StoredColumn(self._folder, place, state) for place, state in enumerate(known)]
        done = 0
        try:
            for place, file in enumerate(files):
                if place >= len(self.state.parts):
                    self._file(file, columns, partial(self._progress, done, total))
                done += file.path.stat().st_size
        finally:
            for column in columns:
                column.close()
        return self.state

    def _progress(self, before: int, total: int, position: int) -> None:
        self._tell(min(1.0, (before + position) / total))

    def _file(self, file: Convertible, columns: Sequence[StoredColumn], tell: Callable[[int], None]) -> None:
        converted = (self.state.end, self.state.crc)
        reached = not self.state.end
        for piece in file.pieces():
            if reached:
                self._piece(file, columns, piece)
            elif piece.end >= self.state.end:
                reached = (piece.end, piece.crc) == converted
                if not reached:
                    raise _OtherContentError
            tell(piece.position)
        self.state.parts.append(file.part(self.state.rows).to_json())
        self.state.end = self.state.crc = self.state.rows = 0
        self._save(columns)

    def _piece(self, file: Convertible, columns: Sequence[StoredColumn], piece: Piece) -> None:
        frame = piece.read(self.state.rows)
        self.state.rows += frame.height
        if file.faulty:  # the rest is read to tell of all faults, and nothing is kept
            return
        for name, column in zip(self._names, columns, strict=True):
            column.append(self._as_before(name, column_of(frame, name), column.dtype))
        self.state.end, self.state.crc, self.state.forms = piece.end, piece.crc, dict(file.forms)
        self._save(columns)

    def _as_before(self, name: str, column: pl.Series, before: str | None) -> pl.Series:
        """A column in the type of its first rows, or that which is known to hold all."""
        dtype = self.state.types.get(name, before)
        if dtype is None or name_of(column.dtype) == dtype:
            return column
        whole_among_others = column.dtype == pl.Int64 and dtype == "float64"
        if column.null_count() == len(column) or whole_among_others:
            return column.cast(dtype_of(dtype))
        raise _OtherTypeError(name, name_of(column.dtype))
