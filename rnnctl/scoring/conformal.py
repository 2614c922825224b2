"""Intervals around forecasts by split conformal prediction, and scores of them.

Where forecasts of n validation rows were off by e_i = y_i − ŷ_i, a new one is as likely to come in any of the n + 1
places between them, whatever the noise is like (Vovk, Gammerman & Shafer 2005, Algorithmic learning in a random world;
Lei et al. 2018, Distribution-free predictive inference for regression). So an interval that holds the truth in at least
1 − α of all cases is

- from ŷ + e_(⌈t/2⌉) to ŷ + e_(n+1−⌊t/2⌋), where e_(1) ≤ … ≤ e_(n) and t = ⌊(n + 1) α⌋ ≥ 2: as many are cut off below
  as above (one more where t is odd), so that skewed noise and a biased network get intervals that are not symmetrical;
- ŷ ± max |e_i|, the ⌈(n + 1)(1 − α)⌉-th of n, where t is 1.

With n < 1/α − 1 there is none. Both cover 1 − t/(n + 1), which is 1 − α to 1 − α + 1/(n + 1), where errors are
exchangeable; which of the two is taken depends on n alone. An end is moved to ŷ where it lies beyond: forecasts that
were always too high in the validation rows need not be so later, and wider intervals cover no less. Each row ahead and
target has errors of its own (Stankeviciute, Alaa & van der Schaar 2021, Conformal time-series forecasting).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnctl.data.sequences import Ints
from rnnctl.errors import ConfigError, Fault
from rnnctl.scoring.units import Numbers

SAMPLE = 200
"""Quantiles that stand for a distribution in its CRPS."""

ROUNDING = 1e-9
"""Shares such as 0.05 are not exact: 20 × 0.05 may come out below 1."""


Levels = float | str | Iterable[float | str] | None
"""Levels of intervals as a user gives them: one, several, or none."""


def interval_levels(given: Levels) -> tuple[float, ...]:
    """The levels that are asked for, in percent, each once, rising.

    Raises:
        ConfigError: One is no number from 1 to below 100.
    """
    every = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    every = [one for one in every if given is not None]
    faults, found = [], set()
    for one in every:
        level = _number(one)
        if 1 <= level < 100:
            found.add(level)
            continue
        todo = "expected a number from 1 to below 100, such as --interval 80"
        if 0 < level < 1:
            todo = f"levels are in percent: for {100 * level:g} % of the cases give --interval {100 * level:g}"
        elif level == 100:
            todo = "no interval holds what comes in all cases; expected less, such as --interval 99"
        elif isinstance(one, str) and "," in one:
            todo = "give each level an option of its own, such as --interval 80 --interval 95"
        faults.append(Fault("--interval", None, None, "", f"found {one!s}: {todo}"))
    if faults:
        raise ConfigError(faults)
    return tuple(sorted(found))


def _number(given: Any) -> float:
    try:
        return float(given.strip().removesuffix("%") if isinstance(given, str) else given)
    except (TypeError, ValueError):
        return math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """What forecasts of validation rows were off by.

    Attributes:
        rising: ``[entries, …]``, those of each output (row ahead, target) in order, NaN after them.
        finite: ``[…]``, how many there are.
        lost: ``[…]``, how many more forecasts were no finite number: their error is infinite, in which direction nobody
            knows.
    """

    rising: Numbers
    finite: Ints
    lost: Ints

    @classmethod
    def of(cls, truth: Numbers, forecast: Numbers, unit: Numbers | float = 1.0) -> Errors:
        """The errors of forecasts ``[entries, …]``.

        Args:
            truth: NaN where it is missing.
            forecast: Likewise; elsewhere its error counts, be it infinite.
            unit: Of errors; it may be another for each series.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            off = (truth - forecast) / unit
        there = np.isfinite(off)
        lost = ~there & ~np.isnan(truth) & ~np.isnan(forecast)
        return cls(np.sort(np.where(there, off, np.nan), axis=0), there.sum(axis=0), lost.sum(axis=0))

    def after(self, ahead: int) -> Errors:
        """Of ``[entries, rows ahead, targets]`` those that are further ahead."""
        return Errors(self.rising[:, ahead:], self.finite[ahead:], self.lost[ahead:])

    def then(self, later: Errors) -> Errors:
        """These, and those of rows further ahead, ``[entries, rows ahead, targets]``, after them."""
        size = max(len(self.rising), len(later.rising))
        parts = [
            np.concatenate((one.rising, np.full((size - len(one.rising), *one.finite.shape), np.nan)))
            for one in (self, later)
        ]
        counts = (np.concatenate(each) for each in ((self.finite, later.finite), (self.lost, later.lost)))
        return Errors(np.concatenate(parts, axis=1), *counts)

    @property
    def counts(self) -> Ints:
        """``[…]``: how many forecasts were compared with the truth."""
        return self.finite + self.lost

    def interval(self, level: float) -> tuple[Numbers, Numbers]:
        """``[…]`` each: what is added to a forecast for the lower and the upper end; NaN where entries are too few.

        Args:
            level: In percent.
        """
        low, high = self.ends(level, self)
        return np.minimum(low, 0), np.maximum(high, 0)

    def ends(self, level: float, upper: Errors) -> tuple[Numbers, Numbers]:
        """``[…]`` each: what is added to two predictions for the ends of an interval; NaN where entries are too few.

        Of a lower and an upper quantile it is conformalized quantile regression, with as many cut off below as above
        (Romano, Patterson & Candès 2019, theorem 2); where one is cut off in all, either end is moved as far as the
        other (theorem 1).

        Args:
            level: In percent.
            upper: Errors of the upper prediction; these are those of the lower one, for the same entries.
        """
        cut = np.floor((self.counts + 1) * (1 - level / 100) + ROUNDING).astype(np.int64)
        below, above = -(-cut // 2) - self.lost, cut // 2 - upper.lost
        largest = np.maximum(-self._at(np.zeros_like(cut)), upper._at(upper.finite - 1))
        few = np.where((cut == 1) & (self.lost + upper.lost == 0), largest, np.nan)
        enough = cut // 2 > np.maximum(self.lost, upper.lost)
        low = np.where(enough, self._at(below - 1), -few)
        return low, np.where(enough, upper._at(upper.finite - above), few)

    def sample(self) -> Numbers:
        """``[sample, …]``: all errors, or as many quantiles of them as `SAMPLE` says; NaN where there are none."""
        if len(self.rising) <= SAMPLE and (self.finite == len(self.rising)).all():
            return self.rising
        share = (np.arange(SAMPLE) + 0.5) / SAMPLE
        return np.stack([self._at(np.floor(one * self.finite).astype(np.int64)) for one in share])

    def _at(self, place: Ints) -> Numbers:
        """``[…]``: the error at a place of each output's order; NaN where there is none."""
        if not len(self.rising):
            return np.full(place.shape, np.nan)
        inside = (place >= 0) & (place < self.finite)
        found = np.take_along_axis(self.rising, np.where(inside, place, 0)[None], axis=0)[0]
        return np.where(inside, found, np.nan)


def fewest(level: float) -> int:
    """Validation forecasts that an interval takes: the least n with n ≥ 1/α − 1."""
    return math.ceil(100 / (100 - level) - 1 - ROUNDING)


def highest(count: int) -> int:
    """The highest level, in whole percent, that so many validation forecasts are enough for."""
    return 100 * count // (count + 1)


def crps(truth: Numbers, sample: Numbers) -> Numbers:
    """``[…]``: the continuous ranked probability score, ∫ (F(x) − 1[x ≥ y])² dx, of F that steps at each of a sample.

    It is mean |x_i − y| − ½ mean |x_i − x_j|, in the truth's units, and the absolute error where the sample is one
    value (Gneiting & Raftery 2007, Strictly proper scoring rules, prediction, and estimation).

    Args:
        truth: ``[…]``.
        sample: ``[sample, …]``, rising along the first axis.
    """
    count = len(sample)
    weight = (2 * np.arange(1, count + 1) - count - 1).reshape(-1, *(1,) * truth.ndim)
    return np.asarray(np.abs(sample - truth).mean(axis=0) - (weight * sample).sum(axis=0) / count**2)
