"""The wanted columns of a CSV file, as numbers where that is possible, else as text."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from polars.selectors import by_name

from rnnctl.tables.cells import MISSING_WORDS
from rnnctl.tables.csv_header import Header
from rnnctl.tables.csv_scan import check_rows, open_quote
from rnnctl.tables.frames import column_of, places

Types = Mapping[str, type[pl.DataType]]


class CsvReader:
    """Reads the wanted columns of one CSV file, all at once or block by block.

    Polars parses numbers directly. Only where that fails are words for missing values and stray spaces considered, and
    only where that fails too is the file read row by row to say what is wrong with it.

    Args:
        header: The file's header.
        types: Types of the wanted columns: text or numbers.
        decimal_comma: Whether numbers are written 3,14.
    """

    def __init__(self, header: Header, types: Types, *, decimal_comma: bool) -> None:
        self._header, self._decimal_comma = header, decimal_comma
        words = {name: kind for name, kind in types.items() if kind == pl.String}
        others = {name: kind for name, kind in types.items() if kind != pl.String}
        apart: list[tuple[Types, list[str] | None]] = [(others, list(MISSING_WORDS)), (words, None)]
        self._ways: list[list[tuple[Types, list[str] | None]]] = [
            [(types, None)],
            [(kinds, missing) for kinds, missing in apart if kinds],  # in text, such a word is a word like others
            [(dict.fromkeys(types, pl.String), None)],
        ]

    def columns(self, content: Path | bytes) -> dict[str, pl.Series]:
        """Reads numbers as numbers where possible, else all columns as text.

        Args:
            content: The file, or the bytes of its header and some rows.

        Raises:
            DataError: The file as a whole is not one of regular rows.
        """
        if self._ends_in_a_quote(content):
            self._skip_ways(len(self._ways) - 1)  # the others would panic where it is the whole of a number's cell
        while True:
            try:
                return {name: column for part in self._ways[0] for name, column in self._read(content, *part).items()}
            except pl.exceptions.PolarsError as error:
                if len(self._ways) == 1:
                    raise open_quote(self._header.path, str(error).partition("\n")[0]) from None
            self._skip_ways(1)  # what one block needs, those after it most often need too

    def _skip_ways(self, count: int) -> None:
        """Gives up the first ways of reading, and checks every row before the last one."""
        del self._ways[:count]
        if count and len(self._ways) == 1:
            check_rows(self._header)

    def _ends_in_a_quote(self, content: Path | bytes) -> bool:
        """Whether the last cell is a quote, or its last character a separator or line end before a closing quote."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 3))
                content = file.read()
        end = content[-3:].rstrip(b"\r")
        return end[-1:] == b'"' and end[-2:-1] in (self._header.separator.encode(), b"\n")

    def _read(self, content: Path | bytes, types: Types, missing: list[str] | None) -> dict[str, pl.Series]:
        # Polars would take a name such as * for a pattern, and one that holds a quote for another.
        wanted = {name: str(self._header.names.index(name)) for name in types}
        frame = pl.scan_csv(
            content,
            with_column_names=places,
            separator=self._header.separator,
            schema_overrides={wanted[name]: kind for name, kind in types.items()},
            null_values=missing,
            decimal_comma=self._decimal_comma,
            infer_schema=False,
            raise_if_empty=False,
            glob=False,
        )
        read = frame.select(by_name(*wanted.values())).collect()
        return {name: column_of(read, place) for name, place in wanted.items()}
