"""``gradient_norms.npy``: the norm of every weight's gradient by step, a NumPy file that only grows.

It is a table that ``numpy.load`` opens: rows of ``(step int64, then for each weight float32)``,
little-endian, with the weights' paths as the names of its columns. As text the norms of twenty weights would take four
fifths of a run folder.

The number of rows in the header is updated after the rows themselves are written, so that the file can be opened at any
time, after a crash too. Reading here goes by the size of the file.
"""

from __future__ import annotations

import ast
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord
from rnnctl.runs.append_files import AppendTable
from rnnctl.runs.run_files import disk_errors, open_plain

GRADIENT_NORMS = "gradient_norms.npy"
"""Name of the file in a run folder."""

_MAGIC = b"\x93NUMPY\x03\x00"
"""Version 3 of the format, whose names may hold any character."""

_COUNT_AT, _COUNT_WIDTH = len(_MAGIC) + 4 + len("{'shape': ("), 20
"""Where the number of rows stands: in the first sector of the disk, which is written whole or not at all."""

_LONGEST_HEADER = 2**24


class GradientNorms(NamedTuple):
    """A table of norms.

    Attributes:
        steps: Numbers of the steps, ``[rows]``.
        norms: By the weight's path, the L2 norm of its gradient before clipping, ``[rows]``.
    """

    steps: npt.NDArray[np.int64]
    norms: dict[str, npt.NDArray[np.float32]]

    def at(self, steps: npt.NDArray[np.int64]) -> GradientNorms:
        """The norms of those steps; NaN for a step that the table does not have."""
        if np.array_equal(steps, self.steps):
            return self
        if not len(self.steps):
            return GradientNorms(steps, {path: np.full(len(steps), np.nan, np.float32) for path in self.norms})
        places = np.minimum(np.searchsorted(self.steps, steps), len(self.steps) - 1)
        there = self.steps[places] == steps
        return GradientNorms(
            steps, {path: np.where(there, norms[places], np.float32(np.nan)) for path, norms in self.norms.items()}
        )


class GradientNormsWriter(AppendTable):
    """Appends the norms of a run.

    Args:
        path: The file; it must not exist.
        resumed: Whether it may exist, because the run continues.

    Raises:
        RunError: The file cannot be written, or the one that is there is of other weights.
    """

    def __init__(self, path: Path, weights: Sequence[str], *, resumed: bool = False) -> None:
        self._weights = tuple(weights)
        self._struct = struct.Struct(f"<q{len(self._weights)}f")
        header = _header(self._weights)
        resumed = resumed and path.exists()
        if resumed and (found := _layout(path)[0]) != self._weights:
            raise RunError(f"{path}: it holds norms of {', '.join(found)}, and the run has other weights")
        super().__init__(path, header, self._struct.size, resumed=resumed)

    def append_steps(self, records: Sequence[StepRecord]) -> None:
        """Writes a row per step, in one call, and then the number of rows."""
        pack, weights = self._struct.pack, self._weights
        rows = [pack(record.step, *[record.gradient_norms[path] for path in weights]) for record in records]
        self.append(b"".join(rows))
        self.overwrite(_count(self.rows), _COUNT_AT)


def read_gradient_norms(path: Path) -> GradientNorms:
    """Reads the norms; a row that was cut off by a crash is left out.

    Raises:
        RunError: The file cannot be read, or is not as rnnctl writes it.
    """
    weights, begin = _layout(path)
    dtype = _row_dtype(weights)
    with disk_errors("read", path), open_plain(path) as descriptor:
        count = max(0, os.fstat(descriptor).st_size - begin) // dtype.itemsize
        with os.fdopen(os.dup(descriptor), "rb") as file:
            rows = np.fromfile(file, dtype, count, offset=begin)
    steps = rows["step"].copy()
    if not (np.diff(steps) > 0).all():
        raise RunError(f"{path}: its steps do not rise as rnnctl writes them; the file was changed")
    return GradientNorms(steps, {weight: rows[weight].copy() for weight in weights})


def truncate_gradient_norms(path: Path, step: int) -> None:
    """Truncates the rows after a step; with step 0 the file is removed.

    Raises:
        RunError: The file cannot be read or written, or its rows up to the step are not the steps 1, 2, ….
    """
    if not step:
        with disk_errors("remove", path):
            path.unlink(missing_ok=True)
        return
    weights, begin = _layout(path)
    steps = read_gradient_norms(path).steps[:step]
    if not np.array_equal(steps, np.arange(1, step + 1)):
        raise RunError(
            f"{path}: the record does not have the steps 1 to {step}, and the checkpoint is at step {step}: the file "
            "was changed; put it back as it was, or train anew"
        )
    with disk_errors("write", path):
        os.truncate(path, begin + step * _row_dtype(weights).itemsize)
    table = AppendTable(path, _header(weights), _row_dtype(weights).itemsize, resumed=True)
    try:
        table.overwrite(_count(step), _COUNT_AT)
    finally:
        table.close()


def _row_dtype(weights: Sequence[str]) -> np.dtype[Any]:
    return np.dtype([("step", "<i8"), *((weight, "<f4") for weight in weights)])


def _count(rows: int) -> bytes:
    return b"%-*d" % (_COUNT_WIDTH, rows)


def _header(weights: Sequence[str]) -> bytes:
    """The header of a file without rows, as NumPy's documentation of the format describes it."""
    fields = [("step", "<i8"), *((weight, "<f4") for weight in weights)]
    text = f"{{'shape': ({_count(0).decode()},), 'fortran_order': False, 'descr': {fields!r}, }}".encode()
    unpadded = len(_MAGIC) + 4 + len(text) + 1
    text += b" " * (-unpadded % 64) + b"\n"
    return _MAGIC + struct.pack("<I", len(text)) + text


def _layout(path: Path) -> tuple[tuple[str, ...], int]:
    """The weights' paths in the header, and the offset of the rows."""
    with disk_errors("read", path), open_plain(path) as descriptor:
        start = os.read(descriptor, len(_MAGIC) + 4)
        (length,) = struct.unpack("<I", start[len(_MAGIC) :]) if len(start) == len(_MAGIC) + 4 else (0,)
        header = start + os.read(descriptor, min(length, _LONGEST_HEADER))
    try:
        fields = ast.literal_eval(header[len(_MAGIC) + 4 :].decode().strip())
        weights = tuple(str(field[0]) for field in fields["descr"][1:])
        _row_dtype(weights)
        whole = _header(weights)
    except (ValueError, KeyError, TypeError, IndexError, SyntaxError, RecursionError, MemoryError) as error:
        raise RunError(f"{path}: this is not a table as rnnctl writes it ({error}); the file was changed") from error
    # A header that numpy.load may read and nothing here writes is refused, rather than misread.
    after = _COUNT_AT + _COUNT_WIDTH
    if header[:_COUNT_AT] != whole[:_COUNT_AT] or header[after:] != whole[after:]:
        raise RunError(f"{path}: this is not a table as rnnctl writes it (its header is another); the file was changed")
    return weights, len(header)
