"""The whole record of a run, for `compare` and `report`; the run may still be going on.

What is damaged is left out and noted; only a folder that is no run's, or not to be trusted, is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config import Config, load_config
from rnnctl.config.files import read_text
from rnnctl.config.yaml_reader import read_yaml
from rnnctl.errors import ConfigError, RnnctlError
from rnnctl.results.evaluation import Scores, TestResults
from rnnctl.results.training import ValidationRecord
from rnnctl.runs.gradient_norms import GRADIENT_NORMS, read_gradient_norms
from rnnctl.runs.jsonl import NUMBERS, step_from_json, validation_from_json
from rnnctl.runs.listing import RunEntry, entry_of
from rnnctl.runs.run_check import check_run, read_summary
from rnnctl.runs.run_files import json_object
from rnnctl.runs.run_folder import CONFIG, RESUMED, STEPS, THROUGH_TIME, VALIDATION
from rnnctl.runs.run_schema import ResumedLine, check
from rnnctl.runs.step_history import StepHistory, read_step_history, read_whole_lines
from rnnctl.runs.test_results import read_test
from rnnctl.runs.through_time import read_through_time
from rnnctl.util.format import counted

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class RunRecord:
    """The record of a run.

    Attributes:
        entry: Its state.
        config_text: The text of ``config.yaml``.
        config: The same, validated; None where it does not validate any more.
        settings: The config as plain values, validated or not.
        summary: The content of ``summary.json``; None before the run's end.
        through_time_steps: Steps that have norms through time, ``[rows]``.
        through_time: By state, the norms of ∂L/∂h_t, ``[rows, time]``.
        resumed: Steps that it was resumed from.
        test: Predictions on the test split; None where there are none.
        scores: Of these predictions and of the parts of the split; None where none were kept.
        notes: What was left out of all this, and why, a sentence each.
    """

    path: Path
    entry: RunEntry
    config_text: str
    config: Config | None
    settings: Mapping[str, Any]
    environment: Mapping[str, Any]
    summary: Mapping[str, Any] | None
    steps: StepHistory
    validations: tuple[ValidationRecord, ...]
    through_time_steps: npt.NDArray[np.int64]
    through_time: Mapping[str, npt.NDArray[np.float32]]
    resumed: tuple[int, ...]
    test: TestResults | None
    scores: Scores | None
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.path.resolve().name

    @property
    def metrics(self) -> dict[str, float]:
        """Those fields of the summary that are numbers, test metrics of model and baselines included."""
        fields = self.summary or {}
        return {key: float(value) for key, value in fields.items() if type(value) in (int, float)}


def read_run_record(path: Path) -> RunRecord:
    """Reads the record of a run folder.

    Raises:
        RunError: It is no run folder, is of another format, or holds links that lead out of it.
    """
    environment = check_run(path)
    notes: list[str] = []
    text, config, settings = _config(path, notes)
    steps = _steps(path, notes)
    validations = _whole_lines(path / VALIDATION, validation_from_json, "validation", notes)
    rows: tuple[npt.NDArray[np.int64], Mapping[str, npt.NDArray[np.float32]]] = (np.zeros(0, np.int64), {})
    if (path / THROUGH_TIME).is_dir():
        rows = _read_or(lambda: read_through_time(path / THROUGH_TIME), rows, notes)
    scores, test = _read_or(lambda: read_test(path), None, notes) or (None, None)
    return RunRecord(
        path=path,
        entry=entry_of(path),
        config_text=text,
        config=config,
        settings=settings,
        environment=environment,
        summary=_read_or(lambda: read_summary(path), None, notes),
        steps=steps,
        validations=validations,
        through_time_steps=rows[0],
        through_time=rows[1],
        resumed=_read_or(lambda: _whole_lines(path / RESUMED, _from_step, "resumption", notes), (), notes),
        test=test,
        scores=scores,
        notes=tuple(notes),
    )


def _steps(path: Path, notes: list[str]) -> StepHistory:
    """The steps, with gradient norms per weight from their table, which may have more rows."""
    steps = read_step_history(path / STEPS)
    if steps.left_out:
        fault = read_whole_lines(path / STEPS, step_from_json)[2]
        notes.append(_left_out(path / STEPS, steps.left_out, "step", fault))
    if not len(steps.step):
        return steps
    table = _read_or(lambda: read_gradient_norms(path / GRADIENT_NORMS), None, notes)
    if table is None:
        return steps
    if missing := int((~np.isin(steps.step, table.steps)).sum()):
        notes.append(f"{path / GRADIENT_NORMS}: it lacks {counted(missing, 'step')} of {STEPS}")
    norms = table.at(steps.step).norms
    finite = {weight: np.where(np.isfinite(values), values, np.float32(np.nan)) for weight, values in norms.items()}
    return replace(steps, gradient_norms=finite)


def history_frame(path: Path) -> pl.DataFrame:
    """The steps of a run as a table, a row each: see `rnnctl.api.run.Run.history`.

    Raises:
        RunError: The record cannot be read.
    """
    steps = _steps(path, [])
    frame = pl.DataFrame(
        {
            **{name: getattr(steps, name) for name in ("step", "epoch", *NUMBERS)},
            **{f"gradient_norms/{weight}": norms for weight, norms in steps.gradient_norms.items()},
        }
    )
    by_step = {record.step: record.loss for record in read_whole_lines(path / VALIDATION, validation_from_json)[0]}
    validation = pl.Series("validation_loss", [by_step.get(step) for step in steps.step.tolist()], pl.Float64)
    return frame.insert_column(2 + len(NUMBERS), validation)


def _read_or(read: Callable[[], _T], otherwise: _T, notes: list[str]) -> _T:
    """The result of reading; where the file is damaged a substitute, and a note."""
    try:
        return read()
    except RnnctlError as error:
        notes.append(f"left out: {error}")
        return otherwise


def _config(path: Path, notes: list[str]) -> tuple[str, Config | None, Mapping[str, Any]]:
    """The config as text, validated, and as plain values."""
    file = path / CONFIG
    text = _read_or(lambda: read_text(file, str(file)), None, notes)
    if text is None:
        return "", None, {}
    try:
        config = load_config(file)
    except ConfigError as error:
        first, *more = str(error).split("\n")
        others = f" (and {len(more)} more)" if more else ""
        notes.append(f"this config is not valid for this rnnctl, and is shown as it stands: {first}{others}")
        value = _read_or(lambda: read_yaml(text, str(file)).value, None, [])
        return text, None, value if isinstance(value, dict) else {}
    return text, config, config.model_dump(mode="json")


def _whole_lines(path: Path, parse: Callable[[bytes], _T], what: str, notes: list[str]) -> tuple[_T, ...]:
    records, faulty, fault = read_whole_lines(path, parse)
    if faulty:
        notes.append(_left_out(path, faulty, what, fault))
    return tuple(records)


def _left_out(path: Path, lines: int, what: str, fault: str) -> str:
    why = f"; {fault}" if fault else ""
    return f"{path}: {counted(lines, 'line')} left out: no {what} as rnnctl writes it{why}"


def _from_step(line: bytes) -> int:
    fields = json_object(line)
    check(ResumedLine, fields)
    return int(fields["from_step"])
