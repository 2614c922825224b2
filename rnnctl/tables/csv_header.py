"""Headers of CSV files: whether a file can be read at all, and whether it has the wanted columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables import limits
from rnnctl.tables.data_files import read_head
from rnnctl.tables.table import asked_columns, missing_column
from rnnctl.tables.text_reading import decoded

if TYPE_CHECKING:
    from rnnctl.sources.csv import CsvData

HEAD_BYTES = 1 << 20
FIELD_LIMIT = 1 << 24
"""Most characters of one cell, so that a quote left open does not swallow the rest of a large file."""
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}


@dataclass(frozen=True, slots=True)
class Header:
    """The first lines of a CSV file.

    Attributes:
        separator: Character between columns.
        names: Column names, in the order of the file.
        line: 1-based line of the last line of the header, by line feeds; the data begins on the next one.
        first: The first row of data, by column name; empty where there is none.
    """

    path: Path
    separator: str
    names: tuple[str, ...]
    line: int
    first: Mapping[str, str]


def read_header(path: Path, data: CsvData) -> Header:
    """Reads column names and the first row of data.

    Raises:
        DataError: There is no such file, or it is a folder, empty, or not text in UTF-8.
    """
    if not data.separator.isascii() or data.separator in '"\r\n\0':
        raise DataError(f"data.separator: {data.separator!r} cannot separate columns; use one such as ',' or ';'")
    head = read_head(path, "CSV", HEAD_BYTES)
    # A last line that is cut off is left out unless it is the only one.
    text = decoded(path, head if len(head) < HEAD_BYTES else head[: head.rfind(b"\n") + 1] or head, "CSV")
    if "\r" in text and "\n" not in text:
        raise DataError(
            f"{path}: lines end in a carriage return alone; save the file with line feeds (Unix or Windows)"
        )
    csv.field_size_limit(FIELD_LIMIT)
    # Lines end in line feeds alone, as where the rows are read: a name may hold a carriage return.
    rows = csv.reader(io.StringIO(text, newline="\n"), delimiter=data.separator)
    try:
        names = next((row for row in rows if row), None)
        line = rows.line_num
        first = next(rows, [])
    except csv.Error as error:
        raise DataError(f"{path}: line {rows.line_num}: not a line of a CSV file ({error}); correct it") from None
    limits.check_columns(path, len(names or ()))
    if names is None:
        raise DataError(f"{path}: the file is empty; expected a line of column names, then rows of numbers")
    return Header(path, data.separator, tuple(names), line, dict(zip(names, first, strict=False)))


def check_columns(header: Header, data: TableData, model: Header) -> None:
    """Checks that every column that the config names stands in the header, once.

    Args:
        model: The header of the first file.

    Raises:
        DataError: A column is missing or stands twice.
    """
    faults = []
    for name, key in asked_columns(data).items():
        times = header.names.count(name)
        if times == 0:
            faults.append(_missing_column(header, model, key, name))
            if len(header.names) == 1 or all(map(is_number, header.names)):
                break  # the whole line is no header, and the first message says so
        elif times > 1:
            faults.append(
                f"{header.path}: line {header.line}: {times} columns are named {name!r}, which data.{key} asks for; "
                f"give each a name of its own"
            )
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
            f"data.{key} asks for {name!r}; add a line of column names"
        )
    return f"{where}: {missing_column((header.path, header.names), (model.path, model.names), key, name)}"


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
