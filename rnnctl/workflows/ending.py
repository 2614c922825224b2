"""The end of a run: its test, what that says of the network, and the page about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.data_check.cell_checks import examine_cells
from rnnctl.data_check.split_rows import own_rows
from rnnctl.engines.choosing import trained_network
from rnnctl.errors import DataError
from rnnctl.report.evaluation_words import forecast_sentence, worth
from rnnctl.report.run_words import LEARN_LESS, NEVER_FINITE
from rnnctl.results.evaluation import NETWORK, Combination, Scores, TestResults
from rnnctl.results.training import DIVERGED, ValidationRecord
from rnnctl.scoring.measures import ruling
from rnnctl.scoring.scores import score
from rnnctl.tables.reading import read_table
from rnnctl.training.build import Built
from rnnctl.util.format import command
from rnnctl.workflows.row_words import row_word

_OVERFLOWS = float(np.sqrt(np.finfo(np.float32).max))
"""The square of what is larger is infinite in float32."""


def tested(built: Built, combination: Combination) -> tuple[Scores, TestResults] | None:
    """Scores of a trained model on the test split, and the predictions to show; None without a test split."""
    from rnnctl.workflows.prediction_summary import summarize_predictions

    dataset = built.dataset
    if dataset.test is None:
        return None
    predictions = trained_network(built, dataset.test).said(dataset, dataset.test)
    scores = score(predictions, dataset, dataset.test, dataset, parts=True, combination=combination)
    return scores, summarize_predictions(predictions, dataset, dataset.test, scores)


def why_diverged(
    validations: Sequence[ValidationRecord], scores: Scores | None, config: Config, dataset: Dataset | None
) -> str:
    """Why no weights of a run are worth scoring; empty where they are.

    Args:
        dataset: What it was trained on; None where that is gone.
    """
    if validations and not any(math.isfinite(check.loss) for check in validations):
        return (_overflowing(config, dataset) if dataset is not None else "") or NEVER_FINITE
    if scores is None:
        return ""
    if 0 < scores.not_finite < scores.entries:
        which = f"{scores.not_finite:,} of the network's {scores.entries:,} answers are not finite numbers"
        return f"{which}, so nothing is worth scoring; {LEARN_LESS}"
    rule = ruling(scores.metrics)
    if scores.not_finite or (rule is not None and not math.isfinite(scores.metrics[rule])):
        return f"the network's answers are not finite, so nothing is worth scoring; {LEARN_LESS}"
    return ""


def _overflowing(config: Config, dataset: Dataset) -> str:
    """Names values of the validation split that no finite loss can have; empty where there are none."""
    held, table = dataset.splits.get("validation"), config.data.with_names().table
    if held is None or table is None:
        return ""
    rows = own_rows(dataset, "validation")
    there = [part[rows] for part in (held.values, held.masked_targets()) if len(part) == len(rows)]
    if not any((np.abs(part) > _OVERFLOWS).any() for part in there):
        return ""
    found = ""
    with suppress(DataError):
        found = "; ".join(one.message for one in examine_cells(read_table(table)) if one.topic == "sentinel")
    far = found or f"as they are scaled they go beyond {_OVERFLOWS:.2g}; rnnctl check tells more"
    return f"the validation loss was never finite, for values of the validation split, not for training: {far}"


def said_of(
    built: Built, validations: Sequence[ValidationRecord], scores: Scores | None, combination: Combination = NETWORK
) -> str:
    """What a trained network is worth on the test split, or that training diverged.

    Without a test split it is what forecasts are made of; empty where nothing says that either.
    """
    if why := why_diverged(validations, scores, built.config, dataset := built.dataset):
        return DIVERGED + why
    row, horizon = row_word(dataset, getattr(built.config.data, "time", None)), dataset.train.horizon
    if scores is None:
        return forecast_sentence(combination, row=row, horizon=horizon)
    return worth(scores, row=row, horizon=horizon)


def write_page_about(folder: Path) -> tuple[str, ...]:
    """Writes the page of a run; an error is returned as a note, since the run itself is complete."""
    from rnnctl.workflows.report import report

    try:
        report(folder)
    except Exception as error:
        return (f"the page about the run could not be written: {error}; to try again: {command('report', folder)}",)
    return ()
