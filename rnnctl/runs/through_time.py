"""Norms of ∂L/∂h_t by step and time step, on disk: rows of one fixed size, appended, thinned out when they are many.

``through_time/rows.bin`` holds rows of ``(step int64, then for each state [time] float32)``, little-endian;
``through_time/layout.json`` names the states and their time steps. A time step that a batch did not reach is NaN.
Beyond ``keep`` rows every second row is dropped, and from then on only every second step is recorded, again and again:
a run of any length leaves between ``keep / 2`` and ``keep`` rows, evenly spaced from its first step.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord
from rnnctl.runs.append_files import AppendFile
from rnnctl.runs.checkpoint_disk import Disk, remove_tree
from rnnctl.runs.run_files import MALFORMED, disk_errors, write_file

ROWS = "rows.bin"
LAYOUT = "layout.json"

MOST_ROWS, MOST_BYTES = 10_000, 64_000_000
"""Default of ``keep``: so many rows, or those that fit into so many bytes."""


class WriterState(NamedTuple):
    """State of a `ThroughTimeWriter`.

    Attributes:
        every: Every so many-th of the steps that have norms is recorded.
        rows: Rows in the file.
        seen: Steps so far that had norms.
    """

    every: int
    rows: int
    seen: int


class ThroughTimeWriter:
    """Appends the norms through time of a run.

    Args:
        folder: Folder to create, ``<run>/through_time``.
        states: Paths of the states, such as ``recurrent_0/h``.
        time_steps: Time steps of the longest sequence; longer rows are cut off.
        keep: Most rows that are kept; None for what ``MOST_ROWS`` and ``MOST_BYTES`` allow.
        state: State of the writing, where a run continues.

    Raises:
        RunError: The folder cannot be written.
    """

    def __init__(
        self, folder: Path, states: Sequence[str], time_steps: int, keep: int | None, state: WriterState | None = None
    ) -> None:
        self._folder = folder
        self._dtype = _row_dtype(dict.fromkeys(states, time_steps))
        self._keep = max(2, min(MOST_ROWS, MOST_BYTES // self._dtype.itemsize) if keep is None else keep)
        self._every, self._rows, self._seen = state or WriterState(1, 0, 0)
        if state is not None:
            self._file = AppendFile(folder / ROWS, resumed=True)
            return
        with disk_errors("create", folder):
            folder.mkdir()
        layout = {"states": dict.fromkeys(states, time_steps), "rows": ROWS, "dtype": "<f4", "step": "<i8"}
        write_file(folder / LAYOUT, json.dumps(layout, indent=2).encode())
        self._file = AppendFile(folder / ROWS)

    def append(self, records: Sequence[StepRecord]) -> None:
        """Writes the norms of those records that have some and are to be recorded, in one call."""
        measured = [record for record in records if record.state_gradient_norms is not None]
        offset = -self._seen % self._every
        self._seen += len(measured)
        chosen = measured[offset :: self._every]
        if not chosen:
            return
        self._file.append(_rows(chosen, self._dtype).tobytes())
        self._rows += len(chosen)
        while self._rows > self._keep:
            self._thin_out()

    def close(self) -> None:
        """Closes the file; a second call does nothing."""
        self._file.close()

    def sync(self) -> None:
        """Waits until everything is on the disk itself."""
        self._file.sync()

    def _thin_out(self) -> None:
        self._file.close()
        path = self._folder / ROWS
        remaining = _read_rows(path, self._dtype)[::2]
        write_file(path, remaining.tobytes())
        self._file = AppendFile(path, resumed=True)
        self._rows, self._every = len(remaining), self._every * 2


def read_through_time(folder: Path) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.float32]]]:
    """Reads ``<run>/through_time``; a row that was cut off by a crash is left out.

    Returns:
        Step numbers ``[rows]``, and by state the norms ``[rows, time]``.

    Raises:
        RunError: The folder cannot be read, or is not as rnnctl writes it.
    """
    states = _layout(folder)
    rows = _read_rows(folder / ROWS, _row_dtype(states))
    return rows["step"].copy(), {state: rows[state].copy() for state in states}


def last_norms(folder: Path) -> dict[str, tuple[float, ...]]:
    """The norms of the last row by state, read as by `read_through_time`; empty where there is no row."""
    _, states = read_through_time(folder)
    return {state: tuple(rows[-1].tolist()) for state, rows in states.items() if len(rows)}


def _layout(folder: Path) -> dict[str, int]:
    """Time steps by state, as ``layout.json`` says."""
    path = folder / LAYOUT
    with disk_errors("read", path):
        text = path.read_bytes()
    try:
        states = {str(state): int(time_steps) for state, time_steps in json.loads(text)["states"].items()}
        _row_dtype(states)
    except MALFORMED as error:
        raise RunError(f"{path}: this is not a layout as rnnctl writes it ({error})") from error
    return states


def truncate_through_time(folder: Path, step: int, measured_every: int) -> WriterState | None:
    """Truncates the rows after a step; with step 0 the folder, which may be half made, is removed.

    Args:
        folder: ``<run>/through_time``.
        step: The last step that remains.
        measured_every: The config's ``gradients.every``.

    Returns:
        The state of the writing; None where it begins anew.

    Raises:
        RunError: The folder cannot be read or written, or is not as rnnctl writes it.
    """
    if not step:
        with disk_errors("remove", folder):
            remove_tree(Disk(), folder)
        return None
    path = folder / ROWS
    dtype = _row_dtype(_layout(folder))
    steps = _read_rows(path, dtype)["step"]
    every = int(steps[1] - steps[0]) // measured_every if len(steps) > 1 else 1
    rows = int(np.searchsorted(steps, step, side="right"))
    if every < 1 or not (np.diff(steps) > 0).all():
        raise RunError(f"{path}: its steps do not rise as rnnctl writes them; the file was changed")
    with disk_errors("write", path):
        os.truncate(path, rows * dtype.itemsize)
    return WriterState(every, rows, (step - 1) // measured_every + 1)


def _row_dtype(states: Mapping[str, int]) -> np.dtype[Any]:
    return np.dtype([("step", "<i8"), *((state, "<f4", (time_steps,)) for state, time_steps in states.items())])


def _rows(records: Sequence[StepRecord], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    rows = np.zeros(len(records), dtype)
    rows["step"] = [record.step for record in records]
    for state in (dtype.names or ())[1:]:
        width = dtype[state].shape[0]
        norms = [(record.state_gradient_norms or {}).get(state, ()) for record in records]
        if all(len(row) == width for row in norms):
            rows[state] = norms
            continue
        rows[state] = np.nan
        for row, values in zip(rows[state], norms, strict=True):
            row[: len(values)] = values[:width]
    return rows


def _read_rows(path: Path, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    with disk_errors("read", path):
        data = path.read_bytes()
    return np.frombuffer(data, dtype, count=len(data) // dtype.itemsize)
