"""Quantiles that a model predicts of each value, and scores of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.losses import pinball
from rnnctl.results.evaluation import QuantileScore
from rnnctl.scoring.units import Numbers

EVEN = 1e-9
"""Least difference of two levels: (1 − 0.9) / 2 is not quite 0.05."""


def middle(levels: Sequence[float]) -> int:
    """The position of the level that is the point forecast: the median, or the level nearest to it; 0 without any."""
    return min(range(len(levels)), key=lambda place: abs(levels[place] - 0.5), default=0)


def pairs(levels: Sequence[float]) -> list[tuple[int, int]]:
    """Positions of the lower and the upper level of each interval between quantiles, the widest first."""
    return [(place, len(levels) - 1 - place) for place in range(len(levels) // 2)]


def around(levels: Sequence[float], percent: float) -> tuple[int, int] | None:
    """Positions of the two levels that so many percent lie evenly between; None where one of them is not there."""
    below = (1 - percent / 100) / 2
    found = [place for wanted in (below, 1 - below) for place, one in enumerate(levels) if abs(one - wanted) < EVEN]
    return (found[0], found[1]) if len(found) == 2 else None


def between(levels: Sequence[float], pair: tuple[int, int]) -> float:
    """Percent of the cases between two levels."""
    return round(100 * (levels[pair[1]] - levels[pair[0]]), 10)


def level_word(level: float) -> str:
    """The digits of a level in a column's name, two at least: ``05`` of 0.05, ``50`` of 0.5, ``975`` of 0.975."""
    return f"{level:.15f}".rstrip("0").removeprefix("0.").ljust(2, "0")


def apart(outputs: npt.ArrayLike, dataset: Dataset) -> npt.NDArray[np.floating]:
    """``[…, quantiles, values]``: outputs ``[…, quantiles · values]``; one quantile where a model has no others."""
    every = np.asarray(outputs)
    return every.reshape(*every.shape[:-1], max(1, len(dataset.quantiles)), -1)


def point(outputs: npt.ArrayLike, dataset: Dataset) -> npt.NDArray[np.floating]:
    """``[…, values]``: the point forecast among a model's outputs."""
    return apart(outputs, dataset)[..., middle(dataset.quantiles), :]


def crps(truth: Numbers, quantiles: Numbers, levels: Sequence[float]) -> Numbers:
    """``[…, values]``: twice the mean pinball loss over the levels, which approximates the CRPS.

    The continuous ranked probability score of a distribution is twice the integral of the pinball loss over all levels
    from 0 to 1 (Gneiting & Ranjan 2011, Comparing density forecasts using threshold- and quantile-weighted scoring
    rules); with few levels the mean is a rough stand-in for it.

    Args:
        truth: ``[…, values]``.
        quantiles: ``[…, quantiles, values]``.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * pinball(truth[..., None, :], quantiles, np.array(levels)[:, None]).mean(axis=-2))


def quantile_scores(truth: Numbers, quantiles: Mapping[str, Numbers], dataset: Dataset) -> tuple[QuantileScore, ...]:
    """Scores of the quantiles of each target and level, over all values whose truth is known.

    Args:
        truth: ``[entries, values]``, the targets of one row after those of another; NaN where it is missing.
        quantiles: By who predicts them, ``[entries, quantiles, values]``, in the truth's units; NaN where nothing is.
    """
    found, targets = [], len(dataset.target_names)
    for (target, name), (who, every) in product(enumerate(dataset.target_names), quantiles.items()):
        true = truth[:, target::targets]
        for place, level in enumerate(dataset.quantiles):
            said = every[:, place, target::targets]
            known = ~np.isnan(true) & ~np.isnan(said)
            if known.any():
                loss = finite(float(pinball(true[known], said[known], level).mean()))
                below = float((true[known] <= said[known]).mean())
                found.append(QuantileScore(who, name, level, int(known.sum()), loss, below))
    return tuple(found)


def finite(value: float) -> float | None:
    """A number; None where it is not finite."""
    return value if np.isfinite(value) else None
