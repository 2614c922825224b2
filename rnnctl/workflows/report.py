"""``rnnctl report`` and ``rnnctl compare`` as functions: reads runs, without TensorFlow, and says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.gradients.through_time import fit_decay, from_one_end, reach, reads_backwards
from rnnctl.model.describe import describe_cells, describe_optimizer
from rnnctl.report.run_view import Profile, RunView
from rnnctl.report.runs_page import runs_page
from rnnctl.runs.run_files import write_file, write_output
from rnnctl.runs.run_record import RunRecord, read_run_record
from rnnctl.util.format import counted

REPORT = "report.html"

LAST_ROWS = 10
"""Rows at the end of ``through_time/`` whose median is the gradient's way back at the end of training."""


def view_run(path: Path | str) -> RunView:
    """Reads a run and says what it is; it may be running.

    Args:
        path: The run folder.

    Raises:
        RunError: It is no run folder, is of a newer format, or holds links that lead out of it.
    """
    run = read_run_record(Path(path))
    known = from_one_end(run.through_time)
    profiles = {
        state: _profile(state, rows, from_one_end=state in known)
        for state, rows in run.through_time.items()
        if len(rows)
    }
    return RunView(run, () if run.config is None else _facts(run.config, run), profiles)


def write_report(views: Sequence[RunView], out: Path | str | None = None) -> Path:
    """Writes one page about one run or several.

    Args:
        views: The runs, at least one.
        out: The file; None for ``report.html`` in the folder of the first.

    Returns:
        The file.

    Raises:
        RunError: The page cannot be written.
    """
    page = runs_page(views)
    if out is not None:
        write_output(Path(out), page.encode())
        return Path(out)
    path = views[0].run.path / REPORT
    write_file(path, page.encode(), durable=False, shared=True)  # report may look at a run that ends just now
    return path


def report(*runs: Path | str, out: Path | str | None = None) -> Path:
    """Writes one page about one run or several, which may be running.

    Args:
        runs: Run folders, at least one.
        out: The file; None for ``report.html`` in the folder of the first.

    Returns:
        The file.

    Raises:
        RunError: A folder is no run, or the page cannot be written.
    """
    return write_report([view_run(run) for run in runs], out)


def _facts(config: Config, run: RunRecord) -> tuple[str, ...]:
    facts = [describe_cells(config), config.loss.kind, describe_optimizer(config.optimizer)]
    facts += [f"batch {config.training.batch_size:,}", config.data.kind]
    if config.training.members > 1:
        facts.append(f"tested: the mean of {config.training.members} nets; drawn: the training of the first")
    if config.training.refit:
        facts.append("tested as trained again with the validation rows")
    lengths = {rows.shape[1] for rows in run.through_time.values()}
    return (*facts, *(counted(length, "time step") for length in sorted(lengths)[-1:]))


def _profile(state: str, rows: npt.NDArray[np.float32], *, from_one_end: bool) -> Profile:
    first, last = (_median(some) for some in (rows[:1], rows[-LAST_ROWS:]))
    running = last[::-1] if (backwards := reads_backwards(state)) else last
    far, per_step = (reach(running), fit_decay(running).per_step) if from_one_end else (None, None)
    return Profile(tuple(first.tolist()), tuple(last.tolist()), far, per_step, backwards)


def _median(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Of the rows that are finite at all; the time steps that none of them has stand at the end and are left out."""
    values = rows.astype(np.float64)
    has = np.isfinite(values).any(axis=0)
    length = int(np.flatnonzero(has)[-1]) + 1 if has.any() else 0
    values = values[np.isfinite(values[:, :length]).all(axis=1), :length] if length else values[:, :0]
    return np.median(values, axis=0) if len(values) else np.full(length, np.nan)
