"""The lock of a run folder: one process at a time writes it.

It is the operating system's own lock on the file ``.lock``, so it ends with its process however that ends; the file
stays and names the last holder. A reader that only asks holds it for an instant.
"""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.runs.run_files import MALFORMED, disk_errors
from rnnctl.util.locks import try_lock

LOCK = ".lock"

PATIENCE = 0.5
"""Seconds that a writer waits for a reader that only asks."""


class RunLock:
    """The exclusive right to write a run folder, until `release` or the end of the process.

    Raises:
        RunError: Another process, or another run of this one, holds it.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK
        self._descriptor: int | None = None
        with disk_errors("create", path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            self._acquire(self._descriptor, folder, path)
        except BaseException:
            self.release()
            raise

    def _acquire(self, descriptor: int, folder: Path, path: Path) -> None:
        until = time.monotonic() + PATIENCE
        while not try_lock(descriptor):
            if time.monotonic() > until:
                holder = _holder(path)
                who = "another process" if holder is None else f"process {holder}"
                raise RunError(f"{folder}: {who} is training this run now; wait for its end, or end it, and try again")
            time.sleep(0.02)
        with disk_errors("write", path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "host": platform.node()}).encode(), 0)

    def release(self) -> None:
        """Gives up the lock; a second call does nothing."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __del__(self) -> None:
        self.release()


def is_locked(folder: Path) -> bool:
    """Whether a living process is writing a run folder.

    Raises:
        RunError: The folder cannot be read.
    """
    path = folder / LOCK
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RunError(f"{path}: cannot read it: {error.strerror}") from error
    try:
        return not try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


def _holder(path: Path) -> int | None:
    try:
        return int(json.loads(path.read_bytes()[:1000])["pid"])
    except (OSError, *MALFORMED):
        return None
