"""Leaks: features that equal the target, now or later, in the training rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.data_check.split_rows import training_sample
from rnnctl.results.data_check import Finding
from rnnctl.util.format import counted

COPIED = 0.95
"""Share of rows in which a feature must be a linear function of the target to be a copy; missing rows shift others."""

GIVEN_AWAY = 0.99
"""Share of rows in which a token must determine the target."""

_CLOSE = 1e-3
_PERHAPS = 0.3
_MAJORITY = 0.9
_ENOUGH = 20
_MOST_LAGS = 64
_MOST_FEATURES = 500
_VALUES_EACH = 5
_COMPARISONS = 20_000_000

Numbers = npt.NDArray[np.float64]


def examine_leaks(dataset: Dataset) -> Iterator[Finding]:
    """Finds features that are the target, shifted by up to the horizon into the past or the future.

    A copy of the target at a predicted row is a leak; one at known rows is harmless, and only a fact.
    """
    if dataset.train.per_sequence:
        yield from _label_leaks(dataset)
        return
    for feature, target, lag in find_copies(dataset):
        when = f"{counted(abs(lag), 'row')} {'later' if lag > 0 else 'earlier'}" if lag else "at the same row"
        text = f"{feature!r} tells {target!r} {when} nearly exactly, which "
        if lag > 0 if dataset.train.horizon else lag == 0:
            text += (
                "is to be predicted: unless it is known by then, the model copies it, and will fail in use; take it "
            )
            yield Finding("warning", "leak", f"{text}out of data.features", (feature, target))
        else:
            yield Finding("fact", "leak", f"{text}the model is not asked for", (feature, target))


def find_copies(dataset: Dataset) -> Iterator[tuple[str, str, int]]:
    """Features that are copies of a target whose values stand at rows: feature, target, and the lag of most rows.

    The feature at row t is the target at row t + lag. Lags run from −horizon to +horizon (−1 to 1 at least, 64 at
    most). Numbers are compared by a linear function, tokens and booleans by whether one determines the other.
    """
    most = min(max(1, dataset.train.horizon), _MOST_LAGS)
    features = list(enumerate(dataset.inputs[:_MOST_FEATURES]))
    shares: dict[tuple[int, int], dict[int, float]] = {
        (place, at): {}
        for place, column in features
        for at, target in enumerate(dataset.target_names)
        if column.source != target and not column.static
    }
    comparisons = len(features) * len(dataset.target_names) * (2 * most + 1)
    rows = training_sample(dataset, max(1_000, _COMPARISONS // comparisons))
    series = dataset.order.series_of(rows)
    for lag in sorted(range(-most, most + 1), key=lambda lag: (abs(lag), lag)):
        now = _with_partner(rows, series, lag)
        for (place, at), by_lag in shares.items():
            one = dataset.train.values[now, place].astype(np.float64)
            other = dataset.train.targets[now + lag, at].astype(np.float64)
            known = np.isfinite(one) & np.isfinite(other)
            if known.sum() >= _ENOUGH:
                share, _ = _comparison(dataset, place)
                by_lag[lag] = share(one[known], other[known])
    for (place, at), by_lag in shares.items():
        lag = max(by_lag, key=by_lag.__getitem__, default=0)
        _, least = _comparison(dataset, place)
        if by_lag and by_lag[lag] > least - 1e-9:
            yield dataset.inputs[place].name, dataset.target_names[at], lag


def _comparison(dataset: Dataset, place: int) -> tuple[Callable[[Numbers, Numbers], float], float]:
    """The share of rows in which a feature and the target agree, and the least one of a copy."""
    if not dataset.inputs[place].tokens and dataset.target_kind == "number":
        return copied_share, COPIED
    return determined_share, GIVEN_AWAY


def _with_partner(rows: Ints, series: Ints, lag: int) -> Ints:
    """Those of the sorted rows whose row ``lag`` later is among them too, and of the same series."""
    partner = np.searchsorted(rows, rows + lag)
    there = partner < len(rows)
    there[there] &= rows[partner[there]] == rows[there] + lag
    there[there] &= series[partner[there]] == series[there]
    return rows[there]


def copied_share(one: Numbers, other: Numbers) -> float:
    """The share of rows in which ``other`` is a linear function of ``one``, to a thousandth of its deviation.

    Its slope is the median one between neighbouring rows, which is robust to a few rows that do not fit. Rows in which
    both are at their median are not counted: columns that are mostly zero would be alike for that alone.

    Args:
        one: ``[rows]``, finite.
        other: ``[rows]``, finite.
    """
    centred, goal = one - one.mean(), other - other.mean()
    if abs(centred @ goal) <= _PERHAPS * np.sqrt((centred @ centred) * (goal @ goal)):  # little correlated, or constant
        return 0.0
    moves = np.diff(one)
    slope = float(np.median((np.diff(other) / np.where(moves == 0, np.nan, moves))[moves != 0]))
    rest = other - slope * one
    close = np.abs(rest - np.median(rest)) <= _CLOSE * other.std()
    counts = (one != np.median(one)) | (other != np.median(other))
    return float(close[counts].mean()) if slope and counts.sum() >= _ENOUGH else 0.0


def determined_share(feature: Numbers, target: Numbers) -> float:
    """The share of rows whose target is the most frequent one for the feature's value; both finite ``[rows]``.

    0 where a value has fewer than five rows on average, or one target has nearly all rows.
    """
    values, of = np.unique(feature, return_inverse=True)
    if len(values) < 2 or len(values) * _VALUES_EACH > len(feature):
        return 0.0
    classes, to = np.unique(target, return_inverse=True)
    table = np.zeros((len(values), len(classes)), dtype=np.int64)
    np.add.at(table, (of, to), 1)
    if table.sum(axis=0).max() > _MAJORITY * len(feature):
        return 0.0
    return float(table.max(axis=1).sum() / len(feature))


def _label_leaks(dataset: Dataset) -> Iterator[Finding]:
    """Columns whose first row in a sequence determines the sequence's target."""
    train = dataset.train
    if len(train) < _ENOUGH or len({column.source for column in dataset.inputs}) < 2:  # no other one would be left
        return
    target, goal = dataset.target_names[0], train.last_targets()[:, 0].astype(np.float64)
    for place, column in enumerate(dataset.inputs[:_MOST_FEATURES]):
        first = train.values[train.starts, place].astype(np.float64)
        share, least = _comparison(dataset, place)
        if np.isfinite(first).all() and share(first, goal) >= least:
            text = (
                f"{column.name!r} at a sequence's first row alone tells the target {target!r}: unless it is known by "
            )
            yield Finding("warning", "leak", f"{text}then, take it out of data.features", (column.name, target))
