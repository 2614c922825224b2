"""The state of all runs of a folder, from the summary or the ends of the records of each alone."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rnnctl.errors import RunError
from rnnctl.runs.environment import format_fault
from rnnctl.runs.jsonl import with_non_finite
from rnnctl.runs.lock import is_locked
from rnnctl.runs.run_files import disk_errors, last_json_line, small_json
from rnnctl.runs.run_folder import CONFIG, ENVIRONMENT, STEPS, SUMMARY, VALIDATION
from rnnctl.runs.run_schema import Environment, LastLine, SummaryFields, checked
from rnnctl.util.format import command

RUNNING, DONE, INTERRUPTED, FAILED, UNREADABLE = "running", "done", "interrupted", "failed", "unreadable"

KILLED = "its process is gone and left no word: it was killed, or the machine went down"


@dataclass(frozen=True, slots=True)
class RunEntry:
    """The state of a run.

    Attributes:
        name: Name of the run folder.
        state: ``running``, ``done``, ``interrupted``, ``failed`` or ``unreadable``.
        why: Why it is not done, in a sentence; else empty.
        steps: Optimizer steps taken.
        loss: Loss of the last step.
        best_loss: Loss of the best validation (`best_of`); None without a validation split.
        verdict: Verdict on the gradients through time, such as ``vanishing``; None where unknown.
        reach: Time steps back that the gradient reached at the last step, out of how many; None where unknown.
        milliseconds_per_step: Median time of a step once compiled; while it runs, that of the last step.
        written_at: Time of the last write, in seconds since 1970.
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
    """The runs of a folder.

    Returns:
        An entry for each in the order of their names, unreadable runs included.

    Raises:
        RunError: There is no such folder, it cannot be read, or it is a run itself.
    """
    with disk_errors("read", folder):  # a name may be longer than any that a file system takes
        if not folder.is_dir():
            raise RunError(
                f"{folder}: there is no such folder; give the folder that holds runs, or train one: rnnctl train"
            )
        if (folder / CONFIG).exists() and (folder / ENVIRONMENT).exists():
            raise RunError(
                f"{folder}: this is a run, not a folder of runs; give {folder.parent}, or look at the run: "
                + command("report", folder)
            )
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    return [entry_of(folder / name) for name in sorted(names, key=natural) if _may_be_a_run(folder / name)]


def _may_be_a_run(path: Path) -> bool:
    try:
        return (path / CONFIG).exists()
    except OSError:  # it may not be read, and is listed as such
        return True


def natural(name: str) -> list[tuple[int, str]]:
    """A sorting key that puts ``run-9`` before ``run-10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,18})", name) if part]


def entry_of(path: Path) -> RunEntry:
    """The entry of one run; the entry of an unreadable one says why."""
    unknown = RunEntry(path.name, path, UNREADABLE)
    try:
        environment = small_json(path / ENVIRONMENT)
        if environment is not None and (fault := format_fault(environment)):
            return replace(unknown, why=_in_a_line(fault))
        if environment is not None:
            checked(Environment, environment, path / ENVIRONMENT)
        # The lock first: a run that ends in between has its summary by then.
        running = is_locked(path)
        summary = small_json(path / SUMMARY)
        if running or summary is None:
            return _while_going_on(unknown, running=running)
        return _at_its_end(unknown, checked(SummaryFields, summary, path / SUMMARY))
    except (RunError, OSError, ValueError) as error:
        return replace(unknown, why=_in_a_line(f"it cannot be read: {error}"))


def _at_its_end(entry: RunEntry, summary: Mapping[str, Any]) -> RunEntry:
    state, why = {
        "finished": (DONE, ""),
        "early stopping": (DONE, ""),
        "interrupted": (INTERRUPTED, ""),
        "non-finite": (FAILED, f"the loss or a gradient became NaN or infinite at step {summary['steps']}"),
    }.get(summary["stopped"], (FAILED, f"it stopped: {summary['stopped']}"))
    reach, verdict = summary.get("reach"), summary.get("verdict")
    return replace(
        entry,
        state=state,
        why=_in_a_line(summary.get("reason") or why),
        steps=summary["steps"],
        loss=_number(summary, "final_loss"),
        best_loss=_number(summary, "best_validation_loss"),
        verdict=None if verdict is None else _in_a_line(verdict),
        reach=None if reach is None else (reach[0], reach[1]),
        milliseconds_per_step=_number(summary, "milliseconds_per_step"),
        written_at=(entry.path / SUMMARY).lstat().st_mtime,
    )


def _while_going_on(entry: RunEntry, *, running: bool) -> RunEntry:
    path = entry.path
    step = _checked_line(last_json_line(path / STEPS), path / STEPS)
    best = _checked_line(last_json_line(path / VALIDATION, b'"is_best": true'), path / VALIDATION)
    seconds = _number(step, "seconds")
    times = [path.lstat().st_mtime]
    for name in (STEPS, CONFIG):
        with suppress(FileNotFoundError):  # a run that is resumed from its beginning removes its steps
            times.append((path / name).lstat().st_mtime)
    return replace(
        entry,
        state=RUNNING if running else INTERRUPTED,
        why="" if running else KILLED,
        steps=step.get("step", 0),
        loss=_number(step, "loss"),
        best_loss=_number(best, "loss"),
        milliseconds_per_step=None if seconds is None else 1000 * seconds,
        written_at=max(times),
    )


def _checked_line(line: Mapping[str, Any] | None, path: Path) -> Mapping[str, Any]:
    return {} if line is None else checked(LastLine, line, f"{path}: last line")


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    """A number, which may be NaN or infinite (`rnnctl.runs.jsonl`)."""
    value = with_non_finite(fields).get(name)
    return None if value is None else float(value)


def _in_a_line(text: str) -> str:
    return " ".join(text.split())[:1000]


_STATES = (RUNNING, FAILED, INTERRUPTED, UNREADABLE, DONE)


def ordered(entries: Sequence[RunEntry], by: str, *, reverse: bool = False) -> list[RunEntry]:
    """Sorts entries.

    Args:
        entries: In the order of their names, which decides between equal ones.
        by: ``age`` puts the youngest first, ``steps`` the most, ``state`` running and failed ones, and the others the
            lowest. Entries without a number come last either way.
        reverse: Whether the order is reversed.
    """
    keys: dict[str, Any] = {
        "age": lambda entry: -entry.written_at,
        "name": lambda entry: natural(entry.name),
        "state": lambda entry: _STATES.index(entry.state),
        "steps": lambda entry: -entry.steps,
        "loss": lambda entry: entry.loss,
        "best": lambda entry: entry.best_loss,
        "speed": lambda entry: entry.milliseconds_per_step,
    }
    key = keys[by]

    def has_value(entry: RunEntry) -> bool:
        value = key(entry)
        return value is not None and not (isinstance(value, float) and math.isnan(value))

    known = sorted(filter(has_value, entries), key=key, reverse=reverse)
    return known + [entry for entry in entries if not has_value(entry)]


def entry_fields(entry: RunEntry, now: float) -> dict[str, Any]:
    """An entry for JSON, with its age at ``now`` (seconds since 1970) in place of the time of writing."""
    fields = {**asdict(entry), "path": str(entry.path)}
    written_at = fields.pop("written_at")
    return {**fields, "age_seconds": round(now - written_at, 1)}
