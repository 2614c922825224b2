"""Scores of a model's predictions and of the baselines by the metrics that suit the task."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Sequences
from rnnctl.results.evaluation import Scores
from rnnctl.scoring.baselines import class_baselines, mase_scale, number_baselines
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.metrics import class_metrics, exact_share, number_metrics, of_a_language
from rnnctl.scoring.training_rows import TrainingRows
from rnnctl.scoring.units import THRESHOLD


def score(
    predictions: npt.ArrayLike | Classified,
    dataset: Dataset,
    sequences: Sequences,
    training: Dataset | None,
    *,
    season: int | None = None,
) -> Scores:
    """Scores predictions for a split, and the baselines beside them.

    Of a forecast only a window's last time step is scored, since the earlier ones of a test window lie in the rows
    before the test split; of other tasks every valid time step.

    Args:
        predictions: ``[sequences, outputs]``, or ``[sequences, time, outputs]`` for outputs at each time step, in the
            order of the split: numbers scaled as the targets are, or probabilities; or classes. Values at padded time
            steps do not matter.
        sequences: The split.
        training: The dataset whose training rows the baselines are fitted on: the same one, or the run's own where
            this is another file. None leaves out what needs them.
        season: Rows of a season, for ``seasonal_naive`` and ``mase``; None to look for one in the training rows, for
            ``seasonal_naive`` alone.
    """
    entries = scored_entries(dataset, sequences)
    if isinstance(predictions, Classified):
        return _class_scores(predictions.at(entries), entries, training)
    picked = entries.pick(predictions)
    outputs = len(dataset.classes) if dataset.target_kind == "category" else sequences.outputs
    if picked.shape != (len(entries), outputs):
        raise ValueError(f"predictions have shape {picked.shape}, and their targets {(len(entries), outputs)}")
    if dataset.target_kind == "number":
        return _number_scores(picked, entries, training, season)
    return _class_scores(class_predictions(picked, entries), entries, training)


def _number_scores(
    predictions: npt.NDArray[np.floating], entries: Entries, training: Dataset | None, season: int | None
) -> Scores:
    truth, scale = entries.truth, mase_scale(entries, training, season)
    if season is None and training is not None and entries.sequences.horizon and not entries.sequences.per_sequence:
        season = TrainingRows(training).season()
    baselines = number_baselines(entries, training, season)
    metrics = {name: number_metrics(truth, predicted, scale) for name, predicted in baselines.items()}
    return Scores(
        number_metrics(truth, entries.own_units(predictions), scale),
        {name: found for name, found in metrics.items() if found},
        len(entries),
        {name: int((~np.isnan(predicted)).all(axis=1).sum()) for name, predicted in baselines.items()},
        season,
    )


def _class_scores(predictions: Classified, entries: Entries, training: Dataset | None) -> Scores:
    def metrics(found: Classified) -> dict[str, float]:
        metrics = class_metrics(entries.codes, found.predicted, found.probability)
        if metrics and entries.dataset.task.continues:
            metrics["exact"] = exact_share((found.predicted == entries.codes).all(axis=1), entries.sequence)
        if "crossentropy" in metrics and entries.dataset.target_kind == "category" and entries.sequences.horizon:
            metrics |= of_a_language(metrics["crossentropy"])
        return metrics

    baselines = class_baselines(entries, training)
    return Scores(
        metrics(predictions),
        {name: found for name, baseline in baselines.items() if (found := metrics(baseline))},
        len(entries),
        {name: int((baseline.predicted >= 0).all(axis=1).sum()) for name, baseline in baselines.items()},
    )


def class_predictions(probabilities: npt.NDArray[np.floating], entries: Entries) -> Classified:
    """The likeliest classes.

    Args:
        probabilities: ``[entries, classes]``; for yes and no ``[entries, outputs]``, the probability of yes.
    """
    if entries.dataset.target_kind == "category":
        probability = np.take_along_axis(probabilities, entries.codes, axis=1)
        return Classified(probabilities.argmax(axis=1)[:, None], probability.astype(np.float64))
    yes = probabilities.astype(np.float64)
    return Classified((yes >= THRESHOLD).astype(np.int64), np.where(entries.codes == 1, yes, 1 - yes))
