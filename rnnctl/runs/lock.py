"""Who is writing a run folder: one process at most. Knows only the file ``.lock``.

The lock is the operating system's own (``flock``), so that it ends with its process however that ends; the file stays
and says who held it last. A reader that only asks takes it for an instant, and never keeps a writer out for longer.
"""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.runs.files import NOT_OURS, told
from rnnctl.util.locks import try_lock

LOCK = ".lock"

PATIENCE = 0.5
"""Seconds that a writer waits for a reader that only asked."""


class RunLock:
    """The right to write a run folder, held until ``release`` or the end of the process.

    Args:
        folder: The run folder.

    Raises:
        RunError: Another process, or another run of this one, holds it.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK
        self._descriptor: int | None = None
        with told("create", path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            self._take(folder, path)
        except BaseException:
            self.release()
            raise

    def _take(self, folder: Path, path: Path) -> None:
        descriptor = self._descriptor
        if descriptor is None:
            raise RunError(f"{path}: this lock was released")
        until = time.monotonic() + PATIENCE
        while not try_lock(descriptor):
            if time.monotonic() > until:
                holder = _holder(path)
                who = "another process" if holder is None else f"process {holder}"
                raise RunError(f"{folder}: {who} is training this run now; wait for its end, or end it, and try again")
            time.sleep(0.02)
        with told("write", path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "host": platform.node()}).encode(), 0)

    def release(self) -> None:
        """Gives the right back; a second time does nothing."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __del__(self) -> None:
        self.release()


def is_locked(folder: Path) -> bool:
    """Whether a living process is writing a run folder; disturbs nobody.

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
    except (OSError, *NOT_OURS):
        return None
