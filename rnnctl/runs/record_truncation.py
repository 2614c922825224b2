"""Truncating the record of a run after a step, so that continuing from there records each step exactly once."""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.runs.jsonl import read_lines, step_from_json, validation_from_json, validation_line
from rnnctl.runs.run_files import MALFORMED, disk_errors, write_file


def truncate_steps(path: Path, step: int) -> tuple[StepRecord, StepRecord]:
    """Truncates ``steps.jsonl`` after a step, which is at least 1.

    Returns:
        The first and the last step that are left.

    Raises:
        RunError: The file cannot be read or written, or its lines up to the step are not the steps 1, 2, ….
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
    with disk_errors("write", path):
        os.truncate(path, length)
    return ends


def truncate_validations(path: Path, step: int) -> list[ValidationRecord]:
    """Truncates ``validation.jsonl`` before a step's validation: continuing from the step begins with that one.

    Returns:
        The validations that are left.

    Raises:
        RunError: The file cannot be read or written, or is not as rnnctl writes it.
    """
    if not path.exists():
        return []
    records = read_lines(path, validation_from_json, "validation")
    remaining = list(takewhile(lambda record: record.step < step, records))
    write_file(path, "".join(map(validation_line, remaining)).encode())
    return remaining
