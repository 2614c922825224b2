"""Files of a run folder that only grow: one write call a burst, and nothing buffered here."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.runs.run_files import disk_errors
from rnnctl.util.atomic import write_all


class AppendFile:
    """A file that is appended to. Every method may raise a `RunError` for the disk, or after the file was removed.

    Args:
        path: The file; it must not exist.
        resumed: Whether it may exist, because the run continues.
    """

    _flags = os.O_CREAT | os.O_APPEND

    def __init__(self, path: Path, *, resumed: bool = False) -> None:
        self.path = path
        with disk_errors("create", path):
            flags = os.O_WRONLY | self._flags | (0 if resumed else os.O_EXCL)
            self._descriptor: int | None = os.open(path, flags, 0o666)

    @property
    def _open(self) -> int:
        if self._descriptor is None:
            raise RunError(f"{self.path}: cannot write it: it was closed")
        if os.fstat(self._descriptor).st_nlink == 0:  # it was removed, and writing to it would succeed
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self._descriptor

    def append(self, data: bytes) -> None:
        """Adds bytes at the end."""
        with disk_errors("write", self.path):
            write_all(self._open, data)

    def sync(self) -> None:
        """Waits until everything is on the disk itself."""
        if self._descriptor is not None:
            with disk_errors("write", self.path):
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with disk_errors("close", self.path):
                os.close(descriptor)


class AppendTable(AppendFile):
    """A file of rows of one size after a header.

    Each burst is written where the last whole row ends, so a burst that failed halfway displaces no later row.

    Args:
        path: The file; it must not exist.
        header: What it begins with.
        row: Bytes of a row.
        resumed: Whether it exists with its header, because the run continues.

    Attributes:
        rows: Whole rows in the file.
    """

    _flags = os.O_CREAT

    def __init__(self, path: Path, header: bytes, row: int, *, resumed: bool = False) -> None:
        super().__init__(path, resumed=resumed)
        self._begin, self._row = len(header), row
        self.rows = max(0, os.fstat(self._open).st_size - self._begin) // row if resumed else 0
        if not resumed:
            self.overwrite(header, 0)

    def append(self, data: bytes) -> None:
        """Adds whole rows at the end."""
        self.overwrite(data, self._begin + self.rows * self._row)
        self.rows += len(data) // self._row

    def overwrite(self, data: bytes, at: int) -> None:
        """Writes bytes at an offset."""
        with disk_errors("write", self.path):
            descriptor, view = self._open, memoryview(data)
            while view:
                written = os.pwrite(descriptor, view, at)
                view, at = view[written:], at + written
