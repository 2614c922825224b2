"""How long programs take to compile, by the number of their operations: what this machine took for the last ones.

``compile_times.json`` in the cache folder holds them, for one processor, TensorFlow and flags (`programs.key_of`).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from statistics import median

from rnnctl import programs
from rnnctl.util.cache_folder import cache_folder
from rnnctl.util.sealed_json import read_sealed, write_sealed

FILE = "compile_times.json"

MOST = 100
"""Programs that are kept, the last ones."""

NEAREST = 5
"""Programs of about the same size that an estimate is from."""


def usual_seconds(operations: int) -> float | None:
    """Seconds that a program of so many operations takes: the median for those next to it in size; None without any.

    Seconds an operation are what is compared, as sizes differ.
    """
    times = _read()
    near = sorted(times, key=lambda pair: abs(pair[0] - operations))[:NEAREST]
    return operations * median(seconds / size for size, seconds in near) if near else None


def note(operations: int, seconds: float) -> None:
    """Keeps how long a program took, unless programs are not kept either."""
    if kept := programs.kept():
        with suppress(OSError):
            write_sealed(_path(), {"key": kept[0], "times": [*_read(), (operations, seconds)][-MOST:]})


def _read() -> list[tuple[int, float]]:
    if kept := programs.kept():
        with suppress(OSError):
            content = read_sealed(_path())
            return content["times"] if content.get("key") == kept[0] else []
    return []


def _path() -> Path:
    return cache_folder() / FILE
