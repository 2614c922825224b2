"""CSV files as typed columns, in the files' order. Knows nothing of windows, splits and scaling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import polars as pl

from rnnctl.tables.cells import roles
from rnnctl.tables.conversion import Piece
from rnnctl.tables.csv_blocks import BLOCK_BYTES, Blocks
from rnnctl.tables.csv_header import Header, check_columns, read_header
from rnnctl.tables.csv_reader import CsvReader
from rnnctl.tables.csv_scan import ByteFacts, is_regular, line_numbers, scan_bytes
from rnnctl.tables.data_files import is_gzip
from rnnctl.tables.date_form_search import configured_forms, find_forms
from rnnctl.tables.table import Part, asked_columns, joined

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

GZIP_RATIO = 4
"""How many times as large gzipped CSV is taken to be when it is unpacked."""


@dataclass(frozen=True, slots=True)
class CsvPart(Part):
    """The rows of a CSV file.

    Attributes:
        header: The file's header.
        quotes: Whether the file holds quote characters.
    """

    word: ClassVar[str] = "line"
    header: Header
    quotes: bool

    def places(self, rows: Sequence[int]) -> list[int]:
        """The lines on which rows begin."""
        return line_numbers(self.header, self.quotes, rows)

    def to_json(self) -> dict[str, Any]:
        """The part as plain values, without the path."""
        header = {"names": self.header.names, "line": self.header.line, "separator": self.header.separator}
        return {**Part.to_json(self), "header": header, "quotes": self.quotes}

    @classmethod
    def from_json(cls, path: Path, plain: Mapping[str, Any]) -> Self:
        """The part of a file of the same content from what `to_json` returned."""
        known = plain["header"]
        header = Header(path, str(known["separator"]), tuple(known["names"]), int(known["line"]), ())
        return cls(path, int(plain["rows"]), str(plain["sha256"]), header, bool(plain["quotes"]))


def read_csv_file(reader: CsvReader) -> tuple[pl.DataFrame, CsvPart]:
    """Reads the wanted columns of a CSV file that is not gzipped, at once.

    Args:
        reader: The file's reader.

    Returns:
        The columns, without the empty lines at the end of the file, and where they come from.

    Raises:
        DataError: The file cannot be read as the config asks.
    """
    header = reader.header
    with ThreadPoolExecutor(2) as pool:
        scan = pool.submit(scan_bytes, header.path)
        partly = pool.submit(is_regular, header) if reader.partly else None
        raw = reader.frame(header.path)
        facts = scan.result()
        raw = raw.head(max(0, raw.height - facts.blank_tail))
        frame = reader.typed(raw, 0)
        if partly:
            regular = partly.result()
        else:
            regular = is_regular(header) if reader.partly else _whole_and_regular(header, raw, facts)
        reader.check(frame.height, quotes=facts.quotes, regular=regular)
    return frame, CsvPart(header.path, frame.height, facts.sha256, header, facts.quotes)


def _whole_and_regular(header: Header, frame: pl.DataFrame, facts: ByteFacts) -> bool:
    """Whether a file of which all columns were read is regular; it is gone through only where a row may not be.

    Reading all columns, Polars fills up rows that are too short with nulls, and refuses those that are too long, but
    for an empty field at the very end.
    """
    whole = frame.get_column(str(len(header.names) - 1)).null_count() == 0 and facts.last != header.separator.encode()
    return whole or is_regular(header)


class CsvPieces:
    """A CSV file that is converted block after block; see `Convertible`.

    What was converted before is read again, to see that it is the same, but not parsed.

    Args:
        reader: The file's reader.
        size: Bytes that are read at a time.
    """

    def __init__(self, reader: CsvReader, size: int) -> None:
        self._reader = reader
        self._blocks = Blocks(reader.header, size)
        self.path = reader.header.path
        self.forms = reader.forms

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read."""
        return self._reader.faulty

    def pieces(self) -> Iterator[Piece]:
        """The file's blocks."""
        for block in self._blocks:
            yield Piece(block.end, block.crc, block.position, partial(self._read, block.content))

    def part(self, rows: int) -> CsvPart:
        """Checks the file as a whole."""
        facts = self._blocks.facts
        self._reader.check(rows, quotes=facts.quotes, regular=self._blocks.regular)
        return CsvPart(self.path, rows, facts.sha256, self._reader.header, facts.quotes)

    def _read(self, content: bytes, offset: int) -> pl.DataFrame:
        return self._reader.typed(self._reader.frame(content), offset)


def read_csv_blocks(reader: CsvReader, size: int = BLOCK_BYTES) -> tuple[pl.DataFrame, CsvPart]:
    """Reads the wanted columns of a CSV file block after block, so that it is never unpacked as a whole.

    Args:
        reader: The file's reader.
        size: Bytes that are read at a time.

    Returns:
        As `read_csv_file` does.

    Raises:
        DataError: As `read_csv_file` does.
    """
    file = CsvPieces(reader, size)
    frames: list[pl.DataFrame] = []
    rows = 0
    for piece in file.pieces():
        frames.append(piece.read(rows))
        rows += frames[-1].height
    part = file.part(rows)
    return joined(frames), part


class CsvFiles:
    """The CSV files of a table; see `TableFiles`.

    Args:
        paths: The files.
        data: The data section.
        block: Bytes that are read at a time where a file is not read at once.
    """

    part = staticmethod(CsvPart.from_json)

    def __init__(self, paths: Sequence[Path], data: CsvData, block: int = BLOCK_BYTES) -> None:
        self.paths = paths
        self._data, self._block = data, block
        self._roles = roles(data, list(asked_columns(data)))
        self.how = ["csv", data.separator, data.decimal_comma, list(self._roles.items()), configured_forms(data)]

    def larger_than(self, limit: int) -> bool:
        """Whether the files have more bytes when they are unpacked; small ones are not opened to see."""
        sizes = {path: path.stat().st_size for path in self.paths}
        if sum(sizes.values()) * GZIP_RATIO <= limit:
            return False
        return sum(size * (GZIP_RATIO if is_gzip(path) else 1) for path, size in sizes.items()) > limit

    def open(self, forms: dict[str, str]) -> list[CsvPieces]:
        """Gives the files from their beginning."""
        return [CsvPieces(reader, self._block) for reader in self._readers(forms)]

    def read(self, forms: dict[str, str]) -> tuple[pl.DataFrame, tuple[CsvPart, ...]]:
        """Reads the files into memory."""
        read = [
            read_csv_blocks(reader, self._block) if is_gzip(reader.header.path) else read_csv_file(reader)
            for reader in self._readers(forms)
        ]
        return joined([frame for frame, _ in read]), tuple(part for _, part in read)

    def _readers(self, forms: dict[str, str]) -> list[CsvReader]:
        headers: list[Header] = []
        for path in self.paths:
            headers.append(read_header(path, self._data))
            check_columns(headers[-1], self._data, headers[0] if len(headers) > 1 else None)
        firsts = {name: headers[0].first_value(name) for name in self._roles}
        find_forms(self._data, self._roles, forms, firsts, partial(self._cells, headers))
        first_time = (firsts.get(self._data.time or "", ""), self.paths[0].name)
        return [CsvReader(header, self._data, self._roles, forms, first_time) for header in headers]

    def _cells(self, headers: list[Header], names: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        """Columns as text, block after block."""
        for header in headers:
            reader = CsvReader(header, self._data, dict.fromkeys(names, "text"), {})
            for block in Blocks(header, self._block):
                yield str(header.path), reader.typed(reader.frame(block.content), 0)
