"""CSV files byte by byte: whether rows are regular, and where they are faulty."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnctl.errors import DataError
from rnnctl.tables.csv_header import CsvLayout, Header, looks_like_data, read_header
from rnnctl.tables.csv_rows import RowError, numbered_rows, scan_rows
from rnnctl.tables.table import SHOWN, Part
from rnnctl.tables.unpacking import fingerprint, unpacked
from rnnctl.util.encoding import UTF8_MARK
from rnnctl.util.format import counted, first_few

CHUNK_BYTES = 1 << 18


def ends_in_a_quote(content: Path | bytes, separator: str) -> bool:
    """Whether the last cell is a quote, or its last character a separator or line end before a closing quote."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 3))
            content = file.read()
    end = content[-3:].rstrip(b"\r")
    return end[-1:] == b'"' and end[-2:-1] in (separator.encode(), b"\n")


def open_quote(path: Path, otherwise: str = "a row has no end") -> DataError:
    """The error for a quote that is opened and never closed, with its line; or for what else is wrong with quotes."""
    opened, first = odd_quotes(path)
    if opened:
        reason = f"line {opened}: a quote is opened and never closed; close it"
    elif first:
        reason = (
            f"near line {first}: quotes do not pair up; put a cell that holds a quote in quotes, and double its own"
        )
    else:
        reason = otherwise
    return DataError(f"{path}: the file cannot be read as CSV: {reason}")


def odd_quotes(path: Path) -> tuple[int | None, int | None]:
    """The 1-based line on which a quote is opened that no later line closes, and the first with an odd number."""
    opened = first = None
    with unpacked(path) as file:
        for number, line in enumerate(file, start=1):
            if line.count(b'"') % 2:
                opened = number if opened is None else None
                first = first or number
    return opened, first


class Scan:
    """Scans a file's bytes chunk by chunk: whether every line has as many separators as there are columns.

    In a regular file every ``fields``-th one of the separators and line ends outside quotes is a line end, and no other
    is. A broken rhythm may be a false alarm (an empty line).

    Attributes:
        quotes: Number of quote characters.
        sha256: Fingerprint of the file, once it was scanned to its end.
    """

    def __init__(self, header: Header) -> None:
        self._period = header.separator.encode() * (len(header.names) - 1) + b"\n"
        self._others = bytes(set(range(256)) - set(self._period))
        self._rhythm = b""
        self.quotes, self.sha256 = 0, ""
        self._marks = 0
        self._line_ends = 0  # at the end so far; they count only where something follows
        self._so_far = True
        self._rows = False

    def feed(self, chunk: bytes) -> None:
        """Scans the next bytes."""
        if not self._rows or chunk[-1] in b"\r\n" or self._line_ends:
            bare = chunk.rstrip(b"\r\n")
            line_ends = chunk.count(b"\n", len(bare))
            if not bare:
                self._line_ends += line_ends
                return
            self._rows = True
            chunk, self._line_ends = b"\n" * self._line_ends + bare, line_ends
        count = chunk.count(b'"')
        found = _outside_quotes(chunk, self.quotes % 2) if self.quotes or count else chunk
        found = found.translate(None, self._others)
        fields = len(self._period)
        if len(self._rhythm) < len(found) + fields:
            self._rhythm = self._period * (len(found) // fields + 2)
        self._so_far = self._so_far and self._rhythm.startswith(found, self._marks % fields)
        self.quotes += count
        self._marks += len(found)

    @property
    def regular(self) -> bool:
        """Whether all lines are regular, apart from empty ones at the end."""
        return self._so_far and self._marks % len(self._period) == len(self._period) - 1

    @property
    def blank_tail(self) -> int:
        """Number of empty lines at the end of the file."""
        return max(0, self._line_ends - (1 if self._rows else 0))


def scanned(header: Header) -> Scan:
    """Scans all rows of a file."""
    scan = Scan(header)
    with unpacked(header.path) as file:
        for chunk in bytes_below(file, header, CHUNK_BYTES):
            scan.feed(chunk)
        scan.sha256 = fingerprint(file)
    return scan


def bytes_below(file: io.BufferedIOBase, header: Header, size: int) -> Iterator[bytes]:
    """The bytes of the rows below the header, about ``size`` at a time, without comments and the footer."""
    chunks = _below_line(file, header.line, size)
    if header.footer:
        chunks = _without_footer(chunks, header.footer)
    if header.comment:
        chunks = _without_comments(chunks, header.comment.encode())
    return filter(None, chunks)


def _below_line(file: io.BufferedIOBase, line: int, size: int) -> Iterator[bytes]:
    left, mark = line, b"" if line else UTF8_MARK
    while chunk := file.read(size):
        start, mark = len(mark) if mark and chunk.startswith(mark) else 0, b""
        while left and (end := chunk.find(b"\n", start) + 1):
            start, left = end, left - 1
        yield b"" if left else chunk[start:]


def _without_footer(chunks: Iterator[bytes], lines: int) -> Iterator[bytes]:
    """The bytes without the last lines, empty ones not counted."""
    held = b""
    for chunk in chunks:
        rows = held + chunk
        end = len(rows)
        for _ in range(lines):
            while end and rows[end - 1] in b"\r\n":
                end -= 1
            end = rows.rfind(b"\n", 0, end) + 1
        yield rows[:end]
        held = rows[end:]


def _without_comments(chunks: Iterator[bytes], mark: bytes) -> Iterator[bytes]:
    """The bytes without the lines that begin with a mark outside of quotes."""
    rest, inside = b"", 0
    for chunk in chunks:
        kept, lines = [], (rest + chunk).split(b"\n")
        rest = lines.pop()
        for line in lines:
            if inside or not line.startswith(mark):
                kept.append(line + b"\n")
                inside ^= line.count(b'"') & 1
        yield b"".join(kept)
    if inside or not rest.startswith(mark):
        yield rest


def _outside_quotes(chunk: bytes, before: int) -> bytes:
    """The bytes of a chunk outside quotes; ``before`` is 1 where it begins inside, else 0."""
    array = np.frombuffer(chunk, dtype=np.uint8)
    inside = (np.cumsum(array == ord('"'), dtype=np.uint8) + np.uint8(before)) & 1
    outside: bytes = array[inside == 0].tobytes()
    return outside


@dataclass(frozen=True, slots=True)
class CsvPart(Part):
    """The rows of a CSV file.

    Attributes:
        separator: Character between columns.
        header_line: 1-based last line of the header.
        quotes: Whether the file holds quote characters; without them a row is a line.
        comment: What lines begin with that are no rows; empty where there are none.
    """

    word: ClassVar[str] = "line"
    separator: str
    header_line: int
    quotes: bool
    comment: str = ""

    @classmethod
    def below(cls, header: Header, rows: int, sha256: str = "", *, quotes: bool) -> CsvPart:
        """The rows below a header."""
        return cls(header.path, rows, sha256, header.separator, header.line, quotes, header.comment)

    def places(self, rows: Sequence[int]) -> list[int]:
        """The 1-based lines on which 0-based rows begin."""
        if not (self.quotes or self.comment) or not rows:
            return [row + self.header_line + 1 for row in rows]
        lines = (line for line, _ in scan_rows(self.path, self.separator, self.header_line, self.comment))
        found = dict(zip(range(max(rows) + 1), lines, strict=False))
        return [found[row] for row in rows]

    def footer_advice(self, row: int) -> str:
        """The key that leaves the row and those below out."""
        return _footer_advice(self.path, self.places([row])[0])


def _footer_advice(path: Path, line: int) -> str:
    """What to do where a 1-based line and those below are no rows."""
    with unpacked(path) as file:
        below = sum(1 for number, raw in enumerate(file, start=1) if number >= line and raw.strip(b"\r\n"))
    return f"; if the table ends above line {line} (a source or a total below it), set data.skip_footer: {below}"


def rows_of_footer(path: Path, layout: CsvLayout) -> Iterator[tuple[int, str]]:
    """The lines that are left out at the end of a file and look like rows: their 1-based numbers, and themselves."""
    header = read_header(path, layout)
    first = [header.first.get(name, "") for name in header.names]
    with unpacked(path) as file:
        filled = ((number, raw) for number, raw in enumerate(file, start=1) if raw.strip(b"\r\n"))
        last = deque(filled, maxlen=header.footer)
    for number, raw in last:
        line = raw.decode(errors="replace").rstrip("\r\n")
        with suppress(RowError):
            for row in numbered_rows(iter([(number, line)]), header.separator, header.comment):
                if len(row.fields) == len(header.names) and looks_like_data(row.fields, [first]):
                    yield number, line


def check_rows(header: Header) -> None:
    """Checks that every row has as many fields as the header.

    Raises:
        DataError: Some have not, perhaps because a quote is left open; or the file is not well-formed text.
    """
    expected = len(header.names)
    ragged, before, below = [], 0, 0  # rows above the first ragged one, and regular ones below it
    for line, fields in scan_rows(header.path, header.separator, header.line, header.comment, header.footer):
        if fields and len(fields) != expected:
            ragged.append((line, len(fields)))
        elif fields:
            before, below = (before, below + 1) if ragged else (before + 1, below)
    if not ragged:
        return
    if odd_quotes(header.path)[0]:
        raise open_quote(header.path)
    shown = first_few((f"line {line} has {fields}" for line, fields in ragged), SHOWN)
    raise DataError(
        f"{header.path}: the header has {counted(expected, 'field')}, but {shown}; "
        f"correct {'that line' if len(ragged) == 1 else 'those lines'}, or quote text that holds a {header.separator!r}"
        + (
            _footer_advice(header.path, ragged[0][0])
            if before > 1 and below <= len(ragged) <= min(before, SHOWN)
            else ""
        )
    )
