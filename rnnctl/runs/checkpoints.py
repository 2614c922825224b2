"""Writing checkpoints: folders ``checkpoints/step-N`` that are whole or not there, whatever happens in between.

Everything is written into ``.step-N.partial`` and synced, file by file and then the folder; the folder is renamed, and
the rename is synced. Only then older ones are removed, each renamed first, so that ``step-N`` always is whole.

================================ ==================================================================================
``model.safetensors``            every variable of the model, seed generators' states included
``optimizer.safetensors``        every variable of the optimizer
``best.safetensors``             the weights of the best validation so far, where early stopping keeps them
``checkpoint.json``              step, epoch, position, early stopping's state, config, data fingerprints, versions
``SHA256SUMS``                   SHA-256 of each file above, as ``sha256sum --check`` reads it
================================ ==================================================================================
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

from rnnctl.results.training import Snapshot
from rnnctl.runs.jsonl import dump
from rnnctl.runs.run_files import arrays_to_bytes, disk_errors, remove_tree
from rnnctl.util.atomic import sync_folder

CHECKPOINTS = "checkpoints"
MODEL, OPTIMIZER, BEST = "model.safetensors", "optimizer.safetensors", "best.safetensors"
POSITION, SUMS = "checkpoint.json", "SHA256SUMS"

FORMAT = 1
"""Format of checkpoints; the only one that is read."""

CHUNK = 2**24
"""Bytes written in one call."""

NEVER = Event()

_NAME = re.compile(r"step-(\d{1,18})")


def write_checkpoint(run: Path, snapshot: Snapshot, about: Mapping[str, Any], cancelled: Event = NEVER) -> Path:
    """Writes a checkpoint and returns its folder; an existing one of the same step is left as it is.

    Args:
        about: Further fields of ``checkpoint.json``.
        cancelled: Abandons the writing once it is set, from any thread.

    Raises:
        RunError: The disk says no; earlier checkpoints are as they were.
    """
    folder = run / CHECKPOINTS
    place = folder / f"step-{snapshot.step}"
    with disk_errors("write", place):
        if place.is_dir():
            return place
        if not folder.is_dir():
            folder.mkdir()
            sync_folder(run)
        beside = folder / f".{place.name}.partial"
        try:
            if beside.exists():
                remove_tree(beside)
            beside.mkdir()
            _write_files(beside, snapshot, about, cancelled)
            sync_folder(beside)
            beside.rename(place)
        except BaseException:
            with suppress(OSError):
                remove_tree(beside)
            raise
        sync_folder(folder)
    return place


def _write_files(beside: Path, snapshot: Snapshot, about: Mapping[str, Any], cancelled: Event) -> None:
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
    # One after the other: memory holds the bytes of a single file, and abandoning waits for no other.
    sums = [_write(beside / name, arrays_to_bytes(named), cancelled) for name, named in arrays.items()]
    sums.append(_write(beside / POSITION, (dump(position, indent=2) + "\n").encode(), cancelled))
    write_synced(beside / SUMS, b"".join(sums), cancelled)


def _write(path: Path, data: bytes, cancelled: Event) -> bytes:
    """Writes a file, and returns its line of ``SHA256SUMS``."""
    write_synced(path, data, cancelled)
    return sums_text({path.name: data})


def sums_text(contents: Mapping[str, bytes]) -> bytes:
    """The content of ``SHA256SUMS`` for files by their names."""
    return "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in contents.items()).encode()


def write_synced(path: Path, data: bytes, cancelled: Event = NEVER) -> None:
    """Makes a file with these bytes and waits until they are on the disk itself; may raise ``OSError``."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        view = memoryview(data)
        while view:
            if cancelled.is_set():
                raise OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))
            view = view[os.write(descriptor, view[:CHUNK]) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checkpoint_steps(run: Path) -> list[int]:
    """Steps of a run's checkpoints, whole or damaged, in rising order.

    Raises:
        RunError: The folder cannot be read.
    """
    folder = run / CHECKPOINTS
    with disk_errors("read", folder):
        if not folder.is_dir():
            return []
        return sorted(int(found[1]) for entry in folder.iterdir() if (found := _NAME.fullmatch(entry.name)))


def keep_newest(run: Path, keep: int, best: int | None) -> None:
    """Removes all checkpoints but the newest and the best one.

    Args:
        keep: Number of the newest that remain.
        best: Step of the best one; None where there is none.

    Raises:
        RunError: The disk says no.
    """
    folder = run / CHECKPOINTS
    old = [step for step in checkpoint_steps(run)[:-keep] if step != best]
    with disk_errors("clean up", folder):
        for step in old:
            _discard(folder, step)


def remove_after(run: Path, step: int) -> None:
    """Removes the checkpoints after a step, and what a crash left of others; the run folder must be locked.

    Raises:
        RunError: The disk says no.
    """
    folder = run / CHECKPOINTS
    with disk_errors("clean up", folder):
        for later in checkpoint_steps(run):
            if later > step:
                _discard(folder, later)
        for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
            if entry.name.startswith(".step-") and entry.is_dir() and not entry.is_symlink():
                remove_tree(entry)


def _discard(folder: Path, step: int) -> None:
    """Removes a checkpoint, renamed first so that its name never stands for a part of it."""
    renamed = folder / f".step-{step}.old"
    if renamed.exists():
        remove_tree(renamed)
    (folder / f"step-{step}").rename(renamed)
    remove_tree(renamed)
