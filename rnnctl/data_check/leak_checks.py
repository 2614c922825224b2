"""Leaks: features that equal the target, now or later, in the training rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.data_check.split_rows import series_of, training_sample
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


@dataclass(frozen=True, slots=True)
class Copy:
    """A feature that is a copy of a target: the feature at row t is the target at row t + lag."""

    feature: str
    target: str
    lag: int

    def __str__(self) -> str:
        rows = counted(abs(self.lag), "row")
        when = f"{rows} {'later' if self.lag > 0 else 'earlier'}" if self.lag else "at the same row"
        return f"{self.feature!r} is {self.target!r} {when}"

    def finding(self, *, leak: bool) -> Finding:
        """A warning of a leak, or the fact of a harmless copy."""
        message = f"{self}, which the model is not asked for"
        if leak:
            message = (
                f"{self}, which is to be predicted: unless it is known by then, the model copies it, and will fail in "
                "use; take it out of data.features"
            )
        return Finding("warning" if leak else "fact", "leak", message, (self.feature, self.target))


def examine_leaks(dataset: Dataset) -> list[Finding]:
    """Finds features that are the target, shifted by up to the horizon into the past or the future.

    A copy of the target at a predicted row is a leak; one at known rows is harmless, and only a fact.
    """
    if dataset.train.per_sequence:
        return _label_leaks(dataset)
    ahead = dataset.train.horizon > 0
    copies = [(copy, copy.lag > 0 if ahead else copy.lag == 0) for copy in find_copies(dataset)]
    return [copy.finding(leak=leak) for copy, leak in sorted(copies, key=lambda pair: not pair[1])]


def find_copies(dataset: Dataset) -> Iterator[Copy]:
    """Features that are copies of a target whose values stand at rows.

    Lags run from −horizon to +horizon (−1 to 1 at least, 64 at most). Numbers are compared by a linear function, tokens
    and booleans by whether one determines the other.
    """
    most = min(max(1, dataset.train.horizon), _MOST_LAGS)
    lags = sorted(range(-most, most + 1), key=lambda lag: (abs(lag), lag))
    pairs = min(len(dataset.inputs), _MOST_FEATURES) * len(dataset.target_names) * len(lags)
    rows = training_sample(dataset, max(1_000, _COMPARISONS // pairs))
    series = series_of(dataset, rows)
    for place, column in enumerate(dataset.inputs[:_MOST_FEATURES]):
        for at, target in enumerate(dataset.target_names):
            if column.source == target or column.static:
                continue
            values = dataset.train.values[:, place]
            goal = dataset.train.targets[:, at]
            numeric = not column.tokens and dataset.target_kind == "number"
            found = _strongest(values, goal, rows, series, lags, numeric=numeric)
            if found is not None:
                yield Copy(column.name, target, found)


def _strongest(
    values: npt.NDArray[np.float32],
    goal: npt.NDArray[np.float32],
    rows: Ints,
    series: Ints,
    lags: list[int],
    *,
    numeric: bool,
) -> int | None:
    """The lag at which a feature is most like the target, where it is nearly that."""
    best, where = (COPIED if numeric else GIVEN_AWAY) - 1e-9, None
    for lag in lags:
        one, other = _pairs(values, goal, rows, series, lag)
        if len(one) < _ENOUGH:
            continue
        alike = copied_share(one, other) if numeric else determined_share(one, other)
        if alike > best:
            best, where = alike, lag
    return where


def _pairs(
    values: npt.NDArray[np.float32], goal: npt.NDArray[np.float32], rows: Ints, series: Ints, lag: int
) -> tuple[Numbers, Numbers]:
    """The feature at rows t and the target at rows t + lag, both among the rows and of one series."""
    # Rows rise, so a row's partner is found by its place among them.
    partner = np.searchsorted(rows, rows + lag)
    there = partner < len(rows)
    there[there] &= rows[partner[there]] == rows[there] + lag
    there[there] &= series[partner[there]] == series[there]
    at = rows[there]
    one, other = values[at].astype(np.float64), goal[at + lag].astype(np.float64)
    known = np.isfinite(one) & np.isfinite(other)
    return one[known], other[known]


def copied_share(one: Numbers, other: Numbers) -> float:
    """The share of rows in which ``other`` is a linear function of ``one``, to a thousandth of its deviation.

    Its slope is the median one between neighbouring rows, which is robust to a few rows that do not fit. Rows in which
    both are at their median are not counted: columns that are mostly zero would be alike for that alone.

    Args:
        one: ``[rows]``, finite.
        other: ``[rows]``, finite.
    """
    if abs(_correlation(one, other)) < _PERHAPS:
        return 0.0
    moves = np.diff(one)
    slope = float(np.median((np.diff(other) / np.where(moves == 0, np.nan, moves))[moves != 0]))
    rest = other - slope * one
    close = np.abs(rest - np.median(rest)) <= _CLOSE * other.std()
    counts = (one != np.median(one)) | (other != np.median(other))
    return float(close[counts].mean()) if slope and counts.sum() >= _ENOUGH else 0.0


def _correlation(one: Numbers, other: Numbers) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / size) if size > 0 else 0.0


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


def _label_leaks(dataset: Dataset) -> list[Finding]:
    """Columns whose first row in a sequence determines the sequence's target."""
    train = dataset.train
    if train.target_rows is None or len(train) < _ENOUGH:
        return []
    goal = train.targets[train.target_rows, 0].astype(np.float64)
    found = []
    for column_place, column in enumerate(dataset.inputs[:_MOST_FEATURES]):
        first = train.values[train.starts, column_place].astype(np.float64)
        if not np.isfinite(first).all():
            continue
        numeric = not column.tokens and dataset.target_kind == "number"
        if copied_share(first, goal) >= COPIED if numeric else determined_share(first, goal) >= GIVEN_AWAY:
            text = f"{column.name!r} at a sequence's first row alone tells the target {dataset.target_names[0]!r}"
            text += ": unless it is known by then, take it out of data.features"
            found.append(Finding("warning", "leak", text, (column.name, dataset.target_names[0])))
    return found
