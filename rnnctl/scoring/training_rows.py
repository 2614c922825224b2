"""Statistics of a dataset's training rows, computed a stretch at a time so that a large table needs no copy.

Values that were missing in the file and were filled in do not count.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, covered
from rnnctl.data.time_grid import Grid, moments
from rnnctl.scoring.season import LONGEST, strongest_lag, usual_season
from rnnctl.scoring.units import Numbers, values_of_rows

STRETCH = 1 << 18
"""Rows, or sequences, processed at a time."""

SERIES = 200
"""Series, evenly chosen, that the season, and the like, is taken from."""

SEASONAL_ROWS = 20 * LONGEST
"""Last training rows of a series that the season is taken from."""


def training_rows(dataset: Dataset) -> npt.NDArray[np.bool_]:
    """``[rows]``: whether a row is for training, in a sequence or not."""
    train, stretches = dataset.train, dataset.training_rows
    if stretches is None:
        stretches = train.starts, train.starts + train.lengths + train.horizon
    return covered(len(train.values), *stretches)


def season_of(training: Dataset) -> int | None:
    """Rows of the season of a run's data, found in its training rows; None where it has none, or forecasts nothing."""
    if not training.train.horizon or training.train.per_sequence or training.target_kind != "number":
        return None
    return TrainingRows(training).season()


class TrainingRows:
    """The training rows of a dataset whose targets are numbers that stand at rows, in the data's own units."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._rows = len(dataset.train.values)
        self._order = dataset.order

    @cached_property
    def _training(self) -> npt.NDArray[np.bool_]:
        return training_rows(self._dataset)

    def known_values(self, rows: Ints) -> Numbers:
        """``[rows, targets]``: the values that the file has; NaN where they are missing, filled in since or not."""
        values, absent = values_of_rows(self._dataset, rows), self._dataset.absent
        return values if absent is None else np.where(absent[rows], np.nan, values)

    def season(self) -> int | None:
        """Rows of a season: the config's, of several the one whose naive forecast errs least, or one that is found.

        It is looked for in the first target's last training rows; None where there is none.
        """
        if given := self._dataset.season:
            errors = [np.nan_to_num(self._mean_change(rows), nan=np.inf) for rows in given]
            return given[int(np.argmin(errors))]
        values = [rows[:, 0] for rows in self.last_values(SEASONAL_ROWS)]
        return strongest_lag(values)[0] or self._usual_season()

    def last_values(self, most: int) -> list[Numbers]:
        """``[rows, targets]`` of `SERIES` series: values of their last training rows, NaN where missing or held out.

        Args:
            most: Rows of each at most.
        """
        series, found = np.flatnonzero(np.logical_or.reduceat(self._training, self._order.begin)), []
        for place in series[:: max(1, len(series) // SERIES)]:
            begin, end = self._order.begin[place], self._order.end[place]
            last = end - np.argmax(self._training[begin:end][::-1])
            rows = np.arange(max(begin, last - most), last)
            found.append(np.where(self._training[rows, None], self.known_values(rows), np.nan))
        return found

    def _mean_change(self, rows: int) -> float:
        """The first target's mean absolute change over so many rows; NaN where no training rows are so far apart."""
        sums, counts = self._sums(rows)
        return float(sums[:, 0].sum() / counts[:, 0].sum()) if counts[:, 0].any() else float("nan")

    def _usual_season(self) -> int | None:
        known, times = self._dataset.preparation, self._order.times
        if known is None or known.frequency is None or times is None:
            return None
        grid = known.grids.get("") or Grid(known.frequency)  # of runs that keep no grids
        return usual_season(grid, int(moments(times.head(1), wall=grid.wall)[0]))

    def at(self, rows: Ints, of: Ints) -> Numbers:
        """``[…, targets]``: the values at rows ``[…]``; NaN where those are in another series than rows ``of``."""
        inside = (rows >= 0) & (rows < self._rows)
        bounded = np.where(inside, rows, 0)
        inside &= self._order.series_of(bounded) == self._order.series_of(of)
        return np.where(inside[..., None], values_of_rows(self._dataset, bounded), np.nan)

    def means(self, series: Ints, lag: int = 0) -> Numbers:
        """``[entries, targets]``: means over the training rows of a series, or over all where it has none.

        Args:
            series: ``[entries]``; −1 stands for one that is not among the dataset's.
            lag: 0 for the mean of y_t, else for the naive forecast's error, the mean of |y_t − y_{t−lag}|.
        """
        sums, counts = self._sums(lag)
        with np.errstate(invalid="ignore"):
            whole: Numbers = sums.sum(axis=0) / counts.sum(axis=0)
            own: Numbers = np.where(counts > 0, sums / counts, whole)
        return np.vstack((own, whole))[series]

    def _sums(self, lag: int) -> tuple[Numbers, Numbers]:
        """``[series, targets]`` each: sums over the training rows (of absolute changes since ``lag`` rows), counts."""
        sums, counts = np.zeros((2, len(self._order), len(self._dataset.target_names)))
        for first in range(lag, self._rows, STRETCH):
            rows = np.arange(first, min(first + STRETCH, self._rows))
            wanted = self._training[rows] & self._training[rows - lag]
            rows = rows[wanted & (self._order.series_of(rows) == self._order.series_of(rows - lag))]
            if not len(rows):
                continue
            values = self.known_values(rows)
            if lag:
                values = np.abs(values - self.known_values(rows - lag))
            series, begin = np.unique(self._order.series_of(rows), return_index=True)
            sums[series] += np.add.reduceat(np.nan_to_num(values), begin)
            counts[series] += np.add.reduceat(~np.isnan(values), begin, dtype=np.int64)
        return sums, counts
