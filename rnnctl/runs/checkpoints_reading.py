"""Reading checkpoints: the newest whole one, and the faults of damaged ones.

No file of a checkpoint is parsed before its hash is right, and none holds code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from rnnctl.errors import RunError
from rnnctl.results.training import Snapshot, Stopping
from rnnctl.runs.checkpoints import (
    BEST,
    CHECKPOINTS,
    FORMAT,
    MODEL,
    OPTIMIZER,
    POSITION,
    SUMS,
    checkpoint_steps,
    sums_text,
)
from rnnctl.runs.run_files import arrays_from_bytes, json_object, open_plain
from rnnctl.runs.run_schema import CheckpointFields, check

_SUM = re.compile(rb"^[0-9a-f]{64}  ([\w.]+)$", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A whole checkpoint: its folder, the state of training, and all fields of ``checkpoint.json``."""

    path: Path
    snapshot: Snapshot
    about: Mapping[str, Any]


class DamagedError(RunError):
    """A checkpoint is damaged; an older one may be whole."""


def newest_whole(run: Path) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """Finds the newest whole checkpoint of a run.

    Returns:
        The checkpoint, or None where none is whole; and the fault of each newer one.

    Raises:
        RunError: The disk says no, or a newer rnnctl wrote the checkpoint.
    """
    wrong: list[str] = []
    for step in reversed(checkpoint_steps(run)):
        try:
            return read_checkpoint(run, step), tuple(wrong)
        except DamagedError as error:
            wrong.append(str(error))
    return None, tuple(wrong)


def read_checkpoint(run: Path, step: int) -> Checkpoint:
    """Reads the checkpoint of a step.

    Raises:
        DamagedError: It is not as it was written.
        RunError: The disk says no, or a newer rnnctl wrote it.
    """
    path = run / CHECKPOINTS / f"step-{step}"
    if path.is_symlink() or not path.is_dir():
        raise DamagedError(f"{path}: this is no folder, as a checkpoint is")
    contents = _verified(path)
    position, text = path / POSITION, contents.pop(POSITION)
    try:
        about = json_object(text)
        if about.get("format", FORMAT) != FORMAT:
            raise RunError(
                f"{position}: this checkpoint is of format {about['format']!r} and this rnnctl reads format "
                f"{FORMAT}: a newer rnnctl wrote it; use that one"
            )
        check(CheckpointFields, about)
        arrays = {name: _arrays(path / name, data) for name, data in contents.items()}
        if sorted(about["files"]) != sorted(arrays) or about["step"] != step:
            raise DamagedError(f"{path}: {POSITION} tells of another checkpoint than this one")
        stopping = about["early_stopping"]
        state = Stopping(stopping["loss"], stopping["epoch"], stopping["waited"], arrays.get(BEST))
        snapshot = Snapshot(step, arrays[MODEL], arrays[OPTIMIZER], state, tuple(about["reasons"]))
    except ValueError as error:
        raise DamagedError(f"{position}: this is not as rnnctl writes it ({error})") from error
    return Checkpoint(path, snapshot, about)


def _verified(path: Path) -> dict[str, bytes]:
    """The content of every file that ``SHA256SUMS`` names, its hash verified."""
    sums = _read(path / SUMS)
    names = [found[1].decode() for found in _SUM.finditer(sums)]
    if not {MODEL, OPTIMIZER, POSITION} <= set(names) <= {MODEL, OPTIMIZER, BEST, POSITION}:
        raise DamagedError(f"{path / SUMS}: this does not name the files of a checkpoint")
    contents = {name: _read(path / name) for name in names}
    right = sums_text(contents)
    for name, line in zip(contents, right.splitlines(keepends=True), strict=True):
        if line not in sums:
            raise DamagedError(f"{path / name}: its bytes are not those that were written (SHA-256 differs)")
    if right != sums:
        raise DamagedError(f"{path / SUMS}: its bytes are not those that were written")
    return contents


def _read(path: Path) -> bytes:
    try:
        with open_plain(path) as file:
            return file.read()
    except FileNotFoundError:
        raise DamagedError(f"{path}: this file is missing") from None
    except OSError as error:
        raise DamagedError(f"{path}: cannot read it: {error.strerror or 'it is no plain file'}") from error


def _arrays(path: Path, data: bytes) -> dict[str, npt.NDArray[Any]]:
    try:
        return arrays_from_bytes(data)
    except ValueError as error:
        raise DamagedError(f"{path}: these are not arrays as rnnctl writes them ({error})") from error
