"""Norms of ∂L/∂h_t by step and time step, on disk: rows of one fixed size, appended, thinned out when they are many.

``through_time/rows.bin`` holds rows of ``(step int64, then for each state [time] float32)``, little-endian;
``through_time/layout.json`` says which states and how many time steps. A time step that a batch did not reach is NaN.
When there are more than ``keep`` rows, every second one is dropped and only every second step is kept from then on,
again and again: a run of any length leaves between ``keep / 2`` and ``keep`` rows, evenly spaced from its first step.
Where it is not said how many to keep, the number of states and time steps decides, so that no file grows out of hand.
Knows neither TensorFlow nor the console.
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
from rnnctl.runs.disk import Disk, remove_tree
from rnnctl.runs.files import NOT_OURS, told, write_whole
from rnnctl.runs.growing import AppendFile

ROWS = "rows.bin"
LAYOUT = "layout.json"

MOST_ROWS, MOST_BYTES = 10_000, 64_000_000
"""What is kept at most, whichever is less, where nobody says how many rows."""


class SoFar(NamedTuple):
    """Where the writing of norms through time stands.

    Attributes:
        every: Of the steps that have norms, every so many-th is kept.
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
        keep: Rows that are kept at most; None for what ``MOST_ROWS`` and ``MOST_BYTES`` allow.
        so_far: Where a run goes on: what is there already.

    Raises:
        RunError: The folder cannot be written.
    """

    def __init__(
        self, folder: Path, states: Sequence[str], time_steps: int, keep: int | None, so_far: SoFar | None = None
    ) -> None:
        self._folder = folder
        self._dtype = _row_dtype(dict.fromkeys(states, time_steps))
        self._keep = max(2, min(MOST_ROWS, MOST_BYTES // self._dtype.itemsize) if keep is None else keep)
        self._every, self._rows, self._seen = so_far or SoFar(1, 0, 0)
        if so_far is not None:
            self._file = AppendFile(folder / ROWS, again=True)
            return
        with told("create", folder):
            folder.mkdir()
        layout = {"states": dict.fromkeys(states, time_steps), "rows": ROWS, "dtype": "<f4", "step": "<i8"}
        write_whole(folder / LAYOUT, json.dumps(layout, indent=2).encode())
        self._file = AppendFile(folder / ROWS)

    def append(self, records: Sequence[StepRecord]) -> None:
        """Writes the norms of those records that have some and whose turn it is, in one call.

        Raises:
            RunError: The disk says no.
        """
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
        """Closes the file; a second time does nothing."""
        self._file.close()

    def sync(self) -> None:
        """Waits until everything is on the disk itself."""
        self._file.sync()

    def _thin_out(self) -> None:
        self._file.close()
        path = self._folder / ROWS
        kept = _read_rows(path, self._dtype)[::2]
        write_whole(path, kept.tobytes())
        self._file = AppendFile(path, again=True)
        self._rows, self._every = len(kept), self._every * 2


def read_through_time(folder: Path) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.float32]]]:
    """Reads the norms through time back; a row that was cut off by a crash is left out.

    Args:
        folder: ``<run>/through_time``.

    Returns:
        Step numbers ``[rows]``, and by state the norms ``[rows, time]``.

    Raises:
        RunError: The folder cannot be read, or is not as rnnctl writes it.
    """
    states = _layout(folder)
    rows = _read_rows(folder / ROWS, _row_dtype(states))
    return rows["step"].copy(), {state: rows[state].copy() for state in states}


def last_norms(folder: Path) -> dict[str, tuple[float, ...]]:
    """The norms of the last row, by state; none where there is no row.

    Raises:
        RunError: As `read_through_time`.
    """
    _, states = read_through_time(folder)
    return {state: tuple(rows[-1].tolist()) for state, rows in states.items() if len(rows)}


def _layout(folder: Path) -> dict[str, int]:
    """Time steps by state, as ``layout.json`` says."""
    path = folder / LAYOUT
    with told("read", path):
        text = path.read_bytes()
    try:
        states = {str(state): int(time_steps) for state, time_steps in json.loads(text)["states"].items()}
        _row_dtype(states)
    except NOT_OURS as error:
        raise RunError(f"{path}: this is not a layout as rnnctl writes it ({error})") from error
    return states


def rewind_through_time(folder: Path, step: int, measured_every: int) -> SoFar | None:
    """Cuts off the rows after a step, because the run goes on from there.

    Before the first step the folder goes: whoever was killed or had no room while making it left it half made.

    Args:
        folder: ``<run>/through_time``.
        step: The last step that stays.
        measured_every: The config's ``gradients.every``.

    Returns:
        Where the writing stands then; None where it begins anew.

    Raises:
        RunError: The folder cannot be read or written, or is not as rnnctl writes it.
    """
    if not step:
        with told("remove", folder):
            remove_tree(Disk(), folder)
        return None
    path = folder / ROWS
    dtype = _row_dtype(_layout(folder))
    steps = _read_rows(path, dtype)["step"]
    every = int(steps[1] - steps[0]) // measured_every if len(steps) > 1 else 1
    rows = int(np.searchsorted(steps, step, side="right"))
    if every < 1 or not (np.diff(steps) > 0).all():
        raise RunError(f"{path}: its steps do not rise as rnnctl writes them; the file was changed")
    with told("write", path):
        os.truncate(path, rows * dtype.itemsize)
    return SoFar(every, rows, (step - 1) // measured_every + 1)


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
    with told("read", path):
        data = path.read_bytes()
    return np.frombuffer(data, dtype, count=len(data) // dtype.itemsize)
