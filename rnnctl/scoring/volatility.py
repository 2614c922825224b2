"""How much values have moved lately, which may tell how far off a forecast will be.

σ_t is the mean absolute change over a season (or over one row) in the last rows before a forecast. Errors are compared
in units of σ_t^b (locally weighted conformal prediction: Papadopoulos et al. 2008; Lei et al. 2018), where b is fitted
on the training rows alone, so that what is calibrated on the validation rows stays as valid as it is: the b of the
highest Laplace likelihood of later changes, given what moved before. Where it is not clearly higher than that of b = 0,
as for noise of one size, b is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.scoring.training_rows import TrainingRows, season_of, training_rows
from rnnctl.scoring.units import Numbers

LATELY = (15, 60)
"""Changes that σ is taken from, to choose from: few tell at once when values begin to move more, many are more certain
(of Gaussian noise, to a tenth) where that goes slowly."""

FEWEST = 8
"""Changes without which there is no σ."""

CLEAR = 3.0
"""Standard errors that b lies from 0, or it is 0. One that is taken for another costs width, and no coverage."""

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Exponents b to choose from, beside 0."""

MOST = 5000
"""Training rows, evenly chosen, that b is fitted on."""


@dataclass(frozen=True, slots=True, eq=False)
class Volatility:
    """The size of errors that is expected at a row.

    Attributes:
        lag: Rows that changes are over.
        lately: ``[targets]``, how many changes σ is taken from.
        shares: ``[targets]``, exponents b.
        usual: ``[targets]``, σ where a series has none of its own, or does not move.
    """

    lag: int
    lately: Ints
    shares: Numbers
    usual: Numbers

    @property
    def reach(self) -> int:
        """Rows up to that of a forecast, itself included, that σ is taken from."""
        return max(LATELY) + self.lag

    def at(self, dataset: Dataset, rows: Ints) -> Numbers:
        """``[rows, targets]``: σ^b after rows of a dataset."""
        if not self.shares.any():
            return np.ones((len(rows), len(self.shares)))
        sizes = np.stack([_moved(dataset, rows, self.lag, lately) for lately in LATELY])
        chosen = np.take_along_axis(sizes, np.searchsorted(LATELY, self.lately)[None, None], axis=0)[0]
        return np.asarray(_filled(chosen, self.usual) ** self.shares)


def volatility_of(training: Dataset) -> Volatility | None:
    """Fits b of each target on the training rows of a run's data; None where no rows to come are predicted."""
    if training.target_kind != "number" or not training.train.horizon or training.train.per_sequence:
        return None
    lag = season_of(training) or 1
    rows = np.flatnonzero(training_rows(training))
    # The change that is foretold, up to lag + 1 rows later, has no value in common with those before.
    rows = rows[np.isin(rows + lag + 1, rows)]
    rows = rows[:: max(1, -(-len(rows) // MOST))]
    after = np.abs(_changes(training, rows, rows + lag + 1, lag))
    moved = [_moved(training, rows, lag, lately) for lately in LATELY]
    chosen = [_choice([sizes[:, target] for sizes in moved], after[:, target]) for target in range(after.shape[1])]
    lately, shares, usual = (np.array(each) for each in zip(*chosen, strict=True))
    return Volatility(lag, lately, shares, usual)


def _choice(sizes: Sequence[Numbers], later: Numbers) -> tuple[int, float, float]:
    """How many changes, b, and the usual σ, by the likelihood of ``later [rows]``: Laplace, with scale c · σ^b.

    Args:
        sizes: ``[rows]`` of each of `LATELY`.
    """
    known = ~np.isnan(later) & ~np.isnan(sizes).any(axis=0)
    later, best = later[known], (LATELY[-1], 0.0, 1.0)
    if not later.any():
        return best
    gain = CLEAR**2 / 2 / len(later)  # of those whose b is not 0
    for lately, every in zip(LATELY, sizes, strict=True):
        usual = float(np.median(every[known]))
        size = _filled(every[known], usual or 1.0)
        for share in SHARES:
            more = np.log(later.mean()) - np.log(np.mean(later / size**share)) - np.mean(share * np.log(size))
            if usual and more > gain:
                gain, best = more, (lately, share, usual)
    return best


def _moved(dataset: Dataset, rows: Ints, lag: int, lately: int) -> Numbers:
    """``[rows, targets]``: mean absolute changes over the last rows up to each of ``rows``; NaN of too few."""
    sums, counts = np.zeros((2, len(rows), len(dataset.target_names)))
    for back in range(lately):
        change = np.abs(_changes(dataset, rows, rows - back, lag))
        counts += ~np.isnan(change)
        sums += np.nan_to_num(change)
    return np.where(counts >= FEWEST, sums / np.maximum(counts, 1), np.nan)


def _changes(dataset: Dataset, series: Ints, rows: Ints, lag: int) -> Numbers:
    """``[rows, targets]``: changes over ``lag`` rows; NaN where the file lacks one in the series of rows ``series``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        now, then = (dataset.transform.forward(_values(dataset, series, at)) for at in (rows, rows - lag))
        return np.where(np.isfinite(now - then), now - then, np.nan)


def _values(dataset: Dataset, series: Ints, rows: Ints) -> Numbers:
    values = TrainingRows(dataset).at(rows, series)
    if dataset.absent is None:
        return values
    return np.where(dataset.absent[np.clip(rows, 0, len(dataset.absent) - 1)], np.nan, values)


def _filled(sizes: Numbers, usual: Numbers | float) -> Numbers:
    return np.where(np.isnan(sizes) | (sizes == 0), usual, sizes)
