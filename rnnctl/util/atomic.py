"""Files that are replaced whole: a reader, or the next process after a crash, sees the old content or the new."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_all(descriptor: int, data: bytes) -> None:
    """Writes every byte; ``os.write`` may stop early on a disk that is nearly full."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(path: Path, data: bytes, *, durable: bool = True, shared: bool = False) -> None:
    """Writes a temporary file in the same folder and renames it to its place. No link is followed.

    Args:
        durable: Whether to wait until the content and the name are on the disk itself.
        shared: Whether other processes may write the file meanwhile; else what a killed process left is written over.

    Raises:
        OSError: The disk says no; the file is as it was.
    """
    # Where others may write beside this process, a name that cannot be guessed is not taken.
    name = f".{path.name[:100]}.{secrets.token_hex(8)}.partial" if shared else f".{path.name}.partial"
    temporary = path.with_name(name)
    try:
        descriptor = create_file(temporary, replace=not shared)
        try:
            write_all(descriptor, data)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if durable:
        with suppress(OSError):
            sync_folder(path.parent)


def create_file(path: Path, *, replace: bool) -> int:
    """Makes a file and opens it for writing; where ``replace`` is set, one that is there, or a link, is removed first.

    Raises:
        OSError: There is one, or the disk says no.
    """
    if replace:
        path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on the disk itself, where the file system offers it.

    Raises:
        OSError: The disk says no.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)
