"""The form in which a forecast's target is learnt: its season, transform, changes and earlier values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnctl.data.sequences import Numbers
from rnnctl.scoring.season import LARGEST, confirmed_seasons
from rnnctl.starter.yaml_lines import Keys
from rnnctl.transforms import TRANSFORMS
from rnnctl.util.format import listed

SLOPE = 0.5
"""Least slope of ln(spread of the changes) over ln(level): 0 where the spread is the same at all levels, 1 where it is
a share of the level (Taylor 1961, Aggregation, variance and the mean), so that logarithms have the same everywhere."""

LEVELS = 0.1
"""Least standard deviation of ln(level) within a series that tells such a slope."""

BLOCK = 6
"""Fewest rows of a block of which a level and a spread are taken."""

LESS = 0.9
"""Most standard deviation of the changes, of that of the values, at which changes are learnt. Repeating the last value
then errs less than the mean does."""

WHY_WAVES = "the sine and cosine of each, and of half its period: a season is seldom one wave"
"""The reason of `WAVES`."""

PHASE = 0.5
"""Least correlation of the usual course of a season in the first and the second half of the rows, at which rows of the
season stand in the same phase throughout."""

WAVES = 2
"""Waves of each phase."""

COLUMNS = 200
"""Most input columns of earlier values."""


@dataclass(frozen=True, slots=True)
class SeriesForm:
    """The form in which a target is learnt.

    Attributes:
        season: Rows of its seasons, the shortest first.
        transform: Word of the transform.
        difference: Rows that changes are over; 0 for values.
        lags: Rows before those that are forecast whose values the model sees.
        keys: The same as keys of ``data`` with their reasons.
    """

    season: tuple[int, ...]
    transform: str
    difference: int
    lags: tuple[int, ...]
    keys: Keys

    @property
    def shares(self) -> bool:
        """Whether changes are learnt as shares of the level."""
        return bool(self.difference) and TRANSFORMS[self.transform].shares

    @property
    def rows_before(self) -> int:
        """Rows of a series before its first window."""
        return self.difference + max(self.lags, default=1) - 1


AS_IT_IS = SeriesForm((), "none", 0, (), {})
"""The values themselves."""


def guess_form(
    series: Sequence[Numbers], usual: Sequence[int] | None, horizon: int, *, lowest: float, phase: bool = False
) -> SeriesForm:
    """Chooses the form by the training rows of a target.

    Args:
        series: ``[rows]`` each, in order, NaN where missing.
        usual: Rows of the seasons that the distance of rows suggests, the shortest first; None where there is none.
        horizon: Rows that are forecast.
        lowest: The lowest value of all rows, which a transform must allow.
        phase: Whether nothing else shows the phase of a season.
    """
    keys: Keys = {}
    season, strength = confirmed_seasons(series, usual)
    if season:
        why = f"the autocorrelation of the changes at {season[0]} rows is {strength:.2f}"
        keys["season"] = season[0] if len(season) == 1 else list(season), why
    if phase and season and (same := _same_phase(series, season[0])) >= PHASE:
        why = f"its course in the first and second half of the training rows correlates by {same:.2f}"
        keys["season_phase"] = True, f"the model sees each row's place in the season: {why}"
        keys["harmonics"] = WAVES, WHY_WAVES
    first = season[0] if season else 0
    allowed = [one.word for one in TRANSFORMS.values() if one.lowest is not None and not one.outside(np.array(lowest))]
    transform = "none"
    if allowed and (slope := spread_by_level(series, max(first, BLOCK))) >= SLOPE:
        transform = allowed[0]
        keys["transform"] = transform, f"the spread of the changes grows with the level (to the power of {slope:.1f})"
    forward = TRANSFORMS[transform].forward
    seasonal = [_without_season(np.asarray(forward(values)), first) for values in series]
    ratio = spread_of_changes(seasonal)
    difference = int(ratio < LESS)
    if difference:
        what = "values without their season" if first else "values"
        keys["difference"] = 1, f"the changes of {what} spread {ratio:.2f} times as much as these do"
    lags = _lags(season, horizon, max(map(len, series), default=0) - difference)
    if lags:
        what = "changes" if difference else "values"
        keys["lags"] = list(lags), f"the model sees the {what} {listed([str(lag) for lag in lags], 'and')} rows before"
    return SeriesForm(season, transform, difference, lags, keys)


def _same_phase(series: Sequence[Numbers], rows: int) -> float:
    """How the mean changes at each place of a season correlate in the first and second half; the median of series."""
    found = []
    for values in series:
        seasons, largest = (len(values) - 1) // rows, np.nanmax(np.abs(values), initial=0.0)
        if seasons >= 2 and largest > 0:
            apart = np.diff(values / largest)[: seasons * rows].reshape(seasons, rows)
            halves = [_means(some) for some in (apart[: seasons // 2], apart[seasons // 2 :])]
            known = np.isfinite(halves).all(axis=0)
            if known.sum() > 1 and (np.std(halves, axis=1, where=known) > 0).all():
                found.append(float(np.corrcoef(halves[0][known], halves[1][known])[0, 1]))
    return float(np.median(found)) if found else 0.0


def _means(rows: Numbers) -> Numbers:
    """``[columns]``: means of what is known; NaN of a column without any."""
    known = np.isfinite(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, rows, 0.0).sum(axis=0) / known.sum(axis=0))


def _lags(season: Sequence[int], horizon: int, rows: int) -> tuple[int, ...]:
    """Each season, and as many of it as the forecast is long, as ``rows`` and `COLUMNS` allow."""
    lags: list[int] = []
    for one in season:
        for lag in dict.fromkeys((one, one * -(-horizon // one))):
            columns = sum(min(horizon, other) for other in (*lags, lag))
            if lag <= rows // 3 and columns <= COLUMNS:
                lags.append(lag)
    return tuple(sorted(set(lags)))


def spread_by_level(series: Sequence[Numbers], block: int) -> float:
    """The slope of ln(spread of the changes) over ln(level) of blocks of rows, within series; 0 where nothing tells it.

    Args:
        series: ``[rows]`` each, NaN where missing.
        block: Rows of a block.
    """
    levels, spreads = [], []
    for values in series:
        blocks = len(values) // block
        if blocks < 2:
            continue
        last = values[len(values) - blocks * block :].reshape(blocks, block)
        known = np.isfinite(last).sum(axis=1) > block // 2
        if not known.any():
            continue
        level, spread = np.nanmean(last[known], axis=1), _spread(np.diff(last[known], axis=1))
        usable = (level > 0) & (spread > 0)
        if usable.sum() < 2:
            continue
        level, spread = np.log(level[usable]), np.log(spread[usable])
        levels.append(level - level.mean())
        spreads.append(spread - spread.mean())
    level, spread = (np.concatenate(parts) if parts else np.zeros(0) for parts in (levels, spreads))
    if len(level) - len(levels) < 2 or np.sqrt(np.square(level).mean()) < LEVELS:
        return 0.0
    return float((level * spread).sum() / np.square(level).sum())


def _spread(rows: Numbers) -> Numbers:
    """``[blocks]``: the mean magnitude of each block's values that are known; 0 where none is."""
    known = np.isfinite(rows)
    found: Numbers = np.where(known, np.abs(rows), 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return found


def spread_of_changes(series: Sequence[Numbers]) -> float:
    """The standard deviation of the changes over that of the values, the median of the series; infinite of none."""
    ratios = []
    for values in series:
        if (largest := np.nanmax(np.abs(values), initial=0.0)) > LARGEST:  # its square would be infinite
            values = values / largest  # noqa: PLW2901
        changes = np.diff(values)
        known, changed = values[np.isfinite(values)], changes[np.isfinite(changes)]
        if len(changed) >= 3 and known.std() > 0:
            ratios.append(changed.std() / known.std())
    return float(np.median(ratios)) if ratios else float("inf")


def _without_season(values: Numbers, rows: int) -> Numbers:
    """The values less the mean of those that stand at the same place in their season."""
    if not rows:
        return values
    left = values.copy()
    for place in range(rows):
        same = values[place::rows]
        if np.isfinite(same).any():
            left[place::rows] = same - np.nanmean(same)
    return left
