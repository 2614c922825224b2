"""Truncating the record of a run after a step, so that continuing from there records each step exactly once.

Everything is read and checked at first; what truncates is given back, to be called once nothing is left to go wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.runs.append_files import whole_blocks
from rnnctl.runs.jsonl import read_lines, step_from_json, validation_from_json
from rnnctl.runs.run_files import MALFORMED, disk_errors

Cut = Callable[[], None]
"""Truncates what was checked; raises a `RunError` where the disk says no."""


def recorded_steps(path: Path) -> int:
    """Number of whole lines of ``steps.jsonl``, each of which is a step unless the file was edited; 0 without a file.

    Raises:
        RunError: The file cannot be read.
    """
    return sum(block.count(b"\n") for block in whole_blocks(path))


def cut_at(path: Path, length: int) -> Cut:
    """What truncates a file to so many bytes."""

    def cut() -> None:
        with disk_errors("write", path):
            os.truncate(path, length)

    return cut


def steps_until(path: Path, step: int) -> tuple[tuple[StepRecord, StepRecord], Cut]:
    """Reads ``steps.jsonl`` up to a step, which is at least 1.

    Returns:
        The first and the last step up to there, and what truncates the file after the last.

    Raises:
        RunError: The file cannot be read, or its lines up to the step are not the steps 1, 2, ….
    """
    first = line = b""
    with disk_errors("read", path), path.open("rb") as file:
        for number in range(1, step + 1):
            line = file.readline()
            if not line.startswith(b'{"event": "step", "step": %d, ' % number) or not line.endswith(b"\n"):
                what = "does not have, at this line," if line else "ends before"
                raise RunError(
                    f"{path}:{number}: the record {what} step {number}, and the checkpoint is at step {step}: "
                    "the file was changed; put it back as it was, or train anew"
                )
            first = first or line
        length = file.tell()
    try:
        ends = step_from_json(first), step_from_json(line)
    except MALFORMED as error:
        raise RunError(f"{path}: a line is not a step as rnnctl writes it ({error})") from error
    return ends, cut_at(path, length)


def validations_until(path: Path, step: int) -> tuple[list[ValidationRecord], Cut]:
    """Reads ``validation.jsonl`` up to before a step's validation: continuing from the step begins with that one.

    Returns:
        The validations up to there, and what truncates the file after them.

    Raises:
        RunError: The file cannot be read, or is not as rnnctl writes it.
    """
    if not path.exists():
        return [], lambda: None
    sized = read_lines(path, lambda line: (validation_from_json(line), len(line) + 1), "validation")
    remaining = list(takewhile(lambda pair: pair[0].step < step, sized))
    return [record for record, _ in remaining], cut_at(path, sum(length for _, length in remaining))
