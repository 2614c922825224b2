"""The wanted columns of a CSV file, typed; what cannot be read is collected until the file ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
    parse_numbers,
    parse_times,
    without_nan,
)
from rnnctl.tables.csv_header import Header
from rnnctl.tables.csv_scan import CsvPart, check_rows, open_quote
from rnnctl.tables.date_forms import NUMBER, parse_dates
from rnnctl.tables.frames import column_of, places

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

Types = Mapping[str, type[pl.DataType]]


class CsvReader:
    """Reads the wanted columns of one CSV file, all at once or block by block.

    Polars parses numbers directly. Only where that fails are words for missing values and stray spaces considered, and
    only where that fails too is the file read row by row to say what is wrong with it.

    Args:
        header: The file's header.
        roles: Roles of the wanted columns; see `roles`.
        forms: Forms of times and dates; see `find_forms`.
        first_time: The first time of all files as it is written, and the name of its file.
    """

    def __init__(
        self,
        header: Header,
        data: CsvData,
        roles: Mapping[str, str],
        forms: Mapping[str, str],
        first_time: tuple[str, str] = ("", ""),
    ) -> None:
        self.header, self.forms = header, forms
        self._data, self._roles = data, roles
        self._faults = CellFaults(header.path, data, CsvPart.word, first_time)
        numbers = forms.get(data.time or "") == NUMBER and INTEGER.fullmatch(first_time[0])
        known: Types = {"number": pl.Float64, "time": pl.Int64 if numbers else pl.String}
        types = {name: known.get(role, pl.String) for name, role in roles.items()}
        words = {name: kind for name, kind in types.items() if kind == pl.String}
        others = {name: kind for name, kind in types.items() if kind != pl.String}
        apart: list[tuple[Types, list[str] | None]] = [(others, list(MISSING_WORDS)), (words, None)]
        self._ways: list[list[tuple[Types, list[str] | None]]] = [
            [(types, None)],
            [(kinds, missing) for kinds, missing in apart if kinds],  # in text, such a word is a word like others
            [(dict.fromkeys(types, pl.String), None)],
        ]

    @property
    def partly(self) -> bool:
        """Whether Polars did not read all columns at once, and so did not see the length of the rows."""
        return len(self._ways[0]) > 1 or len(self._roles) < len(self.header.names)

    def frame(self, content: Path | bytes) -> pl.DataFrame:
        """Reads numbers as numbers where possible, else all columns as text.

        Args:
            content: The file, or the bytes of its header and some rows.

        Returns:
            The wanted columns, each named by its place in the file: Polars would take a name such as ``*`` for a
            pattern, and one that holds a quote for another.

        Raises:
            DataError: The file as a whole is not one of regular rows.
        """
        if self._ends_in_a_quote(content):
            self._skip_ways(len(self._ways) - 1)  # the others would panic where it is the whole of a number's cell
        while True:
            try:
                return pl.concat([self._read(content, *part) for part in self._ways[0]], how="horizontal")
            except pl.exceptions.PolarsError as error:
                if len(self._ways) == 1:
                    raise open_quote(self.header.path, str(error).partition("\n")[0]) from None
            self._skip_ways(1)  # what one block needs, those after it most often need too

    def _skip_ways(self, count: int) -> None:
        """Gives up the first ways of reading, and checks every row before the last one."""
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

    def _read(self, content: Path | bytes, types: Types, missing: list[str] | None) -> pl.DataFrame:
        wanted = {self._place(name): kind for name, kind in types.items()}
        frame = pl.scan_csv(
            content,
            with_column_names=places,
            separator=self.header.separator,
            schema_overrides=wanted,
            null_values=missing,
            decimal_comma=self._data.decimal_comma,
            infer_schema=False,
            raise_if_empty=False,
            glob=False,
        )
        return frame.select(by_name(*wanted)).collect()

    def _place(self, name: str) -> str:
        return str(self.header.names.index(name))

    def typed(self, frame: pl.DataFrame, offset: int) -> pl.DataFrame:
        """Converts what `frame` returned to the columns of `Table.frame`; `check` raises what cannot be read.

        ``offset`` is the file's row of the frame's first row.
        """
        found = {}
        for name, role in self._roles.items():
            column = column_of(frame, self._place(name))
            parsed = found[name] = self._typed(name, column, role, offset)
            self._faults.add_missing(name, parsed, column, offset)
        return pl.DataFrame(found)

    def _typed(self, name: str, column: pl.Series, role: str, offset: int) -> pl.Series:
        if role == "text":
            return column.set(column == "", None) if (column == "").any() else column
        if role == "time":
            return without_nan(parse_times(column, self.forms[name]))
        if column.dtype == pl.Float64:
            return without_nan(column)
        text = bare(column)
        if role == "boolean":
            parsed = parse_booleans(text)
        elif role == "date":
            parsed = parse_dates(text, self.forms[name])
        else:
            parsed = without_nan(parse_numbers(text, self._data.decimal_comma))
        self._faults.add_unread(role, name, parsed.is_null() & text.is_not_null(), text, offset)
        return parsed

    @property
    def faulty(self) -> bool:
        """Whether a cell could not be read."""
        return self._faults.any

    def check(self, part: CsvPart, *, regular: bool) -> None:
        """Raises what is wrong with a file that was read to its end.

        ``regular`` says that every row is known to have as many fields as the header.
        """
        if part.rows == 0:
            raise DataError(
                f"{self.header.path}: the file holds column names and no rows; expected rows of numbers below them"
            )
        if not regular:
            check_rows(self.header)
        self._faults.raise_any(part.places)
