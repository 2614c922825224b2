"""How many rows a season has, found in the training rows. Knows no datasets and no models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rnnctl.scoring.units import Numbers

LONGEST = 1000
"""Rows of the longest season that is looked for."""

CLEAR = 0.2
"""The autocorrelation that a season has at least."""

BY_CHANCE = 4.0
"""Times 1/√n, the standard error of an autocorrelation of noise: among hundreds of lags a few exceed two or three."""

RISE = 0.1
"""By how much the autocorrelation must have risen again since its lowest before: a slow series has a high one at every
small lag, and noise makes bumps on it."""

NEARLY = 0.95
"""Of two lags whose autocorrelations differ by less than this factor the shorter is the season: its multiples are as
strong as itself."""

SERIES = 200
"""Series looked at, evenly chosen; more would tell little."""

ROWS_A_SEASON = {
    "15m": 96,
    "30m": 48,
    "1h": 24,
    "1d": 7,
    "7d": 52,
    "1w": 52,
    "1mo": 12,
    "1q": 4,
    "3mo": 4,
}
"""The usual season of rows so far apart: a day, a week, or a year."""


def find_season(series: Sequence[Numbers], frequency: str | None = None) -> int | None:
    """The lag of the strongest autocorrelation that stands out, else what the rows' distance suggests.

    The autocorrelation at a lag is that of what is left of each series without its straight line (least squares),
    added up over the series: Σ x_t x_{t+k} / Σ x_t², which long lags, with fewer pairs, have less of. Rows without a
    value make it no smaller. A season is a lag of two rows or more, at most a third of the longest series.

    Args:
        series: ``[rows]`` each, the training rows of a series; NaN where missing.
        frequency: Time from row to row, where it is known; as ``data.frequency``.

    Returns:
        Rows of a season; None where none stands out and the frequency suggests none.
    """
    chosen = series[:: max(1, len(series) // SERIES)]
    most = min(LONGEST, max((len(values) for values in chosen), default=0) // 3)
    if most >= 2:
        found, rows = _autocorrelation(chosen, most)
        season = _strongest(found, max(CLEAR, BY_CHANCE / np.sqrt(rows)) if rows else np.inf)
        if season is not None:
            return season
    return ROWS_A_SEASON.get(frequency or "")


def _autocorrelation(series: Sequence[Numbers], most: int) -> tuple[Numbers, int]:
    """``[most + 2]``, by lag from 0, and how many values they are from."""
    products, pairs, places, rows = np.zeros(most + 2), np.zeros(most + 2), np.zeros(most + 2), 0
    for values in series:
        known = ~np.isnan(values)
        if known.sum() < 4:
            continue
        left = np.where(known, _without_line(values, known), 0.0)
        spread = np.sqrt(np.square(left).sum() / known.sum())
        if spread <= 1e-12 * np.abs(values[known]).max():
            continue
        size = 1 << int(np.ceil(np.log2(len(values) + most + 2)))
        products += _lagged_products(left / spread, size)[: most + 2]
        pairs += _lagged_products(known.astype(np.float64), size)[: most + 2]
        places += np.maximum(len(values) - np.arange(most + 2), 0)
        rows += int(known.sum())
    pairs = np.round(pairs)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(pairs > 0, products / pairs * places, 0.0)
    return mean / (mean[0] or 1.0), rows


def _lagged_products(values: Numbers, size: int) -> Numbers:
    """``[size]``: Σ x_t x_{t+k} by lag k, by the Fourier transform of the values with zeros after them."""
    transformed = np.fft.rfft(values, size)
    found: Numbers = np.fft.irfft(transformed * transformed.conj(), size)
    return found


def _without_line(values: Numbers, known: npt.NDArray[np.bool_]) -> Numbers:
    place = np.arange(len(values)) - np.flatnonzero(known).mean()
    height = values - values[known].mean()
    slope = (place[known] * height[known]).sum() / np.square(place[known]).sum()
    left: Numbers = height - slope * place
    return left


def _strongest(found: Numbers, least: float) -> int | None:
    """The lag of the highest peak, or of a shorter one that is nearly as high."""
    lag = np.arange(2, len(found) - 1)
    here, lowest = found[lag], np.minimum.accumulate(found)[lag]
    peak = (here > found[lag - 1]) & (here >= found[lag + 1]) & (here >= least) & (here - lowest >= RISE)
    if not peak.any():
        return None
    return int(lag[peak & (here >= NEARLY * here[peak].max())][0])
