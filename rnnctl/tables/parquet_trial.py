"""A first reading of a Parquet file in a process of its own.

Where a page is damaged, Polars may ask for more memory than there is, and its process is ended: nothing can be caught.
A file that was once read to its end is not tried again while it is the same by path, size and time of change.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from rnnctl.errors import DataError
from rnnctl.tables.limits import PARQUET_RATIO, most_unpacked
from rnnctl.util.cache_folder import cache_folder
from rnnctl.util.sealed_json import read_sealed, write_sealed

FILE = "parquet_read.json"
"""In the cache folder: the files that were read to their end."""

MOST = 1000
"""Files that are remembered, the last ones."""

ROOM = 2 << 30
"""Bytes of address space that Polars takes besides what it reads."""

ENDED = {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGILL}
"""How Polars ends a process, and not what ends one from outside, such as a system that is short of memory."""

_READ = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
except (ImportError, OSError, ValueError):
    pass
import polars as pl
pl.scan_parquet(sys.argv[1], glob=False).select(pl.all().is_null().sum()).collect(engine="streaming")
"""
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "POLARS_ASYNC_THREAD_COUNT": "1", "MALLOC_ARENA_MAX": "1"}
"""Each thread takes address space of its own."""


def check_readable(path: Path) -> None:
    """Checks that reading a file does not end the process; errors that Polars raises are told where it is read.

    Raises:
        DataError: It does.
    """
    if _key(path) in _known():
        return
    limit = ROOM + most_unpacked(path.stat().st_size, PARQUET_RATIO)
    done = subprocess.run(
        [sys.executable, "-P", "-c", _READ, str(path), str(limit)],
        env={**os.environ, **_ONE_THREAD},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode in ENDED:
        raise DataError(f"{path}: the Parquet file is damaged (its pages cannot be read); write or copy it again")
    if not done.returncode:
        trust(path)


def trust(path: Path) -> None:
    """Remembers a file that can be read, as one that was written a moment ago can."""
    with suppress(OSError):
        write_sealed(cache_folder() / FILE, {"files": [*_known(), _key(path)][-MOST:]})


def _key(path: Path) -> str:
    stat = path.stat()
    return f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"


def _known() -> list[str]:
    with suppress(OSError):
        files = read_sealed(cache_folder() / FILE).get("files", [])
        return files if isinstance(files, list) else []
    return []
