"""The base of files that hold tables: read into memory, or piece by piece for a conversion."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import polars as pl

from rnnctl.schema.table import TableData
from rnnctl.tables.cells import roles
from rnnctl.tables.date_form_search import configured_forms
from rnnctl.tables.table import Part, asked_columns


class Piece(NamedTuple):
    """Consecutive rows of a file.

    Attributes:
        end: Where they end, in whatever the file is counted in.
        crc: Checksum of the file up to there; 0 where there is none.
        position: Bytes of the file on disk up to there, about.
        read: Reads them; takes the number of rows of the file before them.
    """

    end: int
    crc: int
    position: int
    read: Callable[[int], pl.DataFrame]


class TableFile(ABC):
    """A file of a table, whose times and dates have certain forms."""

    def __init__(self, path: Path, forms: Mapping[str, str]) -> None:
        self.path, self.forms = path, forms

    @property
    @abstractmethod
    def faulty(self) -> bool:
        """Whether something is wrong with what was read; `part` raises it."""

    @abstractmethod
    def pieces(self) -> Iterator[Piece]:
        """The file's rows from its beginning; the same pieces each time.

        Raises:
            DataError: The file cannot be read.
        """

    @abstractmethod
    def part(self, rows: int) -> Part:
        """Describes the file once all its rows have been read.

        Raises:
            DataError: The file cannot be read as the config asks.
        """

    def read(self) -> tuple[pl.DataFrame, Part]:
        """Reads the whole file; raises as `part` does."""
        frames: list[pl.DataFrame] = []
        rows = 0
        for piece in self.pieces():
            frames.append(piece.read(rows))
            rows += frames[-1].height
        part = self.part(rows)
        return joined(frames), part


class TableFiles(ABC):
    """The files of a table, of one format."""

    part_type: ClassVar[type[Part]] = Part

    def __init__(self, paths: Sequence[Path], data: TableData) -> None:
        self.paths, self.data = paths, data
        self.roles = roles(data, list(asked_columns(data)))

    @property
    def dependencies(self) -> list[Any]:
        """All that the table depends on besides the files' content, as plain values."""
        data = self.data
        return [data.kind, list(self.roles.items()), configured_forms(data), data.time, data.series]

    @abstractmethod
    def larger_than(self, limit: int) -> bool:
        """Whether there are more than ``limit`` bytes in the files.

        Raises:
            OSError: A file does not exist.
        """

    @abstractmethod
    def open(self, forms: dict[str, str]) -> Sequence[TableFile]:
        """Opens the files from their beginning.

        Args:
            forms: The known forms of times and dates, by column; filled in.

        Raises:
            DataError: A file cannot be read as the config asks, or the files do not agree.
        """

    def read(self, forms: dict[str, str]) -> tuple[pl.DataFrame, tuple[Part, ...]]:
        """Reads the files into memory; see `open`."""
        frames, parts = zip(*(file.read() for file in self.open(forms)), strict=True)
        return joined(frames), parts


def joined(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Frames of the same columns, one after the other; whole numbers become float64 where another file has these."""
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical_relaxed")
