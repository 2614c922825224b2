"""All steps of a run as columns: ``steps.jsonl`` read block by block, a million lines in seconds.

The file may still be growing. A line that is no step is left out and counted. A block with a number that is not finite
is read line by line.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.exceptions import PolarsError

from rnnctl.results.training import StepRecord
from rnnctl.runs.append_files import whole_blocks, whole_lines
from rnnctl.runs.jsonl import NUMBERS, step_from_json
from rnnctl.runs.run_files import MALFORMED

_T = TypeVar("_T")

Doubles = npt.NDArray[np.float64]

MOST_STEPS = 2**53
"""Above this a float64 cannot tell a step from the next."""

_COLUMNS = {"step": pl.Int64(), "epoch": pl.Int64(), **dict.fromkeys(NUMBERS, pl.Float64())}
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

    def until(self, step: int | None) -> tuple[list[float], list[Mapping[str, float]]]:
        """The losses up to a step (None: all), and the updates that were measured up to it, by weight."""
        end = math.inf if step is None else step
        rows = np.flatnonzero(self.ratio_step <= end)
        updates: list[Mapping[str, float]] = [
            {path: float(ratios[row]) for path, ratios in self.update_ratios.items()} for row in rows
        ]
        return [*map(float, self.loss[self.step <= end])], updates


def read_step_history(path: Path) -> StepHistory:
    """Reads ``steps.jsonl``; a missing file has no steps.

    Raises:
        RunError: The file cannot be read.
    """
    frames = [pl.DataFrame(schema=_COLUMNS)]
    lines = 0
    measured: dict[int, Mapping[str, float]] = {}
    for block in whole_blocks(path):
        frames.append(_steps(block))
        lines += block.count(b"\n")
        with_ratios = [line for line in block.split(b"\n") if _RATIOS in line]
        measured |= {
            record.step: record.update_ratios for record in _parsed(with_ratios, _step) if record.update_ratios
        }
    # Of a repeated step the last line counts.
    frame = pl.concat(frames).unique("step", keep="last").sort("step")
    numbers: dict[str, Any] = {name: _finite(frame[name].to_numpy()) for name in NUMBERS}
    ratios = pl.DataFrame([measured[step] for step in sorted(measured)], infer_schema_length=None)
    return StepHistory(
        step=frame["step"].to_numpy(),
        epoch=frame["epoch"].to_numpy(),
        **numbers,
        ratio_step=np.array(sorted(measured), np.int64),
        update_ratios={weight: _finite(ratios[weight].to_numpy()) for weight in ratios.columns},
        left_out=lines - frame.height,
    )


def read_whole_lines(path: Path, parse: Callable[[bytes], _T]) -> tuple[list[_T], int, str]:
    """Reads a file of lines, which may still be growing; a missing file has none.

    Args:
        parse: Makes a record of a line.

    Returns:
        The records, the number of lines that are none, and the first of these with the reason.

    Raises:
        RunError: The file cannot be read.
    """
    records, number, fault = list[_T](), 0, ""
    for number, line in enumerate(whole_lines(path), start=1):
        try:
            records.append(parse(line))
        except MALFORMED as error:
            fault = fault or f"line {number}: {error}"
    return records, number - len(records), fault


def _parsed(lines: Sequence[bytes], parse: Callable[[bytes], _T]) -> list[_T]:
    records = []
    for line in lines:
        with suppress(*MALFORMED):
            records.append(parse(line))
    return records


def _steps(block: bytes) -> pl.DataFrame:
    """The steps of a block: read at once where every line is one and all is finite, else line by line."""
    with suppress(PolarsError, ValueError):
        frame = pl.read_ndjson(io.BytesIO(block), schema=_COLUMNS)
        counted = pl.col("step").is_between(1, MOST_STEPS) & pl.col("epoch").is_between(0, MOST_STEPS)
        plain = counted & pl.all_horizontal(pl.col(*NUMBERS).is_finite())
        if frame.height == block.count(b"\n") and frame.select(plain.fill_null(value=False).all()).item():
            return frame
    records = _parsed(block.split(b"\n"), _step)
    return pl.DataFrame({name: [getattr(record, name) for record in records] for name in _COLUMNS}, schema=_COLUMNS)


def _step(line: bytes) -> StepRecord:
    record = step_from_json(line)
    if not (1 <= record.step <= MOST_STEPS and 0 <= record.epoch <= MOST_STEPS):
        raise ValueError("there are no such steps")
    return record


def _finite(values: Doubles) -> Doubles:
    return np.where(np.isfinite(values), values, np.nan)
