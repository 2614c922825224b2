"""Reading checkpoints back: the newest that is whole, and what is wrong with those that are not.

Nothing in a checkpoint is believed before its hash is right, and nothing in it is code. Knows neither TensorFlow nor
what a model looks like.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
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
from rnnctl.runs.files import NOT_OURS

_SUM = re.compile(r"([0-9a-f]{64})  (\S+)")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A whole checkpoint.

    Attributes:
        path: Its folder.
        snapshot: The state of training.
        about: All fields of ``checkpoint.json``.
    """

    path: Path
    snapshot: Snapshot
    about: Mapping[str, Any]


class DamagedError(RunError):
    """A checkpoint is not as it was written; an older one may be."""


def newest_whole(run: Path) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """Finds the newest checkpoint that is whole.

    Args:
        run: The run folder.

    Returns:
        The checkpoint, or None where none is whole; and what is wrong with each newer one.

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
    """Reads one checkpoint, and believes nothing that its hashes do not vouch for.

    Args:
        run: The run folder.
        step: The checkpoint's step.

    Raises:
        DamagedError: It is not as it was written; where and what is told.
        RunError: The disk says no, or a newer rnnctl wrote it.
    """
    path = run / CHECKPOINTS / f"step-{step}"
    if path.is_symlink() or not path.is_dir():
        raise DamagedError(f"{path}: this is no folder, as a checkpoint is")
    contents = _verified(path)
    about = _position(path / POSITION, contents.pop(POSITION))
    arrays = {name: _arrays(path / name, data) for name, data in contents.items()}
    try:
        stopping = about["early_stopping"]
        state = Stopping(stopping["loss"], stopping["epoch"], stopping["waited"], arrays.get(BEST))
        if sorted(about["files"]) != sorted(arrays) or about["step"] != step:
            raise DamagedError(f"{path}: {POSITION} tells of another checkpoint than this one")
        snapshot = Snapshot(step, arrays[MODEL], arrays[OPTIMIZER], state, tuple(about["reasons"]))
    except NOT_OURS as error:
        raise DamagedError(f"{path / POSITION}: this is not as rnnctl writes it ({error!r})") from error
    return Checkpoint(path, snapshot, about)


def _verified(path: Path) -> dict[str, bytes]:
    """Reads every file that ``SHA256SUMS`` names, once, and sees that it is what was written."""
    sums = _read(path / SUMS)
    named = dict.fromkeys(
        found[2] for line in sums.decode("ascii", "replace").split("\n") if (found := _SUM.match(line))
    )
    known = {MODEL, OPTIMIZER, BEST, POSITION}
    if not {MODEL, OPTIMIZER, POSITION} <= set(named) <= known:
        raise DamagedError(f"{path / SUMS}: this does not name the files of a checkpoint")
    contents = {name: _read(path / name) for name in named}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    for name, digest in digests.items():
        if f"{digest}  {name}\n".encode() not in sums:
            raise DamagedError(f"{path / name}: its bytes are not those that were written (SHA-256 differs)")
    if sums_text(digests) != sums:
        raise DamagedError(f"{path / SUMS}: its bytes are not those that were written")
    return contents


def _read(path: Path) -> bytes:
    """The bytes of a plain file; a link is not followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DamagedError(f"{path}: this is no plain file")
            return file.read()
    except FileNotFoundError:
        raise DamagedError(f"{path}: this file is missing") from None
    except OSError as error:
        raise DamagedError(f"{path}: cannot read it: {error.strerror}") from error


def _position(path: Path, data: bytes) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = json.loads(data)
        written = fields["format"]
    except NOT_OURS as error:
        raise DamagedError(f"{path}: this is not as rnnctl writes it ({error!r})") from error
    if written != FORMAT:
        raise RunError(
            f"{path}: this checkpoint is of format {written!r} and this rnnctl reads format {FORMAT}: "
            "a newer rnnctl wrote it; use that one"
        )
    return fields


def _arrays(path: Path, data: bytes) -> dict[str, npt.NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return {name: np.asarray(array) for name, array in load(data).items()}
    except (SafetensorError, *NOT_OURS) as error:
        raise DamagedError(f"{path}: these are not arrays as rnnctl writes them ({error})") from error
