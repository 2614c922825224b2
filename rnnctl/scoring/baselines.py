"""Predictions of the baselines (`rnnctl.scoring.measures.BASELINES`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.markov import Markov
from rnnctl.scoring.metrics import Scale
from rnnctl.scoring.training_rows import TrainingRows, training_rows
from rnnctl.scoring.units import Numbers

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
    found = {"naive": naive_forecast(dataset, entries.row, horizon)}
    if season is not None:
        found["seasonal_naive"] = naive_forecast(dataset, entries.row, horizon, season)
    return found if means is None else found | {"mean": np.tile(means, horizon)}


def naive_forecast(dataset: Dataset, rows: Ints, horizon: int, season: int = 1, earlier: int = 0) -> Numbers:
    """``[rows, outputs]``: the value of one season before, in the data's own units.

    Args:
        rows: ``[rows]``, the last row seen before each forecast.
        season: Rows of a season; 1 repeats the last value.
        earlier: Seasons before that one.

    Returns:
        NaN where the file has no such value.
    """
    ahead = np.arange(1, horizon + 1)
    before = rows[:, None] + ahead - season * (earlier - (-ahead // season))
    return TrainingRows(dataset).at(before, rows[:, None]).reshape(len(rows), -1)


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
    sequences, dataset = entries.sequences, entries.dataset
    of_tokens = bool(sequences.horizon) and dataset.target_kind == "category"
    majority = {} if training is None or of_tokens else {"majority": _majority(training, entries)}
    if sequences.per_sequence:
        return majority
    codes = _codes(sequences)
    if not sequences.horizon:
        before = np.where((entries.step > 0)[:, None], codes[np.maximum(entries.row - 1, 0)], -1)
        if majority:
            before = np.where(before < 0, majority["majority"].predicted, before)
        return {"previous": Classified(before), **majority}
    found = {"naive": Classified(np.tile(codes[entries.row], sequences.horizon)), **majority}
    if training is None or not of_tokens:
        return found
    own, rows, step, following = _followed(training)
    for order in MARKOV_ORDERS:
        model = Markov(_contexts(own, rows, step, order), following, len(dataset.classes))
        contexts = _contexts(codes, entries.row, entries.step, order)
        predicted, probability = model.predict(contexts, entries.codes[:, 0], entries.unknown)
        found[f"markov{order}"] = Classified(predicted[:, None], probability[:, None])
    return found


def _codes(sequences: Sequences) -> Ints:
    """``[rows, targets]``: the targets as codes; −1 where missing."""
    return np.where(np.isnan(sequences.targets), -1, sequences.targets).astype(np.int64)


def _absent(dataset: Dataset) -> npt.NDArray[np.bool_]:
    """``[rows, targets]``, or ``[1, 1]`` where none is: whether a target is missing, filled in since or not."""
    return np.zeros((1, 1), dtype=np.bool_) if dataset.absent is None else dataset.absent


def _majority(training: Dataset, entries: Entries) -> Classified:
    """By target the class of most training rows, or of most training sequences that have one answer each."""
    if training.train.per_sequence:
        seen = scored_entries(training, training.train).codes
    else:
        seen = np.where(_absent(training), -1, _codes(training.train))[training_rows(training)]
    nothing, new = (np.empty((len(some), 0), dtype=np.int64) for some in (seen, entries))
    classes = len(entries.dataset.classes) or 2
    models = [Markov(nothing[known >= 0], known[known >= 0], classes) for known in seen.T]
    found = [
        models[output % len(models)].predict(new, truth, entries.unknown)
        for output, truth in enumerate(entries.codes.T)
    ]
    predicted, probability = zip(*found, strict=True)
    return Classified(np.stack(predicted, axis=1), np.stack(probability, axis=1))


def _followed(training: Dataset) -> tuple[Ints, Ints, Ints, Ints]:
    """The codes of all rows, and each training row that another one follows, its place in its series, what follows."""
    codes, order, inside = _codes(training.train), training.order, training_rows(training)
    inside[order.begin] = False  # nothing of their series is before these
    after = np.flatnonzero(inside & (codes >= 0)[:, 0] & ~_absent(training)[:, 0])
    return codes, after - 1, after - 1 - order.begin[order.series_of(after)], codes[after, 0]


def _contexts(codes: Ints, rows: Ints, step: Ints, order: int) -> Ints:
    """``[rows, order]``: the tokens at rows ``[rows]`` and before, the newest first; −1 where ``step`` has fewer."""
    found = np.full((len(rows), order), -1, dtype=np.int64)
    for back in range(order):
        there = step >= back
        found[there, back] = codes[rows[there] - back, 0]
    return found
