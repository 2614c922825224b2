"""Truncating the record of a run after a step, so that continuing from there records each step exactly once."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.runs.jsonl import step_from_json, validation_from_json
from rnnctl.runs.run_files import MALFORMED, disk_errors

_STEP = re.compile(rb'\{"event": "step", "step": (\d{1,18}), ')


def truncate_steps(path: Path, step: int) -> tuple[StepRecord, StepRecord] | None:
    """Truncates ``steps.jsonl`` after a step.

    Returns:
        The first and the last step that are left; None where none is.

    Raises:
        RunError: The file cannot be read or written, or its lines up to the step are not the steps 1, 2, ….
    """
    first = last = b""
    length = 0
    if step or path.exists():
        with disk_errors("read", path), path.open("rb") as file:
            for number in range(1, step + 1):
                line = file.readline()
                found = _STEP.match(line)
                if not found or int(found[1]) != number or not line.endswith(b"\n"):
                    what = "ends before" if not line else "does not have, at this line,"
                    raise RunError(
                        f"{path}:{number}: the record {what} step {number}, and the checkpoint is at step {step}: "
                        "the file was changed; put it back as it was, or train anew"
                    )
                first, last, length = first or line, line, length + len(line)
        with disk_errors("write", path):
            os.truncate(path, length)
    if not step:
        return None
    try:
        return step_from_json(first), step_from_json(last)
    except MALFORMED as error:
        raise RunError(f"{path}: a line is not a step as rnnctl writes it ({error})") from error


def truncate_validations(path: Path, step: int) -> list[ValidationRecord]:
    """Truncates ``validation.jsonl`` before a step's validation: continuing from the step begins with that one.

    Returns:
        The validations that are left.

    Raises:
        RunError: The file cannot be read or written, or is not as rnnctl writes it.
    """
    if not path.exists():
        return []
    with disk_errors("read", path):
        lines = path.read_bytes().splitlines(keepends=True)
    remaining: list[ValidationRecord] = []
    length = 0
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            break
        try:
            record = validation_from_json(line)
        except MALFORMED as error:
            message = f"{path}:{number}: this line is not a validation as rnnctl writes it ({error})"
            raise RunError(message) from error
        if record.step >= step:
            break
        remaining.append(record)
        length += len(line)
    with disk_errors("write", path):
        os.truncate(path, length)
    return remaining
