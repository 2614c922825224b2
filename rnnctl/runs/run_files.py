"""Reading and writing the files of a run folder: writes are whole or not at all, reads follow no link."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rnnctl.errors import RunError
from rnnctl.util.atomic import replace_file

if TYPE_CHECKING:
    import numpy.typing as npt

_ADVICE = {
    errno.ENOSPC: "free some space, or choose another disk with {option}",
    errno.EDQUOT: "your quota is used up; free some space, or choose another disk with {option}",
    errno.EACCES: "make it writable, or choose a folder that you may write to with {option}",
    errno.EPERM: "make it writable, or choose a folder that you may write to with {option}",
    errno.EROFS: "choose a folder on a disk that can be written to with {option}",
    errno.ENOENT: "the folder was removed or renamed while the run was writing to it",
    errno.ENOTDIR: "a file stands where a folder is needed; choose another folder with {option}",
    errno.EEXIST: "a file stands where a folder is needed; choose another folder with {option}",
    errno.ENAMETOOLONG: "choose a shorter path with {option}",
}

_ADVICE_IN_A_RUN = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT), "free some space, or copy the run's folder to another disk and go on there"
    ),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS),
        "make the run's folder writable, or copy it to where you may write, and use the copy",
    ),
}
"""What to do where a run is there already, whose folder no option chooses any more."""

MALFORMED = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)
"""What parsing a file that was edited by hand may raise, whatever it holds."""

MOST_JSON = 2**26
"""Largest JSON file in a run folder that is read, in bytes."""

BLOCK, FURTHEST = 2**16, 2**20
"""Bytes at the end of a file that are searched first, and bytes beyond which nothing is searched."""


@contextmanager
def disk_errors(action: str, path: Path, option: str = "--out") -> Iterator[None]:
    """Turns an ``OSError`` in the block into a `RunError` that says where, what and what to do.

    Args:
        action: The verb in the message, such as ``write``.
        option: The one that names another place.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        advice = _ADVICE.get(error.errno or 0, "check the disk, or choose another folder with {option}")
        if error.errno in {errno.EACCES, errno.EPERM} and action == "read":
            advice = "you may not read it: change its permissions, or ask whose it is"
        if error.errno == errno.ENOENT and action == "create" and path.parent.is_dir():
            advice = "no such folder can be made there; choose another one with {option}"
        if action != "read" and error.errno in _ADVICE_IN_A_RUN and in_a_run(path):
            advice = _ADVICE_IN_A_RUN[error.errno]
        raise RunError(f"{path}: cannot {action} it: {reason}; {advice.format(option=option)}") from error


def in_a_run(path: Path) -> bool:
    """Whether a path lies in a run's folder."""
    from rnnctl.runs.run_folder import ENVIRONMENT

    with suppress(OSError):
        return any((folder / ENVIRONMENT).is_file() for folder in tuple(path.parents)[:2])
    return False


def write_file(path: Path, data: bytes, *, durable: bool = True, shared: bool = False) -> None:
    """Replaces a file of a run folder, as `replace_file` does.

    Raises:
        RunError: The disk says no.
    """
    with disk_errors("write", path):
        replace_file(path, data, durable=durable, shared=shared)


def write_output(path: Path, data: bytes) -> None:
    """Writes a file that a user named, whole or not at all; a link is followed, and a device or pipe is written to.

    Raises:
        RunError: The disk says no.
    """
    with _output_place(path) as (place, plain):
        if plain:
            replace_file(place, data, durable=False, shared=True)
        else:  # nothing may be renamed over a device such as /dev/stdout
            place.write_bytes(data)


def check_output(path: Path) -> None:
    """Checks, before there is anything to write, that `write_output` could write a file; nothing is left on the disk.

    Raises:
        RunError: It could not.
    """
    with _output_place(path) as (place, plain):
        if plain:
            tempfile.TemporaryFile(dir=place.parent).close()


@contextmanager
def _output_place(path: Path) -> Iterator[tuple[Path, bool]]:
    """Where a path leads, and whether it is a plain file or none; an ``OSError`` of the block is a `RunError`."""
    place = Path(os.path.realpath(path))
    try:
        if place.is_symlink():  # links that lead to each other
            raise OSError(errno.ELOOP, "")
        if place.is_dir():
            raise OSError(errno.EISDIR, "")
        yield place, place.is_file() or not place.exists()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"{path}: cannot write it: {reason}; choose another file") from error


@contextmanager
def open_plain(path: Path) -> Iterator[BinaryIO]:
    """Opens a plain file for reading.

    Raises:
        OSError: It is not there, cannot be read, or is a link or no plain file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:  # a file object takes no folder, and leaves its descriptor open
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path}: this is no plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def remove_tree(path: Path) -> None:
    """Removes a file, or a folder with all in it, and a link rather than what it leads to; may raise ``OSError``."""
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    for inner in sorted(path.iterdir()):
        remove_tree(inner)
    path.rmdir()


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object, whose fields `rnnctl.runs.run_schema` checks.

    Raises:
        RunError: The file cannot be read, or holds no JSON object.
    """
    with disk_errors("read", path), path.open("rb") as file:
        data = file.read(MOST_JSON + 1)
    if len(data) > MOST_JSON:
        raise RunError(f"{path}: this file is larger than any that rnnctl writes; it was changed")
    try:
        return json_object(data)
    except ValueError as error:
        raise RunError(f"{path}: this is not JSON as rnnctl writes it ({error}); the file was changed") from error


def small_json(path: Path) -> dict[str, Any] | None:
    """A JSON object from a plain file of at most ``FURTHEST`` bytes; None where there is no file.

    Raises:
        OSError: It is there and cannot be read.
        ValueError: It holds no JSON object.
    """
    with suppress(FileNotFoundError), open_plain(path) as file:
        return json_object(file.read(FURTHEST + 1))
    return None


def last_json_line(path: Path, holding: bytes = b"") -> dict[str, Any] | None:
    """The last whole line of a growing file that is a JSON object.

    Args:
        holding: Bytes that the line must hold.

    Returns:
        The object; None where there is no file, or no such line within ``FURTHEST`` bytes of its end.

    Raises:
        OSError: The file is there and cannot be read.
    """
    with suppress(FileNotFoundError), open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        for reach in (BLOCK, FURTHEST):
            begin = max(0, size - reach)
            # What follows the last newline is still being written, and the first line may have begun further ahead.
            lines = os.pread(file.fileno(), reach, begin).split(b"\n")[1 if begin else 0 : -1]
            for line in reversed(lines):
                if holding in line:
                    with suppress(ValueError):
                        return json_object(line)
    return None


def arrays_to_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Arrays by name in the safetensors format."""
    import numpy as np
    from safetensors.numpy import save

    return save({name: np.require(array, requirements="C") for name, array in arrays.items()})


def arrays_from_bytes(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """The inverse of `arrays_to_bytes`.

    Raises:
        ValueError: The data is malformed.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return {name: np.asarray(array) for name, array in load(data).items()}
    except (SafetensorError, *MALFORMED) as error:
        raise ValueError(str(error)) from error


def json_object(data: bytes) -> dict[str, Any]:
    """A JSON object; an integer that no float can hold is infinite.

    Raises:
        ValueError: It is none, with the reason in words of our own.
    """
    try:
        fields = json.loads(
            data,
            parse_int=lambda digits: int(digits) if len(digits) < 300 else float(digits),
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise ValueError("it is too deeply nested") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1:,} is no UTF-8") from None
    if not isinstance(fields, dict):
        raise ValueError("it is no JSON object")
    return fields


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")
