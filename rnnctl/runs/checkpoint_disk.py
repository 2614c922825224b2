"""The calls that a checkpoint makes to the operating system; a test replaces them by ones that fail or die."""

from __future__ import annotations

import errno
import os
from pathlib import Path

CHUNK = 2**24
"""Bytes written in one call."""

_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


class Disk:
    """Makes, syncs, renames and removes. Every method may raise ``OSError``.

    Attributes:
        cancelled: Whether writing is abandoned; set from any thread.
    """

    cancelled = False

    def make_folder(self, path: Path) -> None:
        """Makes a folder; its parent must exist and it must not."""
        path.mkdir()

    def create(self, path: Path) -> int:
        """Makes an empty file, which must not exist, and returns its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Writes some of the data and returns how many bytes; fewer than all on a disk that is nearly full."""
        if self.cancelled:
            raise OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Waits until a file's bytes are on the disk itself."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Closes a file."""
        os.close(descriptor)

    def sync_folder(self, path: Path) -> None:
        """Waits until the names in a folder are on the disk itself, where the file system offers it."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise
        finally:
            os.close(descriptor)

    def rename(self, path: Path, to: Path) -> None:
        """Renames a folder."""
        path.rename(to)

    def remove(self, path: Path) -> None:
        """Removes a file."""
        path.unlink()

    def remove_folder(self, path: Path) -> None:
        """Removes an empty folder."""
        path.rmdir()


def write_synced(disk: Disk, path: Path, data: bytes) -> None:
    """Makes a file with these bytes and waits until they are on the disk itself; may raise ``OSError``."""
    descriptor = disk.create(path)
    try:
        view = memoryview(data)
        while view:
            view = view[disk.write(descriptor, view[:CHUNK]) :]
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)


def remove_tree(disk: Disk, folder: Path) -> None:
    """Removes a folder and the files in it, and a link rather than what it leads to; may raise ``OSError``."""
    if folder.is_symlink() or not folder.is_dir():
        disk.remove(folder)
        return
    for path in sorted(folder.iterdir()):
        remove_tree(disk, path)
    disk.remove_folder(folder)
