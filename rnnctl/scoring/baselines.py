"""Predictions of the baselines (`rnnctl.scoring.measures.BASELINES`)."""

from __future__ import annotations

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.scoring.class_predictions import ClassPredictions
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.markov import Markov
from rnnctl.scoring.metrics import Scale
from rnnctl.scoring.training_rows import TrainingRows
from rnnctl.scoring.units import Numbers, own_units, values_of_rows

MARKOV_ORDERS = (0, 1, 2)


def number_baselines(
    dataset: Dataset, sequences: Sequences, entries: Entries, training: Dataset | None, season: int | None
) -> dict[str, Numbers]:
    """Predictions of numbers, ``[entries, outputs]``, in the data's own units; NaN where a baseline has none.

    Args:
        dataset: The dataset of the split.
        sequences: The split.
        entries: Its entries.
        training: The dataset of the training rows, the same one or another of its form; None leaves out what needs it.
        season: Rows of a season; None leaves ``seasonal_naive`` out.
    """
    if sequences.per_sequence:
        if training is None:
            return {}
        means = own_units(scored_entries(training, training.train).truth, training).mean(axis=0)
        return {"mean": np.tile(means, (len(entries), 1))}
    past, horizon = TrainingRows(dataset), sequences.horizon
    means = None if training is None else _training_means(dataset, entries, training)
    if not horizon:
        before = np.where((entries.step > 0)[:, None], past.at(entries.row - 1, entries.row), np.nan)
        if means is None:
            return {"previous": before}
        return {"previous": np.where(np.isnan(before), means, before), "mean": means}
    found = {"naive": np.tile(values_of_rows(dataset, entries.row), horizon)}
    if season is not None:
        ahead = np.arange(1, horizon + 1)
        rows = entries.row[:, None] + ahead - season * -(-ahead // season)
        found["seasonal_naive"] = past.at(rows, entries.row[:, None]).reshape(len(entries), -1)
    return found if means is None else found | {"mean": np.tile(means, horizon)}


def _training_means(dataset: Dataset, entries: Entries, training: Dataset, lag: int = 0) -> Numbers:
    """``[entries, targets]``: `TrainingRows.means`; of another dataset, those of all its series."""
    if training is dataset:
        return TrainingRows(dataset).means(entries.row, lag)
    return np.tile(TrainingRows(training).means(None, lag), (len(entries), 1))


def mase_scale(
    dataset: Dataset, sequences: Sequences, entries: Entries, training: Dataset | None, season: int | None = None
) -> Scale | None:
    """The divisor of errors for MASE: the naive forecast's mean error on the training rows of the same series.

    Returns:
        ``[entries, outputs]``; None where the targets are not the rows to come, or there are no training rows.
    """
    if sequences.per_sequence or not sequences.horizon or training is None:
        return None
    scale = _training_means(dataset, entries, training, season or 1)
    return np.tile(np.where(scale > 0, scale, np.nan), sequences.horizon)


def class_baselines(
    dataset: Dataset, sequences: Sequences, entries: Entries, training: Dataset | None
) -> dict[str, ClassPredictions]:
    """Predictions of classes, of tokens, and of yes and no; see `number_baselines`."""
    truth = entries.truth.astype(np.int64)
    fitted = None if training is None else scored_entries(training, training.train)
    majority = {} if fitted is None else {"majority": _majority(dataset, fitted, truth)}
    if sequences.per_sequence:
        return majority
    codes = _codes(sequences)
    if not sequences.horizon:
        before = np.where((entries.step > 0)[:, None], codes[np.maximum(entries.row - 1, 0)], -1)
        if majority:
            before = np.where(before < 0, majority["majority"].predicted, before)
        return {"previous": ClassPredictions(before), **majority}
    naive = {"naive": ClassPredictions(np.tile(codes[entries.row], sequences.horizon))}
    if dataset.target_kind != "category" or training is None or fitted is None:
        return naive | majority
    training_codes, following = _codes(training.train), fitted.truth[:, 0].astype(np.int64)
    for order in MARKOV_ORDERS:
        model = Markov(_contexts(training_codes, fitted, order), following, len(dataset.classes))
        predicted, probability = model.predict(_contexts(codes, entries, order), truth[:, 0])
        naive[f"markov{order}"] = ClassPredictions(predicted[:, None], probability[:, None])
    return naive


def _codes(sequences: Sequences) -> Ints:
    """``[rows, targets]``: the targets as codes; −1 where missing."""
    return np.where(np.isnan(sequences.targets), -1, sequences.targets).astype(np.int64)


def _majority(dataset: Dataset, fitted: Entries, truth: Ints) -> ClassPredictions:
    classes = len(dataset.classes) or 2
    nothing = np.empty((len(fitted), 0), dtype=np.int64)
    found = [
        Markov(nothing, seen, classes).predict(np.empty((len(truth), 0), dtype=np.int64), wanted)
        for seen, wanted in zip(fitted.truth.astype(np.int64).T, truth.T, strict=True)
    ]
    predicted, probability = zip(*found, strict=True)
    return ClassPredictions(np.stack(predicted, axis=1), np.stack(probability, axis=1))


def _contexts(codes: Ints, entries: Entries, order: int) -> Ints:
    """``[entries, order]``: the tokens at each entry's row and before it in its sequence, the newest first."""
    found = np.full((len(entries), order), -1, dtype=np.int64)
    for back in range(order):
        there = entries.step >= back
        found[there, back] = codes[entries.row[there] - back, 0]
    return found
