"""Cells that cannot be read, collected while a file is read piece by piece, and the messages about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import NEXT
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import FORM, UNREAD
from rnnctl.tables.combined_columns import numbers_periods
from rnnctl.tables.date_forms import NUMBER, TIME_LABELS
from rnnctl.tables.number_advice import todo
from rnnctl.tables.table import SHOWN, Part
from rnnctl.util.format import cut, first_few

_HOUR_25 = re.compile(r"[T ]25([:.]00)*$")
_FURTHER = re.compile(r" (?:25|49|50|9[7-9]|100)$")
MISSING = "missing"
"""Stands for the role where cells of the time and series columns are missing."""


class UnreadCellsError(DataError):
    """Cells of a table that cannot be read as its config says."""


@dataclass(slots=True)
class BadCells:
    """Cells of one column that cannot be read: their number, and the first few by 0-based row."""

    count: int = 0
    found: dict[int, Any] = field(default_factory=dict)


@dataclass(slots=True)
class CellFaults:
    """Cells of a file that cannot be read, and cells of the time and series columns that are missing.

    Attributes:
        first_time: The first time of all files as it is written and the name of its file; empty where it is typed.
        cells: By role (see `roles`; or `MISSING`) and name of the column.
        read: Role and name of each column of which a cell was read.
        told: Takes a sentence about each column whose cells cannot be read and are taken as missing; they are an error
            where it is None.
    """

    path: Path
    data: TableData
    first_time: tuple[str, str] = ("", "")
    cells: dict[tuple[str, str], BadCells] = field(default_factory=dict)
    read: set[tuple[str, str]] = field(default_factory=set)
    told: list[str] | None = None

    def add(self, role: str, name: str, bad: pl.Series, text: pl.Series, offset: int) -> None:
        """Adds the cells of a column where ``bad`` is true; ``offset`` is the file's row of the first of them."""
        rows = bad.arg_true()
        if len(rows):
            cells = self.cells.setdefault((role, name), BadCells())
            cells.count += len(rows)
            shown = rows.head(SHOWN - len(cells.found))
            found = text.gather(shown).cast(pl.String)  # Python has no dates after the year 9999
            cells.found |= {offset + row: cell for row, cell in zip(shown, found, strict=True)}
        if len(rows) < len(text) - text.null_count():
            self.read.add((role, name))

    def raise_any(self, part: Part) -> None:
        """Raises the faults of all columns that hold unreadable cells; else those of missing times and series.

        Args:
            part: The rows of the file.
        """
        unread: list[str] = []
        missing: list[str] = []
        every = sorted({row for cells in self.cells.values() for row, _ in part.in_file(list(cells.found))})
        places = dict(zip(every, part.places(every), strict=True))  # at once: a file may be read for them
        for (role, name), cells in self.cells.items():
            rows = [row for row, _ in part.in_file(list(cells.found))]
            at = [str(places[row]) for row in rows]
            what = (
                self._missing(name, cells, part, at) if role == MISSING else self._unread(role, name, cells, part, at)
            )
            sentence = f"{self.path}: column {name!r}: {what}"
            if role == MISSING or self.data.time is None or (MISSING, self.data.time) in self.cells:
                sentence += _at_end(rows, cells, part)
            (missing if role == MISSING else unread).append(sentence)
        if self.told is not None:
            self.told += unread
        elif unread:
            raise UnreadCellsError("\n".join(unread))
        if missing:
            raise DataError("\n".join(missing))

    def _missing(self, name: str, cells: BadCells, part: Part, at: Sequence[str]) -> str:
        lines = dict.fromkeys(at)  # one may be several rows of the table
        count = max(len(lines), -(-cells.count // part.each))
        where = f"{part.word}{'' if count == 1 else 's'} {first_few(lines, SHOWN, count)}"
        if name != self.data.time:
            return f"{where}: no series is named; fill in or remove the rows, or set data.series: null"
        row, cell = next(iter(cells.found.items()))
        found = "no time" if cell is None else repr(str(cell)[:40])
        todo = "rows without a time cannot be ordered: correct or remove them"
        if cell == name:
            todo = "the names of the columns stand there again: remove these lines"
        none = (MISSING, name) not in self.read and row == 0 and cell is not None
        if none and self.data.time_format is not None:
            todo = "no cell is in this form: correct data.time_format, or leave it out"
        elif cell is not None and _HOUR_25.search(str(cell)):
            todo = (
                "hours that are counted to 25 where clocks are put back are not read: write the times with their "
                "offset from UTC, such as 2023-10-29T02:00+01:00"
            )
        elif _FURTHER.search(str(cell)) and numbers_periods(parts_of(name)[-1]):
            todo = (
                "the day on which clocks are put back has more periods than others, which have no time of their own: "
                "remove these lines"
            )
        elif none:
            todo = (
                f"no cell is read: write them as {TIME_LABELS}, set data.time_format, or set data.time: null to keep "
                f"the order of the file"
            )
        return f"{where}: found {found}, expected {self._expected_time(row)}; {todo}"

    def _expected_time(self, row: int) -> str:
        if self.data.time_format not in (None, NUMBER):
            return f"a time in the form {str(self.data.time_format).replace(NEXT, ' ')!r} (data.time_format)"
        first, file = self.first_time
        if row == 0 and file in ("", self.path.name):
            return f"a number, or {FORM}"
        return "a time like that of the first row" + (f" of {file}, {first!r}" if file else "")

    def _unread(self, role: str, name: str, cells: BadCells, part: Part, at: Sequence[str]) -> str:
        found = list(map(str, cells.found.values()))
        wide = () if self.data.wide is None or name != self.data.wide.values else self.data.wide.columns or ()
        under = [f" under {cut(wide[at], 40)!r}" if wide else "" for _, at in part.in_file(list(cells.found))]
        each = zip(at, found, under, strict=True)
        items = [f"{part.word} {place} {cell[:40]!r}{column}" for place, cell, column in each]
        what = UNREAD.get(role) or f"not a number; {todo(self.data, name, found, alone=(role, name) not in self.read)}"
        if self.told is not None:
            what = what.partition("; ")[0] + "; taken as missing"
        return f"{first_few(items, SHOWN, cells.count)}: {what}"


def _at_end(rows: Sequence[int], cells: BadCells, part: Part) -> str:
    """What else to do where all of the cells are in the last rows of a file, which may be no rows."""
    number, stop = len(set(rows)), part.height
    if cells.count != len(cells.found) or number > stop // 2 or stop < 3 or min(rows) != stop - number:
        return ""
    return part.footer_advice(min(rows))
