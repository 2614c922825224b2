"""Trend and period of a series, by its autocorrelation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

MOST_LAGS = 1000
_SURE = 3.0
"""Standard errors above which an autocorrelation is significant (1/√n under white noise; Box & Jenkins 1976)."""


@dataclass(frozen=True, slots=True)
class Period:
    """A lag in rows, 0 where none stands out, and the autocorrelation at it."""

    lag: int
    correlation: float


def has_trend(values: Values) -> bool:
    """Whether a series ``[rows]`` (NaN where missing) leaves its past range, so that changes are easier to learn.

    Of the last 30 % of the rows, a quarter must lie above all, or below all, of the rows before them, by more than a
    tenth of their range.
    """
    values = values[np.isfinite(values)]
    if len(values) < 10:
        return False
    cut = int(0.7 * len(values))
    past, recent = values[:cut], values[cut:]
    low, high = past.min(), past.max()
    margin = 0.1 * (high - low)
    return bool(max((recent > high + margin).mean(), (recent < low - margin).mean()) > 0.25)


def strongest_period(values: Values) -> Period:
    """The period of a series ``[rows]``, NaN where missing (interpolated here), by its strongest autocorrelation.

    Candidates are the local maxima of the detrended series' autocorrelation that exceed three standard errors, stand
    out by 0.1 from smaller lags, and recur eight times or are in the changes from row to row too, as those of a random
    walk are not. Of those within a tenth of the highest, the shortest is the period: multiples are nearly as strong.
    """
    values = _filled(values)
    rows = len(values)
    lags = min(rows // 3, MOST_LAGS)
    if lags < 3 or np.ptp(values) == 0:
        return Period(0, 0.0)
    correlation = autocorrelation(_without_line(values), lags + 1)
    changes = autocorrelation(np.diff(values), lags + 1)
    inner, sure = correlation[1:-1], _SURE / np.sqrt(rows)
    stands_out = inner - np.minimum.accumulate(correlation[:-2]) > 0.1
    often = np.arange(1, lags + 1) <= rows / 8
    in_changes = np.maximum(np.maximum(changes[:-2], changes[1:-1]), changes[2:]) > sure
    local = (inner > correlation[:-2]) & (inner >= correlation[2:])
    peaks = np.flatnonzero(local & (inner > sure) & stands_out & (often | in_changes)) + 1
    if not len(peaks):
        return Period(0, 0.0)
    lag = int(peaks[correlation[peaks] >= 0.9 * correlation[peaks].max()][0])
    nearby = peaks[np.abs(peaks - lag) <= 0.1 * lag]
    lag = int(nearby[correlation[nearby].argmax()])
    return Period(lag, float(correlation[lag]))


def autocorrelation(values: Values, lags: int) -> Values:
    """``[lags + 1]``: r_k = Σ (x_t − x̄)(x_{t+k} − x̄) / Σ (x_t − x̄)² (Box & Jenkins 1976), of finite ``[rows]``."""
    centred = values - values.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    products = np.fft.irfft(power, size)[: lags + 1]
    return products / products[0] if products[0] > 0 else np.zeros(lags + 1)


def memory(values: Values) -> int:
    """The first lag at which the autocorrelation of ``[rows]`` (NaN where missing) falls below 1/e."""
    values = _filled(values)
    lags = min(len(values) // 3, MOST_LAGS)
    if lags < 1 or np.ptp(values) == 0:
        return 1
    below = np.flatnonzero(autocorrelation(values, lags) < np.exp(-1))
    return int(below[0]) if len(below) else lags


def _filled(values: Values) -> Values:
    known = np.isfinite(values)
    if known.all() or not known.any():
        return values if known.all() else np.zeros(0)
    places = np.arange(len(values))
    return np.asarray(np.interp(places, places[known], values[known]))


def _without_line(values: Values) -> Values:
    places = np.arange(len(values), dtype=np.float64)
    places -= places.mean()
    slope = float(places @ values) / float(places @ places)
    return np.asarray(values - values.mean() - slope * places)
