"""Bounds on what a file may grow to, so that a small hostile one fills no memory; each can be raised by a variable."""

from __future__ import annotations

import os
from pathlib import Path

from rnnctl.errors import DataError

UNPACKED, COLUMNS = "RNNCTL_MAX_UNPACKED_MB", "RNNCTL_MAX_COLUMNS"
"""Environment variables."""

PLAIN_BYTES, RATIO = 2**27, 50
"""What every packed file may be unpacked to, and how many times its own size a larger one may be."""

PARQUET_RATIO = 1000
"""The same of Parquet, which writes a column that never changes in a few bytes."""

MOST_COLUMNS, MOST_GUESSED = 20_000, 1_500
"""Most columns of a table, and of one whose columns `rnnctl init` tells apart."""


def most_unpacked(packed: int, ratio: int = RATIO) -> int:
    """Most bytes that a file of ``packed`` bytes may hold once it is unpacked."""
    own = _number(UNPACKED)
    return max(PLAIN_BYTES, ratio * packed) if own is None else own << 20


def check_columns(path: Path, columns: int, most: int = MOST_COLUMNS) -> None:
    """Raises DataError for a table of more columns than are taken."""
    own = _number(COLUMNS)
    most = most if own is None else own
    if columns > most:
        raise DataError(
            f"{path}: it has {columns:,} columns, where {most:,} are taken; keep those that are needed, or set the "
            f"environment variable {COLUMNS} to the number that it may have"
        )


def too_large(unpacked: int) -> str:
    """What is wrong with a file that grows too large, and what to do where it is meant."""
    return (
        f"it holds more than {unpacked >> 20:,} MB once it is unpacked, many times its own size; if it is meant to, "
        f"set the environment variable {UNPACKED} to the MB that it may take"
    )


def _number(variable: str) -> int | None:
    text = os.environ.get(variable, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 10 else None
