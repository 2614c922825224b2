"""The record of a run by columns, for looking at it: a million steps in seconds, a block of lines at a time.

Whatever was written so far is read, while it is being written too. A line that is no step is left out and counted.
Knows neither TensorFlow nor the console.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.runs.files import NOT_OURS, told
from rnnctl.runs.jsonl import step_from_json
from rnnctl.runs.tails import opened_plain

Doubles = npt.NDArray[np.float64]

BLOCK = 2**25
"""Bytes of lines that are read at a time."""

MOST_STEPS = 2**53
"""Beyond this no float tells a step from the next."""

_NUMBERS = ("loss", "gradient_norm", "clipped_norm", "learning_rate", "seconds")
_RATIOS = b'"update_ratios": '
_TAKEN = {"step", "epoch", "gradient_norms", *_NUMBERS}


@dataclass(frozen=True, eq=False)
class StepColumns:
    """All steps of a run; everywhere NaN stands for what was not finite, and ``[steps]`` is the shape.

    Attributes:
        step: Number of the optimizer step, rising.
        epoch: Number of its epoch.
        loss: Mean loss over the batch.
        gradient_norm: Over all weights, before clipping.
        clipped_norm: The same after clipping.
        learning_rate: Learning rate of the update.
        seconds: Wall-clock seconds.
        gradient_norms: By the weight's path, before clipping; empty where they are kept beside the lines.
        ratio_step: Steps whose updates were measured, ``[measured]``.
        update_ratios: By the weight's path, ‖Δw‖ / ‖w‖ at these, ``[measured]``.
        left_out: Lines that are no steps, or tell a step a second time.
    """

    step: npt.NDArray[np.int64]
    epoch: npt.NDArray[np.int64]
    loss: Doubles
    gradient_norm: Doubles
    clipped_norm: Doubles
    learning_rate: Doubles
    seconds: Doubles
    gradient_norms: Mapping[str, npt.NDArray[np.floating]]
    ratio_step: npt.NDArray[np.int64]
    update_ratios: Mapping[str, Doubles]
    left_out: int = 0


def read_step_columns(path: Path) -> StepColumns:
    """Reads ``steps.jsonl``; one that is not there has no steps.

    Raises:
        RunError: It cannot be read.
    """
    blocks: list[dict[str, npt.NDArray[Any]]] = []
    weights: tuple[str, ...] | None = None
    left_out = 0
    measured: dict[int, Mapping[str, float]] = {}
    for block in _blocks(path):
        measured |= _measured(block)
        weights = _weights_in(block) if weights is None else weights
        columns = None if weights is None else _quickly(block, weights)
        if columns is None:
            columns, faulty = _carefully(block, weights or ())
            left_out += faulty
        blocks.append(columns)
    weights = weights or ()
    names = ("step", "epoch", *_NUMBERS, *weights)
    joined = {name: np.concatenate([block[name] for block in blocks]) if blocks else np.zeros(0) for name in names}
    joined, repeated = _rising(joined)
    return StepColumns(
        joined["step"].astype(np.int64),
        joined["epoch"].astype(np.int64),
        **{name: joined[name] for name in _NUMBERS},
        gradient_norms={weight: joined[weight] for weight in weights},
        ratio_step=np.array(sorted(measured), np.int64),
        update_ratios=_ratios([measured[step] for step in sorted(measured)]),
        left_out=left_out + repeated,
    )


def _ratios(measured: Sequence[Mapping[str, float]]) -> dict[str, Doubles]:
    """Update ratios by weight, ``[measured]``."""
    weights = dict.fromkeys(weight for ratios in measured for weight in ratios)
    return {
        weight: _finite(np.array([ratios.get(weight, math.nan) for ratios in measured], np.float64))
        for weight in weights
    }


def read_validations(path: Path) -> tuple[list[ValidationRecord], int]:
    """Reads ``validation.jsonl``; one that is not there has none.

    Returns:
        The validations, and how many lines are none.

    Raises:
        RunError: It cannot be read.
    """
    records, faulty = [], 0
    for block in _blocks(path):
        for line in block.split(b"\n")[:-1]:
            try:
                records.append(_validation(json.loads(line)))
            except NOT_OURS:
                faulty += 1
    return records, faulty


def _validation(fields: Mapping[str, Any]) -> ValidationRecord:
    loss = fields["loss"]
    loss = float(fields["non_finite"]["loss"] if loss is None else loss)
    return ValidationRecord(int(fields["step"]), int(fields["epoch"]), loss, bool(fields["is_best"]))


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines, many at a time; what follows the last newline was cut off, or is still being written."""
    if not os.path.lexists(path):
        return
    with told("read", path), opened_plain(path) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
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


def _weights_in(block: bytes) -> tuple[str, ...] | None:
    """Paths of the weights, from the first line that is a step; none where it leaves them to the table beside it."""
    for line in block.split(b"\n", 1000):
        try:
            return tuple(path for path in step_from_json(line).gradient_norms if path not in _TAKEN)
        except NOT_OURS:
            continue
    return None


def _quickly(block: bytes, weights: Sequence[str]) -> dict[str, npt.NDArray[Any]] | None:
    """Columns of lines that all are steps; None where one seems not to be."""
    import polars as pl
    from polars.exceptions import PolarsError

    number = pl.Float64()
    schema: dict[str, Any] = {"step": pl.Int64(), "epoch": pl.Int64(), **dict.fromkeys(_NUMBERS, number)}
    if weights:
        schema["gradient_norms"] = pl.Struct(dict.fromkeys(weights, number))
    try:
        frame = pl.read_ndjson(io.BytesIO(block), schema=schema)
    except (PolarsError, ValueError):
        return None
    if frame.height != block.count(b"\n") or not all(
        frame[name].is_between(low, MOST_STEPS, closed="left").fill_null(value=False).all()
        for name, low in (("step", 1), ("epoch", 0))
    ):
        return None
    frame = frame.unnest("gradient_norms") if weights else frame
    # A number that is not finite is null here, and so is one that is missing: those lines are looked at one by one.
    nulls = frame.select(pl.any_horizontal(pl.col(*_NUMBERS, *weights).is_null())).to_series()
    if nulls.any() and not _all_steps(block, nulls.arg_true().to_list()):
        return None
    return {
        **{name: frame[name].to_numpy() for name in ("step", "epoch")},
        **{name: frame[name].cast(number).to_numpy() for name in (*_NUMBERS, *weights)},
    }


def _all_steps(block: bytes, places: Sequence[int]) -> bool:
    lines = block.split(b"\n")
    return all(_step(lines[place]) is not None for place in places)


def _carefully(block: bytes, weights: Sequence[str]) -> tuple[dict[str, npt.NDArray[Any]], int]:
    """Columns of those lines that are steps, and how many are none."""
    lines = block.split(b"\n")[:-1]
    records = [record for line in lines if (record := _step(line)) is not None]
    columns: dict[str, npt.NDArray[Any]] = {
        name: np.array([getattr(record, name) for record in records], np.int64) for name in ("step", "epoch")
    }
    for name in _NUMBERS:
        columns[name] = _finite(np.array([getattr(record, name) for record in records], np.float64))
    for weight in weights:
        norms = [record.gradient_norms.get(weight, math.nan) for record in records]
        columns[weight] = _finite(np.array(norms, np.float64))
    return columns, len(lines) - len(records)


def _finite(values: Doubles) -> Doubles:
    return np.where(np.isfinite(values), values, np.nan)


def _step(line: bytes) -> StepRecord | None:
    try:
        record = step_from_json(line)
    except NOT_OURS:
        return None
    return record if 0 < record.step < MOST_STEPS and 0 <= record.epoch < MOST_STEPS else None


def _rising(columns: dict[str, npt.NDArray[Any]]) -> tuple[dict[str, npt.NDArray[Any]], int]:
    """Each step once, in order, and how many lines that leaves out; a file that nobody changed is so already."""
    step = columns["step"]
    if len(step) < 2 or bool((np.diff(step) > 0).all()):
        return columns, 0
    _, last = np.unique(step[::-1], return_index=True)
    kept = len(step) - 1 - last
    return {name: column[kept] for name, column in columns.items()}, len(step) - len(kept)
