"""The rows of a CSV file, all or some, as typed columns; what is wrong is gathered until the file ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars.selectors import by_name

from rnnctl.errors import DataError
from rnnctl.tables.cell_faults import CellFaults
from rnnctl.tables.cells import (
    INTEGER,
    MISSING_WORDS,
    bare,
    parse_booleans,
    parse_dates,
    parse_numbers,
    parse_times,
)
from rnnctl.tables.csv_header import Header
from rnnctl.tables.csv_scan import check_rows, line_numbers, open_quote
from rnnctl.tables.date_forms import NUMBER
from rnnctl.tables.frames import column_of, places

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

Types = Mapping[str, type[pl.DataType]]


class CsvReader:
    """Reads the wanted columns of one CSV file, all at once or block after block.

    Polars parses numbers straight away. Only where that fails are words for missing values and stray spaces
    considered, and only where that fails too is the file gone through row by row to say what is wrong with it.

    Args:
        header: The file's header.
        data: The data section.
        roles: What each wanted column is read as; see `roles`.
        forms: How columns of times and dates are written; see `find_forms`.
        first_time: The first time of all files, as it is written, and the file it stands in.
    """

    def __init__(
        self,
        header: Header,
        data: CsvData,
        roles: Mapping[str, str],
        forms: Mapping[str, str],
        first_time: tuple[str, str] = ("", ""),
    ) -> None:
        self.header = header
        self.forms = forms
        self._data = data
        self._roles = roles
        self._faults = CellFaults(header.path, data, "line", first_time)
        numbers = forms.get(data.time or "") == NUMBER and INTEGER.fullmatch(first_time[0])
        time = pl.Int64 if numbers else pl.String
        known: Types = {"number": pl.Float64, "time": time}
        self._types = {name: known.get(role, pl.String) for name, role in roles.items()}
        self._apart = False
        self._ways: list[Callable[[Path | bytes], pl.DataFrame]] = [
            self._plain,
            self._with_missing_words,
            self._as_text,
        ]

    @property
    def partly(self) -> bool:
        """Whether Polars was not given all columns at once, so that it did not see how long the rows are."""
        return self._apart or len(self._types) < len(self.header.names)

    def frame(self, content: Path | bytes) -> pl.DataFrame:
        """Reads numbers as numbers where that can be done, and all columns as text where it cannot.

        Args:
            content: The file, or the bytes of its header and some rows.

        Returns:
            The wanted columns, each named by its place in the file: Polars would take a name such as ``*`` for a
            pattern, and one that holds a quote for another.

        Raises:
            DataError: The file as a whole is not one of regular rows.
        """
        if self._ends_in_a_quote(content):
            self._leave(len(self._ways) - 1)  # the others would panic where it is the whole of a number's cell
        while True:
            try:
                return self._ways[0](content)
            except pl.exceptions.PolarsError as error:
                if len(self._ways) == 1:
                    raise open_quote(self.header.path, str(error).partition("\n")[0]) from None
            self._leave(1)  # what one block needs, those after it most often need too

    def _leave(self, count: int) -> None:
        """Leaves away the first ways of reading, and looks at every row before the last one."""
        del self._ways[:count]
        if count and len(self._ways) == 1:
            check_rows(self.header)

    def _ends_in_a_quote(self, content: Path | bytes) -> bool:
        """Whether the last cell is a quote, or its last character a separator or line end before a closing quote."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 3))
                content = file.read()
        end = content[-3:].rstrip(b"\r")
        return end[-1:] == b'"' and end[-2:-1] in (self.header.separator.encode(), b"\n")

    def typed(self, frame: pl.DataFrame, offset: int) -> pl.DataFrame:
        """Brings the columns to their kinds, and keeps what cannot be read for `check`.

        Args:
            frame: What `frame` gave.
            offset: Row of the file of the frame's first row.

        Returns:
            The columns as `Table.frame` has them.
        """
        found = {}
        for name, role in self._roles.items():
            column = column_of(frame, self._place(name))
            parsed = found[name] = self._typed(name, column, role, offset)
            self._faults.add_missing(name, parsed, column, offset)
        return pl.DataFrame(found)

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read."""
        return self._faults.any

    def check(self, rows: int, *, quotes: bool, regular: bool) -> None:
        """Tells what is wrong with a file that was read to its end.

        Args:
            rows: How many rows there were.
            quotes: Whether the file holds quote characters.
            regular: Whether it is known that every row has as many fields as the header.

        Raises:
            DataError: Something is.
        """
        if rows == 0:
            raise DataError(
                f"{self.header.path}: the file holds column names and no rows; expected rows of numbers below them"
            )
        if not regular:
            check_rows(self.header)
        self._faults.raise_any(partial(line_numbers, self.header, quotes))

    def _plain(self, content: Path | bytes) -> pl.DataFrame:
        return self._read(content, self._types, ())

    def _with_missing_words(self, content: Path | bytes) -> pl.DataFrame:
        """In columns of text a word for a missing value is a word like others."""
        words = {name: kind for name, kind in self._types.items() if kind == pl.String}
        numbers = {name: kind for name, kind in self._types.items() if name not in words}
        self._apart = bool(numbers and words)
        read = [self._read(content, numbers, MISSING_WORDS)] if numbers else []
        read += [self._read(content, words, ())] if words else []
        return pl.concat(read, how="horizontal")

    def _as_text(self, content: Path | bytes) -> pl.DataFrame:
        return self._read(content, dict.fromkeys(self._types, pl.String), ())

    def _read(self, content: Path | bytes, types: Types, missing: tuple[str, ...]) -> pl.DataFrame:
        wanted = {self._place(name): kind for name, kind in types.items()}
        frame = pl.scan_csv(
            content,
            with_column_names=places,
            separator=self.header.separator,
            schema_overrides=wanted,
            null_values=list(missing) or None,
            decimal_comma=self._data.decimal_comma,
            infer_schema=False,
            raise_if_empty=False,
            glob=False,
        )
        return frame.select(by_name(*wanted)).collect()

    def _place(self, name: str) -> str:
        return str(self.header.names.index(name))

    def _typed(self, name: str, column: pl.Series, role: str, offset: int) -> pl.Series:
        if role == "text":
            return column.set(column == "", None) if (column == "").any() else column
        if role == "time":
            times = parse_times(column, self.forms[name])
            return times.fill_nan(None) if times.dtype.is_float() else times
        if column.dtype == pl.Float64:
            return column.fill_nan(None) if column.is_nan().any() else column
        text = bare(column)
        if role == "boolean":
            parsed = parse_booleans(text)
        elif role == "date":
            parsed = parse_dates(text, self.forms[name])
        else:
            parsed = parse_numbers(text, self._data.decimal_comma).fill_nan(None)
        bad = parsed.is_null() & text.is_not_null()
        self._faults.add_unread(role, name, bad, text, offset)
        return parsed
