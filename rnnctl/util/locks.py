"""One process at a time: the operating system's own lock on a file, which ends with its process however that ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PAUSE = 0.1
"""Seconds between two looks at a lock that another process holds."""


@contextmanager
def locked(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Holds a lock on a file, which is made and left; first calls ``on_wait`` once where another process holds it.

    Raises:
        OSError: The file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        waiting = False
        while not try_lock(descriptor):
            if not waiting:
                on_wait()
                waiting = True
            time.sleep(PAUSE)
        os.utime(path)  # whoever clears away what is old leaves it alone
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Locks an open file until it is closed, and returns whether that succeeded; without locks it always does."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
