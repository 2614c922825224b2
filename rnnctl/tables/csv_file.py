"""CSV files as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.selectors import by_name

from rnnctl.schema.column_names import parts_of
from rnnctl.schema.number_form import NumberForm
from rnnctl.tables.cell_faults import CellFaults
from rnnctl.tables.cells import AS_TEXT, MISSING_WORDS
from rnnctl.tables.csv_blocks import BLOCK_BYTES, read_blocks
from rnnctl.tables.csv_header import Header, check_columns, read_header
from rnnctl.tables.csv_scan import CsvPart, Scan, check_rows, ends_in_a_quote, open_quote, scanned
from rnnctl.tables.frames import column_of, places
from rnnctl.tables.numbers import missing_words
from rnnctl.tables.table import Part
from rnnctl.tables.table_files import Piece, TableFile, TableFiles
from rnnctl.tables.unpacking import is_gzip, is_packed
from rnnctl.tables.wide_columns import labels_of, long_name

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

Types = dict[str, type[pl.DataType]]

GZIP_RATIO = 4
"""Assumed ratio of unpacked to gzipped bytes."""

TEXT_BYTES = 1 << 22
"""Bytes of a block of which text alone is read: the first few often tell the form of dates."""


class CsvFile(TableFile):
    """A CSV file. Where a conversion continues, what was converted before is read again, but not parsed."""

    def __init__(
        self, header: Header, roles: Mapping[str, str], forms: Mapping[str, str], faults: CellFaults, block: int
    ) -> None:
        super().__init__(roles, forms, faults)
        self._header, self._block = header, block
        self._scan = Scan(header)
        self._places = {name: place for place, name in enumerate(header.names)}
        data, roles = faults.data, self.read_roles
        # Polars reads 1.5 and 1,5 alike where it reads decimal commas, so that those are read as text.
        forms_of_numbers = {name: data.number_form(long_name(data, name)) for name in roles}
        plain = {name for name, role in roles.items() if role == "number" and forms_of_numbers[name] == NumberForm()}
        numbers: Types = {name: pl.Float64 for name in roles if name in plain}
        words: Types = {name: pl.String for name in roles if name not in plain}
        # In text, a word for a missing value is a word like others, so that numbers are read apart.
        apart = [(numbers, [*MISSING_WORDS, *missing_words(data.missing_marks)]), (words, None)]
        self._ways: list[list[tuple[Types, list[str] | None]]] = [
            [({**numbers, **words}, None)],
            [(types, missing) for types, missing in apart if types],
            [(dict.fromkeys(roles, pl.String), None)],
        ]

    def columns(self, content: Path | bytes) -> dict[str, pl.Series]:
        """Reads numbers as numbers; else numbers beside words for missing values; else all columns as text.

        Args:
            content: The file, or the bytes of a line of names and some rows.

        Raises:
            DataError: The file as a whole is not one of regular rows.
        """
        if ends_in_a_quote(content, self._header.separator):  # Polars would panic where that is a number's cell
            del self._ways[:-1]
        while True:
            try:
                found = [self._columns(content, types, missing) for types, missing in self._ways[0]]
                return {name: column for part in found for name, column in part.items()}
            except pl.exceptions.PolarsError as error:
                if len(self._ways) == 1:
                    check_rows(self._header)
                    raise open_quote(self.path, str(error).partition("\n")[0]) from None
            del self._ways[0]  # what one block needs, those after it most often need too

    def _columns(self, content: Path | bytes, types: Types, missing: list[str] | None) -> dict[str, pl.Series]:
        # Polars would take a name such as * for a pattern, and one that holds a quote for another.
        wanted = {name: str(self._places[name]) for name in types}
        query = pl.scan_csv(
            content,
            with_column_names=places,
            separator=self._header.separator,
            skip_lines=self._header.skipped if isinstance(content, Path) else 0,
            schema_overrides={wanted[name]: kind for name, kind in types.items()},
            null_values=missing,
            infer_schema=False,
            raise_if_empty=False,
            glob=False,
        )
        frame = query.select(by_name(*wanted.values())).collect()
        return {name: column_of(frame, place) for name, place in wanted.items()}

    def pieces(self) -> Iterator[Piece]:
        """The file's blocks."""
        return read_blocks(self._header, self._block, self._scan, self.columns)

    def read(self) -> tuple[pl.DataFrame, Part]:
        """Reads the whole file at once; one that is gzipped block by block, so that it is never unpacked as a whole.

        So is one in UTF-16, and one of another layout than a line of names and rows of as many fields.
        """
        if is_packed(self.path) or not self._header.plain:
            return super().read()
        with ThreadPoolExecutor(1) as pool:
            scanning = pool.submit(scanned, self._header)
            columns = self.columns(self.path)
            self._scan = scanning.result()
        blank = self._scan.blank_tail
        frame = self.typed({name: column.head(max(0, len(column) - blank)) for name, column in columns.items()}, 0)
        return frame, self.part(frame.height)

    def described(self, rows: int) -> CsvPart:
        """Checks that all rows are as long as the header."""
        header, scan = self._header, self._scan
        if not scan.regular:
            check_rows(header)
        return CsvPart.below(header, rows, scan.sha256, quotes=scan.quotes > 0)


class CsvFiles(TableFiles):
    """The CSV files of a table, read ``block`` bytes at a time where they are not read at once."""

    part_type = CsvPart

    def __init__(self, paths: Sequence[Path], data: CsvData, block: int = BLOCK_BYTES) -> None:
        super().__init__(paths, data)
        self._csv, self._block = data, block
        self._headers: list[Header] = []

    @property
    def dependencies(self) -> list[Any]:
        """All that the table depends on besides the files' content, as plain values."""
        data = self._csv
        return [*super().dependencies, data.separator, data.skip_lines, data.skip_footer, data.comment, data.header]

    def larger_than(self, limit: int) -> bool:
        """Whether the files have more bytes when they are unpacked; small ones are not opened to see."""
        sizes = {path: path.stat().st_size for path in self.paths}
        if sum(sizes.values()) * GZIP_RATIO <= limit:
            return False
        return sum(size * (GZIP_RATIO if is_gzip(path) else 1) for path, size in sizes.items()) > limit

    def checked(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Reads the headers; any column may be text."""
        self._headers = [read_header(path, self._csv.layout) for path in self.paths]
        for header in self._headers:
            check_columns(header, self._csv, self._headers[0])
        return self.roles, self._headers[0].first

    def files(self, roles: Mapping[str, str], forms: Mapping[str, str]) -> list[CsvFile]:
        """The files below their headers."""
        firsts = dict(self._headers[0].first)
        if (wide := self._csv.wide) is not None:
            firsts[wide.names] = labels_of(wide.columns or ("",))[0]
        first = " ".join(firsts.get(part, "") for part in parts_of(self._csv.time))
        first_time = (first, self.paths[0].name)
        block = self._block if {*roles.values()} != {AS_TEXT} else min(self._block, TEXT_BYTES)
        files = []
        for header in self._headers:
            faults = CellFaults(header.path, self._csv, first_time, told=self.told)
            files.append(CsvFile(header, roles, forms, faults, block))
        return files
