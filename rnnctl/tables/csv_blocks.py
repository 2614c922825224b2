"""CSV files block by block: bytes cut at the ends of rows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import polars as pl

from rnnctl.tables.csv_header import Header
from rnnctl.tables.csv_scan import Scan, bytes_below, open_quote
from rnnctl.tables.date_form_search import Columns
from rnnctl.tables.frames import places
from rnnctl.tables.table_files import Piece
from rnnctl.tables.unpacking import bytes_read, fingerprint, unpacked

BLOCK_BYTES = 1 << 24
"""Bytes read at a time."""
OPEN_BYTES = 1 << 28
"""Bytes without the end of a row after which a quote is taken to be left open."""


def read_blocks(header: Header, size: int, scan: Scan, parse: Callable[[bytes], Columns]) -> Iterator[Piece]:
    """Reads a CSV file's rows, about ``size`` bytes at a time and one block ahead; all bytes go through ``scan``.

    Args:
        parse: Reads the bytes of the header and of some rows, without empty lines at the end of the file.

    Raises:
        DataError: The file is gzipped and damaged, or a quote is left open.
    """
    with ThreadPoolExecutor(1) as pool:
        blocks = _cut(header, size, scan, parse)
        coming = pool.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield block


def _cut(header: Header, size: int, scan: Scan, parse: Callable[[bytes], Columns]) -> Iterator[Piece]:
    top = header.separator.join(places(header.names)).encode() + b"\n"
    rest, end, crc = b"", 0, zlib.crc32(repr(header.names).encode())
    with unpacked(header.path) as file:
        for chunk in bytes_below(file, header, size):
            scan.feed(chunk)
            rest += chunk
            cut = rows_end(rest)
            if cut:
                rows, rest = rest[:cut], rest[cut:]
                end, crc = end + cut, zlib.crc32(rows, crc)
                yield Piece(end, crc, bytes_read(file), partial(parse, top + rows))
            elif len(rest) > OPEN_BYTES and rest.strip(b"\r\n"):
                raise open_quote(header.path)
        scan.sha256 = fingerprint(file)
        if rest.strip(b"\r\n"):
            yield Piece(end + len(rest), zlib.crc32(rest, crc), bytes_read(file), partial(parse, top + rest))


def text_rows(header: Header, rows: bytes, most: int) -> pl.DataFrame:
    """Some rows, ``most`` at most, as text, with columns named by their places."""
    return pl.scan_csv(
        header.separator.join(places(header.names)).encode() + b"\n" + rows,
        separator=header.separator,
        infer_schema=False,
        n_rows=most,
        truncate_ragged_lines=True,
        raise_if_empty=False,
    ).collect()


def rows_end(content: bytes) -> int:
    """The position after the last row that is whole and not empty; 0 where there is none.

    ``content`` begins with a row. A row ends at a line end before which there is an even number of quotes.
    """
    end = content.rfind(b"\n") + 1
    odd = content.count(b'"', 0, end) % 2
    while odd and end:
        before = content.rfind(b"\n", 0, end - 1) + 1
        odd ^= content.count(b'"', before, end) % 2
        end = before
    while end and content[end - 1] in b"\r\n":
        end -= 1
    return content.index(b"\n", end) + 1 if end else 0
