"""Tables of typed columns as files hold them, and the places of their rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from rnnctl.schema.column_names import parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.wide_columns import wide_names
from rnnctl.util.format import counted
from rnnctl.util.suggest import named, nearest

if TYPE_CHECKING:
    from rnnctl.tables.stored_columns import Pages

SHOWN = 10
"""Places named in a message before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one file.

    Attributes:
        rows: Number of rows.
        sha256: Fingerprint of the file, in hexadecimal.
        each: Rows of the table for each row of the file; see `long_columns`.
        spans: For each row of the file the first of its wide columns that is a row, and how many are; empty where all
            are.
    """

    word: ClassVar[str] = "row"
    """What a place in the file is called."""
    path: Path
    rows: int
    sha256: str
    each: int = field(default=1, kw_only=True)
    spans: Sequence[Sequence[int]] = field(default=(), kw_only=True)

    def places(self, rows: Sequence[int]) -> list[int]:
        """The 1-based places in the file of 0-based rows."""
        return [row + 1 for row in rows]

    @property
    def height(self) -> int:
        """Rows of the file."""
        return len(self.spans) or self.rows // self.each

    def in_file(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        """The 0-based rows of the file that rows of the table are of, each with the place of its wide column."""
        if not self.spans:
            return [divmod(row, self.each) for row in rows]
        first, counts = np.array(self.spans, dtype=np.int64).T
        ends = np.cumsum(counts)
        found = np.searchsorted(ends, rows, side="right")
        columns = first[found] + rows - (ends - counts)[found]
        return list(zip(found.tolist(), columns.tolist(), strict=True))

    def footer_advice(self, row: int) -> str:
        """What to do where the 0-based row and all below are no rows; empty where only the file can be changed."""
        return ""

    def to_json(self) -> dict[str, Any]:
        """The part as plain values, without the path."""
        plain = asdict(self)
        del plain["path"]
        return plain


@dataclass(frozen=True, slots=True)
class Table:
    """The wanted columns of a file or of several, one after the other.

    Attributes:
        frame: The columns `table_columns`, in the files' order. By ``data.column(name).kind``: numbers in float64 and
            never NaN; booleans; tokens as strings; dates as dates or datetimes; each null where missing. The time
            column is integers, floats, dates or datetimes, the series and split columns are strings; none of them is
            ever null, but for the split column.
        parts: The rows of each file.
        forms: Forms of times and dates that are text, by column; see ``date_forms``.
        pages: Memory of the columns that are mapped, by column.
    """

    data: TableData
    frame: pl.DataFrame
    parts: tuple[Part, ...]
    forms: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, Pages] = field(default_factory=dict)

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """SHA-256 of each file, by its path."""
        return {str(part.path): part.sha256 for part in self.parts}

    def lines(self, rows: Iterable[int]) -> str:
        """The places of 0-based rows: "line 4", "lines 4, 9 and 10 more", "b.csv line 4, c.csv lines 2, 3"."""
        rows = [int(row) for row in rows]
        named = len(self.parts) > 1 or self.parts[0].path != self.data.path
        stops = list(accumulate(part.rows for part in self.parts))
        found = []
        for name, part, stop in zip(self._names(), self.parts, stops, strict=True):
            inside = [row - stop + part.rows for row in rows[:SHOWN] if stop - part.rows <= row < stop]
            if inside:
                one = len(inside) == 1 and (len(rows) == 1 or named)
                word = part.word + ("" if one else "s")
                lines = [row for row, _ in part.in_file(inside)]
                lines = list(dict.fromkeys(lines)) if part.each > 1 else lines
                places = ", ".join(str(place) for place in part.places(lines))
                found.append(f"{name} {word} {places}" if named else f"{word} {places}")
        text = ", ".join(found)
        return text if len(rows) <= SHOWN else f"{text} and {len(rows) - SHOWN:,} more"

    def release(self, name: str) -> None:
        """Lets the system take back the memory of a mapped column; what is read again is loaded again."""
        if name in self.pages:
            self.pages[name].release()

    def _names(self) -> list[str]:
        """Paths of the files below a common folder."""
        common = os.path.commonpath([part.path.parent for part in self.parts])
        return [str(part.path.relative_to(common)) for part in self.parts]


def asked_columns(data: TableData) -> dict[str, str]:
    """Names of the columns of a file that a config wants, and the first key that asks for each."""
    found = dict(long_columns_asked(data))
    names = wide_names(data, found)
    return {name: found.get(name, "wide.columns") for name in names}


def long_columns_asked(data: TableData) -> dict[str, str]:
    """The same, with a column of names and one of values in place of wide ones."""
    found: dict[str, str] = {}
    for key, name in _wanted(data):
        for part in parts_of(name):
            found.setdefault(part, key)
    return found


def table_columns(data: TableData) -> list[str]:
    """Names of the columns of `Table.frame`, in their order; see `Combined`."""
    return list(dict.fromkeys(name for _, name in _wanted(data)))


def _wanted(data: TableData) -> Iterator[tuple[str, str]]:
    """The columns of a table with the keys that ask for them."""
    roles = [("time", data.time), ("series", data.series), ("split.column", data.split.column)]
    yield from ((key, name) for key, name in roles if name is not None)
    targets = set(data.target)
    yield from (("target" if name in targets else "features", name) for name in data.seen)
    yield from (("target", name) for name in data.target)
    yield from (("known", name) for name in data.known or ())


MISSING_SHOWN = 20
"""Columns that a file lacks and that are told one by one, with the nearest name of a column that there is."""


def missing_faults(path: Path, missing: Sequence[str], told: Callable[[str], str]) -> list[str]:
    """What is told of the columns that a file lacks: a sentence about each of the first, and how many more."""
    more = len(missing) - MISSING_SHOWN
    rest = [f"{path}: {counted(more, 'more column')} that the config names cannot be found"] if more > 0 else []
    return [*map(told, missing[:MISSING_SHOWN]), *rest]


def missing_column(file: tuple[Path, Sequence[str]], model: tuple[Path, Sequence[str]], key: str, name: str) -> str:
    """The message that a file lacks a column.

    Args:
        file: The file's path and columns.
        model: Those of the first file.
        key: Key of the data section that asks for the column.
        name: The column.
    """
    near = nearest(name, file[1])
    columns = named(file[1])
    path, others = model
    if path == file[0]:
        meant = f"did you mean {near!r}?" if near else f"add it to the file, or correct data.{key}"
        return f"there is no column {name!r}, which data.{key} asks for; the columns are {columns}; {meant}"
    fault = f"there is no column {name!r}, which data.{key} asks for and {path.name} has; the columns are {columns}"
    if near and near not in others:
        return f"{fault}; is {near!r} the same? name it alike in all files"
    return f"{fault}; give all files the same columns, or leave this one out of data.path"
