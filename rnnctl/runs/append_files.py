"""Files of a run folder that only grow: one write call a burst, and nothing buffered here."""

from __future__ import annotations

import errno
import os
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.runs.run_files import disk_errors, open_plain

CHUNK = 2**24
"""Bytes of rows that are read and checked at a time."""

BLOCK = 2**20
"""Bytes of lines that are read at a time; no line is four times as long."""


class AppendFile:
    """A file that is appended to. Every method may raise a `RunError` for the disk, or after the file was removed.

    Each burst is written where the last whole one ends, so a burst that failed halfway displaces no later one.

    Args:
        path: The file; it must not exist.
        header: What it begins with.
        resumed: Whether it may exist, because the run continues.

    Attributes:
        size: Bytes of the header and of all whole bursts.
    """

    def __init__(self, path: Path, header: bytes = b"", *, resumed: bool = False) -> None:
        self.path = path
        with disk_errors("create", path):
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | (0 if resumed else os.O_EXCL), 0o666)
            self._close = weakref.finalize(self, os.close, self._descriptor)
            self.size = os.fstat(self._descriptor).st_size
        if not self.size:
            self.append(header)

    def append(self, data: bytes) -> None:
        """Adds bytes at the end; of a burst that fails halfway nothing stays."""
        try:
            self.overwrite(data, self.size)
        except RunError:
            if self._close.alive:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def overwrite(self, data: bytes, at: int) -> None:
        """Writes bytes at an offset."""
        with disk_errors("write", self.path):
            view = memoryview(data)
            if not self._close.alive:
                raise RunError(f"{self.path}: cannot write it: it was closed")
            if os.fstat(self._descriptor).st_nlink == 0:  # it was removed, and writing to it would succeed
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            while view:
                written = os.pwrite(self._descriptor, view, at)
                view, at = view[written:], at + written

    def sync(self) -> None:
        """Waits until everything is on the disk itself."""
        with disk_errors("write", self.path):
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        with disk_errors("close", self.path):
            self._close()


def read_rows(path: Path, dtype: np.dtype[Any], begin: int = 0) -> npt.NDArray[Any]:
    """Rows of one size from an offset on, by their steps in the field ``step``; one that was cut off is left out.

    Raises:
        RunError: The file cannot be read, or its steps do not rise.
    """
    data, last = bytearray(), np.iinfo(np.int64).min
    with disk_errors("read", path), open_plain(path) as file:
        file.seek(begin)
        # A few rows at a time: a file that is large without holding rows (gigabytes of zeros) fills no memory.
        while chunk := file.read(max(1, CHUNK // dtype.itemsize) * dtype.itemsize):
            steps = np.frombuffer(chunk, dtype, len(chunk) // dtype.itemsize)["step"]
            if len(steps) and (steps[0] <= last or not (np.diff(steps) > 0).all()):
                raise RunError(f"{path}: its steps do not rise as rnnctl writes them; the file was changed")
            last = steps[-1] if len(steps) else last
            data += chunk
    return np.frombuffer(data, dtype, len(data) // dtype.itemsize)


def whole_blocks(path: Path) -> Iterator[bytes]:
    """Blocks of whole lines; what follows the last newline was cut off, or is still being written.

    A missing file has none.

    Raises:
        RunError: The file cannot be read, or a line is too long.
    """
    if not os.path.lexists(path):
        return
    with disk_errors("read", path), open_plain(path) as file:
        rest = b""
        while data := file.read(BLOCK):
            whole, newline, cut = (rest + data).rpartition(b"\n")
            rest = cut if newline else rest + data
            if newline:
                yield whole + newline
            elif len(rest) > 4 * BLOCK:
                raise RunError(f"{path}: a line is longer than any that rnnctl writes; the file was changed")


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of `whole_blocks`, without their newlines."""
    return (line for block in whole_blocks(path) for line in block.split(b"\n")[:-1])
