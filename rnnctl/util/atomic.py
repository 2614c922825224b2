"""Files that are replaced whole: a reader, or the next process after a crash, sees the old content or the new."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path


def write_all(descriptor: int, data: bytes) -> None:
    """Writes every byte; ``os.write`` may stop early on a disk that is nearly full."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(path: Path, data: bytes, *, durable: bool = True, shared: bool = False) -> None:
    """Writes a temporary file in the same folder and renames it to its place.

    Args:
        durable: Whether to wait until the content and the name are on the disk itself.
        shared: Whether other processes may write the file meanwhile; else what a killed process left is written over.

    Raises:
        OSError: The disk says no; the file is as it was.
    """
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.partial" if shared else f".{path.name}.partial")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
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
