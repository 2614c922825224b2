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


def write_whole(path: Path, data: bytes, *, durable: bool = True, alone: bool = True) -> None:
    """Writes a file beside its place, syncs it and renames it there: a reader sees all of it or the old one.

    Args:
        path: The file.
        data: What it is to hold.
        durable: Whether to wait until it is on the disk itself; what can be made again need not be.
        alone: Whether no other process writes it meanwhile; then what a killed one left beside is written over.

    Raises:
        RunError: The disk says no.
    """
    beside = path.with_name(f".{path.name}.partial" if alone else f".{path.name[:100]}.{os.getpid()}.partial")
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


def write_output(path: Path, data: bytes) -> None:
    """Writes a file that a user named, over one that is there, whole or not at all: through a link, into a pipe too.

    Args:
        path: The file.
        data: What it is to hold.

    Raises:
        RunError: The disk says no.
    """
    place = path.resolve() if path.is_symlink() else path
    try:
        if place.is_file() or not place.exists():
            write_whole(place, data, durable=False, alone=False)
        else:  # a device such as /dev/stdout, which nothing may be renamed over; a folder says no
            with told("write", place), place.open("wb") as file:
                file.write(data)
    except RunError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError):
            raise
        reason = os.strerror(cause.errno) if cause.errno else str(cause)
        raise RunError(f"{path}: cannot write it: {reason}; choose another file") from cause


def sync_folder(folder: Path) -> None:
    """Makes a rename last through a power cut, where the file system offers it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
