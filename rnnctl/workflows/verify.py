"""``rnnctl verify`` as a function: trains a run's config again, and compares every recorded number bit for bit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from rnnctl.config import Config
from rnnctl.config.overrides import with_changes
from rnnctl.errors import NonFiniteError, RunError
from rnnctl.results.checks import Difference, VerifyReport
from rnnctl.results.training import StepRecord
from rnnctl.runs.differences import environment_differences
from rnnctl.runs.gradient_norms import GRADIENT_NORMS
from rnnctl.runs.jsonl import read_steps
from rnnctl.runs.members import further_folders
from rnnctl.runs.run_check import check_run
from rnnctl.runs.run_files import disk_errors, json_object
from rnnctl.runs.run_folder import RESUMED, STEPS, THROUGH_TIME, WEIGHTS
from rnnctl.runs.run_schema import ResumedLine, checked
from rnnctl.runs.through_time import read_through_time
from rnnctl.runs.trained_run import read_config, read_weights
from rnnctl.workflows.resume_checks import rate_follows_length
from rnnctl.workflows.same_bits import different_arrays, step_differences
from rnnctl.workflows.train import TrainRun


def verify(run: str | os.PathLike[str], *, steps: int | None = None) -> VerifyReport:
    """Trains a run's config again for the recorded steps, and compares.

    Args:
        run: The run folder; it is only read.
        steps: Compare so many steps at most.

    Raises:
        RunError: The folder is no run, or its record cannot be read or holds no step.
        ConfigError: Its config is not valid any more.
        DataError: Its data cannot be used.
    """
    path = Path(run)
    report, first = _verify_net(path, steps, None)
    for folder in further_folders(path, read_config(path, check_run(path)).training):
        if not report.same:
            break
        if not (folder / STEPS).exists():
            note = f"{folder}: this net has taken no step yet, and is not compared"
            report = replace(report, notes=(*report.notes, note))
            continue
        found, _ = _verify_net(folder, steps, first)
        if report.weights is None and not found.weights:  # those of an earlier net were not compared
            found = replace(found, weights=None)
        notes = tuple(dict.fromkeys((*report.notes, *found.notes)))
        report = replace(found, steps=report.steps + found.steps, notes=notes, nets=report.nets + 1)
    return report


def _verify_net(path: Path, steps: int | None, first: TrainRun | None) -> tuple[VerifyReport, TrainRun]:
    """Compares the net of one folder, with what is compiled for the run's first one already."""
    environment = check_run(path)
    config, limit, notes = _as_it_began(path, read_config(path, environment))
    recorded = _record(path)
    count = min(number for number in (len(recorded), steps, limit) if number is not None)
    if first is not None:
        config = config.model_copy(update={"data": first.config.data})  # which may have moved since
        first = first if _serves(first, config) else None
    again = TrainRun(config, None, (), until=count, first=first, alone=True)
    through_time = read_through_time(path / THROUGH_TIME) if (path / THROUGH_TIME).is_dir() else ((), {})
    step, differences = _compare(again, recorded[:count], *through_time)
    weights = None
    if step is None and count == len(recorded) and (path / WEIGHTS).exists():
        from rnnctl.model.weights import weight_arrays

        weights = different_arrays(read_weights(path / WEIGHTS), weight_arrays(again.model))
    if not config.training.deterministic:
        notes = (*notes, "the run was trained with --fast, so that its bits need not come out again")
    changes = environment_differences(environment, again.environment, "git_commit")
    return VerifyReport(path, step or count, step, differences, weights, changes, notes), again


def _serves(first: TrainRun, config: Config) -> bool:
    """Whether what is compiled for a run's first net is what the config of another one asks for."""
    total, training = first.header.total_steps, first.config.training
    one, other = (each.refitted(1, total).model_copy(update={"training": training}) for each in (first.config, config))
    return one == other


def _record(path: Path) -> list[StepRecord]:
    recorded = read_steps(path / STEPS)
    if not recorded:
        raise RunError(f"{path}: the run recorded no step, so there is nothing to compare")
    if not recorded[0].gradient_norms:
        raise RunError(f"{path / GRADIENT_NORMS}: the norms per weight are not there; the file was removed")
    for number, record in enumerate(recorded, start=1):
        if record.step != number:
            raise RunError(f"{path / STEPS}:{number}: this is step {record.step}, not {number}; the file was changed")
    return recorded


def _as_it_began(path: Path, config: Config) -> tuple[Config, int | None, tuple[str, ...]]:
    """The config with the length that the run began with; the step at which a cosine's length was changed; notes."""
    if not rate_follows_length(config) or not (path / RESUMED).exists():
        return config, None, ()
    with disk_errors("read", path / RESUMED):
        lines = (path / RESUMED).read_bytes().splitlines()
    lengths: list[tuple[Mapping[str, int | None], int, str]] = []
    for number, line in enumerate(lines, start=1):
        where = f"{path / RESUMED}:{number}"
        try:
            fields = checked(ResumedLine, json_object(line), where)
        except ValueError as error:
            raise RunError(f"{where}: this is not as rnnctl writes it ({error})") from None
        if fields["from_step"] == 0:  # begun anew, with the length that it has now or was given after
            lengths.clear()
        elif fields.get("length_before") is not None:
            lengths.append((fields["length_before"], fields["from_step"], where))
    if not lengths:
        return config, None, ()
    length, limit, where = lengths[0]
    try:
        began = with_changes(config, {f"training.{unit}": length.get(unit) for unit in ("steps", "epochs")})
    except ValidationError:
        raise RunError(f"{where}: length_before: no run has this length; the file was changed") from None
    note = (
        f"only the first {limit:,} steps are compared: then the run was given another length, and with it a new cosine"
    )
    return began, limit, (note,)


def _compare(
    again: TrainRun, recorded: list[StepRecord], steps: Iterable[int], states: Mapping[str, npt.NDArray[np.float32]]
) -> tuple[int | None, tuple[Difference, ...]]:
    """The first step that differs, and its differences; training stops there.

    Args:
        again: The run to compare.
        recorded: The recorded steps.
        steps: Steps of the recorded norms through time, ``[rows]``.
        states: These norms by state, ``[rows, time]``.
    """
    rows = {int(step): row for row, step in enumerate(steps)}
    with suppress(NonFiniteError), closing(again.events()) as events:
        for now in events:
            if not isinstance(now, StepRecord):
                continue
            then = recorded[now.step - 1]
            if now.step in rows:
                norms = {state: tuple(values[rows[now.step]].tolist()) for state, values in states.items()}
                then = replace(then, state_gradient_norms=norms)
            if found := step_differences(then, now):
                return now.step, tuple(found)
    done = 0 if again.summary is None else again.summary.steps
    if done < len(recorded):
        # It ended before: the step after its last one is there in the record, and not here.
        return done + 1, (Difference("loss", recorded[done].loss, float("nan")),)
    return None, ()
