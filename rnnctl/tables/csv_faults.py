"""Cells that cannot be read, gathered over a whole file, and what is said of them. Parses nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rnnctl.errors import DataError
from rnnctl.tables.bad_cells import BadCells
from rnnctl.tables.cells import FORM, UNREAD, of_words
from rnnctl.tables.csv_header import Header
from rnnctl.tables.csv_scan import line_numbers
from rnnctl.tables.date_forms import NUMBER
from rnnctl.tables.table import SHOWN
from rnnctl.util.format import first_few

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


@dataclass(slots=True)
class CellFaults:
    """What is wrong with the cells of a file.

    Attributes:
        header: The file's header.
        data: The data section.
        first_time: The first time of all files, as it is written, and the file it stands in.
        unread: By role (``number``, ``boolean``, ``date``) and name of the column.
        times: Those of the time column.
        series: Those of the series column.
    """

    header: Header
    data: CsvData
    first_time: tuple[str, str] = ("", "")
    unread: dict[tuple[str, str], BadCells] = field(default_factory=dict)
    times: BadCells = field(default_factory=BadCells)
    series: BadCells = field(default_factory=BadCells)

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.times.count or self.series.count or self.unread)

    def raise_any(self, quotes: bool) -> None:
        """Tells of all columns that hold unreadable cells; else of bad times; else of rows without a series.

        Args:
            quotes: Whether the file holds quote characters.

        Raises:
            DataError: There are some.
        """
        told = [self._unread(role, name, cells, quotes) for (role, name), cells in self.unread.items() if cells.count]
        if told:
            raise DataError("\n".join(told))
        where = f"{self.header.path}: column"
        if self.times.count:
            what = "no time" if self.times.found[0] is None else repr(self.times.found[0][:40])
            raise DataError(
                f"{where} {self.data.time!r}: {self._lines(self.times, quotes)}: found {what}, expected "
                f"{self._time_form()}; rows without a time cannot be ordered: correct or remove them"
            )
        if self.series.count:
            raise DataError(
                f"{where} {self.data.series!r}: {self._lines(self.series, quotes)}: no series is named; correct or "
                f"remove the rows, or set data.series: null"
            )

    def _lines(self, cells: BadCells, quotes: bool) -> str:
        lines = line_numbers(self.header, quotes, cells.rows)
        return ("line " if cells.count == 1 else "lines ") + first_few(map(str, lines), SHOWN, cells.count)

    def _time_form(self) -> str:
        first, file = self.first_time
        if self.data.time_format not in (None, NUMBER):
            return f"a time in the form {self.data.time_format!r} (data.time_format)"
        if file != self.header.path.name:
            return f"a time like that of the first row of {file}, {first!r}"
        if self.times.rows[0] > 0:
            return f"a time like that of the first row, {first!r}"
        return f"a number, or {FORM}"

    def _unread(self, role: str, name: str, cells: BadCells, quotes: bool) -> str:
        lines = line_numbers(self.header, quotes, cells.rows)
        found = [cell or "" for cell in cells.found]
        items = [f"line {line} {cell[:40]!r}" for line, cell in zip(lines, found, strict=True)]
        where = f"{self.header.path}: column {name!r}: {first_few(items, SHOWN, cells.count)}"
        return f"{where}: {UNREAD.get(role) or f'not a number; {self._todo(name, found[0])}'}"

    def _todo(self, name: str, first: str) -> str:
        comma = self.data.decimal_comma
        if "," in first and "." in first:
            return "these look like numbers with a mark between the thousands: remove that mark"
        if not comma and DECIMAL_COMMA.fullmatch(first):
            return "these look like numbers with a decimal comma: set data.decimal_comma: true"
        if comma and "." in first:
            return "these look like numbers with a decimal point: set data.decimal_comma: false"
        return f"correct them, or leave them empty and set data.missing: drop; {of_words(name)}"
