"""``rnnctl smoke`` as a function: a few steps of each config, every property of a healthy training checked.

A network is compiled once: to compare a second and a resumed run bit for bit, all variables are restored (from memory,
and from a checkpoint on disk) and the same program takes the steps again. The model itself is built twice.
"""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnctl.config import load_config
from rnnctl.errors import RnnctlError
from rnnctl.results.checks import SMOKE_CHECKS, SmokeCheck, SmokeReport
from rnnctl.results.training import Snapshot, StepRecord
from rnnctl.runs.checkpoints import write_checkpoint
from rnnctl.runs.checkpoints_reading import read_checkpoint
from rnnctl.training.build import Built, build
from rnnctl.workflows.same_bits import different_arrays, step_differences

FORWARD_TOLERANCE = 1e-4
"""Largest difference between float32 and float64 passes, over the largest output, that rounding explains."""

SICK = ("non-finite", "bad data")
"""Verdicts that fail a config that declares none."""


class _FailedError(Exception):
    """A property does not hold; the message says why."""


def smoke(paths: Sequence[Path], *, steps: int = 4, overrides: Sequence[str] = ()) -> Iterator[SmokeReport]:
    """Checks configs, one after the other in this process.

    Args:
        paths: The config files.
        steps: Optimizer steps of each; at least 2, so that one can be stopped between.
        overrides: ``key=value`` texts that are applied on top of each.

    Yields:
        The report of each config, as soon as it is done.
    """
    for path in paths:
        yield _smoke_one(path, steps, overrides)


def _smoke_one(path: Path, steps: int, overrides: Sequence[str]) -> SmokeReport:
    began = time.perf_counter()
    try:
        config = load_config(path, [*overrides, f"training.steps={steps}"])
        built = build(config)
        from rnnctl.training.setup import make_loop

        loop, train = make_loop(built), built.dataset.train
        # Taken at once: Keras draws from a layer's seed generator at every call, also where nothing is dropped.
        subject = _Subject(built, steps, loop, loop.snapshot())
        size = f"{len(train):,} sequences × {train.length:,} time steps × {train.features:,} columns"
        checks = [SmokeCheck("loads", size)]
    except Exception as error:
        return SmokeReport(path, (_failed("loads", error),), None, time.perf_counter() - began)
    for name, check in zip(list(SMOKE_CHECKS)[1:], CHECKS, strict=True):
        try:
            checks.append(SmokeCheck(name, check(subject)))
        except Exception as error:
            checks.append(_failed(name, error))
    return SmokeReport(path, tuple(checks), subject.verdict, time.perf_counter() - began)


def _failed(name: str, error: Exception) -> SmokeCheck:
    """A failed check; a defect of rnnctl fails this config, and the next one is checked all the same."""
    if isinstance(error, _FailedError | RnnctlError):
        return SmokeCheck(name, str(error), passed=False)
    message = f"unexpected {type(error).__name__}: {error}"
    return SmokeCheck(name, message, passed=False, traceback="".join(traceback.format_exception(error)))


@dataclass
class _Subject:
    """A config under examination.

    Attributes:
        built: Its config, shortened to the steps, data, schedule and model.
        steps: Steps to take.
        loop: A loop that was never iterated over.
        begin: The state before the first step.
        records: The steps taken the first time.
        end: The state after them.
        verdict: Verdict on its gradients.
    """

    built: Built
    steps: int
    loop: Any
    begin: Snapshot
    records: tuple[StepRecord, ...] = ()
    end: Snapshot = field(default_factory=lambda: Snapshot(0, {}, {}))
    verdict: str | None = None

    def take(self, start: Snapshot, until: int) -> tuple[tuple[StepRecord, ...], Snapshot]:
        """Takes the steps from a state to step ``until``, with the program that is compiled already."""
        from rnnctl.training.steps_per_execution import StepsPerExecution

        loop = replace(self.loop, until=until, calls=StepsPerExecution(), done=0, stopped="finished", last=None)
        loop.restore(start)
        records = tuple(record for record in loop if isinstance(record, StepRecord))
        return records, loop.snapshot("last")


def _forward(subject: _Subject) -> str:
    from rnnctl.workflows.forward import compare

    report = compare(subject.built)
    relative = report.relative_difference
    if relative is None:
        return "all outputs are 0, in NumPy and in Keras"
    if not relative <= FORWARD_TOLERANCE:
        raise _FailedError(
            f"outputs differ from those of plain NumPy by {relative:.2g} of the largest one; expected at most "
            f"{FORWARD_TOLERANCE:g}"
        )
    return f"within {relative:.1g} of plain NumPy"


def _finite(subject: _Subject) -> str:
    subject.records, subject.end = subject.take(subject.begin, subject.steps)
    for record in subject.records:
        if not (np.isfinite(record.loss) and np.isfinite(record.gradient_norm)):
            raise _FailedError(
                f"step {record.step}: loss {record.loss:g}, gradient norm {record.gradient_norm:g}; expected numbers"
            )
    first, last = subject.records[0], subject.records[-1]
    return f"loss {first.loss:.5g} → {last.loss:.5g} in {len(subject.records)} steps"


def _every_weight(subject: _Subject) -> str:
    if not subject.records:
        raise _FailedError("not looked at: no step could be taken")
    paths = subject.records[0].gradient_norms
    without = [path for path in paths if not any(record.gradient_norms[path] > 0 for record in subject.records)]
    if without:
        raise _FailedError(f"no gradient reaches {', '.join(without)} in {len(subject.records)} steps")
    return f"{len(paths)} weights"


def _twice(subject: _Subject) -> str:
    from rnnctl.model.build import build_model
    from rnnctl.training.training_state import model_variables

    again = build_model(subject.built.config, subject.built.dataset.signature)
    now = {name: variable.value.numpy() for name, variable in model_variables(again).items()}
    if different := different_arrays(subject.begin.model, now):
        raise _FailedError(f"built again, {different[0]} begins with other values")
    if not subject.built.config.training.deterministic:
        return "not asked for (training.deterministic: false)"
    _finished(subject)
    _again(subject, subject.begin, "the second run")
    return f"{subject.steps} steps, bit for bit"


def _resumes(subject: _Subject) -> str:
    _finished(subject)
    half = subject.steps // 2
    before, stopped = subject.take(subject.begin, half)
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder), stopped, {})
        restored = read_checkpoint(Path(folder), stopped.step).snapshot
    subject.loop.state.check(restored, "the checkpoint")
    subject.loop.state.put(subject.begin)  # nothing that the checkpoint lacks may be left from before
    _again(subject, restored, f"the run that was stopped after step {half}", before)
    return f"stopped after step {half}, bit for bit"


def _verdict(subject: _Subject) -> str:
    from rnnctl.workflows.examine import examine

    subject.loop.state.put(subject.begin)
    found = examine(subject.built, self_check=False)
    subject.verdict = found.verdict
    expected = subject.built.config.gradients.expect
    words = {verdict.word for verdict in found.verdicts} | {found.verdict}
    headline = found.verdicts[0].headline if found.verdicts else ""
    text = found.verdict + (f": {headline}" if headline else "")
    if expected is not None and expected not in words:
        raise _FailedError(f"gradients.expect is {expected}, and the verdict is {text}")
    if expected is None and (sick := [word for word in words if word in SICK]):
        raise _FailedError(f"the verdict is {sick[0]}; mend it, or declare it with gradients.expect")
    return text + (" (as declared)" if expected is not None else "")


CHECKS = (_forward, _finite, _every_weight, _twice, _resumes, _verdict)
"""The checks after ``loads``, in the order of `SMOKE_CHECKS`; each returns its finding or raises `_FailedError`."""


def _finished(subject: _Subject) -> None:
    if len(subject.records) < subject.steps:
        raise _FailedError(f"not looked at: training ended after {len(subject.records)} of {subject.steps} steps")


def _again(subject: _Subject, start: Snapshot, who: str, before: tuple[StepRecord, ...] = ()) -> None:
    """Takes the steps after those ``before`` again, and compares all of them, and the end, with the first time."""
    records, end = subject.take(start, subject.steps)
    for one, other in zip(subject.records, (*before, *records), strict=True):
        if found := step_differences(one, other):
            raise _FailedError(f"step {one.step}: {found[0].what} of {who} has other bits")
    for first, second in ((subject.end.model, end.model), (subject.end.optimizer, end.optimizer)):
        if different := different_arrays(first, second):
            raise _FailedError(f"after step {end.step}, {different[0]} of {who} has other bits")
