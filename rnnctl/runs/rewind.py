"""Taking the record of a run back to a step, so that going on from there gives each step exactly once."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.runs.files import NOT_OURS, told
from rnnctl.runs.jsonl import step_from_json, validation_from_json

_STEP = re.compile(rb'\{"event": "step", "step": (\d{1,18}), ')


def rewind_steps(path: Path, step: int) -> tuple[StepRecord, StepRecord] | None:
    """Cuts off the lines after a step.

    Args:
        path: ``steps.jsonl``.
        step: The last step that stays.

    Returns:
        The first and the last step that are left; None where none is.

    Raises:
        RunError: The file cannot be read or written, or its lines up to the step are not the steps 1, 2, ….
    """
    first = last = b""
    length = 0
    if step or path.exists():
        with told("read", path), path.open("rb") as file:
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
        with told("write", path):
            os.truncate(path, length)
    if not step:
        return None
    try:
        return step_from_json(first), step_from_json(last)
    except NOT_OURS as error:
        raise RunError(f"{path}: a line is not a step as rnnctl writes it ({error})") from error


def rewind_validations(path: Path, step: int) -> list[ValidationRecord]:
    """Cuts off the validations at and after a step: going on from a step begins with the one that follows it.

    Args:
        path: ``validation.jsonl``.
        step: The step that training goes on from.

    Returns:
        The validations that are left.

    Raises:
        RunError: The file cannot be read or written, or is not as rnnctl writes it.
    """
    if not path.exists():
        return []
    with told("read", path):
        lines = path.read_bytes().splitlines(keepends=True)
    kept: list[ValidationRecord] = []
    length = 0
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            break
        record = _validation(path, number, line)
        if record.step >= step:
            break
        kept.append(record)
        length += len(line)
    with told("write", path):
        os.truncate(path, length)
    return kept


def _validation(path: Path, number: int, line: bytes) -> ValidationRecord:
    try:
        return validation_from_json(line)
    except NOT_OURS as error:
        raise RunError(f"{path}:{number}: this line is not a validation as rnnctl writes it ({error})") from error
