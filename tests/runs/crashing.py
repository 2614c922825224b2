"""A disk that dies, fails, or loses what was not synced, and a run to write checkpoints of. Needs no TensorFlow."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np

from rnnctl.results.training import Snapshot, Stopping


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


class WatchedDisk:
    """Notes the calls to the operating system in a block that change files or folders, and may fail at one of them.

    Args:
        fatal: ``at`` is called before the so many-th call.

    Attributes:
        calls: Their names.
        journal: What they did, so that ``after_power_cut`` can say what a power cut may leave.
    """

    def __init__(self, fatal: int | None = None, at=lambda: None) -> None:
        self.calls: list[str] = []
        self.journal: list[tuple] = []
        self._fatal, self._at = fatal, at
        self._paths: dict[int, Path] = {}
        self._patches = ExitStack()

    def __enter__(self):
        for name, kind in {"mkdir": "make", "rename": "rename", "unlink": "remove", "rmdir": "remove_folder"}.items():
            self._patch(name, partial(self._change, kind))
        for name in ("open", "write", "fsync"):
            self._patch(name, getattr(self, f"_{name}"))
        return self

    def __exit__(self, *error: object) -> None:
        self._patches.close()

    def _patch(self, name: str, instead) -> None:
        self._patches.enter_context(mock.patch.object(os, name, partial(instead, getattr(os, name))))

    def _count(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) == self._fatal:
            self._at()

    def _change(self, kind, real, *paths):
        self._count(kind)
        real(*paths)
        self.journal.append((kind, *[path for path in paths if isinstance(path, Path)]))

    def _open(self, real, path, flags, *mode):
        if flags & os.O_CREAT:
            self._count("create")
        descriptor = real(path, flags, *mode)
        self._paths[descriptor] = path
        if flags & os.O_CREAT:
            self.journal.append(("create", path))
        return descriptor

    def _write(self, real, descriptor, data):
        self._count("write")
        written = real(descriptor, data[: max(len(data) // 2, 1)])  # so that every file takes several, and can be torn
        self.journal.append(("write", self._paths[descriptor], bytes(data[:written])))
        self._count("written")
        return written

    def _fsync(self, real, descriptor):
        kind = "sync_folder" if self._paths[descriptor].is_dir() else "sync"
        self._count(kind)
        real(descriptor)
        self.journal.append((kind, self._paths[descriptor]))


def die() -> None:
    """Ends the process as ``kill -9`` does: no cleaning up, nothing flushed."""
    os._exit(9)


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
