"""A disk that dies, fails, or loses what was not synced, and a run to write checkpoints of. Needs no TensorFlow."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from rnnctl.results.training import Snapshot, Stopping
from rnnctl.runs.checkpoint_disk import Disk


def snapshot(step: int, *, best: bool = False) -> Snapshot:
    """A state of training that tells of its step in every number."""
    model = {
        "recurrent_0/kernel": np.full((3, 4), step, np.float32),
        "recurrent_0/seed/0": np.array([step, 7], np.int64),
    }
    optimizer = {
        "iteration": np.array(step, np.int64),
        "recurrent_0/kernel/momentum": np.full((3, 4), -step, np.float32),
    }
    weights = {"recurrent_0/kernel": np.full((3, 4), step - 1, np.float32)}
    return Snapshot(step, model, optimizer, Stopping(0.5, 1, 2, weights), ("best",) if best else ("due",))


def same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two states are the same to the last bit."""
    if (one.step, one.reasons, one.stopping.loss) != (other.step, other.reasons, other.stopping.loss):
        return False
    groups = [(one.model, other.model), (one.optimizer, other.optimizer)]
    groups.append((one.stopping.weights or {}, other.stopping.weights or {}))
    return all(
        set(left) == set(right)
        and all(
            left[name].dtype == right[name].dtype and left[name].tobytes() == right[name].tobytes() for name in left
        )
        for left, right in groups
    )


class CountingDisk(Disk):
    """Calls ``at`` before the so many-th call that changes anything."""

    def __init__(self, fatal: int | None = None, at=lambda: None) -> None:
        self.calls, self._fatal, self._at = [], fatal, at

    def _count(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) == self._fatal:
            self._at()

    def make_folder(self, path):
        self._count("make_folder")
        super().make_folder(path)

    def create(self, path):
        self._count("create")
        return super().create(path)

    def write(self, descriptor, data):
        half = max(len(data) // 2, 1)
        self._count("write")
        written = super().write(descriptor, data[:half])  # so that every file takes several writes, and can be torn
        self._count("written")
        return written

    def sync(self, descriptor):
        self._count("sync")
        super().sync(descriptor)

    def sync_folder(self, path):
        self._count("sync_folder")
        super().sync_folder(path)

    def rename(self, path, to):
        self._count("rename")
        super().rename(path, to)

    def remove(self, path):
        self._count("remove")
        super().remove(path)

    def remove_folder(self, path):
        self._count("remove_folder")
        super().remove_folder(path)


def die() -> None:
    """Ends the process as ``kill -9`` does: no cleaning up, nothing flushed."""
    os._exit(9)


class JournalDisk(Disk):
    """Does everything, and notes it, so that ``after_power_cut`` can say what a power cut may leave."""

    def __init__(self) -> None:
        self.journal: list[tuple] = []
        self._paths: dict[int, Path] = {}

    def make_folder(self, path):
        super().make_folder(path)
        self.journal.append(("make", path))

    def create(self, path):
        descriptor = super().create(path)
        self._paths[descriptor] = path
        self.journal.append(("create", path))
        return descriptor

    def write(self, descriptor, data):
        written = super().write(descriptor, data)
        self.journal.append(("write", self._paths[descriptor], bytes(data[:written])))
        return written

    def sync(self, descriptor):
        super().sync(descriptor)
        self.journal.append(("sync", self._paths[descriptor]))

    def sync_folder(self, path):
        super().sync_folder(path)
        self.journal.append(("sync_folder", path))

    def rename(self, path, to):
        super().rename(path, to)
        self.journal.append(("rename", path, to))

    def remove(self, path):
        super().remove(path)
        self.journal.append(("remove", path))

    def remove_folder(self, path):
        super().remove_folder(path)
        self.journal.append(("remove_folder", path))


def after_power_cut(before: Path, journal: list[tuple], root: Path, to: Path, *, keep_names: bool) -> None:
    """Makes the folder that a power cut after a journal leaves.

    Args:
        before: The folder before the first entry, all of it on the disk.
        journal: What was done since.
        root: The folder that the journal's paths lie in.
        to: Where to make the folder.
        keep_names: Whether making, renaming and removing reached the disk although no folder was synced (a file system
            may write them at any time), or only what was synced did. Bytes never do before their file is synced.
    """
    shutil.copytree(before, to)
    synced = {entry[1] for entry in journal if entry[0] == "sync"}
    durable = {id(entry) for entry in journal} if keep_names else _synced_names(journal)
    renamed: dict[Path, Path] = {}
    for entry in journal:
        kind, path = entry[0], to / entry[1].relative_to(root)
        if kind in {"write", "sync", "sync_folder"} or id(entry) not in durable or not path.parent.is_dir():
            continue
        if kind == "make":
            path.mkdir()
        elif kind == "create":
            data = b"".join(other[2] for other in journal if other[:2] == ("write", entry[1]))
            path.write_bytes(data if entry[1] in synced else bytes(len(data)))
        elif kind == "rename" and path.exists():
            path.rename(to / entry[2].relative_to(root))
            renamed[entry[1]] = entry[2]
        elif kind == "remove":
            path.unlink(missing_ok=True)
        elif kind == "remove_folder" and path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _synced_names(journal: list[tuple]) -> set[int]:
    """The entries whose folder was synced after them."""
    kept = set()
    for place, entry in enumerate(journal):
        later = [other[1] for other in journal[place:] if other[0] == "sync_folder"]
        if entry[0] in {"make", "create", "rename", "remove", "remove_folder"} and entry[1].parent in later:
            kept.add(id(entry))
    return kept
