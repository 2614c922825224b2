"""``environment.json``: versions, machine, command, code and data of a run. Imports none of these packages."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rnnctl import __version__
from rnnctl.util.passwords import without_passwords

FORMAT = 2
"""Format of run folders; the only one that is read."""

PACKAGES = ("tensorflow", "keras", "numpy", "polars")
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
    "XLA_FLAGS",
    "CUDA_VISIBLE_DEVICES",
)


def describe_environment(
    command: Sequence[str] = (),
    *,
    seed: int | None = None,
    fingerprints: Mapping[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The content of ``environment.json``.

    Args:
        command: The command line; passwords in it are left out.
        fingerprints: SHA-256 of each data file, by its path.
        more: Further fields, such as ``devices`` or ``threads``.
    """
    return {
        "format": FORMAT,
        "command": [without_passwords(argument) for argument in command],
        "seed": seed,
        "versions": package_versions(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cpu": {"model": _cpu_model(), "count": os.cpu_count(), "usable": usable_cpus()},
        "variables": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
        "git_commit": _git_commit(),
        "data": dict(fingerprints or {}),
        **more,
    }


def writer_of(environment: Mapping[str, Any]) -> Any:
    """The version of rnnctl that wrote a run; None where that is unknown."""
    versions = environment.get("versions")
    return versions.get("rnnctl") if isinstance(versions, Mapping) else None


def format_fault(environment: Mapping[str, Any]) -> str | None:
    """Why a run folder of another format cannot be read; None for one of this format."""
    written = environment.get("format", 1)
    if written == FORMAT and isinstance(written, int):
        return None
    advice = "train it anew" if isinstance(written, int) and written < FORMAT else "use a newer rnnctl"
    writer = f"rnnctl {writer_of(environment)}" if writer_of(environment) else "an unknown version of rnnctl"
    return (
        f"{writer} wrote this run in format {written!r}; this is rnnctl {__version__}, which reads format {FORMAT}: "
        f"{advice}"
    )


def package_versions(*more: str) -> dict[str, str | None]:
    """Versions of rnnctl, of the packages that its numbers come from, and of others; None for one not installed."""
    return {"rnnctl": __version__, **{name: _version(name) for name in (*PACKAGES, *more)}}


def _version(package: str) -> str | None:
    for name in (package, f"{package}-cpu"):  # tensorflow-cpu installs the module tensorflow
        with suppress(PackageNotFoundError):
            return version(name)
    return None


def usable_cpus() -> int | None:
    """CPUs this process may run on, which a container or ``taskset`` makes fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _cpu_model() -> str:
    with suppress(OSError):  # not Linux
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git_commit() -> str | None:
    """Commit of the repository that the current folder is in; None where there is none, or no git."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--verify", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
