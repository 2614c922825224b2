"""How long programs take to compile: by what this machine took for others, or else by how long tracing took.

``compile_times.json`` in the cache folder holds the last ones' seconds, for one processor, TensorFlow and flags
(`programs.key_of`).
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

TRACING = 5.0
"""Seconds that a program takes in all for each of tracing alone: the median of 25 measured training steps of SimpleRNN,
GRU and LSTM, of one to three layers in one or both directions, on two busy cores (2.8 to 8.3)."""


def usual_seconds(operations: int, tracing: float | None) -> float | None:
    """Seconds that a program usually takes, from the beginning of its first call.

    That is the median for those next to it in size, in seconds an operation, as sizes differ.

    Args:
        operations: Number of the program's operations.
        tracing: Seconds that tracing it took, from which the time is estimated where no other is known; None where
            XLA does not compile for the processor, for which that was measured.
    """
    near = sorted(_read(), key=lambda pair: abs(pair[0] - operations))[:NEAREST]
    if near:
        return operations * median(seconds / size for size, seconds in near)
    return None if tracing is None else TRACING * tracing


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
