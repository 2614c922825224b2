"""The arrays that a table's sequences are views of; large ones are mapped files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Floats, Ints, covered
from rnnctl.errors import DataError, system_words
from rnnctl.schema.table import TableData
from rnnctl.util.cache_folder import cache_folder
from rnnctl.util.memory import in_words

MAPPED = 1 << 28
"""Bytes from which on an array is a file that the system may page out, rather than memory."""


def allocate(rows: int, columns: int, dtype: type[np.floating[Any]] = np.float32) -> npt.NDArray[Any]:
    """An array ``[rows, columns]``; a nameless file that is mapped into memory where it is large.

    Raises:
        DataError: There is no room for the file.
    """
    size = np.dtype(dtype).itemsize * rows * columns
    if size < MAPPED:
        return np.empty((rows, columns), dtype=dtype)
    try:
        with tempfile.TemporaryFile(dir=cache_folder()) as file:
            if hasattr(os, "posix_fallocate"):  # else a full disk would be noticed by a signal that kills the process
                os.posix_fallocate(file.fileno(), 0, size)
            return np.memmap(file, dtype=dtype, mode="w+", shape=(rows, columns))
    except OSError as error:
        raise DataError(
            f"{in_words(size)} of prepared data cannot be kept on disk ({system_words(error)}); set RNNCTL_CACHE "
            f"to a folder that has room"
        ) from None


def shifted(values: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    """``[rows]``: a row's value so many rows later; zero, or false, in the first ones."""
    found = np.zeros_like(values)
    found[rows:] = values[: len(values) - rows]
    return found


class TableArrays:
    """Values and targets, scaled, and the targets as the file has them.

    Args:
        bounds: ``[series + 1]``, first row of each series, and the number of rows.
        shared: Whether these are the targets, so that one array holds both.

    Attributes:
        values: ``[rows, columns]``, float32.
        targets: ``[rows, targets]``, float32; ``values`` where it is shared.
        own: ``[rows, targets]``, float64; see `Dataset`. None where targets are no numbers.
    """

    def __init__(self, data: TableData, bounds: Ints, columns: int, *, shared: bool) -> None:
        rows = int(bounds[-1])
        self._ends, self._target_places = bounds[1:], {name: [place] for place, name in enumerate(data.target)}
        self.shared = shared
        self.values: Floats = allocate(rows, columns)
        self.targets: Floats = self.values if shared else allocate(rows, len(data.target))
        self.own: npt.NDArray[np.float64] | None = None
        if data.target_kind == "number":
            self.own = allocate(rows, len(data.target), np.float64)

    def write_leads(self, places: Sequence[int], numbers: npt.NDArray[np.floating]) -> None:
        """Writes a column ``[rows]`` to the first place, and its values 1, 2, … rows later to the following ones.

        Beyond the end of a series they are 0.
        """
        for lead, place in enumerate(places):
            self.values[: max(0, len(numbers) - lead), place] = numbers[lead:]
            for end in self._ends if lead else ():
                self.values[max(0, end - lead) : end, place] = 0

    def write_back(self, place: int, numbers: npt.NDArray[np.floating], rows: int) -> None:
        """Writes a column ``[rows]`` so many rows later; what no row of its series lies before is 0."""
        self.values[:, place] = shifted(numbers, rows)
        begin = np.append(0, self._ends[:-1])
        self.values[covered(len(numbers), begin, np.minimum(begin + rows, self._ends)), place] = 0

    def target_places(self, name: str) -> list[int]:
        """The targets that a column of the file is."""
        return self._target_places.get(name, [])

    def keep_own(self, name: str, column: pl.Series) -> None:
        """Keeps a column of the file's numbers, NaN where missing, where it is a target."""
        if self.own is not None:
            for place in self.target_places(name):
                self.own[:, place] = column.to_numpy()

    def write_target(self, name: str, numbers: npt.NDArray[np.floating]) -> None:
        """Writes a column of the file where it is a target with an array of its own."""
        if not self.shared:
            for place in self.target_places(name):
                self.targets[:, place] = numbers
