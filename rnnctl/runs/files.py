"""Writing files so that none is ever half there, and every failure of the disk is told. Knows only paths and bytes."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.util.atomic import replace_file

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


def write_whole(path: Path, data: bytes, *, durable: bool = True, shared: bool = False) -> None:
    """Replaces a file of a run folder, as `replace_file` does.

    Args:
        path: The file.
        data: Its new content.
        durable: Whether to wait until it is on the disk itself; what can be made again need not be.
        shared: Whether other processes may write it meanwhile.

    Raises:
        RunError: The disk says no.
    """
    with told("write", path):
        replace_file(path, data, durable=durable, shared=shared)


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
            write_whole(place, data, durable=False, shared=True)
        else:  # a device such as /dev/stdout, which nothing may be renamed over; a folder says no
            with told("write", place), place.open("wb") as file:
                file.write(data)
    except RunError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError):
            raise
        reason = os.strerror(cause.errno) if cause.errno else str(cause)
        raise RunError(f"{path}: cannot write it: {reason}; choose another file") from cause
