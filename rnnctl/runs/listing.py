"""All runs of a folder at a glance: how each stands, from its summary or the ends of its records alone.

Knows neither TensorFlow nor the console, and disturbs no writer.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.runs.environment import format_fault
from rnnctl.runs.files import NOT_OURS, told
from rnnctl.runs.folder import CONFIG, ENVIRONMENT, STEPS, SUMMARY, VALIDATION
from rnnctl.runs.lock import is_locked
from rnnctl.runs.tails import last_line, small_json

RUNNING, DONE, INTERRUPTED, FAILED, UNREADABLE = "running", "done", "interrupted", "failed", "unreadable"

KILLED = "its process is gone and left no word: it was killed, or the machine went down"


@dataclass(frozen=True, slots=True)
class RunEntry:
    """How a run stands.

    Attributes:
        name: Name of its folder.
        path: Its folder.
        state: ``running``, ``done``, ``interrupted``, ``failed`` or ``unreadable``.
        why: Why it is not done, in a sentence; empty where there is nothing to tell.
        steps: Optimizer steps taken.
        loss: Loss of the last step.
        best_loss: Lowest validation loss; None without a validation split.
        verdict: What the gradients through time came to, such as ``vanishing``; None where nothing is known.
        reach: How far back the gradient came at the last step, and out of how many time steps; None likewise.
        milliseconds_per_step: Median time of a step once compiled; while it runs, that of the last step.
        written_at: When it last wrote, in seconds since 1970.
    """

    name: str
    path: Path
    state: str
    why: str = ""
    steps: int = 0
    loss: float | None = None
    best_loss: float | None = None
    verdict: str | None = None
    reach: tuple[int, int] | None = None
    milliseconds_per_step: float | None = None
    written_at: float = 0.0


def list_runs(folder: Path) -> list[RunEntry]:
    """Looks at every run of a folder.

    Args:
        folder: The folder that runs are made in.

    Returns:
        An entry for each, in the order of their names; a run that cannot be read has one too.

    Raises:
        RunError: There is no such folder, it cannot be read, or it is a run itself.
    """
    with told("read", folder):  # a name may be longer than any that a file system takes
        is_folder = folder.is_dir()
        is_run = is_folder and (folder / CONFIG).exists() and (folder / ENVIRONMENT).exists()
    if not is_folder:
        raise RunError(
            f"{folder}: there is no such folder; give the folder that holds runs, or train one: rnnctl train"
        )
    if is_run:
        raise RunError(
            f"{folder}: this is a run, not a folder of runs; give {folder.parent}, or look at the run: "
            f"rnnctl report {folder}"
        )
    with told("read", folder), os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir()]
    return [entry_of(folder / name) for name in sorted(names, key=natural) if _may_be_a_run(folder / name)]


def _may_be_a_run(path: Path) -> bool:
    try:
        return (path / CONFIG).exists()
    except OSError:  # nobody may look into it, so that it is better told than left out
        return True


def natural(name: str) -> list[tuple[int, str]]:
    """A sorting key by which ``run-9`` comes before ``run-10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,18})", name) if part]


def entry_of(path: Path) -> RunEntry:
    """Looks at one run; what cannot be read is told in its entry."""
    unknown = RunEntry(path.name, path, UNREADABLE)
    try:
        environment = small_json(path / ENVIRONMENT)
        if environment is not None and (fault := format_fault(environment)):
            return replace(unknown, why=_in_a_line(fault))
        # The lock first: a run that ends between the two looks has its summary by the second.
        running = is_locked(path)
        summary = small_json(path / SUMMARY)
        entry = _while_going_on(path) if running or summary is None else _at_its_end(path, summary)
        return replace(entry, state=RUNNING, why="") if running else entry
    except (RunError, OSError, *NOT_OURS) as error:
        return replace(unknown, why=_in_a_line(f"it cannot be read: {error}"))


def _at_its_end(path: Path, summary: Mapping[str, Any]) -> RunEntry:
    stopped = summary["stopped"]
    reason = summary.get("reason")
    state, why = {
        "finished": (DONE, ""),
        "early stopping": (DONE, ""),
        "interrupted": (INTERRUPTED, ""),
        "non-finite": (FAILED, f"the loss or a gradient became NaN or infinite at step {summary['steps']}"),
    }.get(stopped, (FAILED, f"it stopped: {stopped}"))
    reach, verdict = summary.get("reach"), summary.get("verdict")
    return RunEntry(
        name=path.name,
        path=path,
        state=state,
        why=_in_a_line(str(reason)) if reason else why,
        steps=int(summary["steps"]),
        loss=_number(summary, "final_loss"),
        best_loss=_number(summary, "best_validation_loss"),
        verdict=None if verdict is None else _in_a_line(str(verdict)),
        reach=(int(reach[0]), int(reach[1])) if isinstance(reach, list) and len(reach) == 2 else None,
        milliseconds_per_step=_number(summary, "milliseconds_per_step"),
        written_at=(path / SUMMARY).lstat().st_mtime,
    )


def _while_going_on(path: Path) -> RunEntry:
    """From the ends of the records: the last step, and the last validation that was the best so far."""
    step = last_line(path / STEPS) or {}
    best = last_line(path / VALIDATION, b'"is_best": true') or {}
    seconds = _number(step, "seconds")
    return RunEntry(
        name=path.name,
        path=path,
        state=INTERRUPTED,
        why=KILLED,
        steps=int(step.get("step", 0)),
        loss=_number(step, "loss"),
        best_loss=_number(best, "loss"),
        milliseconds_per_step=None if seconds is None else 1000 * seconds,
        written_at=_last_written(path),
    )


def _last_written(path: Path) -> float:
    times = [path.lstat().st_mtime]
    for name in (STEPS, CONFIG):
        try:
            times.append((path / name).lstat().st_mtime)
        except FileNotFoundError:
            continue
    return max(times)


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    """A number; NaN and infinity stand beside it, as ``rnnctl.runs.jsonl`` writes them."""
    value = fields.get(name)
    if value is None:
        lost = fields.get("non_finite")
        value = lost.get(name) if isinstance(lost, Mapping) else None
    return None if value is None else float(value)


def _in_a_line(text: str) -> str:
    return " ".join(text.split())[:1000]


def _by_number(value: float | None) -> tuple[bool, float]:
    """A sorting key that puts what is no number last."""
    none = value is None or math.isnan(value)
    return none, 0.0 if value is None or none else value


SORTS = ("age", "name", "state", "steps", "loss", "best", "speed")
"""What runs can be sorted by."""

_STATES = (RUNNING, FAILED, INTERRUPTED, UNREADABLE, DONE)


def ordered(entries: Sequence[RunEntry], by: str, *, reverse: bool = False) -> list[RunEntry]:
    """Sorts entries.

    Args:
        entries: In the order of their names, which decides between equal ones.
        by: One of ``SORTS``: ``age`` the youngest first, ``steps`` the most, ``state`` running and failed ones, and
            the others the lowest, with what has no number last either way.
        reverse: The other way round.
    """
    keys: dict[str, Any] = {
        "age": lambda entry: -entry.written_at,
        "name": lambda entry: natural(entry.name),
        "state": lambda entry: _STATES.index(entry.state),
        "steps": lambda entry: -entry.steps,
    }
    numbers: dict[str, Any] = {
        "loss": lambda entry: entry.loss,
        "best": lambda entry: entry.best_loss,
        "speed": lambda entry: entry.milliseconds_per_step,
    }
    if by in keys:
        return sorted(entries, key=keys[by], reverse=reverse)
    known = [entry for entry in entries if not _by_number(numbers[by](entry))[0]]
    rest = [entry for entry in entries if _by_number(numbers[by](entry))[0]]
    return sorted(known, key=numbers[by], reverse=reverse) + rest


def entry_fields(entry: RunEntry, now: float) -> dict[str, Any]:
    """An entry for JSON, with its age in place of the time of writing.

    Args:
        entry: The entry.
        now: Seconds since 1970.
    """
    fields = {**asdict(entry), "path": str(entry.path)}
    written_at = fields.pop("written_at")
    return {**fields, "age_seconds": round(now - written_at, 1)}
