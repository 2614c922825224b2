"""How much memory this process may take."""

from __future__ import annotations

from pathlib import Path


def available_bytes() -> int | None:
    """Bytes of memory that this process may still take: the machine's, or its control group's where that is less."""
    known = [amount for amount in (_machine(), _control_group()) if amount is not None]
    return min(known) if known else None


def in_words(amount: int) -> str:
    """An amount of memory as people write it, such as ``1.5 GB``."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB")
    power = min(len(str(amount)) // 3 if amount >= 1000 else 0, len(units) - 1)
    power -= 1 if amount < 1000**power else 0
    return f"{amount / 1000**power:.3g} {units[power]}"


def _machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _control_group() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = (folder / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(limit) - int(used) if limit.isdigit() and used.isdigit() else None
