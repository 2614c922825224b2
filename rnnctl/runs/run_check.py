"""Whether a folder is a run's, of the format that this rnnctl reads, and free of links that lead out of it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.runs.environment import format_fault
from rnnctl.runs.run_files import disk_errors, read_json
from rnnctl.runs.run_folder import CONFIG, ENVIRONMENT, SUMMARY
from rnnctl.runs.run_schema import Environment, SummaryFields, checked
from rnnctl.util.format import command
from rnnctl.util.suggest import nearest_run


def check_run(path: Path) -> dict[str, Any]:
    """Checks that a folder can be used as a run's.

    Args:
        path: The run folder; it may be a link itself, but nothing in it may lead out of it.

    Returns:
        The content of ``environment.json``.

    Raises:
        RunError: It is no run folder, is of another format, or has links out of it or things that are no files.
    """
    with disk_errors("read", path):  # a name may be longer than any that a file system takes
        if path.is_file():
            raise RunError(f"{path}: this is a file, not the folder of a run; {_a_run(path)}")
        if not path.is_dir():
            raise RunError(f"{path}: there is no such folder; {_a_run(path)}")
    if not (path / CONFIG).exists():
        raise RunError(f"{path}: this folder holds no {CONFIG}, so it is not a run; {_a_run(path)}")
    _refuse_links(path)
    if not (path / ENVIRONMENT).exists():
        raise RunError(
            f"{path}: this folder holds no {ENVIRONMENT}: the run ended before it began, or the file was removed; "
            f"train it anew: {command('train', path / CONFIG)}"
        )
    environment = read_json(path / ENVIRONMENT)
    if fault := format_fault(environment):
        raise RunError(f"{path}: {fault}")
    return checked(Environment, environment, path / ENVIRONMENT)


def _a_run(path: Path) -> str:
    """What to give instead of a path that is no run: the nearest one, or the newest, of those that there are."""
    for folder in dict.fromkeys((path, path.parent, Path("runs"))):
        with suppress(OSError):
            names = [entry.name for entry in folder.iterdir() if (entry / CONFIG).is_file()]
            if names:
                near = None if path.exists() else nearest_run(path.name, names)
                newest = max(names, key=lambda name: (folder / name / CONFIG).stat().st_mtime)
                return f"did you mean {folder / near}?" if near else f"give a run folder, such as {folder / newest}"
    return "give a run folder; there is none in runs yet: rnnctl train makes one"


def read_summary(path: Path) -> dict[str, Any] | None:
    """The content of a run folder's ``summary.json``; None where the run has not come to an end.

    Raises:
        RunError: It is there and cannot be read, or is not as rnnctl writes it.
    """
    file = path / SUMMARY
    return checked(SummaryFields, read_json(file), file) if file.exists() else None


def _refuse_links(path: Path) -> None:
    inside = Path(os.path.realpath(path))
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            entry = Path(folder, name)
            with disk_errors("read", entry), suppress(FileNotFoundError):  # whoever writes the run may move it on
                mode = entry.lstat().st_mode
                if stat.S_ISLNK(mode):
                    target = Path(os.path.realpath(entry))
                    if not target.is_relative_to(inside):
                        raise RunError(
                            f"{entry}: this is a link that leads out of the run folder, to {target}; "
                            "replace it with what it leads to"
                        )
                elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    raise RunError(f"{entry}: this is neither a file nor a folder; remove it from the run folder")
