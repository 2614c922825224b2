"""Cache of compiled programs: what XLA compiled once is reused by later processes.

TensorFlow can cache what XLA compiles in a folder, but trusts its content and deletes nothing. So every process gets a
folder of its own, which holds the programs compiled for this processor, TensorFlow and flags whose checksums are right;
what it compiles itself is added to the cache once whole. TensorFlow compares all of what is to be compiled before it
uses a program, so the bits are those of a fresh one.

In ``programs`` below `cache_folder`:

``KEY/NAME.DIGEST``  a program: TensorFlow's name for it, and a digest of its bytes. KEY is a digest of all that a
                     program depends on besides what it computes
``in-use-NAME/``     the folder of one process; deleted at its end

The folder may be deleted at any time. It holds code that is run: where others could write to it, or where it cannot be
written, every process compiles for itself.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rnnctl.runs.environment import usable_cpus
from rnnctl.util.atomic import replace_file
from rnnctl.util.cache_folder import cache_folder, private_folder
from rnnctl.util.context import set_within

SWITCH = "RNNCTL_PROGRAMS"
"""Environment variable; ``never`` disables the cache."""

VERSION = 1
"""Version of the cache's layout."""

TESTED_VERSIONS = ("2.21.",)
"""Beginnings of the versions of TensorFlow whose private counter `number_traces` replaces."""

LARGEST = 2**25
"""Most bytes of the programs of one key; the oldest are deleted beyond."""

ROOM = 2**28
"""Bytes that must be free on the disk, since a failed write is an error to TensorFlow."""

DAYS_STORED = 30
DAYS_IN_USE = 7
_DAY = 86400.0
_DIGEST = 16
_OURS = re.compile(rf"[0-9a-f]{{{2 * _DIGEST}}}|in-use-\w+")
"""Names of the folders in ``programs``; nothing else is deleted."""


class Programs:
    """The programs of one ``key``, and this process's folder of them, ``mine``.

    Args:
        home: The folder ``programs``; made where it is missing.
        key: From `key_of`.

    Raises:
        OSError: The folder cannot be made or written, or others could write to it.
    """

    def __init__(self, home: Path, key: str) -> None:
        self.key, self._home, self._stored = key, home, home / key
        for folder in (home, self._stored):
            private_folder(folder)
        if shutil.disk_usage(home).free < ROOM:
            raise OSError("the disk is full but for little")
        self.mine = Path(tempfile.mkdtemp(prefix="in-use-", dir=home))
        for path in self._stored.iterdir():
            with suppress(FileNotFoundError):  # another process has just deleted it
                name, _, digest = path.name.rpartition(".")
                if _digest(path) == digest:
                    _link(path, self.mine / name)
                else:
                    path.unlink()

    def save_new(self) -> None:
        """Adds newly compiled programs to the cache."""
        with suppress(OSError):
            known = {path.name.rpartition(".")[0] for path in self._stored.iterdir()}
            new = [path for path in self.mine.glob("*.pb") if path.name not in known]
            for path in new:
                _link(path, self._stored / f"{path.name}.{_digest(path)}")
            if new:
                self._prune()

    def close(self) -> None:
        """Adds newly compiled programs to the cache, and deletes this process's folder."""
        self.save_new()
        shutil.rmtree(self.mine, ignore_errors=True)

    def _prune(self) -> None:
        room = LARGEST
        for path in sorted(self._stored.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True):
            room -= path.stat().st_size
            if room < 0:
                path.unlink(missing_ok=True)
        now = time.time()
        for folder in self._home.iterdir():
            days = DAYS_IN_USE if folder.name.startswith("in-use-") else DAYS_STORED
            old = folder.stat(follow_symlinks=False).st_mtime < now - days * _DAY
            if old and _OURS.fullmatch(folder.name) and folder not in (self.mine, self._stored):
                shutil.rmtree(folder, ignore_errors=True)


_programs: Programs | None = None


@contextmanager
def cache_enabled() -> Iterator[None]:
    """Enables the cache for TensorFlow, which must read its flags in the block.

    Does nothing where `SWITCH` disables it, where the user's flags set TensorFlow's own cache or dump XLA's programs,
    and where the cache cannot be used.
    """
    global _programs  # noqa: PLW0603 - what TensorFlow has read of the environment holds for the process, too
    flags = os.environ.get("TF_XLA_FLAGS")
    set_already = (flags or "") + os.environ.get("XLA_FLAGS", "")
    wanted = os.environ.get(SWITCH) != "never" and "persistent_cache" not in set_already and "dump" not in set_already
    if _programs is None and wanted:
        with suppress(OSError):
            _programs = Programs(cache_folder() / "programs", key_of(os.environ))
            atexit.register(_programs.close)
    if _programs is None:
        yield
        return
    ours = f"--tf_xla_persistent_cache_directory={_programs.mine} --tf_xla_persistent_cache_device_types=CPU"
    os.environ["TF_XLA_FLAGS"] = f"{flags or ''} {ours}".strip()
    try:
        yield
    finally:
        del os.environ["TF_XLA_FLAGS"]  # child processes must not use this folder
        if flags is not None:
            os.environ["TF_XLA_FLAGS"] = flags


def save_new() -> None:
    """Adds newly compiled programs to the cache now, in case the process is killed."""
    if _programs is not None:
        _programs.save_new()


def kept() -> tuple[str, int] | None:
    """The key, and the number of programs in this process's folder; None where none are kept.

    A program that an earlier process compiled is in the folder from the beginning.
    """
    return None if _programs is None else (_programs.key, sum(1 for _ in _programs.mine.glob("*.pb")))


def key_of(environment: Mapping[str, str]) -> str:
    """A digest of all that a compiled program depends on besides what it computes; XLA reads many variables."""
    names = sorted(name for name in environment if name.startswith(("TF_", "XLA_")) and "LOG" not in name)
    dependencies = [VERSION, {name: environment[name] for name in names}, _tensorflow(), _processor()]
    return hashlib.blake2b(json.dumps(dependencies).encode(), digest_size=_DIGEST).hexdigest()


def _tensorflow() -> list[object]:
    """The TensorFlow that would be imported: its folder, and sizes and times of its libraries."""
    spec = find_spec("tensorflow")
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("libtensorflow*"))]
    return [str(folder), *((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)]


def _processor() -> list[object]:
    """What XLA compiles for: the processor with its features, and the number of usable cores."""
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    except OSError:  # not Linux: programs of one machine are for that machine alone
        described = platform.node()
    changing = ("processor", "cpu MHz", "bogomips", "apicid", "initial apicid", "core id", "physical id")
    lines = [line for line in described.splitlines() if not line.startswith(changing)]
    return [platform.machine(), platform.system(), sys.byteorder, usable_cpus(), *lines]


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=_DIGEST).hexdigest()


def _link(path: Path, name: Path) -> None:
    """Gives a file a second name atomically; nothing where the name is taken."""
    try:
        os.link(path, name)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        replace_file(name, path.read_bytes(), durable=False, shared=True)


_SOURCE: ContextVar[Iterator[int] | None] = ContextVar("source", default=None)
"""Where this thread takes the numbers in names of traced functions from; None leaves them to TensorFlow."""

_sources: dict[str, Iterator[int]] = {}


def numbered(name: str) -> AbstractContextManager[Iterator[int]]:
    """Numbers what this thread traces in the block by a program's name alone.

    TensorFlow puts a number into the name of every function and loop: how many tensors, functions and other things the
    process has made before. A program's names, and with them the key of its compiled form, would thus depend on all
    that ran earlier. Here the number depends on the program's name and on how often it was traced in this process.
    """
    # Far above TensorFlow's own numbers, which begin at 0, and some 17 million for each name.
    first = (1 << 60) + (zlib.crc32(name.encode()) << 24)
    return set_within(_SOURCE, _sources.setdefault(name, itertools.count(first)))


def number_traces(version: str) -> None:
    """Has TensorFlow take the numbers in names from `numbered`; a second call does nothing.

    There is no public way to do so, so only the versions that this was tested with are patched. With any other one
    training works all the same, but the programs of earlier processes are not always found.
    """
    if not version.startswith(TESTED_VERSIONS):
        return
    ops: Any = import_module("tensorflow.python.framework.ops")
    of_tensorflow = ops.uid
    if of_tensorflow.__module__ == __name__:
        return

    def uid() -> int:
        source = _SOURCE.get()
        return of_tensorflow() if source is None else next(source)

    ops.uid = uid
