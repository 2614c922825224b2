"""CSV files to stored columns, block after block, of which a few are in memory; one that was cut off goes on.

After every block the state is written beside the columns: how far each file of theirs was whole, and how far the CSV
file had been read. A conversion that finds a state reads what was converted again, to see that it is the same, but does
not parse it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from rnnctl.data.csv_blocks import Block, Blocks
from rnnctl.data.csv_file import CsvPart, CsvReader
from rnnctl.data.stored_columns import DTYPES, StoredColumn, name_of

STATE = "state.json"


class _OtherTypeError(Exception):
    """A column turns out to be of another type than its first rows were.

    Args:
        name: The column.
        dtype: What holds both, a key of `DTYPES`.
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
        types: Types of columns that are not those of their first rows, keys of `DTYPES`.
        firsts: First values of columns of times and dates.
        parts: The files that were read to their end; see `CsvPart.to_json`.
        end: Bytes of the file after them that were converted.
        crc: Their checksum.
        rows: Rows of that file that were converted.
        columns: What `StoredColumn.state` gave of each column, in their order.
    """

    types: dict[str, str] = field(default_factory=dict)
    firsts: dict[str, str] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    crc: int = 0
    rows: int = 0
    columns: list[dict[str, Any]] = field(default_factory=list)


class Conversion:
    """Converts CSV files to stored columns in a folder.

    Args:
        folder: The folder; a state in it is gone on from.
        names: The wanted columns.
        make_readers: Makes a reader for each file; takes the first values that are known.
        size: Bytes that are read at a time.
        tell: Takes the share that is done.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        make_readers: Callable[[dict[str, str]], Sequence[CsvReader]],
        size: int,
        tell: Callable[[float], None],
    ) -> None:
        self._folder, self._names, self._size, self._tell = folder, names, size, tell
        self._make_readers = make_readers
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
        beside = self._folder / f"{STATE}.new"
        plain = {name: getattr(self.state, name) for name in State.__slots__}
        beside.write_text(json.dumps(plain), encoding="utf-8")
        beside.replace(self._folder / STATE)

    def _run(self) -> State:
        readers = self._make_readers(dict(self.state.firsts))
        total = sum(reader.header.path.stat().st_size for reader in readers)
        known: list[dict[str, Any] | None] = [*self.state.columns] or [None] * len(self._names)
        columns = [StoredColumn(self._folder, place, state) for place, state in enumerate(known)]
        done = 0
        try:
            for place, reader in enumerate(readers):
                size = reader.header.path.stat().st_size
                if place >= len(self.state.parts):
                    self._file(reader, columns, partial(self._progress, done, total))
                done += size
        finally:
            for column in columns:
                column.close()
        return self.state

    def _progress(self, before: int, total: int, position: int) -> None:
        self._tell(min(1.0, (before + position) / total))

    def _file(self, reader: CsvReader, columns: Sequence[StoredColumn], tell: Callable[[int], None]) -> None:
        blocks = Blocks(reader.header, self._size)
        converted = (self.state.end, self.state.crc)
        reached = not self.state.end
        for block in blocks:
            if reached:
                self._block(reader, columns, block)
            elif block.end >= self.state.end:
                reached = (block.end, block.crc) == converted
                if not reached:
                    raise _OtherContentError
            tell(block.position)
        facts = blocks.facts
        reader.check(self.state.rows, quotes=facts.quotes, regular=blocks.regular)
        self.state.parts.append(CsvPart(reader.header, self.state.rows, facts.sha256, facts.quotes).to_json())
        self.state.end = self.state.crc = self.state.rows = 0
        self._save(columns)

    def _block(self, reader: CsvReader, columns: Sequence[StoredColumn], block: Block) -> None:
        frame = reader.typed(reader.frame(block.content), self.state.rows)
        self.state.rows += frame.height
        if reader.faulty:  # the rest is read to tell of all faults, and nothing is kept
            return
        for name, column in zip(self._names, columns, strict=True):
            column.append(self._as_before(frame.get_column(name), column.dtype))
        self.state.end, self.state.crc, self.state.firsts = block.end, block.crc, dict(reader.firsts)
        self._save(columns)

    def _as_before(self, column: pl.Series, before: str | None) -> pl.Series:
        """A column in the type of its first rows, or that which is known to hold all."""
        dtype = self.state.types.get(column.name, before)
        if dtype is None or name_of(column.dtype) == dtype:
            return column
        whole_among_others = column.dtype == pl.Int64 and dtype == "float64"
        if column.null_count() == len(column) or whole_among_others:
            return column.cast(DTYPES[dtype])
        raise _OtherTypeError(column.name, name_of(column.dtype))
