"""Going through a CSV file byte by byte or row by row: its fingerprint, and where it is faulty. Makes no table."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnnctl.config.table_schema import CsvData
from rnnctl.data.csv_header import Header, not_utf8
from rnnctl.errors import DataError

CHUNK_BYTES = 1 << 18
SHOWN = 10


@dataclass(frozen=True, slots=True)
class ByteFacts:
    """What the bytes of a file say.

    Attributes:
        sha256: Fingerprint, in hexadecimal.
        quotes: Whether there are quote characters.
        blank_tail: Number of empty lines at the end of the file.
    """

    sha256: str
    quotes: bool
    blank_tail: int


def scan_bytes(path: Path) -> ByteFacts:
    """Reads a file once, in chunks."""
    digest = hashlib.sha256()
    quotes, tail = False, b""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            quotes = quotes or b'"' in chunk
            tail = chunk if len(chunk) == CHUNK_BYTES else (tail + chunk)[-CHUNK_BYTES:]
    end = tail.replace(b"\r", b"")
    return ByteFacts(digest.hexdigest(), quotes, max(0, len(end) - len(end.rstrip(b"\n")) - 1))


def odd_quotes(path: Path) -> int | None:
    """The 1-based line on which a quote is opened that no later line closes; None where all are closed."""
    opened = None
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.count(b'"') % 2:
                opened = number if opened is None else None
    return opened


def is_regular(path: Path, separator: str, fields: int) -> bool:
    """Whether every line has as many separators as there are columns; False may be a false alarm (an empty line).

    In a regular file the separators and line ends outside quotes follow each other in a fixed rhythm: every
    ``fields``-th one is a line end, and no other is.

    Args:
        path: The file.
        separator: The character between columns, in ASCII.
        fields: Number of columns.
    """
    period = separator.encode() * (fields - 1) + b"\n"
    rhythm = period * (CHUNK_BYTES // fields + 2)
    others = bytes(set(range(256)) - set(period))
    quotes, marks = 0, 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            count = chunk.count(b'"')
            found = (_outside_quotes(chunk, quotes % 2) if quotes or count else chunk).translate(None, others)
            if not rhythm.startswith(found, marks % fields):
                return False
            quotes += count
            marks += len(found)
    return marks % fields in (0, fields - 1)


def _outside_quotes(chunk: bytes, before: int) -> bytes:
    """What of a chunk stands outside quotes; ``before`` is 1 where it begins inside, else 0."""
    array = np.frombuffer(chunk, dtype=np.uint8)
    inside = (np.cumsum(array == ord('"'), dtype=np.uint8) + np.uint8(before)) & 1
    outside: bytes = array[inside == 0].tobytes()
    return outside


def scan_rows(data: CsvData, header: Header) -> Iterator[tuple[int, list[str]]]:
    """Goes through the rows of data, slowly but exactly; for files that something is wrong with.

    Args:
        data: The data section.
        header: The file's header.

    Yields:
        The 1-based line on which the row begins, and its fields; an empty line has none.

    Raises:
        DataError: A line is not UTF-8, or its quotes do not close.
    """

    def lines() -> Iterator[str]:
        with data.path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if number <= header.line:
                    continue
                try:
                    yield raw.decode()
                except UnicodeDecodeError as error:
                    raise DataError(not_utf8(data.path, number, raw[error.start])) from None

    reader = csv.reader(lines(), delimiter=data.separator)
    while True:
        line = header.line + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"{data.path}: line {line}: not a row of a CSV file ({error}); is a quote left open?"
            ) from None
        yield line, fields


def check_rows(data: CsvData, header: Header) -> None:
    """Checks that every row has as many fields as the header.

    Raises:
        DataError: Some have not, or the file is not well-formed text.
    """
    expected = len(header.names)
    ragged = [(line, len(fields)) for line, fields in scan_rows(data, header) if fields and len(fields) != expected]
    if not ragged:
        return
    shown = listed([f"line {line} has {counted(fields, 'field')}" for line, fields in ragged])
    raise DataError(
        f"{data.path}: {shown} where the header has {expected}; "
        f"correct {'that line' if len(ragged) == 1 else 'those lines'}, or quote text that holds a {data.separator!r}"
    )


def line_numbers(data: CsvData, header: Header, facts: ByteFacts, rows: Iterable[int]) -> list[int]:
    """The lines of the file on which some rows begin.

    Args:
        data: The data section.
        header: The file's header.
        facts: What the file's bytes say; without quotes a row is a line.
        rows: 0-based rows of data.
    """
    wanted = [int(row) for row in rows]
    if not facts.quotes:
        return [row + header.line + 1 for row in wanted]
    found: dict[int, int] = {}
    left = set(wanted)
    for row, (line, _) in enumerate(scan_rows(data, header)):
        if row in left:
            found[row] = line
            left.discard(row)
            if not left:
                break
    return [found[row] for row in wanted]


def listed(items: Sequence[str], total: int | None = None) -> str:
    """Joins the first few items, and says how many there are where that is more."""
    total = len(items) if total is None else total
    text = ", ".join(items[:SHOWN])
    return text if total <= SHOWN else f"{text}, … ({total:,} in all)"


def counted(count: int, word: str) -> str:
    """Says "1 row", "2 rows"."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
