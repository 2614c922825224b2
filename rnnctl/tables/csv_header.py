"""Headers of CSV files: whether a file can be read at all, and whether it has the wanted columns."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables import limits
from rnnctl.tables.cells import MISSING_WORDS
from rnnctl.tables.csv_rows import LINE_END, Row, RowError, numbered_rows, without_footer
from rnnctl.tables.data_files import read_head
from rnnctl.tables.date_forms import forms_of
from rnnctl.tables.table import asked_columns, missing_column, missing_faults
from rnnctl.tables.text_reading import decoded
from rnnctl.util.format import counted, listed

HEAD_BYTES = 1 << 20
MOST_ROWS = 200
"""Rows that are looked at to see where the columns are."""
_FEW = 20
_DIGITS = 9
_NUMBER = re.compile(r"[-+]?\d[\d.,']*")
_MISSING = ("", "-", *MISSING_WORDS)
SAYS_SEPARATOR = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)
"""A first line that Excel takes for the separator."""
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """How a CSV file is laid out, by keys of the config.

    Attributes:
        separator: Character between columns.
        skip_lines: Lines at the top that are no part of the table.
        skip_footer: Lines at the end that are no part of the table.
        comment: What lines begin with that are left out.
        header: Whether the first line names the columns, or their names.
        whys: Where it is a guess, the reason of each key that is not its default, by its name.
    """

    separator: str = ","
    skip_lines: int = 0
    skip_footer: int = 0
    comment: str | None = None
    header: bool | tuple[str, ...] = True
    whys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """The first lines of a CSV file.

    Attributes:
        separator: Character between columns.
        names: Column names, in the order of the file.
        line: 1-based line of the last line of the header, by line feeds; the data begins on the next one.
        first: The first row of data, by column name; empty where there is none.
        skipped: Lines above the header that are no part of the table.
        footer: Lines at the end that are no part of the table, empty ones not counted.
        comment: What lines begin with that are left out; empty where there are none.
        plain: Whether one row of names stands above the rows, with as many fields, and nothing else is left out.
        like_data: Whether the line of names is more likely a first row.
    """

    path: Path
    separator: str
    names: tuple[str, ...]
    line: int
    first: Mapping[str, str]
    skipped: int = 0
    footer: int = 0
    comment: str = ""
    plain: bool = True
    like_data: bool = False


def read_header(path: Path, layout: CsvLayout) -> Header:
    """Reads column names and the first row of data.

    Raises:
        DataError: There is no such file, or it is a folder, empty, or not text in UTF-8.
    """
    if not layout.separator.isascii() or layout.separator in '"\r\n\0':
        raise DataError(f"data.separator: {layout.separator!r} cannot separate columns; use one such as ',' or ';'")
    head = read_head(path, "CSV", HEAD_BYTES)
    # A last line that is cut off is left out unless it is the only one.
    text = decoded(path, head if len(head) < HEAD_BYTES else head[: head.rfind(b"\n") + 1] or head, "CSV")
    if "\r" in text and "\n" not in text:
        raise DataError(
            f"{path}: lines end in a carriage return alone; save the file with line feeds (Unix or Windows)"
        )
    lines = list(enumerate(io.StringIO(text, newline="\n"), start=1))
    skipped = _skipped(path, lines, layout)
    footer = layout.skip_footer if len(head) < HEAD_BYTES else 0
    rows = numbered_rows(without_footer(lines[skipped:], footer), layout.separator, layout.comment or "")
    try:
        found = [row for row in islice(rows, MOST_ROWS) if row.fields]
    except RowError as error:
        raise DataError(f"{path}: line {error.line}: not a line of a CSV file ({error}); correct it") from None
    if not found:
        keys = [f"data.{key}" for key in ("skip_lines", "skip_footer", "comment") if getattr(layout, key)]
        leave = "leaves" if len(keys) == 1 else "leave"
        fault = f"{listed(keys, 'and')} {leave} no line of the file" if keys else "the file is empty"
        raise DataError(f"{path}: {fault}; expected a line of column names, then rows of numbers")
    limits.check_columns(path, len(found[0].fields))
    top = found[0] if layout.header is True else None
    below = found[1:] if top else found
    names = _names(path, layout, found[0], below)
    line = top.end if top else found[0].begin - 1
    plain = top is not None and len(top.fields) == len(names) and layout.comment is None and not layout.skip_footer
    first = below[0].fields if below else []
    like_data = top is not None and looks_like_data(top.fields, [row.fields for row in below])
    values = dict(zip(names, first, strict=False))
    comment = layout.comment or ""
    return Header(path, layout.separator, names, line, values, skipped, layout.skip_footer, comment, plain, like_data)


def _skipped(path: Path, lines: Sequence[tuple[int, str]], layout: CsvLayout) -> int:
    """How many lines stand above the table; one that says how columns are separated is among them."""
    said = SAYS_SEPARATOR.fullmatch(lines[0][1]) if lines else None
    if said and said[1] != layout.separator:
        raise DataError(
            f"{path}: line 1: {lines[0][1].rstrip(LINE_END)!r} says how the columns are separated; set data.separator: "
            f"{json.dumps(said[1])}"
        )
    return max(layout.skip_lines, 1 if said else 0)


def _names(path: Path, layout: CsvLayout, top: Row, below: Sequence[Row]) -> tuple[str, ...]:
    """The columns' names, one for each field of a row: those without get one."""
    widths = {len(row.fields) for row in below}
    given = layout.header if isinstance(layout.header, tuple) else [""] * len(top.fields)
    names = list(top.fields if layout.header is True else given)
    if below and widths == {len(names) + 1}:
        if all(row.fields[-1] == "" for row in below):  # each row ends in a separator
            names = [*names, ""]
        elif layout.header is True and "" not in names:  # names of the rows stand before the columns
            names = ["", *names]
    if layout.header is not True and len(names) != len(top.fields):
        raise DataError(
            f"{path}: line {top.begin} has {counted(len(top.fields), 'field')}, and data.header names "
            f"{counted(len(names), 'column')}; name all of them, in the order of the file"
        )
    own = {place: f"column_{place + 1}" for place, name in enumerate(names) if name == ""}
    taken = set(names)
    return tuple(own[place] if place in own and own[place] not in taken else name for place, name in enumerate(names))


def looks_like_data(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a line of names is more likely a first row: of the same kinds as those below, and no count of columns."""
    numbers = [name.strip() for name in names if is_number(name)]
    whole = [int(name) for name in numbers if name.isdecimal() and len(name) < _DIGITS]
    counted = len(whole) == len(numbers) > 1 and all(after == before + 1 for before, after in pairwise(whole))
    if not rows or counted or _named_again(names, rows):  # 0, 1, 2 or 2019, 2020, 2021
        return False
    told, dated, seen, unseen = 0, False, False, False
    for place, name in enumerate(names):
        cells = [row[place].strip() for row in rows if place < len(row)]
        cells = [cell for cell in cells if cell not in _MISSING]
        if not cells or name.strip() in _MISSING:
            continue
        if (kind := kind_of(name.strip())) != "word":
            told, dated = told + 1, dated or kind == "date"
            if any(kind_of(cell) != kind for cell in cells[:_FEW]):
                return False
        elif name.strip() not in cells:  # as a name is, or a text that occurs once
            if len(set(cells)) < len(cells):
                return False
            unseen = True
        else:
            seen = len(names) > 1
    return dated or seen or (told > 0 and not unseen)


def _named_again(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a line of words stands again below, and over numbers or dates, as names do at the top of each page."""
    if any(kind_of(name.strip()) != "word" for name in names):
        return False
    others = [row for row in rows if [*row] != [*names]]
    plain = (kind_of(cell.strip()) != "word" for row in others for cell in row)
    return 0 < len(others) < len(rows) and sum(plain) >= len(others)


def kind_of(text: str) -> str:
    """What a cell without spaces around is: a ``date``, a ``number`` in whichever form, or a ``word``."""
    if forms_of(text):
        return "date"
    return "number" if is_number(text) or _NUMBER.fullmatch(text) else "word"


def check_columns(header: Header, data: TableData, model: Header) -> None:
    """Checks that every column that the config names stands in the header, once.

    Args:
        model: The header of the first file.

    Raises:
        DataError: A column is missing or stands twice.
    """
    asked, found = asked_columns(data), Counter(header.names)
    missing = [name for name in asked if not found[name]]
    if len(header.names) == 1 or all(map(is_number, header.names)):
        missing = missing[:1]  # the whole line is no header, and the first message says so
    faults = missing_faults(header.path, missing, lambda name: _missing_column(header, model, asked[name], name))
    faults += [
        f"{header.path}: line {header.line}: {found[name]} columns are named {name!r}, which data.{key} asks for; "
        f"give each a name of its own, in the file or by data.header (a list of all names) with "
        f"data.skip_lines: {header.line}"
        for name, key in asked.items()
        if found[name] > 1
    ]
    if faults:
        raise DataError("\n".join(faults))


def _missing_column(header: Header, model: Header, key: str, name: str) -> str:
    where = f"{header.path}: line {header.line}"
    if len(header.names) == 1:
        only = header.names[0]
        for separator, word in SEPARATORS.items():
            if separator != header.separator and separator in only:
                return (
                    f"{where}: one column {only[:80]!r} was found, with {word} in it, where data.{key} asks for "
                    f"{name!r}; if the columns are separated by {word}, set data.separator: {json.dumps(separator)}"
                )
    if all(is_number(field) for field in header.names):
        return (
            f"{where}: the first line holds numbers ({', '.join(header.names)[:80]}), not column names, where "
            f"data.{key} asks for {name!r}; add a line of column names, or set data.header to a list of all names"
        )
    return f"{where}: {missing_column((header.path, header.names), (model.path, model.names), key, name)}"


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
