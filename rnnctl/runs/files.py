"""Writing files so that none is ever half there, and every failure of the disk is told. Knows only paths and bytes."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError

_ADVICE = {
    errno.ENOSPC: "free some space, or choose another disk with --out",
    errno.EDQUOT: "your quota is used up; free some space, or choose another disk with --out",
    errno.EACCES: "make it writable, or choose a folder that you may write to with --out",
    errno.EPERM: "make it writable, or choose a folder that you may write to with --out",
    errno.EROFS: "choose a folder on a disk that can be written to with --out",
    errno.ENOENT: "the folder was removed or renamed while the run was writing to it",
    errno.ENOTDIR: "a file stands where a folder is needed; choose another folder with --out",
    errno.EEXIST: "a file stands where a folder is needed; choose another folder with --out",
    errno.ENAMETOOLONG: "choose a shorter path with --out",
}


NOT_OURS = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)
"""What taking apart a file that was edited by hand may raise, whatever stands in it."""


def parse_json(data: bytes) -> Any:
    """JSON as it is read from a run folder; a whole number that no float can hold is infinite.

    Raises:
        ValueError: It is none.
        RecursionError: It is too deeply nested.
    """
    return json.loads(data, parse_int=_whole)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else float(digits)


@contextmanager
def told(action: str, path: Path) -> Iterator[None]:
    """Turns an error of the disk into a RunError that says where, what and what to do.

    Args:
        action: What was being done, such as ``write``.
        path: The file or folder it was done to.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        advice = _ADVICE.get(error.errno or 0, "check the disk, or choose another folder with --out")
        if error.errno in {errno.EACCES, errno.EPERM} and action == "read":
            advice = "you may not read it: change its permissions, or ask whose it is"
        if error.errno == errno.ENOENT and action == "create" and path.parent.is_dir():
            advice = "no such folder can be made there; choose another one with --out"
        raise RunError(f"{path}: cannot {action} it: {reason}; {advice}") from error


def write_all(descriptor: int, data: bytes) -> None:
    """Writes every byte; ``os.write`` may stop early on a disk that is nearly full.

    Raises:
        OSError: As ``os.write``.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_whole(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes a file beside its place, syncs it and renames it there: a reader sees all of it or the old one.

    Args:
        path: The file.
        data: What it is to hold.
        durable: Whether to wait until it is on the disk itself; what can be made again need not be.

    Raises:
        RunError: The disk says no.
    """
    beside = path.with_name(f".{path.name}.partial")
    with told("write", path):
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            try:
                write_all(descriptor, data)
                if durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename last through a power cut, where the file system offers it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class AppendFile:
    """A file that only grows, written in one call a burst and never buffered here.

    Args:
        path: The file; it must not exist yet.
        again: Whether it may exist, because a run goes on.

    Raises:
        RunError: It cannot be created.
    """

    def __init__(self, path: Path, *, again: bool = False) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if again else os.O_EXCL)
        with told("create", path):
            self._descriptor: int | None = os.open(path, flags, 0o666)

    def append(self, data: bytes) -> None:
        """Adds bytes at the end.

        Raises:
            RunError: The disk says no; what was written before stays.
        """
        if self._descriptor is None:
            raise RunError(f"{self.path}: cannot write it: it was closed")
        with told("write", self.path):
            if os.fstat(self._descriptor).st_nlink == 0:  # writing to a file that was removed would go well
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            write_all(self._descriptor, data)

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


class GrowingTable:
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
        self.path, self._begin, self._row = path, len(header), row
        self.rows = 0
        with told("open" if again else "create", path):
            descriptor = os.open(path, os.O_WRONLY | (0 if again else os.O_CREAT | os.O_EXCL), 0o666)
        self._descriptor: int | None = descriptor
        if again:
            self.rows = max(0, os.fstat(descriptor).st_size - self._begin) // row
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
        if self._descriptor is None:
            raise RunError(f"{self.path}: cannot write it: it was closed")
        with told("write", self.path):
            if os.fstat(self._descriptor).st_nlink == 0:  # as in AppendFile
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            view = memoryview(data)
            while view:
                written = os.pwrite(self._descriptor, view, at)
                view, at = view[written:], at + written

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
