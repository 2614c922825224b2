"""The ends of files that another process may be writing: no link is followed, nothing is locked, and little is read.

Knows only paths and bytes.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnctl.runs.files import parse_json

BLOCK = 2**16
"""Bytes that are read at a time from a file's end."""

FURTHEST = 2**20
"""Bytes from a file's end beyond which nothing is looked for."""


@contextmanager
def opened_plain(path: Path) -> Iterator[int]:
    """Opens a plain file for reading.

    Yields:
        Its descriptor.

    Raises:
        OSError: It is not there, cannot be read, or is a link or no plain file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path}: this is no plain file")
        yield descriptor
    finally:
        os.close(descriptor)


def small_json(path: Path) -> dict[str, Any] | None:
    """A JSON object from a plain file of a megabyte at most; None where there is none.

    Raises:
        OSError: It is there and cannot be read.
        ValueError: It is not a JSON object.
    """
    try:
        with opened_plain(path) as descriptor:
            data = os.read(descriptor, FURTHEST + 1)
    except FileNotFoundError:
        return None
    try:
        fields = parse_json(data)
    except RecursionError as error:
        raise ValueError("too deeply nested") from error
    if not isinstance(fields, dict):
        raise ValueError("no JSON object")
    return fields


def last_line(path: Path, holding: bytes = b"") -> dict[str, Any] | None:
    """The last whole line that is a JSON object.

    Args:
        path: A file of JSON lines, growing or cut off.
        holding: Bytes that the line must hold.

    Returns:
        The object; None where there is no file, or no such line within ``FURTHEST`` bytes of its end.

    Raises:
        OSError: The file is there and cannot be read.
    """
    try:
        with opened_plain(path) as descriptor:
            for line in _lines_backwards(descriptor):
                if holding in line and (fields := _as_object(line)) is not None:
                    return fields
    except FileNotFoundError:
        pass
    return None


def _as_object(line: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _lines_backwards(descriptor: int) -> Iterator[bytes]:
    """Whole lines, the last one first; what follows the last newline is still being written."""
    begin = end = os.fstat(descriptor).st_size
    rest = b""
    whole = False
    while begin > 0 and end - begin < FURTHEST:
        size = min(BLOCK, begin)
        begin -= size
        lines = (os.pread(descriptor, size, begin) + rest).split(b"\n")
        rest = lines[0]
        for line in reversed(lines[1:]):
            if whole:
                yield line
            whole = True
    if begin == 0 and whole:
        yield rest
