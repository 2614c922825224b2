"""How much memory this process may take."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path


def available_bytes() -> int | None:
    """Bytes of memory that this process may still take: the machine's, or its control group's where that is less."""
    known = []
    if found := re.search(r"MemAvailable: +(\d+) kB", _text("/proc/meminfo")):
        known.append(int(found[1]) * 1024)
    limit, used = _text("/sys/fs/cgroup/memory.max"), _text("/sys/fs/cgroup/memory.current")
    if limit.isdigit() and used.isdigit():
        known.append(int(limit) - int(used))
    return min(known, default=None)


def in_words(amount: int) -> str:
    """An amount of memory as people write it, such as ``1.5 GB``."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB")
    power = min(len(str(amount)) // 3 if amount >= 1000 else 0, len(units) - 1)
    power -= 1 if amount < 1000**power else 0
    return f"{amount / 1000**power:.3g} {units[power]}"


def _text(path: str) -> str:
    """What a file of the system holds; empty where there is none."""
    with suppress(OSError):
        return Path(path).read_text(encoding="ascii").strip()
    return ""
