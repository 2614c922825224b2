"""CSV files row by row: slowly but exactly, with the lines of each row."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from rnnctl.errors import DataError
from rnnctl.tables.text_reading import not_utf8
from rnnctl.tables.unpacking import unpacked
from rnnctl.util.encoding import UTF8_MARK

LINE_END = "\r\n"
FIELD_LIMIT = 1 << 24
"""Most characters of one cell, so that a quote left open does not swallow the rest of a large file."""
_REASONS = {
    "new-line": "a carriage return stands in a cell without quotes",
    "field limit": f"a cell has more than {FIELD_LIMIT:,} characters",
    "": "its cells cannot be told apart",
}
"""What is wrong with a row, by a word of Python's own error."""


class RowError(Exception):
    """What is no row of a CSV file.

    Attributes:
        line: The line on which it was noticed.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class Row(NamedTuple):
    """A row of a CSV file: its first and its last 1-based line, and its fields; an empty line has none."""

    begin: int
    end: int
    fields: list[str]


def numbered_rows(lines: Iterator[tuple[int, str]], separator: str, comment: str) -> Iterator[Row]:
    """Cuts lines into rows, without those that are comments.

    Lines end in line feeds alone: a name may hold a carriage return.

    Raises:
        RowError: A line is none of a CSV file.
    """
    csv.field_size_limit(FIELD_LIMIT)
    pulled: list[int] = []

    def kept() -> Iterator[str]:
        inside = 0
        for number, line in lines:
            if comment and not inside and line.startswith(comment):
                continue
            inside ^= line.count('"') & 1
            pulled.append(number)
            yield line

    reader = csv.reader(kept(), delimiter=separator)
    while True:
        pulled.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = next(ours for word, ours in _REASONS.items() if word in str(error))
            raise RowError(pulled[0], reason) from None
        yield Row(pulled[0], pulled[-1], fields)


def without_footer(lines: Iterable[tuple[int, str]], footer: int) -> Iterator[tuple[int, str]]:
    """Numbered lines without the last ``footer`` ones that are not empty."""
    held, filled = deque[tuple[int, str]](), 0
    for line in lines:
        held.append(line)
        filled += bool(line[1].strip(LINE_END))
        while filled > footer or (held and not footer):
            first = held.popleft()
            filled -= bool(first[1].strip(LINE_END))
            yield first


def scan_rows(
    path: Path, separator: str, header_line: int, comment: str = "", footer: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Reads the rows of data slowly but exactly; for files that something is wrong with.

    Yields:
        The 1-based line on which the row begins, and its fields; an empty line has none.

    Raises:
        DataError: A line is not UTF-8, or its quotes do not close.
    """

    def lines() -> Iterator[tuple[int, str]]:
        with unpacked(path) as file:
            for number, raw in enumerate(file, start=1):
                if number <= header_line:
                    continue
                try:
                    yield number, (raw.removeprefix(UTF8_MARK) if number == 1 else raw).decode()
                except UnicodeDecodeError as error:
                    raise DataError(not_utf8(path, number, raw[error.start])) from None

    try:
        for row in numbered_rows(without_footer(lines(), footer), separator, comment):
            yield row.begin, row.fields
    except RowError as error:
        line = error.line
        raise DataError(f"{path}: line {line}: not a row of a CSV file ({error}); is a quote left open?") from None
