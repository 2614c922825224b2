"""Forecasts that need no network, fitted on the training rows alone. Knows no metric.

============== ==================================================================================================
naive          the last value seen, repeated over the horizon; for a target at each row itself, the row before's
seasonal_naive the values of one season before
mean           the mean of the training rows, of the same series where it has some
majority       the most frequent class, with the classes' frequencies as its probabilities
markov0 … 2    of tokens: what mostly follows the last none, one or two of them (`rnnctl.data.markov`)
============== ==================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.entries import Entries, scored_entries, series_bounds, training_rows
from rnnctl.data.markov import Markov
from rnnctl.data.metrics import Scale
from rnnctl.data.season import find_season
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data.units import Numbers, own_units, values_of_rows

MARKOV_ORDERS = (0, 1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What is said of classes.

    Attributes:
        predicted: ``[entries, outputs]``, int64, codes; −1 where nothing is said.
        probability: ``[entries, outputs]``, float64, that of the true class; None where only a class is said.
    """

    predicted: Ints
    probability: Numbers | None = None


class Past:
    """The training rows of a dataset whose targets stand at rows, in the data's own units.

    Args:
        dataset: The dataset; its targets are numbers.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._values = values_of_rows(dataset)
        self._bounds = series_bounds(dataset)
        self._training = training_rows(dataset)
        self._series = np.repeat(np.arange(len(self._bounds) - 1), np.diff(self._bounds))
        self._frequency = dataset.preparation.frequency if dataset.preparation else None

    def season(self) -> int | None:
        """Rows of a season, by the first target's training rows; None where there is none."""
        rows = np.flatnonzero(self._training)
        edges = np.flatnonzero(np.diff(self._series[rows])) + 1
        return find_season(np.split(self._values[rows, 0], edges), self._frequency)

    def at(self, rows: Ints, of: Ints) -> Numbers:
        """``[…, targets]``: the values at rows ``[…]``; NaN where those are in another series than rows ``of``."""
        inside = (rows >= 0) & (rows < len(self._values))
        bounded = np.where(inside, rows, 0)
        inside &= self._series[bounded] == self._series[of]
        return np.where(inside[..., None], self._values[bounded], np.nan)

    def means(self, rows: Ints | None) -> Numbers:
        """``[rows, targets]``: the mean of the training rows of each row's series, or of all where it has none.

        Args:
            rows: Rows; None stands for one of a series without training rows.
        """
        return self._by_series(self._values, rows)

    def naive_errors(self, rows: Ints | None, lag: int) -> Numbers:
        """``[rows, targets]``: mean |y_t − y_{t−lag}| over the training rows of each row's series, or of all."""
        change = np.full_like(self._values, np.nan)
        if len(change) > lag:
            change[lag:] = np.abs(self._values[lag:] - self._values[:-lag])
            same = self._training[lag:] & self._training[:-lag] & (self._series[lag:] == self._series[:-lag])
            change[lag:][~same] = np.nan
        return self._by_series(change, rows)

    def _by_series(self, values: Numbers, rows: Ints | None) -> Numbers:
        """``[rows, targets]``: the means over the training rows of each row's series, of all where it has none."""
        which = np.zeros(1, dtype=np.int64) if rows is None else self._series[rows]
        found = np.full((len(which), values.shape[1]), np.nan)
        for place, column in enumerate(values.T):
            known = self._training & ~np.isnan(column)
            if not known.any():
                continue
            found[:, place] = column[known].mean()
            if rows is not None:
                sums = np.bincount(self._series[known], column[known], minlength=len(self._bounds) - 1)
                counts = np.bincount(self._series[known], minlength=len(self._bounds) - 1)
                own = counts[which] > 0
                found[own, place] = sums[which[own]] / counts[which[own]]
        return found


def number_baselines(
    dataset: Dataset, sequences: Sequences, entries: Entries, training: Dataset | None, season: int | None
) -> dict[str, Numbers]:
    """What the baselines say of each entry, ``[entries, outputs]``, in the data's own units; NaN where nothing.

    Args:
        dataset: The dataset.
        sequences: The split that is scored.
        entries: Its entries.
        training: The dataset whose training rows they are fitted on, the same one or another of its form; None leaves
            out what needs them.
        season: Rows of a season; None leaves ``seasonal_naive`` out.
    """
    if sequences.placement == "sequence":
        if training is None:
            return {}
        means = own_units(scored_entries(training, training.train).truth, training).mean(axis=0)
        return {"mean": np.tile(means, (len(entries), 1))}
    past, horizon = Past(dataset), sequences.horizon
    means = _means(dataset, entries, training)
    if not horizon:
        before = np.where((entries.step > 0)[:, None], past.at(entries.row - 1, entries.row), np.nan)
        if means is None:
            return {"naive": before}
        return {"naive": np.where(np.isnan(before), means, before), "mean": means}
    found = {"naive": np.tile(values_of_rows(dataset, entries.row), horizon)}
    if season is not None:
        ahead = np.arange(1, horizon + 1)
        rows = entries.row[:, None] + ahead - season * -(-ahead // season)
        found["seasonal_naive"] = past.at(rows, entries.row[:, None]).reshape(len(entries), -1)
    return found if means is None else found | {"mean": np.tile(means, horizon)}


def _means(dataset: Dataset, entries: Entries, training: Dataset | None) -> Numbers | None:
    if training is None:
        return None
    if training is dataset:
        return Past(dataset).means(entries.row)
    return np.tile(Past(training).means(None), (len(entries), 1))


def mase_scale(
    dataset: Dataset, sequences: Sequences, entries: Entries, training: Dataset | None, season: int | None = None
) -> Scale | None:
    """What errors are divided by for MASE: the naive forecast's on the training rows of the same series.

    Args:
        dataset: The dataset.
        sequences: The split that is scored.
        entries: Its entries.
        training: As for `number_baselines`; of another dataset all series count.
        season: Rows back of the naive forecast; None for one.

    Returns:
        ``[entries, outputs]``; None where the targets are not the rows to come, or nothing is known of training.
    """
    if sequences.placement == "sequence" or not sequences.horizon or training is None:
        return None
    scale = Past(training).naive_errors(entries.row if training is dataset else None, season or 1)
    if training is not dataset:
        scale = np.tile(scale, (len(entries), 1))
    return np.tile(np.where(scale > 0, scale, np.nan), sequences.horizon)


def class_baselines(
    dataset: Dataset, sequences: Sequences, entries: Entries, training: Dataset | None
) -> dict[str, Told]:
    """What the baselines say of each entry, where classes, tokens, or yes and no are told.

    Args:
        dataset: The dataset.
        sequences: The split that is scored.
        entries: Its entries.
        training: As for `number_baselines`.
    """
    truth = entries.truth.astype(np.int64)
    fitted = None if training is None else scored_entries(training, training.train)
    majority = {} if fitted is None else {"majority": _majority(dataset, fitted, truth)}
    if sequences.placement == "sequence":
        return majority
    codes = _codes(sequences)
    if not sequences.horizon:
        before = np.where((entries.step > 0)[:, None], codes[np.maximum(entries.row - 1, 0)], -1)
        if majority:
            before = np.where(before < 0, majority["majority"].predicted, before)
        return {"naive": Told(before), **majority}
    naive = {"naive": Told(np.tile(codes[entries.row], sequences.horizon))}
    if dataset.target_kind != "category" or training is None or fitted is None:
        return naive | majority
    return naive | _markov(dataset, entries, (codes, _codes(training.train)), fitted)


def _codes(sequences: Sequences) -> Ints:
    """``[rows, targets]``: the targets as codes; −1 where missing."""
    return np.where(np.isnan(sequences.targets), -1, sequences.targets).astype(np.int64)


def _markov(dataset: Dataset, entries: Entries, tables: tuple[Ints, Ints], fitted: Entries) -> dict[str, Told]:
    codes, training = tables
    truth, found = entries.truth.astype(np.int64), {}
    for order in MARKOV_ORDERS:
        following = fitted.truth[:, 0].astype(np.int64)
        model = Markov(_contexts(training, fitted, order), following, len(dataset.classes))
        predicted, probability = model.tell(_contexts(codes, entries, order), truth[:, 0])
        found[f"markov{order}"] = Told(predicted[:, None], probability[:, None])
    return found


def _majority(dataset: Dataset, fitted: Entries, truth: Ints) -> Told:
    classes = len(dataset.classes) or 2
    nothing = np.empty((len(fitted), 0), dtype=np.int64)
    told = [
        Markov(nothing, seen, classes).tell(np.empty((len(truth), 0), dtype=np.int64), wanted)
        for seen, wanted in zip(fitted.truth.astype(np.int64).T, truth.T, strict=True)
    ]
    predicted, probability = zip(*told, strict=True)
    return Told(np.stack(predicted, axis=1), np.stack(probability, axis=1))


def _contexts(codes: Ints, entries: Entries, order: int) -> Ints:
    """``[entries, order]``: the tokens at each entry's row and before it in its sequence, the newest first."""
    found = np.full((len(entries), order), -1, dtype=np.int64)
    for back in range(order):
        there = entries.step >= back
        found[there, back] = codes[entries.row[there] - back, 0]
    return found
