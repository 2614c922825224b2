"""The rows of a split, as flags, and even samples of rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences

Flags = npt.NDArray[np.bool_]

MOST_ROWS = 200_000
"""Most rows that are compared with one another."""

STRETCH = 2_000
"""Rows of a stretch of the sample."""


def covered(split: Sequences) -> Flags:
    """``[rows]``: whether a row is an input of the split, or a predicted one."""
    return _between(len(split.values), split.starts, split.starts + split.lengths + split.horizon)


def own_rows(dataset: Dataset, name: str) -> Flags:
    """``[rows]``: whether a row is of the split, predicted rows included, those that windows reach back to not."""
    split = dataset.splits[name]
    if name == "train" or not dataset.task.windowed:
        return covered(split)
    after = split.last_rows() + 1
    return _between(len(split.values), after, after + split.horizon)


def predicted(dataset: Dataset, name: str) -> Flags:
    """``[rows]``: whether a row's target is one of the split's (not for targets of whole sequences)."""
    split = dataset.splits[name]
    if dataset.task.windowed:
        return own_rows(dataset, name)
    first, ahead = split.starts if split.per_step else split.last_rows(), int(split.horizon > 0)
    return _between(len(split.values), first + ahead, split.last_rows() + ahead + 1)


def _between(count: int, begin: Ints, end: Ints) -> Flags:
    """``[count]``: whether a row lies in one of the stretches from ``begin`` to before ``end``."""
    steps = np.zeros(count + 1, dtype=np.int32)
    np.add.at(steps, np.minimum(begin, count), 1)
    np.add.at(steps, np.minimum(end, count), -1)
    return np.asarray(np.cumsum(steps[:-1], dtype=np.int32) > 0)


def training_sample(dataset: Dataset, most: int) -> Ints:
    """Training rows to compare: all, or evenly spread stretches of ``most`` rows together, `MOST_ROWS` at most."""
    most = min(most, MOST_ROWS)
    rows = np.flatnonzero(covered(dataset.train))
    if len(rows) <= most:
        return rows
    stretch = min(STRETCH, most)
    begins = np.linspace(0, len(rows) - stretch, most // stretch).astype(np.int64)
    return np.unique(rows[(begins[:, None] + np.arange(stretch)).ravel()])
