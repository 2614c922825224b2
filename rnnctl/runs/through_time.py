"""Norms of ∂L/∂h_t by step and time step, on disk: rows of one fixed size, appended, thinned out when they are many.

``through_time/rows.bin`` holds rows of ``(step int64, then for each state [time] float32)``, little-endian;
``through_time/layout.json`` names the states and their time steps. A time step that a batch did not reach is NaN.
Beyond ``keep`` rows every second row is dropped, and from then on only every second step is recorded, again and again:
a run of any length leaves between ``keep / 2`` and ``keep`` rows, evenly spaced from its first step.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord
from rnnctl.runs.append_files import AppendFile, read_rows
from rnnctl.runs.run_files import MALFORMED, disk_errors, read_json, write_file
from rnnctl.runs.run_schema import Layout, checked

ROWS = "rows.bin"
LAYOUT = "layout.json"

MOST_ROWS, MOST_BYTES = 10_000, 64_000_000
"""Default of ``keep``: so many rows, or those that fit into so many bytes."""


class ThroughTimeWriter(AppendFile):
    """Appends the norms through time of a run.

    Args:
        folder: Folder to create, ``<run>/through_time``.
        states: Paths of the states, such as ``recurrent_0/h``.
        time_steps: Time steps of the longest sequence; longer rows are cut off.
        keep: Most rows that are kept; None for what ``MOST_ROWS`` and ``MOST_BYTES`` allow.
        spacing: Number of steps from row to row, where a run continues; None where it begins.

    Raises:
        RunError: The folder cannot be written.
    """

    def __init__(
        self, folder: Path, states: Sequence[str], time_steps: int, keep: int | None, spacing: int | None = None
    ) -> None:
        self._dtype = _row_dtype(dict.fromkeys(states, time_steps))
        most = min(MOST_ROWS, MOST_BYTES // self._dtype.itemsize) if keep is None else keep
        self._most_bytes = max(2, most) * self._dtype.itemsize
        self._spacing = spacing or 1
        if spacing is None:
            with disk_errors("create", folder):
                folder.mkdir()
            layout = {"states": dict.fromkeys(states, time_steps), "rows": ROWS, "dtype": "<f4", "step": "<i8"}
            write_file(folder / LAYOUT, json.dumps(layout, indent=2).encode())
        super().__init__(folder / ROWS, resumed=spacing is not None)

    def append_steps(self, records: Sequence[StepRecord]) -> None:
        """Writes the norms of those records that have some and are to be recorded, in one call."""
        measured = [record for record in records if record.state_gradient_norms is not None]
        chosen = [record for record in measured if (record.step - 1) % self._spacing == 0]
        if chosen:
            self.append(_rows(chosen, self._dtype).tobytes())
        while self.size > self._most_bytes:
            self._thin_out()

    def _thin_out(self) -> None:
        remaining = read_rows(self.path, self._dtype)[::2]
        self._spacing = _spacing(remaining)
        self.close()
        write_file(self.path, remaining.tobytes())
        super().__init__(self.path, resumed=True)


def read_through_time(folder: Path) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.float32]]]:
    """Reads ``<run>/through_time``; a row that was cut off by a crash is left out.

    Returns:
        Step numbers ``[rows]``, and by state the norms ``[rows, time]``.

    Raises:
        RunError: The folder cannot be read, or is not as rnnctl writes it.
    """
    rows = read_rows(folder / ROWS, _layout(folder))
    return rows["step"].copy(), {state: rows[state].copy() for state in _states(rows.dtype)}


class ThroughTimePast(NamedTuple):
    """The norms up to a step.

    Attributes:
        last: Those of the last row by state; empty where there is no row.
        spacing: Number of steps from row to row.
        cut: Truncates the rows after the step; raises a `RunError` where the disk says no.
    """

    last: dict[str, tuple[float, ...]]
    spacing: int
    cut: Callable[[], None]


def through_time_until(folder: Path, step: int, states: Mapping[str, int] | None = None) -> ThroughTimePast:
    """Reads the rows up to a step, and gives back what truncates those after it.

    Args:
        states: Time steps by state that a run which continues records; None for any.

    Raises:
        RunError: The folder cannot be read, is not as rnnctl writes it, or records other states.
    """
    path, row = folder / ROWS, _layout(folder)
    if states is not None and row != _row_dtype(states):
        raise RunError(f"{folder / LAYOUT}: it tells of other states than the run has; the file was changed")
    rows = read_rows(path, row)
    length = int(np.searchsorted(rows["step"], step, side="right"))
    last = {state: tuple(rows[state][length - 1].tolist()) for state in _states(row)} if length else {}

    def cut() -> None:
        with disk_errors("write", path):
            os.truncate(path, length * row.itemsize)

    return ThroughTimePast(last, _spacing(rows), cut)


def _spacing(rows: npt.NDArray[Any]) -> int:
    return int(rows["step"][1] - rows["step"][0]) if len(rows) > 1 else 1


def _layout(folder: Path) -> np.dtype[Any]:
    """The type of a row, as ``layout.json`` says."""
    path = folder / LAYOUT
    states = checked(Layout, read_json(path), path)["states"]
    try:
        return _row_dtype(states)
    except MALFORMED:
        raise RunError(f"{path}: states: no rows can be of these; the file was changed") from None


def _states(row: np.dtype[Any]) -> tuple[str, ...]:
    return (row.names or ())[1:]


def _row_dtype(states: Mapping[str, int]) -> np.dtype[Any]:
    return np.dtype([("step", "<i8"), *((state, "<f4", (time_steps,)) for state, time_steps in states.items())])


def _rows(records: Sequence[StepRecord], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    rows = np.zeros(len(records), dtype)
    rows["step"] = [record.step for record in records]
    for state in _states(dtype):
        rows[state] = np.nan
        for row, record in zip(rows[state], records, strict=True):
            norms = (record.state_gradient_norms or {}).get(state, ())
            row[: len(norms)] = norms[: len(row)]
    return rows
