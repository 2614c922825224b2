"""Cells that cannot be read, collected while a file is read piece by piece, and the messages about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import FORM, UNREAD, of_words
from rnnctl.tables.date_forms import NUMBER
from rnnctl.tables.table import SHOWN
from rnnctl.util.format import first_few

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


@dataclass(slots=True)
class BadCells:
    """Cells of one column that cannot be read: their number, and 0-based rows and content of the first few."""

    count: int = 0
    rows: list[int] = field(default_factory=list)
    found: list[str | None] = field(default_factory=list)

    def add(self, bad: pl.Series, text: pl.Series, offset: int) -> None:
        """Adds the cells where ``bad`` is true; see `CellFaults.add_unread`."""
        rows = bad.arg_true()
        self.count += len(rows)
        new = rows.head(SHOWN - len(self.rows))
        self.rows += [offset + row for row in new.to_list()]
        self.found += [None if cell is None else str(cell) for cell in text.gather(new).to_list()]


@dataclass(slots=True)
class CellFaults:
    """Cells of a file that cannot be read, and cells of the time and series columns that are missing.

    Attributes:
        word: What a place in the file is called: ``line`` or ``row``.
        decimal_comma: Whether numbers are written 3,14.
        first_time: The first time of all files as it is written and the name of its file; empty where it is typed.
        unread: By role (see `roles`) and name of the column.
        missing: By name of the column.
    """

    path: Path
    data: TableData
    word: str
    decimal_comma: bool = False
    first_time: tuple[str, str] = ("", "")
    unread: dict[tuple[str, str], BadCells] = field(default_factory=dict)
    missing: dict[str, BadCells] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether there is a fault."""
        return bool(self.unread or self.missing)

    def add_unread(self, role: str, name: str, bad: pl.Series, text: pl.Series, offset: int) -> None:
        """Adds the cells of a column where ``bad`` is true; ``offset`` is the file's row of the first of them."""
        if bad.any():
            self.unread.setdefault((role, name), BadCells()).add(bad, text, offset)

    def add_missing(self, name: str, parsed: pl.Series, text: pl.Series, offset: int) -> None:
        """Adds the cells that are null once they are parsed where the column is that of times or series."""
        if name in (self.data.time, self.data.series) and parsed.null_count():
            self.missing.setdefault(name, BadCells()).add(parsed.is_null(), text, offset)

    def raise_any(self, places: Callable[[Sequence[int]], list[int]]) -> None:
        """Raises the faults of all columns that hold unreadable cells; else those of missing times and series.

        Args:
            places: From 0-based rows to places in the file.
        """
        messages = [self._unread(*key, cells, places(cells.rows)) for key, cells in self.unread.items()]
        messages = messages or [self._missing(name, cells, places(cells.rows)) for name, cells in self.missing.items()]
        if messages:
            raise DataError("\n".join(messages))

    def _missing(self, name: str, cells: BadCells, places: Sequence[int]) -> str:
        at = ("" if cells.count == 1 else "s") + " " + first_few(map(str, places), SHOWN, cells.count)
        where = f"{self.path}: column {name!r}: {self.word}{at}"
        if name != self.data.time:
            return f"{where}: no series is named; correct or remove the rows, or set data.series: null"
        found = "no time" if cells.found[0] is None else repr(cells.found[0][:40])
        return (
            f"{where}: found {found}, expected {self._expected_time(cells)}; rows without a time cannot be ordered: "
            f"correct or remove them"
        )

    def _expected_time(self, cells: BadCells) -> str:
        if self.data.time_format not in (None, NUMBER):
            return f"a time in the form {self.data.time_format!r} (data.time_format)"
        first, file = self.first_time
        if cells.rows[0] == 0 and file in ("", self.path.name):
            return f"a number, or {FORM}"
        return "a time like that of the first row" + (f" of {file}, {first!r}" if file else "")

    def _unread(self, role: str, name: str, cells: BadCells, places: Sequence[int]) -> str:
        found = [cell or "" for cell in cells.found]
        items = [f"{self.word} {place} {cell[:40]!r}" for place, cell in zip(places, found, strict=True)]
        what = UNREAD.get(role) or f"not a number; {self._todo(name, found[0])}"
        return f"{self.path}: column {name!r}: {first_few(items, SHOWN, cells.count)}: {what}"

    def _todo(self, name: str, first: str) -> str:
        if "," in first and "." in first:
            return "these look like numbers with a mark between the thousands: remove that mark"
        if not self.decimal_comma and DECIMAL_COMMA.fullmatch(first):
            return "these look like numbers with a decimal comma: set data.decimal_comma: true"
        if self.decimal_comma and "." in first:
            return "these look like numbers with a decimal point: set data.decimal_comma: false"
        return f"correct them, or leave them empty and set data.missing: drop; {of_words(name)}"
