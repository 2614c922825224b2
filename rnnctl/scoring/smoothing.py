"""Exponential smoothing: a level, a trend that may fade, and a season, all of which follow what comes true.

The models ETS(A, N, A or N), ETS(A, A, …) and ETS(A, Ad, …) of Hyndman, Koehler, Ord & Snyder 2008, Forecasting with
exponential smoothing. With level l, trend b, season s of m rows and what a forecast is off by,
e_t = y_t − (l_{t−1} + φ b_{t−1} + s_{t−m}):

    l_t = l_{t−1} + φ b_{t−1} + α e_t,    b_t = φ b_{t−1} + β e_t,    s_t = s_{t−m} + γ e_t

and ŷ_{t+h} = l_t + (φ + … + φ^h) b_t + the last s of that place in the season. A missing row has the error 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.results.evaluation import Smoothing
from rnnctl.scoring.training_rows import TrainingRows
from rnnctl.scoring.units import Numbers

SEASONS = 3
"""Seasons at the begin of a series, of which the first level, trend and season are taken: nothing is forecast there."""

BLOCK = 4
"""Rows in place of a season where there is none."""

MOST = 4000
"""Values that parameters are fitted to, of a target."""

ROWS = 2000
"""Last training rows of a series that they are fitted to."""

TOGETHER = 256
"""Series that are gone through at a time."""

REPEATED = Smoothing(1, 1.0, 0.0, 0.0, 0.0)
"""What repeats the last value."""

ALPHAS = (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
TRENDS = ((0.0, 0.0), *((part, phi) for phi in (0.85, 0.95, 1.0) for part in (0.02, 0.1, 0.3)), (0.0, 1.0))
GAMMAS = (0.0, 0.05, 0.2, 0.5, 0.9)
"""Parameters tried first: α; β / α and φ; γ / (1 − α)."""

ROUNDS, DRAWS = 3, 120
"""How often, and how many, parameters near the best ones are tried after them; each time half as far away."""


class States(NamedTuple):
    """What is known after each row, ``[rows, columns]``: errors, levels, trends, and the season at the row's place."""

    errors: Numbers
    levels: Numbers
    trends: Numbers
    seasonal: Numbers


def fitted(training: Dataset, seasons: Iterable[int]) -> tuple[Smoothing, ...]:
    """Fits the parameters of each target to the training rows; none where repeating the last values is no worse.

    Args:
        training: A dataset whose targets are numbers that stand at rows.
        seasons: Rows of its seasons.
    """
    series = TrainingRows(training).last_values(ROWS)
    with np.errstate(all="ignore"):
        every = [np.asarray(training.transform.forward(values)) for values in series]
        found = tuple(
            best([values[:, target] for values in every], seasons) for target in range(len(training.target_names))
        )
    return () if all(one == REPEATED for one in found) else found


def best(series: Sequence[Numbers], seasons: Iterable[int]) -> Smoothing:
    """The parameters, one set for all series, of the least squared errors a row ahead.

    Of two that err nearly alike it takes the one of fewer, by the Bayesian information criterion (Schwarz 1978).

    Args:
        series: ``[rows]`` each, NaN where missing.
        seasons: Rows of the seasons to try beside none, where `SEASONS` and one more of them are there.
    """
    values = _of_one_size(series)
    usable = [season for season in dict.fromkeys((1, *seasons)) if (SEASONS + 1) * season <= len(values)]
    first, count = max((*usable, BLOCK)), values.shape[1]
    if not count or len(values) <= SEASONS * BLOCK:
        return REPEATED
    random, one = np.random.default_rng(0), np.array([REPEATED.parameters])
    found, least = REPEATED, _criterion(np.diff(values, axis=0)[first - 1 :, :, None], 1, one)[0]
    for season in usable:
        tried = _grid(season)
        for far in (*(0.5**number for number in range(ROUNDS)), 0.0):
            errors = states(np.repeat(values, len(tried), axis=1), season, np.tile(tried, (count, 1))).errors
            scores = _criterion(errors[first:].reshape(-1, count, len(tried)), season, tried)
            nearest, lowest = tried[scores.argmin()], scores.min()
            if lowest < least:
                found, least = Smoothing(season, *map(float, nearest)), lowest
            if far:
                tried = _near(nearest, season, far, random)
    return found


def _of_one_size(series: Sequence[Numbers]) -> Numbers:
    """``[rows, series]``, from the first known value on, over the mean change; of as many as `MOST` allows, evenly."""
    long = [values[np.argmax(np.isfinite(values)) :] for values in series if np.isfinite(values).any()]
    sizes = [float(np.nanmean(np.abs(np.diff(values)))) if len(values) > 1 else 0.0 for values in long]
    usable = [values / size for values, size in zip(long, sizes, strict=True) if np.isfinite(size) and size > 0]
    rows = max(map(len, usable), default=0)
    usable = usable[:: -(-len(usable) * rows // MOST) or 1]
    found: Numbers = np.full((rows, len(usable)), np.nan)
    for place, values in enumerate(usable):
        found[: len(values), place] = np.where(np.isfinite(values), values, np.nan)
    return found


def _criterion(errors: Numbers, season: int, sets: Numbers) -> Numbers:
    """``[sets]``: n ln(mean squared error) + Σ ln(values that a parameter is fitted to).

    The parameters are those of the sets, and the first states of each series; none of what only repeats.

    Args:
        errors: ``[rows, series, sets]``.
    """
    alpha, _, gamma, phi = sets.T
    known, series = np.isfinite(errors[..., 0]).sum(), errors.shape[1]
    together = 1.0 * ((alpha < 1) | (season + phi > 1)) + (gamma > 0) + (phi > 0) + ((phi > 0) & (phi < 1))
    squared = np.maximum(np.nanmean(np.square(errors), axis=(0, 1)), np.finfo(float).tiny)
    fitted_to = together * np.log(known) + series * (season + (phi > 0)) * np.log(known / series)
    scores: Numbers = known * np.log(squared) + fitted_to
    return np.where(np.isnan(scores), np.inf, scores)


def _grid(season: int) -> Numbers:
    """``[sets, 4]``: α, β, γ, φ."""
    gammas = GAMMAS if season > 1 else GAMMAS[:1]
    return np.array([(a, a * part, (1 - a) * c, phi) for a in ALPHAS for part, phi in TRENDS for c in gammas])


def _near(one: Numbers, season: int, far: float, random: np.random.Generator) -> Numbers:
    """``[sets, 4]``: parameters near these, within 0 < α ≤ 1, β ≤ α, γ ≤ 1 − α, 0.8 ≤ φ ≤ 1."""
    alpha, beta, gamma, phi = one
    draws = random.normal(0, 0.15 * far, (4, DRAWS))
    draws[:, 0] = 0  # these themselves
    alphas = np.clip(alpha + draws[0], 0.001, 1)
    betas = np.clip(beta * np.exp(6 * draws[1]), 0, alphas)
    gammas = np.clip(gamma + draws[2], 0, 1 - alphas) if season > 1 else np.zeros(DRAWS)
    phis = np.clip(phi + draws[3] / 3, 0.8, 1) if 0 < phi < 1 else np.full(DRAWS, phi)
    return np.stack((alphas, betas, gammas, phis), axis=1)


def states(values: Numbers, season: int, sets: Numbers) -> States:
    """The states of series ``[rows, columns]`` from their first row on, by parameters ``[columns, 4]``, or ``[4]``.

    The first ones are taken of the first `SEASONS` seasons: up to there they know of later rows.
    """
    alpha, beta, gamma, phi = np.broadcast_to(sets, (values.shape[1], 4)).T
    level, trend, seasonal = _first_states(values, season)
    trend = np.where(phi > 0, trend, 0.0)
    found = States(*np.empty((4, *values.shape)))
    for row, value in enumerate(values):
        place = row % season
        expected = level + phi * trend
        error = value - expected - seasonal[place]
        found.errors[row] = error
        error = np.where(np.isnan(error), 0.0, error)
        level = expected + alpha * error
        trend = phi * trend + beta * error
        seasonal[place] += gamma * error
        found.levels[row], found.trends[row], found.seasonal[row] = level, trend, seasonal[place]
    return found


def _first_states(values: Numbers, season: int) -> tuple[Numbers, Numbers, Numbers]:
    """Level and trend before the first row, ``[columns]``, and the season, ``[season, columns]``."""
    block = season if season > 1 else BLOCK
    rows = np.arange(SEASONS * block).reshape(SEASONS, block, 1)
    begin = np.full((SEASONS * block, values.shape[1]), np.nan)
    begin[: len(values)] = values[: len(begin)]
    first = begin.reshape(SEASONS, block, -1)
    trend = np.nan_to_num(_mean(first[-1] - first[0], 0)) / ((SEASONS - 1) * block)
    left = first - trend * rows
    level = _mean(left, (0, 1))
    if season == 1:
        return level - trend, trend, np.zeros((1, values.shape[1]))
    seasonal = np.nan_to_num(_mean(left, 0) - level)
    return level - trend, trend, seasonal - seasonal.mean(axis=0)


def _mean(values: Numbers, axis: int | tuple[int, ...]) -> Numbers:
    """The mean of what is known; NaN of nothing."""
    known = np.isfinite(values)
    found: Numbers = np.where(known, values, 0.0).sum(axis=axis) / known.sum(axis=axis)
    return found


def smoothed_forecast(dataset: Dataset, rows: Ints, horizon: int, smoothing: Sequence[Smoothing]) -> Numbers:
    """``[rows, outputs]``: forecasts in the data's own units; NaN where a series has too few rows for one.

    Args:
        rows: ``[rows]``, the last row seen before each forecast.
        smoothing: Of each target.
    """
    order, known = dataset.order, TrainingRows(dataset).known_values
    found = np.full((len(rows), horizon, len(smoothing)), np.nan)
    series = order.series_of(rows)
    distinct = np.unique(series)
    with np.errstate(all="ignore"):
        for first in range(0, len(distinct), TOGETHER):
            some = distinct[first : first + TOGETHER]
            members = np.flatnonzero(np.isin(series, some))
            last = int((rows[members] - order.begin[series[members]]).max())
            at = order.begin[some] + np.arange(last + 1)[:, None]
            inside = at < order.end[some]
            every = dataset.transform.forward(known(np.where(inside, at, 0).reshape(-1)))
            every = np.where(inside[..., None], every.reshape(*at.shape, -1), np.nan)
            for target, one in enumerate(smoothing):
                column = np.searchsorted(some, series[members])
                row = rows[members] - order.begin[series[members]]
                found[members, :, target] = _forecast(every[..., target], column, row, horizon, one)
        own = dataset.transform.inverse(found)
    return np.where(np.isfinite(own), own, np.nan).reshape(len(rows), -1)


def _forecast(values: Numbers, column: Ints, row: Ints, horizon: int, one: Smoothing) -> Numbers:
    """``[n, horizon]``: forecasts after rows ``[n]`` of columns ``[n]`` of ``values [rows, series]``."""
    values = np.where(np.isfinite(values), values, np.nan)
    lead = np.argmax(np.isfinite(values), axis=0)  # rows before the first known value
    at = np.arange(len(values))[:, None] + lead
    later = np.take_along_axis(values, np.minimum(at, len(values) - 1), axis=0)
    after = states(np.where(at < len(values), later, np.nan), one.season, np.array(one.parameters))
    row = row - lead[column]
    enough = row >= SEASONS * (one.season if one.season > 1 else BLOCK) - 1
    row, ahead = np.where(enough, row, len(values) - 1)[:, None], np.arange(1, horizon + 1)
    column = column[:, None]
    before = np.maximum(row + ahead - one.season * -(-ahead // one.season), 0)
    said = after.levels[row, column] + np.cumsum(one.phi**ahead) * after.trends[row, column]
    if one.season > 1:
        said = said + after.seasonal[before, column]
    return np.where(enough[:, None], said, np.nan)
