"""Leaks: features that equal the target, now or later, in the training rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Flags, Ints, Numbers
from rnnctl.data_check.split_rows import training_sample
from rnnctl.results.data_check import Finding
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted

COPIED = 0.95
"""Share of rows in which a feature must be a linear function of the target to be a copy; missing rows shift others."""

GIVEN_AWAY = 0.99
"""Share of rows in which a token must determine the target."""

_CLOSE = 1e-3
_RESOLVED = 0.1
_PERHAPS = 0.3
_MAJORITY = 0.9
_ENOUGH = 20
_MOST_LAGS = 64
_MOST_FEATURES = 500
_VALUES_EACH = 5
_COMPARISONS = 20_000_000


def examine_leaks(data: TableData, dataset: Dataset) -> Iterator[Finding]:
    """Finds features that are the target, shifted by up to the horizon into the past or the future.

    A copy of the target at a predicted row is a leak; one at known rows is harmless, and only a fact. Parts of the
    time (``data.calendar``) are known of every row, and are none.
    """
    if dataset.train.per_sequence:
        yield from _label_leaks(dataset)
        return
    for feature, target, lag in find_copies(data, dataset):
        when = f"{counted(abs(lag), 'row')} {'later' if lag > 0 else 'earlier'}" if lag else "at the same row"
        text = f"{feature!r} tells {target!r} {when} nearly exactly, which "
        if lag > 0 if dataset.train.horizon else lag == 0:
            text += (
                "is to be predicted: unless it is known by then, the model copies it, and will fail in use; take it "
            )
            yield Finding("warning", "leak", f"{text}out of data.features", (feature, target))
        else:
            yield Finding("fact", "leak", f"{text}the model is not asked for", (feature, target))


def find_copies(data: TableData, dataset: Dataset) -> Iterator[tuple[str, str, int]]:
    """Features that are copies of a target whose values stand at rows: feature, target, and the lag of most rows.

    The feature at row t is the target at row t + lag. Lags run from −horizon to +horizon (−1 to 1 at least, 64 at
    most). Numbers are compared by a linear function, in the file's own units, tokens and booleans by whether one
    determines the other.
    """
    most = min(max(1, dataset.train.horizon), _MOST_LAGS)
    inputs, names, seen = dataset.inputs[:_MOST_FEATURES], dataset.target_names, set(data.seen)
    features = [place for place, column in enumerate(inputs) if column.source in seen and not column.static]
    shares: dict[tuple[int, int], dict[int, float]] = {}
    comparisons = max(1, len(inputs) * len(names) * (2 * most + 1))
    rows = training_sample(dataset, max(1_000, _COMPARISONS // comparisons))
    series = dataset.order.series_of(rows)
    units = {place: _units(dataset, place) for place in features}
    for lag in sorted(range(-most, most + 1), key=lambda lag: (abs(lag), lag)):
        there = _with_partner(rows, series, lag)
        now, (_, which) = rows[there], np.unique(series[there], return_inverse=True)
        targets = np.column_stack([_target(dataset, at, now + lag) for at in range(len(names))])
        for place in features:
            center, scale = units[place][series[there] if len(units[place]) > 1 else 0].T
            stored = dataset.train.values[now, place]
            one, blur = stored * scale + center, np.spacing(np.abs(stored)) * scale
            numbers = _of_numbers(dataset, place)
            likely = _correlated(one, blur, which, targets) if numbers else range(len(names))
            for at in (at for at in likely if names[at] != inputs[place].source):
                known = np.isfinite(one) & np.isfinite(targets[:, at])
                if known.sum() < _ENOUGH:
                    continue
                pair = one[known], targets[known, at]
                share = copied_share(*pair, which[known], blur[known]) if numbers else determined_share(*pair)
                shares.setdefault((place, at), {})[lag] = share
    for (place, at), by_lag in sorted(shares.items()):
        lag = max(by_lag, key=by_lag.__getitem__)
        if by_lag[lag] > (COPIED if _of_numbers(dataset, place) else GIVEN_AWAY) - 1e-9:
            yield dataset.inputs[place].name, dataset.target_names[at], lag


def _correlated(one: Numbers, blur: Numbers, series: Ints, targets: Numbers) -> list[int]:
    """Places of the targets ``[rows, targets]`` that may be copies of a feature, all of them looked at together."""
    known = np.isfinite(one)
    one, series, targets = one[known], series[known], targets[known]
    resolved = blur[known] <= _RESOLVED * _deviation(one, series) if len(one) else known[known]
    one, targets = one[resolved], targets[resolved]
    if len(one) < _ENOUGH:
        return []
    there = np.isfinite(targets)
    count = np.maximum(there.sum(axis=0), 1)
    goal = np.where(there, targets, 0.0)
    goal = np.where(there, goal - goal.sum(axis=0) / count, 0.0)
    one = one - one.mean()
    squares = np.maximum(np.square(one) @ there - np.square(one @ there) / count, 0.0) * np.square(goal).sum(axis=0)
    return np.flatnonzero(np.abs(one @ goal) > 0.9 * _PERHAPS * np.sqrt(squares)).tolist()


def _of_numbers(dataset: Dataset, place: int) -> bool:
    """Whether a feature and the targets are numbers."""
    return not dataset.inputs[place].tokens and dataset.target_kind == "number"


def _units(dataset: Dataset, place: int) -> Numbers:
    """``[series, 2]``, or ``[1, 2]`` where it is of all: center and scale of a feature."""
    name, preparation = dataset.inputs[place].source, dataset.preparation
    if preparation is None or name not in preparation.scales:
        return np.array([[0.0, 1.0]])
    whole, own = preparation.scales[name], preparation.series_scales.get(name)
    return np.array([own.get(series, whole) for series in dataset.order.names] if own else [whole])


def _target(dataset: Dataset, at: int, rows: Ints) -> Numbers:
    """``[rows]``: a target as the file has it, or its changes, where there are numbers of a file."""
    if dataset.own is None:
        return np.asarray(dataset.train.targets[rows, at], dtype=np.float64)
    own = dataset.transform.forward(dataset.own[:, at])
    before = own[rows - dataset.difference] if dataset.difference else 0.0
    return np.asarray(own[rows] - before)


def _with_partner(rows: Ints, series: Ints, lag: int) -> Flags:
    """``[rows]``: whether the row ``lag`` later than a sorted row is among them too, and of the same series."""
    partner = np.searchsorted(rows, rows + lag)
    there: Flags = partner < len(rows)
    there[there] &= rows[partner[there]] == rows[there] + lag
    there[there] &= series[partner[there]] == series[there]
    return there


def copied_share(one: Numbers, other: Numbers, series: Ints | None = None, blur: Numbers | None = None) -> float:
    """The share of rows in which ``other`` is a linear function of ``one``, to a thousandth of its series' deviation.

    Its slope is the median one between neighbouring rows, which is robust to a few rows that do not fit. Rows in which
    both are at their median are not counted: columns that are mostly zero would be alike for that alone. Nor are those
    of series that change too little for the resolution of ``one``: beside a larger series small ones would be alike.

    Args:
        one: ``[rows]``, finite.
        other: ``[rows]``, finite.
        series: ``[rows]``, from 0; None for a single one.
        blur: ``[rows]``, resolution of ``one``.
    """
    series = np.zeros(len(one), dtype=np.int64) if series is None else series
    blur = np.zeros(len(one)) if blur is None else blur
    resolved = blur <= _RESOLVED * _deviation(one, series)
    if resolved.sum() < _ENOUGH:
        return 0.0
    one, other, series, blur = one[resolved], other[resolved], series[resolved], blur[resolved]
    centred, goal = one - one.mean(), other - other.mean()
    if abs(centred @ goal) <= _PERHAPS * np.sqrt((centred @ centred) * (goal @ goal)):  # little correlated, or constant
        return 0.0
    moves = np.diff(one)
    slope = float(np.median((np.diff(other) / np.where(moves == 0, np.nan, moves))[moves != 0]))
    rest = other - slope * one
    close = np.abs(rest - np.median(rest)) <= _CLOSE * _deviation(other, series) + 2 * abs(slope) * blur
    counts = (one != np.median(one)) | (other != np.median(other))
    return float(close[counts].mean()) if slope and counts.sum() >= _ENOUGH else 0.0


def _deviation(values: Numbers, series: Ints) -> Numbers:
    """``[rows]``: the standard deviation in each row's series; that of all rows where a series never changes."""
    count = np.maximum(np.bincount(series), 1)
    mean = np.bincount(series, values) / count
    deviation = np.sqrt(np.bincount(series, np.square(values - mean[series])) / count)
    return np.where(deviation > 0, deviation, values.std())[series]


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
        share, least = (copied_share, COPIED) if _of_numbers(dataset, place) else (determined_share, GIVEN_AWAY)
        if np.isfinite(first).all() and share(first, goal) >= least:
            text = (
                f"{column.name!r} at a sequence's first row alone tells the target {target!r}: unless it is known by "
            )
            yield Finding("warning", "leak", f"{text}then, take it out of data.features", (column.name, target))
