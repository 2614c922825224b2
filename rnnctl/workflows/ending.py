"""The end of a run: its test, and the page about it."""

from __future__ import annotations

import shlex
from pathlib import Path

from rnnctl.results.evaluation import Scores, TestResults
from rnnctl.scoring.scores import score
from rnnctl.training.build import Built


def tested(built: Built) -> tuple[Scores, TestResults] | None:
    """Scores of a trained model on the test split, and the predictions to show; None without a test split."""
    from rnnctl.training.setup import predict_split
    from rnnctl.workflows.prediction_summary import summarize_predictions

    dataset = built.dataset
    if dataset.test is None:
        return None
    predictions = predict_split(built.config, dataset, built.model, dataset.test)
    return score(predictions, dataset, dataset.test, dataset), summarize_predictions(predictions, dataset, dataset.test)


def write_page_about(folder: Path) -> tuple[str, ...]:
    """Writes the page of a run; an error is returned as a note, since the run itself is complete."""
    from rnnctl.workflows.report import report

    try:
        report(folder)
    except Exception as error:
        again = f"rnnctl report {shlex.quote(str(folder))}"
        return (f"the page about the run could not be written: {error}; to try again: {again}",)
    return ()
