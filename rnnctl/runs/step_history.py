"""All steps of a run as columns: ``steps.jsonl`` read block by block, a million lines in seconds.

The file may still be growing. A line that is no step is left out and counted.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.runs.jsonl import NUMBERS, step_from_json, validation_from_json
from rnnctl.runs.run_files import MALFORMED, disk_errors, open_plain

Doubles = npt.NDArray[np.float64]

BLOCK = 2**25
"""Bytes that are read at a time."""

MOST_STEPS = 2**53
"""Above this a float64 cannot tell a step from the next."""

_RATIOS = b'"update_ratios": '


@dataclass(frozen=True, eq=False)
class StepHistory:
    """All steps of a run; arrays are ``[steps]`` unless said otherwise, and NaN stands for what was not finite.

    Attributes:
        step: Number of the optimizer step, rising.
        epoch: Number of its epoch.
        loss: Mean loss over the batch.
        gradient_norm: L2 norm over all weights, before clipping.
        clipped_norm: The same after clipping.
        learning_rate: Learning rate of the update.
        seconds: Wall-clock seconds.
        ratio_step: Steps whose updates were measured, ``[measured]``.
        update_ratios: ‖Δw‖ / ‖w‖ at these steps by the weight's path, ``[measured]``.
        left_out: Lines that are no steps, or repeat a step.
        gradient_norms: L2 norm before clipping by the weight's path; they stand in another file than the rest.
    """

    step: npt.NDArray[np.int64]
    epoch: npt.NDArray[np.int64]
    loss: Doubles
    gradient_norm: Doubles
    clipped_norm: Doubles
    learning_rate: Doubles
    seconds: Doubles
    ratio_step: npt.NDArray[np.int64]
    update_ratios: Mapping[str, Doubles]
    left_out: int = 0
    gradient_norms: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)


def read_step_history(path: Path) -> StepHistory:
    """Reads ``steps.jsonl``; a missing file has no steps.

    Raises:
        RunError: The file cannot be read.
    """
    blocks: list[dict[str, npt.NDArray[Any]]] = []
    left_out = 0
    measured: dict[int, Mapping[str, float]] = {}
    for block in _blocks(path):
        measured |= _measured(block)
        columns = _parse_block(block)
        if columns is None:
            columns, faulty = _parse_lines(block)
            left_out += faulty
        blocks.append(columns)
    names = ("step", "epoch", *NUMBERS)
    joined: dict[str, Any] = {
        name: np.concatenate([block[name] for block in blocks]) if blocks else np.zeros(0) for name in names
    }
    joined, repeated = _rising(joined)
    return StepHistory(
        step=joined.pop("step").astype(np.int64),
        epoch=joined.pop("epoch").astype(np.int64),
        **joined,
        ratio_step=np.array(sorted(measured), np.int64),
        update_ratios=_ratios([measured[step] for step in sorted(measured)]),
        left_out=left_out + repeated,
    )


def _ratios(measured: Sequence[Mapping[str, float]]) -> dict[str, Doubles]:
    weights = dict.fromkeys(weight for ratios in measured for weight in ratios)
    return {
        weight: _finite(np.array([ratios.get(weight, math.nan) for ratios in measured], np.float64))
        for weight in weights
    }


def read_validations(path: Path) -> tuple[list[ValidationRecord], int]:
    """Reads ``validation.jsonl``; a missing file has no validations.

    Returns:
        The validations, and the number of lines that are none.

    Raises:
        RunError: The file cannot be read.
    """
    records, faulty = [], 0
    for block in _blocks(path):
        for line in block.split(b"\n")[:-1]:
            try:
                records.append(validation_from_json(line))
            except MALFORMED:
                faulty += 1
    return records, faulty


def _blocks(path: Path) -> Iterator[bytes]:
    """Blocks of whole lines; what follows the last newline was cut off, or is still being written."""
    if not os.path.lexists(path):
        return
    with disk_errors("read", path), open_plain(path) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        rest = b""
        while data := file.read(BLOCK):
            whole, newline, cut = (rest + data).rpartition(b"\n")
            rest = cut if newline else rest + data
            if newline:
                yield whole + newline
            elif len(rest) > 4 * BLOCK:
                raise RunError(f"{path}: a line is longer than any that rnnctl writes; the file was changed")


def _measured(block: bytes) -> dict[int, Mapping[str, float]]:
    """Update ratios by step, from the few lines that have them."""
    found: dict[int, Mapping[str, float]] = {}
    place = block.find(_RATIOS)
    while place >= 0:
        end = block.index(b"\n", place)
        record = _step(block[block.rfind(b"\n", 0, place) + 1 : end])
        if record is not None and record.update_ratios is not None:
            found[record.step] = record.update_ratios
        place = block.find(_RATIOS, end)
    return found


def _parse_block(block: bytes) -> dict[str, npt.NDArray[Any]] | None:
    """Columns of a block in which every line is a step, by Polars; None where a line seems not to be one."""
    import polars as pl
    from polars.exceptions import PolarsError

    schema = {"step": pl.Int64(), "epoch": pl.Int64(), **dict.fromkeys(NUMBERS, pl.Float64())}
    try:
        frame = pl.read_ndjson(io.BytesIO(block), schema=schema)
    except (PolarsError, ValueError):
        return None
    if frame.height != block.count(b"\n") or not all(
        frame[name].is_between(low, MOST_STEPS, closed="left").fill_null(value=False).all()
        for name, low in (("step", 1), ("epoch", 0))
    ):
        return None
    # Both a number that is not finite and a missing one are null here, so those lines are parsed one by one.
    nulls = frame.select(pl.any_horizontal(pl.col(*NUMBERS).is_null())).to_series()
    if nulls.any():
        lines = block.split(b"\n")
        if any(_step(lines[place]) is None for place in nulls.arg_true().to_list()):
            return None
    return {name: frame[name].to_numpy() for name in frame.columns}


def _parse_lines(block: bytes) -> tuple[dict[str, npt.NDArray[Any]], int]:
    """Columns of those lines that are steps, and the number of the others."""
    lines = block.split(b"\n")[:-1]
    records = [record for line in lines if (record := _step(line)) is not None]
    columns: dict[str, npt.NDArray[Any]] = {
        name: np.array([getattr(record, name) for record in records], np.int64) for name in ("step", "epoch")
    }
    for name in NUMBERS:
        columns[name] = _finite(np.array([getattr(record, name) for record in records], np.float64))
    return columns, len(lines) - len(records)


def _finite(values: Doubles) -> Doubles:
    return np.where(np.isfinite(values), values, np.nan)


def _step(line: bytes) -> StepRecord | None:
    try:
        record = step_from_json(line)
    except MALFORMED:
        return None
    return record if 0 < record.step < MOST_STEPS and 0 <= record.epoch < MOST_STEPS else None


def _rising(columns: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Each step once, in order, and the number of lines left out; of a repeated step the last line counts."""
    step = columns["step"]
    if len(step) < 2 or bool((np.diff(step) > 0).all()):
        return columns, 0
    _, last = np.unique(step[::-1], return_index=True)
    chosen = len(step) - 1 - last
    return {name: column[chosen] for name, column in columns.items()}, len(step) - len(chosen)
