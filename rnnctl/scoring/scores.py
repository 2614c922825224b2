"""A model's predictions for a split scored beside the baselines, by the metrics that suit the task. Knows no models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Sequences
from rnnctl.results.evaluation import Scores
from rnnctl.scoring.baselines import Told, class_baselines, mase_scale, number_baselines
from rnnctl.scoring.classified import Classified
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.metrics import class_metrics, exact_share, number_metrics, of_a_language
from rnnctl.scoring.past import Past
from rnnctl.scoring.units import Numbers, own_units

THRESHOLD = 0.5
"""The probability from which on yes is told rather than no."""


def test_scores(predictions: npt.ArrayLike, dataset: Dataset, sequences: Sequences) -> dict[str, float]:
    """`score` as one mapping for a run's summary, of every task.

    Args:
        predictions: As for `score`.
        dataset: The dataset.
        sequences: The split.

    Returns:
        The model's metrics as ``test_mae``, ``test_accuracy``, … and each baseline's as ``naive_mae``,
        ``majority_accuracy``, ….
    """
    return score(predictions, dataset, sequences, dataset).flat()


def score(
    predictions: npt.ArrayLike | Classified,
    dataset: Dataset,
    sequences: Sequences,
    training: Dataset | None,
    *,
    season: int | None = None,
) -> Scores:
    """Scores predictions for a split, and the baselines beside them.

    Of a forecast only what is said at a window's last time step is scored: the earlier ones of a test window lie in the
    rows before the test split. Elsewhere every valid time step is.

    Args:
        predictions: ``[sequences, outputs]``, or ``[sequences, time, outputs]`` for outputs at each time step, in the
            order of the split: numbers scaled as the targets are, or probabilities. What stands at padded time steps
            does not matter. Of classes, what was kept of these.
        dataset: The dataset.
        sequences: One of its splits.
        training: The dataset whose training rows the baselines are fitted on: the same one, or where this is another
            file, the run's own. None leaves out what needs them.
        season: Rows of a season, for ``seasonal_naive`` and ``mase``; None to look for one in the training rows, for
            ``seasonal_naive`` alone.
    """
    entries = scored_entries(dataset, sequences)
    if isinstance(predictions, Classified):
        return _class_scores(predictions.at(entries), dataset, sequences, entries, training)
    given = entries.pick(predictions)
    outputs = len(dataset.classes) if dataset.target_kind == "category" else sequences.outputs
    if given.shape != (len(entries), outputs):
        raise ValueError(f"predictions have shape {given.shape}, and their targets {(len(entries), outputs)}")
    if dataset.target_kind == "number":
        return _number_scores(given, dataset, sequences, entries, training, season)
    return _class_scores(told_by(given, dataset, entries), dataset, sequences, entries, training)


def _number_scores(
    given: npt.NDArray[np.floating],
    dataset: Dataset,
    sequences: Sequences,
    entries: Entries,
    training: Dataset | None,
    asked: int | None,
) -> Scores:
    truth, prediction = numbers_of(entries.truth, dataset, entries), numbers_of(given, dataset, entries)
    scale = mase_scale(dataset, sequences, entries, training, asked)
    to_come = bool(sequences.horizon) and not sequences.per_sequence
    season = asked or (Past(training).season() if to_come and training is not None else None)
    told = number_baselines(dataset, sequences, entries, training, season)
    found = {name: number_metrics(truth, said, scale) for name, said in told.items()}
    return Scores(
        number_metrics(truth, prediction, scale),
        {name: metrics for name, metrics in found.items() if metrics},
        len(entries),
        {name: int((~np.isnan(said)).all(axis=1).sum()) for name, said in told.items()},
        season,
    )


def numbers_of(values: npt.ArrayLike, dataset: Dataset, entries: Entries) -> Numbers:
    """``[entries, outputs]``: scaled numbers of entries in the data's own units."""
    return own_units(values, dataset, entries.row)


def _class_scores(
    said_by_model: Told,
    dataset: Dataset,
    sequences: Sequences,
    entries: Entries,
    training: Dataset | None,
) -> Scores:
    told = {"test": said_by_model, **class_baselines(dataset, sequences, entries, training)}
    truth = entries.truth.astype(np.int64)
    found = {}
    for name, said in told.items():
        metrics = class_metrics(truth, said.predicted, said.probability)
        if metrics and dataset.task.continues:
            metrics["exact"] = exact_share((said.predicted == truth).all(axis=1), entries.sequence)
        if "crossentropy" in metrics and dataset.target_kind == "category" and sequences.horizon:
            metrics |= of_a_language(metrics["crossentropy"])
        found[name] = metrics
    return Scores(
        found.pop("test"),
        {name: metrics for name, metrics in found.items() if metrics},
        len(entries),
        {name: int((said.predicted >= 0).all(axis=1).sum()) for name, said in told.items() if name != "test"},
    )


def told_by(given: npt.NDArray[np.floating], dataset: Dataset, entries: Entries) -> Told:
    """The classes that probabilities tell.

    Args:
        given: ``[entries, classes]``, or for yes and no ``[entries, outputs]``: the probability of yes.
        dataset: The dataset.
        entries: The entries.
    """
    truth = entries.truth.astype(np.int64)
    if dataset.target_kind == "category":
        probability = np.take_along_axis(given, truth, axis=1)
        return Told(given.argmax(axis=1)[:, None], probability.astype(np.float64))
    yes = given.astype(np.float64)
    return Told((yes >= THRESHOLD).astype(np.int64), np.where(truth == 1, yes, 1 - yes))
