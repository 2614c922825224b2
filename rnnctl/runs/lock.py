"""The lock of a run folder: one process at a time writes it.

It is the operating system's own lock on the file ``.lock``, so it ends with its process however that ends; the file
stays and names the last holder. A reader that only asks holds it for an instant.
"""

from __future__ import annotations

import json
import os
import platform
import time
import weakref
from contextlib import suppress
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.runs.run_files import MALFORMED, disk_errors, open_plain
from rnnctl.util.locks import try_lock

LOCK = ".lock"

_MOST = 1000
"""Bytes of the file that are read."""

PATIENCE = 0.5
"""Seconds that a writer waits for a reader that only asks."""


class RunLock:
    """The exclusive right to write a run folder, until `release` or the end of the process.

    Attributes:
        release: Gives up the lock; a second call does nothing. `undo` does too.

    Raises:
        RunError: Another process, or another run of this one, holds it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = path = folder / LOCK
        with disk_errors("create", path):
            there = os.path.lexists(path)
            self._descriptor = descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
            self._before = os.pread(descriptor, _MOST, 0) if there else None
        self.release = weakref.finalize(self, os.close, descriptor)
        try:
            self._acquire(descriptor, folder, path)
        except BaseException:  # whoever keeps the error keeps this object too
            self.release()
            raise

    def _acquire(self, descriptor: int, folder: Path, path: Path) -> None:
        until = time.monotonic() + PATIENCE
        while not try_lock(descriptor):
            if time.monotonic() > until:
                who = _holder(path)
                raise RunError(f"{folder}: {who} is training this run now; wait for its end, or end it, and try again")
            time.sleep(0.02)
        if os.fstat(descriptor).st_nlink == 0:  # whoever held it took the file away again
            raise RunError(f"{folder}: another process ended with this run just now; try again")
        with disk_errors("write", path):
            self._write(json.dumps({"pid": os.getpid(), "host": platform.node()}).encode())

    def undo(self) -> None:
        """Gives up the lock, and leaves the file as it was before."""
        if self.release.alive:
            with suppress(OSError):
                self._path.unlink() if self._before is None else self._write(self._before)
        self.release()

    def _write(self, data: bytes) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, data, 0)


def is_locked(folder: Path) -> bool:
    """Whether a living process is writing a run folder.

    Raises:
        RunError: The folder cannot be read.
    """
    path = folder / LOCK
    with disk_errors("read", path), suppress(FileNotFoundError), open_plain(path) as file:
        return not try_lock(file.fileno(), shared=True)
    return False


def _holder(path: Path) -> str:
    try:
        return f"process {int(json.loads(path.read_bytes()[:_MOST])['pid'])}"
    except (OSError, *MALFORMED):
        return "another process"
