"""``gradient_norms.npy``: the norm of every weight's gradient by step, a NumPy file that only grows.

It is a table that ``numpy.load`` opens: rows of ``(step int64, then for each weight float32)``,
little-endian, with the weights' paths as the names of its columns. As text the norms of twenty weights would take four
fifths of a run folder.

The number of rows in the header is updated after the rows themselves are written, so that the file can be opened at any
time, after a crash too. Reading here goes by the size of the file.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord
from rnnctl.runs.append_files import AppendFile, read_rows
from rnnctl.runs.run_files import disk_errors, open_plain

GRADIENT_NORMS = "gradient_norms.npy"
"""Name of the file in a run folder."""

_MAGIC = b"\x93NUMPY\x03\x00"
"""Version 3 of the format, whose names may hold any character."""

_COUNT_AT = len(_MAGIC) + 4 + len("{'shape': (")
_COUNT_END = _COUNT_AT + 20
"""Where the number of rows stands: in the first sector of the disk, which is written whole or not at all."""

_LONGEST_HEADER = 2**20
_WEIGHT = re.compile(r"""\(('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"), '<f4'\)""")
_ESCAPE = re.compile(r"\\(?:x(..)|u(....)|U(.{8})|(.))")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


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
        _, here, there = np.intersect1d(self.steps, steps, assume_unique=True, return_indices=True)
        found = {path: np.full(len(steps), np.nan, np.float32) for path in self.norms}
        for path, norms in self.norms.items():
            found[path][there] = norms[here]
        return GradientNorms(steps, found)


class GradientNormsWriter(AppendFile):
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
        self._header = _header(self._weights)
        if resumed and path.exists():
            check_weights(path, self._weights)
        super().__init__(path, self._header, resumed=resumed)

    def append_steps(self, records: Sequence[StepRecord]) -> None:
        """Writes a row per step, in one call, and then the number of rows."""
        pack, weights = self._struct.pack, self._weights
        rows = [pack(record.step, *[record.gradient_norms[path] for path in weights]) for record in records]
        self.append(b"".join(rows))
        self.overwrite(_count((self.size - len(self._header)) // self._struct.size), _COUNT_AT)


def read_gradient_norms(path: Path) -> GradientNorms:
    """Reads the norms; a row that was cut off by a crash is left out.

    Raises:
        RunError: The file cannot be read, or is not as rnnctl writes it.
    """
    weights, begin = _layout(path)
    rows = read_rows(path, _row_dtype(weights), begin)
    return GradientNorms(rows["step"].copy(), {weight: rows[weight].copy() for weight in weights})


def check_weights(path: Path, weights: Sequence[str]) -> None:
    """Raises a `RunError` where the norms in a file are of other weights, or it cannot be read."""
    if (found := _layout(path)[0]) != tuple(weights):
        raise RunError(f"{path}: it holds norms of {', '.join(found)}, and the run has other weights")


def gradient_norms_until(path: Path, step: int) -> Callable[[], None]:
    """Checks the rows up to a step, and gives back what truncates those after it.

    Raises:
        RunError: The file cannot be read, or its rows up to the step are not the steps 1, 2, ….
    """
    weights, begin = _layout(path)
    dtype = _row_dtype(weights)
    if not np.array_equal(read_rows(path, dtype, begin)["step"][:step], np.arange(1, step + 1)):
        raise RunError(
            f"{path}: the record does not have the steps 1 to {step}, and the checkpoint is at step {step}: the file "
            "was changed; put it back as it was, or train anew"
        )

    def cut() -> None:
        with disk_errors("write", path), path.open("r+b") as file:
            file.truncate(begin + step * dtype.itemsize)
            file.seek(_COUNT_AT)
            file.write(_count(step))

    return cut


def _row_dtype(weights: Sequence[str]) -> np.dtype[Any]:
    return np.dtype([("step", "<i8"), *((weight, "<f4") for weight in weights)])


def _count(rows: int) -> bytes:
    return b"%-*d" % (_COUNT_END - _COUNT_AT, rows)


def _header(weights: Sequence[str]) -> bytes:
    """The header of a file without rows, as NumPy's documentation of the format describes it."""
    descr = _row_dtype(weights).descr
    text = f"{{'shape': ({_count(0).decode()},), 'fortran_order': False, 'descr': {descr}, }}".encode()
    unpadded = len(_MAGIC) + 4 + len(text) + 1
    text += b" " * (-unpadded % 64) + b"\n"
    return _MAGIC + struct.pack("<I", len(text)) + text


def _layout(path: Path) -> tuple[tuple[str, ...], int]:
    """The weights' paths in the header, and the offset of the rows."""
    with disk_errors("read", path), open_plain(path) as file:
        start = file.read(len(_MAGIC) + 4)
        length = int.from_bytes(start[len(_MAGIC) :], "little")
        header = start + file.read(min(length, _LONGEST_HEADER))
    with suppress(ValueError, OverflowError):  # no such characters, or two weights of one name
        weights = tuple(map(_unescaped, _WEIGHT.findall(header.decode("utf-8", "replace"))))
        whole = _header(weights)
        # A header that numpy.load may read and nothing here writes is refused, rather than misread.
        if header[:_COUNT_AT] == whole[:_COUNT_AT] and header[_COUNT_END:] == whole[_COUNT_END:]:
            return weights, len(header)
    raise RunError(f"{path}: this is not a table as rnnctl writes it (its header is another); the file was changed")


def _unescaped(literal: str) -> str:
    """The text that Python writes as a literal; the header that is made of it again tells whether it is the right one.

    Raises:
        ValueError: It is none.
    """

    def char(found: re.Match[str]) -> str:
        digits = found[1] or found[2] or found[3]
        return chr(int(digits, 16)) if digits else _CONTROLS.get(found[4], found[4])

    return _ESCAPE.sub(char, literal[1:-1])
