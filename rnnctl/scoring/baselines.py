"""Predictions of the baselines (`rnnctl.scoring.measures.BASELINES`)."""

from __future__ import annotations

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.markov import Markov
from rnnctl.scoring.metrics import Scale
from rnnctl.scoring.training_rows import TrainingRows
from rnnctl.scoring.units import Numbers, values_of_rows

MARKOV_ORDERS = (0, 1, 2)


def number_baselines(entries: Entries, training: Dataset | None, season: int | None) -> dict[str, Numbers]:
    """Predictions of numbers, ``[entries, outputs]``, in the data's own units; NaN where a baseline has none.

    Args:
        entries: What is predicted.
        training: The dataset of the training rows, that of the entries or another of its form; None leaves out what
            needs it.
        season: Rows of a season; None leaves ``seasonal_naive`` out.
    """
    dataset, horizon = entries.dataset, entries.sequences.horizon
    if entries.sequences.per_sequence:
        if training is None:
            return {}
        fitted = scored_entries(training, training.train)
        return {"mean": np.tile(np.nanmean(fitted.truth, axis=0), (len(entries), 1))}
    rows, means = TrainingRows(dataset), None if training is None else _training_means(entries, training)
    if not horizon:
        before = np.where((entries.step > 0)[:, None], rows.at(entries.row - 1, entries.row), np.nan)
        if means is None:
            return {"previous": before}
        return {"previous": np.where(np.isnan(before), means, before), "mean": means}
    found = {"naive": np.tile(values_of_rows(dataset, entries.row), horizon)}
    if season is not None:
        ahead = np.arange(1, horizon + 1)
        before = entries.row[:, None] + ahead - season * -(-ahead // season)
        found["seasonal_naive"] = rows.at(before, entries.row[:, None]).reshape(len(entries), -1)
    return found if means is None else found | {"mean": np.tile(means, horizon)}


def _training_means(entries: Entries, training: Dataset, lag: int = 0) -> Numbers:
    """``[entries, targets]``: `TrainingRows.means` of each entry's series, which another dataset knows by its name."""
    order, own = entries.dataset.order, training.order
    series = order.series_of(entries.row)
    if training is not entries.dataset:
        place = {name: at for at, name in enumerate(own.names)} or {"": 0}
        known = np.array([place.get(name, -1) for name in order.names or ("",) * len(order)], dtype=np.int64)
        series = known[series]
    return TrainingRows(training).means(series, lag)


def mase_scale(entries: Entries, training: Dataset | None, season: int | None = None) -> Scale | None:
    """The divisor of errors for MASE: the naive forecast's mean error on the training rows of the same series.

    Returns:
        ``[entries, outputs]``; None where the targets are not the rows to come, or there are no training rows.
    """
    if entries.sequences.per_sequence or not entries.sequences.horizon or training is None:
        return None
    scale = _training_means(entries, training, season or 1)
    return np.tile(np.where(scale > 0, scale, np.nan), entries.sequences.horizon)


def class_baselines(entries: Entries, training: Dataset | None) -> dict[str, Classified]:
    """Predictions of classes, of tokens, and of yes and no; see `number_baselines`."""
    sequences = entries.sequences
    fitted = None if training is None else scored_entries(training, training.train)
    majority = {} if fitted is None else {"majority": _majority(fitted, entries)}
    if sequences.per_sequence:
        return majority
    codes = _codes(sequences)
    if not sequences.horizon:
        before = np.where((entries.step > 0)[:, None], codes[np.maximum(entries.row - 1, 0)], -1)
        if majority:
            before = np.where(before < 0, majority["majority"].predicted, before)
        return {"previous": Classified(before), **majority}
    naive = {"naive": Classified(np.tile(codes[entries.row], sequences.horizon))}
    if entries.dataset.target_kind != "category" or fitted is None:
        return naive | majority
    classes, training_codes = len(entries.dataset.classes), _codes(fitted.sequences)
    for order in MARKOV_ORDERS:
        model = Markov(_contexts(training_codes, fitted, order), fitted.codes[:, 0], classes)
        predicted, probability = model.predict(_contexts(codes, entries, order), entries.codes[:, 0], entries.unknown)
        naive[f"markov{order}"] = Classified(predicted[:, None], probability[:, None])
    return naive


def _codes(sequences: Sequences) -> Ints:
    """``[rows, targets]``: the targets as codes; −1 where missing."""
    return np.where(np.isnan(sequences.targets), -1, sequences.targets).astype(np.int64)


def _majority(fitted: Entries, entries: Entries) -> Classified:
    classes = len(entries.dataset.classes) or 2
    seen, new = (np.empty((len(some), 0), dtype=np.int64) for some in (fitted, entries))
    found = [
        Markov(seen[following >= 0], following[following >= 0], classes).predict(new, truth, entries.unknown)
        for following, truth in zip(fitted.codes.T, entries.codes.T, strict=True)
    ]
    predicted, probability = zip(*found, strict=True)
    return Classified(np.stack(predicted, axis=1), np.stack(probability, axis=1))


def _contexts(codes: Ints, entries: Entries, order: int) -> Ints:
    """``[entries, order]``: the tokens at each entry's row and before it in its sequence, the newest first."""
    found = np.full((len(entries), order), -1, dtype=np.int64)
    for back in range(order):
        there = entries.step >= back
        found[there, back] = codes[entries.row[there] - back, 0]
    return found
