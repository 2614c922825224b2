"""Writing checkpoints: folders ``checkpoints/step-N`` that are whole or not there, whatever happens in between.

Everything is written into ``.step-N.partial`` and synced, file by file and then the folder; the folder is renamed, and
the rename is synced. Only then older ones are removed, each renamed out of the way first, so that what is called
``step-N`` always is whole. Knows neither TensorFlow nor threads.

================================ ==================================================================================
``model.safetensors``            every variable of the model, seed generators' states included
``optimizer.safetensors``        every variable of the optimizer
``best.safetensors``             the weights of the best validation so far, where early stopping keeps them
``checkpoint.json``              step, epoch, position, early stopping's state, config, data fingerprints, versions
``SHA256SUMS``                   SHA-256 of each file above, as ``sha256sum --check`` reads it
================================ ==================================================================================
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.results.training import Snapshot
from rnnctl.runs.disk import Disk, remove_tree, write_synced
from rnnctl.runs.files import told
from rnnctl.runs.jsonl import dump

CHECKPOINTS = "checkpoints"
MODEL, OPTIMIZER, BEST = "model.safetensors", "optimizer.safetensors", "best.safetensors"
POSITION, SUMS = "checkpoint.json", "SHA256SUMS"

FORMAT = 1
"""Raised when an older rnnctl could not make sense of a checkpoint."""

DISK = Disk()

_NAME = re.compile(r"step-(\d{1,18})")


def write_checkpoint(run: Path, snapshot: Snapshot, about: Mapping[str, Any], disk: Disk = DISK) -> Path:
    """Writes a checkpoint; one of the same step that is there already is left as it is.

    Args:
        run: The run folder.
        snapshot: The state of training.
        about: Further fields of ``checkpoint.json``.
        disk: The operating system.

    Returns:
        Its folder.

    Raises:
        RunError: The disk says no; the checkpoints before are as they were.
    """
    folder = run / CHECKPOINTS
    place = folder / f"step-{snapshot.step}"
    with told("write", place):
        if place.is_dir():
            return place
        if not folder.is_dir():
            disk.make_folder(folder)
            disk.sync_folder(run)
        beside = folder / f".{place.name}.partial"
        try:
            if beside.exists():
                remove_tree(disk, beside)
            disk.make_folder(beside)
            _write_files(beside, snapshot, about, disk)
            disk.sync_folder(beside)
            disk.rename(beside, place)
        except BaseException:
            with suppress(OSError):
                remove_tree(disk, beside)
            raise
        disk.sync_folder(folder)
    return place


def _write_files(beside: Path, snapshot: Snapshot, about: Mapping[str, Any], disk: Disk) -> None:
    stopping = snapshot.stopping
    arrays = {MODEL: snapshot.model, OPTIMIZER: snapshot.optimizer}
    if stopping.weights is not None:
        arrays[BEST] = stopping.weights
    position = {
        "format": FORMAT,
        "step": snapshot.step,
        "reasons": list(snapshot.reasons),
        "early_stopping": {"loss": stopping.loss, "epoch": stopping.epoch, "waited": stopping.waited},
        "files": list(arrays),
        **about,
    }
    sums = {}
    for name, named in arrays.items():
        sums[name] = _write(disk, beside / name, _safetensors(named))
    sums[POSITION] = _write(disk, beside / POSITION, (dump(position, indent=2) + "\n").encode())
    write_synced(disk, beside / SUMS, sums_text(sums))


def _write(disk: Disk, path: Path, data: bytes) -> str:
    write_synced(disk, path, data)
    return hashlib.sha256(data).hexdigest()


def sums_text(sums: Mapping[str, str]) -> bytes:
    """``SHA256SUMS`` of files, in their order."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()


def _safetensors(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    from safetensors.numpy import save

    return save({name: np.require(array, requirements="C") for name, array in arrays.items()})


def checkpoint_steps(run: Path) -> list[int]:
    """Steps of the checkpoints of a run, oldest first, whole or damaged.

    Raises:
        RunError: The folder cannot be read.
    """
    folder = run / CHECKPOINTS
    with told("read", folder):
        if not folder.is_dir():
            return []
        return sorted(int(found[1]) for entry in folder.iterdir() if (found := _NAME.fullmatch(entry.name)))


def keep_newest(run: Path, keep: int, best: int | None, disk: Disk = DISK) -> None:
    """Removes all checkpoints but the newest and the best one, and what a crash left of others.

    Args:
        run: The run folder.
        keep: How many of the newest are kept.
        best: Step of the best one; None where there is none.
        disk: The operating system.

    Raises:
        RunError: The disk says no.
    """
    folder = run / CHECKPOINTS
    old = [step for step in checkpoint_steps(run)[:-keep] if step != best]
    with told("clean up", folder):
        for step in old:
            _discard(folder, step, disk)


def remove_after(run: Path, step: int, disk: Disk = DISK) -> None:
    """Removes the checkpoints after a step, because the run goes on from there, and what a crash left of others.

    Args:
        run: The run folder, locked.
        step: The last step that stays.
        disk: The operating system.

    Raises:
        RunError: The disk says no.
    """
    folder = run / CHECKPOINTS
    with told("clean up", folder):
        for later in checkpoint_steps(run):
            if later > step:
                _discard(folder, later, disk)
        for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
            if entry.name.startswith(".step-") and entry.is_dir() and not entry.is_symlink():
                remove_tree(disk, entry)


def _discard(folder: Path, step: int, disk: Disk) -> None:
    """Removes a checkpoint; what is called by its name is whole until it is gone."""
    out_of_the_way = folder / f".step-{step}.old"
    if out_of_the_way.exists():
        remove_tree(disk, out_of_the_way)
    disk.rename(folder / f"step-{step}", out_of_the_way)
    remove_tree(disk, out_of_the_way)
