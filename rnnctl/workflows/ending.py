"""The end of a run: test, reach of its gradient, reason of a failure, and its page."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.errors import RnnctlError
from rnnctl.results.evaluation import Scores, TestResults
from rnnctl.scoring.scores import score


def tested(config: Config, dataset: Dataset, model: Any) -> tuple[Scores, TestResults] | None:
    """Scores and predictions of a model on the test split; None without one."""
    from rnnctl.training.setup import predict_split
    from rnnctl.workflows.results import results_of

    if dataset.test is None:
        return None
    predictions = predict_split(config, dataset, model, dataset.test)
    return score(predictions, dataset, dataset.test, dataset), results_of(predictions, dataset, dataset.test)


def gradient_reach(
    config: Config, dataset: Dataset, through_time: Mapping[str, Sequence[float]]
) -> tuple[str | None, tuple[int, int] | None]:
    """A verdict on how far the gradient came, and how far that is out of how many time steps; None where unknown.

    Args:
        config: The config, for its thresholds.
        dataset: The data: only where all sequences end at one time step, and the loss is read there alone, do the
            norms say how far a gradient came.
        through_time: Norms of the state gradients of a step.
    """
    from rnnctl.gradients.verdicts.step_verdict import verdict_of_step

    train = dataset.train
    if train.per_step or train.lengths.min() != train.lengths.max():
        return None, None
    return verdict_of_step(through_time, config.gradients.thresholds)


def reason_of(error: Exception) -> str:
    """Why a run failed, as text."""
    return str(error) if isinstance(error, RnnctlError) else f"{type(error).__name__}: {error}"


def write_page_about(folder: Path) -> tuple[str, ...]:
    """Writes the page of a run; an error is returned as a note, since the run itself is complete."""
    from rnnctl.workflows.report import report

    try:
        report(folder)
    except Exception as error:
        again = f"rnnctl report {shlex.quote(str(folder))}"
        return (f"the page about the run could not be written: {error}; to try again: {again}",)
    return ()
