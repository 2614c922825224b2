"""Arrays that a table's columns are written into; large ones are files. Knows no columns."""

from __future__ import annotations

import tempfile

import numpy as np

from rnnctl.data.files.places import cache_folder
from rnnctl.data.sequences import Floats

MAPPED = 1 << 28
"""Bytes from which on an array is a file that the system may page out, rather than memory."""


def allocate(rows: int, columns: int) -> Floats:
    """An array ``[rows, columns]``, float32; a nameless file that is mapped into memory where it is large."""
    size = 4 * rows * columns
    if size < MAPPED:
        return np.empty((rows, columns), dtype=np.float32)
    with tempfile.TemporaryFile(dir=cache_folder()) as file:
        return np.memmap(file, dtype=np.float32, mode="w+", shape=(rows, columns))
