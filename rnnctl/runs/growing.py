"""Files of a run that only grow, a burst at a time, and say so where the disk does not take it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.runs.files import told
from rnnctl.util.atomic import write_all


class _OpenFile:
    """A file that stays open for writing.

    Args:
        path: The file.
        flags: How it is opened, besides for writing.
        action: What to call that in a message.

    Raises:
        RunError: It cannot be opened.
    """

    def __init__(self, path: Path, flags: int, action: str) -> None:
        self.path = path
        with told(action, path):
            self._descriptor: int | None = os.open(path, os.O_WRONLY | flags, 0o666)

    @property
    def _open(self) -> int:
        """The descriptor of a file that is still there.

        Raises:
            RunError: It was closed.
            OSError: It was removed: writing to it would go well.
        """
        if self._descriptor is None:
            raise RunError(f"{self.path}: cannot write it: it was closed")
        if os.fstat(self._descriptor).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self._descriptor

    def sync(self) -> None:
        """Waits until everything is on the disk itself.

        Raises:
            RunError: The disk says no.
        """
        if self._descriptor is not None:
            with told("write", self.path):
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Closes the file; a second time does nothing."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with told("close", self.path):
                os.close(descriptor)


class AppendFile(_OpenFile):
    """A file that only grows, written in one call a burst and never buffered here.

    Args:
        path: The file; it must not exist yet.
        again: Whether it may exist, because a run goes on.

    Raises:
        RunError: It cannot be created.
    """

    def __init__(self, path: Path, *, again: bool = False) -> None:
        super().__init__(path, os.O_CREAT | os.O_APPEND | (0 if again else os.O_EXCL), "create")

    def append(self, data: bytes) -> None:
        """Adds bytes at the end.

        Raises:
            RunError: The disk says no; what was written before stays.
        """
        with told("write", self.path):
            write_all(self._open, data)


class GrowingTable(_OpenFile):
    """A file of rows of one size after a header, written in one call a burst and never buffered here.

    Each burst is written where the last whole row ends, so that one that failed halfway leaves no row out of place.

    Args:
        path: The file; it must not exist yet.
        header: What it begins with.
        row: Bytes of a row.
        again: Whether it is there with its header, because a run goes on.

    Attributes:
        rows: Whole rows in the file.

    Raises:
        RunError: It cannot be created or opened.
    """

    def __init__(self, path: Path, header: bytes, row: int, *, again: bool = False) -> None:
        super().__init__(path, 0 if again else os.O_CREAT | os.O_EXCL, "open" if again else "create")
        self._begin, self._row = len(header), row
        self.rows = 0
        if again:
            self.rows = max(0, os.fstat(self._open).st_size - self._begin) // row
        else:
            self.overwrite(header, 0)

    def append(self, data: bytes) -> None:
        """Adds whole rows at the end.

        Raises:
            RunError: The disk says no; what was written before stays.
        """
        self.overwrite(data, self._begin + self.rows * self._row)
        self.rows += len(data) // self._row

    def overwrite(self, data: bytes, at: int) -> None:
        """Writes bytes at a place.

        Raises:
            RunError: The disk says no.
        """
        with told("write", self.path):
            descriptor, view = self._open, memoryview(data)
            while view:
                written = os.pwrite(descriptor, view, at)
                view, at = view[written:], at + written
