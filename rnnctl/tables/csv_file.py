"""CSV files as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from rnnctl.tables.csv_blocks import BLOCK_BYTES, Blocks
from rnnctl.tables.csv_header import Header, check_columns, read_header
from rnnctl.tables.csv_reader import CsvReader
from rnnctl.tables.csv_scan import ByteScan, CsvPart, is_regular, scan_bytes
from rnnctl.tables.data_files import is_gzip
from rnnctl.tables.date_form_search import find_forms
from rnnctl.tables.table import Part
from rnnctl.tables.table_files import Piece, TableFile, TableFiles

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

GZIP_RATIO = 4
"""Assumed ratio of unpacked to gzipped bytes."""


class CsvFile(TableFile):
    """A CSV file. Where a conversion continues, what was converted before is read again, but not parsed."""

    def __init__(self, reader: CsvReader, size: int) -> None:
        super().__init__(reader.header.path, reader.forms)
        self._reader = reader
        self._blocks = Blocks(reader.header, size)

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
        return self._checked(rows, self._blocks.scan, self._blocks.sha256, regular=self._blocks.rhythm.regular)

    def read(self) -> tuple[pl.DataFrame, Part]:
        """Reads the whole file at once; one that is gzipped block by block, so that it is never unpacked as a whole."""
        if is_gzip(self.path):
            return super().read()
        reader, header = self._reader, self._reader.header
        with ThreadPoolExecutor(2) as pool:
            scanning = pool.submit(scan_bytes, self.path)
            checking = pool.submit(is_regular, header) if reader.partly else None
            raw = reader.frame(self.path)
            scan, sha256 = scanning.result()
            raw = raw.head(max(0, raw.height - scan.blank_tail))
            frame = reader.typed(raw, 0)
            if checking:
                regular = checking.result()
            else:
                regular = (not reader.partly and _fills_rows(header, raw, scan)) or is_regular(header)
        return frame, self._checked(frame.height, scan, sha256, regular=regular)

    def _read(self, content: bytes, offset: int) -> pl.DataFrame:
        return self._reader.typed(self._reader.frame(content), offset)

    def _checked(self, rows: int, scan: ByteScan, sha256: str, *, regular: bool) -> CsvPart:
        header = self._reader.header
        part = CsvPart(self.path, rows, sha256, header.separator, header.line, scan.quotes)
        self._reader.check(part, regular=regular)
        return part


def _fills_rows(header: Header, frame: pl.DataFrame, scan: ByteScan) -> bool:
    """Whether the rows of a file of which all columns were read are surely as long as the header.

    Reading all columns, Polars fills rows that are too short with nulls and refuses those that are too long, except for
    an empty field at the very end.
    """
    last = frame.get_column(str(len(header.names) - 1))
    return last.null_count() == 0 and scan.last != header.separator.encode()


class CsvFiles(TableFiles):
    """The CSV files of a table, read ``block`` bytes at a time where they are not read at once."""

    part_type = CsvPart

    def __init__(self, paths: Sequence[Path], data: CsvData, block: int = BLOCK_BYTES) -> None:
        super().__init__(paths, data)
        self._csv, self._block = data, block

    @property
    def dependencies(self) -> list[Any]:
        """All that the table depends on besides the files' content, as plain values."""
        return [*super().dependencies, self._csv.separator, self._csv.decimal_comma]

    def larger_than(self, limit: int) -> bool:
        """Whether the files have more bytes when they are unpacked; small ones are not opened to see."""
        sizes = {path: path.stat().st_size for path in self.paths}
        if sum(sizes.values()) * GZIP_RATIO <= limit:
            return False
        return sum(size * (GZIP_RATIO if is_gzip(path) else 1) for path, size in sizes.items()) > limit

    def open(self, forms: dict[str, str]) -> list[CsvFile]:
        """Opens the files from their beginning."""
        headers: list[Header] = []
        for path in self.paths:
            headers.append(read_header(path, self._csv))
            check_columns(headers[-1], self._csv, headers[0] if len(headers) > 1 else None)
        firsts = {name: headers[0].first_value(name) for name in self.roles}
        find_forms(self._csv, self.roles, forms, firsts, partial(self._cells, headers))
        first_time = (firsts.get(self._csv.time or "", ""), self.paths[0].name)
        readers = (CsvReader(header, self._csv, self.roles, forms, first_time) for header in headers)
        return [CsvFile(reader, self._block) for reader in readers]

    def _cells(self, headers: list[Header], names: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        """Columns as text, block by block."""
        for header in headers:
            reader = CsvReader(header, self._csv, dict.fromkeys(names, "text"), {})
            for block in Blocks(header, self._block):
                yield str(header.path), reader.typed(reader.frame(block.content), 0)
