"""The rows of a split, as flags, and even samples of rows."""

from __future__ import annotations

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Flags, Ints, covered

MOST_ROWS = 200_000
"""Most rows that are compared with one another."""

STRETCH = 2_000
"""Rows of a stretch of the sample."""


def own_rows(dataset: Dataset, name: str) -> Flags:
    """``[rows]``: whether a row is of the split, predicted rows included, those that windows reach back to not."""
    split = dataset.splits[name]
    last = split.last_rows() + 1
    first = last if name != "train" and dataset.task.windowed else split.starts
    return covered(len(split.values), first, last + split.horizon)


def training_sample(dataset: Dataset, most: int) -> Ints:
    """Training rows to compare: all, or evenly spread stretches of ``most`` rows together, `MOST_ROWS` at most."""
    most = min(most, MOST_ROWS)
    rows = np.flatnonzero(own_rows(dataset, "train"))
    if len(rows) <= most:
        return rows
    stretch = min(STRETCH, most)
    begins = np.linspace(0, len(rows) - stretch, most // stretch).astype(np.int64)
    return np.unique(rows[(begins[:, None] + np.arange(stretch)).ravel()])
