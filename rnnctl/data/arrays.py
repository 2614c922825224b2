"""Arrays that a table's columns are written into; large ones are files. Knows no columns."""

from __future__ import annotations

import os
import tempfile

import numpy as np

from rnnctl.data.sequences import Floats
from rnnctl.errors import DataError
from rnnctl.util.cache_folder import cache_folder
from rnnctl.util.memory import in_words

MAPPED = 1 << 28
"""Bytes from which on an array is a file that the system may page out, rather than memory."""


def allocate(rows: int, columns: int) -> Floats:
    """An array ``[rows, columns]``, float32; a nameless file that is mapped into memory where it is large.

    Raises:
        DataError: There is no room for the file.
    """
    size = 4 * rows * columns
    if size < MAPPED:
        return np.empty((rows, columns), dtype=np.float32)
    try:
        with tempfile.TemporaryFile(dir=cache_folder()) as file:
            if hasattr(os, "posix_fallocate"):  # else a full disk would be noticed by a signal that kills the process
                os.posix_fallocate(file.fileno(), 0, size)
            return np.memmap(file, dtype=np.float32, mode="w+", shape=(rows, columns))
    except OSError as error:
        raise DataError(
            f"{in_words(size)} of prepared data cannot be kept on disk ({error.strerror or error}); set RNNCTL_CACHE "
            f"to a folder that has room"
        ) from None
