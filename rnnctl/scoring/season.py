"""The season of a time series: the lag of its strongest autocorrelation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rnnctl.data.time_grid import Grid, Steps
from rnnctl.scoring.units import Numbers

LONGEST = 1000
"""Longest lag, in rows."""

LARGEST = 1e100
"""Values beyond this are scaled before they are squared."""

CLEAR = 0.2
"""Lowest autocorrelation of a season."""

BY_CHANCE = 4.0
"""Lowest autocorrelation in standard errors, 1/√n, of noise: among hundreds of lags a few exceed two or three."""

RISE = 0.1
"""Least rise of the autocorrelation above its minimum at shorter lags: a slow series has a high one at every short lag,
with bumps from noise."""

NEARLY = 0.95
"""A shorter lag is preferred where its autocorrelation is higher than this share of the peak: multiples of a season
are as strong as the season itself."""

SEASONS = {
    "10m": (144, 1008),
    "15m": (96, 672),
    "30m": (48, 336),
    "1h": (24, 168),
    "1d": (7, 365),
    "1b": (5,),
    "7d": (52,),
    "1w": (52,),
    "1mo": (12,),
    "1q": (4,),
    "3mo": (4,),
}
"""Rows of the usual seasons by the distance of rows, the shortest first: a day, a week, a year."""

SURE = 2.0
"""Lowest autocorrelation of a season that the distance of rows suggests, in standard errors, 1/√n, of noise."""

ALONE = 0.5
"""Lowest autocorrelation of a season that nothing suggests."""


def usual_season(grid: Grid, first: int) -> int | None:
    """Rows of a day, a week or a year, whichever is usual of a distance; see `usual_seasons`."""
    return next(iter(usual_seasons(grid, first)), None)


def usual_seasons(grid: Grid, first: int) -> tuple[int, ...]:
    """Rows of a day, a week and a year, as are usual of a distance, without the times that are skipped.

    Of days with different opening hours it is a week.

    Args:
        first: The moment of a row.
    """
    rows = SEASONS.get(grid.every, ())
    if not rows or not grid.open:
        return rows
    steps = Steps(grid, first)
    a_day = steps.week // 7
    opened = np.bincount(steps.slots // a_day)
    opened = opened[opened > 0]
    return (int(opened[0]) if opened.max() > 1 and (opened == opened[0]).all() else len(steps.slots),)


def confirmed_seasons(series: Sequence[Numbers], usual: Sequence[int] | None) -> tuple[tuple[int, ...], float]:
    """The seasons that the autocorrelation of the changes from row to row shows, and that of the first one.

    The changes, since values that go up or down slowly are alike at every short lag. A longer season is one where its
    autocorrelation is higher than the shorter one's. Each stands at least twice in the rows of the longest series.

    Args:
        series: ``[rows]`` each.
        usual: Rows of the seasons that the distance of rows suggests, the shortest first; None where the rows tell no
            distance: the strongest lag is a season then, if its autocorrelation is high.
    """
    changes = [np.diff(values) for values in series if len(values) > 1]
    most = (max((len(values) for values in series), default=0) - 1) // 2
    if usual is None:
        lag, found = strongest_lag(changes)
        return ((lag,), found) if lag and found >= ALONE else ((), 0.0)
    if not (within := [rows for rows in usual if rows <= most]):
        return (), 0.0
    every, rows = autocorrelation(changes, within[-1])
    sizes = np.array([len(values) for values in changes])
    # The later of two lags has fewer pairs: means over these are compared.
    every = every * [sizes.sum() / max(1, np.maximum(sizes - lag, 0).sum()) for lag in range(len(every))]
    least = max(CLEAR, SURE / np.sqrt(rows)) if rows else np.inf
    seasons: list[int] = []
    for season in within:
        if every[season] >= (every[seasons[-1]] if seasons else least):
            seasons.append(season)
    return tuple(seasons), float(every[seasons[0]]) if seasons else 0.0


def strongest_lag(series: Sequence[Numbers]) -> tuple[int, float]:
    """The lag, in rows, of the strongest clear autocorrelation of series ``[rows]``, and that; 0 where none is clear.

    A lag is at least 2, and at most a third of the longest series.
    """
    most = min(LONGEST, max((len(values) for values in series), default=0) // 3)
    if most < 2:
        return 0, 0.0
    found, rows = autocorrelation(series, most)
    lag = _strongest(found, max(CLEAR, BY_CHANCE / np.sqrt(rows)) if rows else np.inf) or 0
    return lag, float(found[lag])


def autocorrelation(series: Sequence[Numbers], most: int) -> tuple[Numbers, int]:
    """``[most + 2]``, by lag from 0, and how many values they are from: Σ x_t x_{t+k} / Σ x_t².

    It is added up over the series, ``[rows]`` each, after a straight line (least squares) is subtracted from each. Rows
    without a value, which are NaN, do not lower it.
    """
    products, pairs, places, rows = np.zeros(most + 2), np.zeros(most + 2), np.zeros(most + 2), 0
    for values in series:
        known = np.isfinite(values)
        if known.sum() < 4:
            continue
        if (largest := np.abs(values[known]).max()) > LARGEST:  # their squares would be infinite
            values = values / largest  # noqa: PLW2901
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
    """``[size]``: Σ x_t x_{t+k} by lag k, by the Fourier transform of the zero-padded values."""
    transformed = np.fft.rfft(values, size)
    return np.fft.irfft(transformed * transformed.conj(), size)


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
