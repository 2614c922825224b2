"""Quantiles that a model predicts of each value, and scores of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.losses import pinball
from rnnctl.results.evaluation import QuantileScore
from rnnctl.scoring.units import Numbers, own_units


def middle(levels: Sequence[float]) -> int:
    """The position of the level that is the point forecast: the median, or the level nearest to it; 0 without any."""
    return min(range(len(levels)), key=lambda place: abs(levels[place] - 0.5), default=0)


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


def own_quantiles(outputs: npt.ArrayLike, dataset: Dataset, rows: Ints) -> Numbers | None:
    """``[rows, quantiles, values]``: all quantiles in the data's own units; None where a model predicts none.

    What brings values back to these units rises with them, so that quantiles stay quantiles.

    Args:
        outputs: ``[rows, quantiles · values]``, scaled.
        rows: ``[rows]``, the last row seen before each.
    """
    if not dataset.quantiles:
        return None
    every = apart(outputs, dataset)
    return own_units(every, dataset, np.repeat(rows[:, None], every.shape[1], axis=1))


def crps(truth: Numbers, quantiles: Numbers, levels: Sequence[float]) -> Numbers:
    """``[…, values]``: twice the mean pinball loss over the levels, which approximates the CRPS.

    The continuous ranked probability score of a distribution is twice the integral of the pinball loss over all levels
    from 0 to 1 (Gneiting & Ranjan 2011, Comparing density forecasts using threshold- and quantile-weighted scoring
    rules); with few levels the mean is a rough stand-in for it. Of a point forecast, taken for every quantile, it is
    the absolute error where levels lie evenly about 0.5.

    Args:
        truth: ``[…, values]``.
        quantiles: ``[…, quantiles, values]``.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * pinball(truth[..., None, :], quantiles, np.array(levels)[:, None]).mean(axis=-2))


def quantile_scores(truth: Numbers, quantiles: Numbers, dataset: Dataset) -> tuple[QuantileScore, ...]:
    """Scores of the quantiles of each target and level, over all values whose truth is known.

    Args:
        truth: ``[entries, values]``, the targets of one row after those of another; NaN where it is missing.
        quantiles: ``[entries, quantiles, values]``, in the truth's units.
    """
    found, targets = [], len(dataset.target_names)
    for target, name in enumerate(dataset.target_names):
        true, said = truth[:, target::targets], quantiles[..., target::targets]
        known = ~np.isnan(true)
        for place, level in enumerate(dataset.quantiles):
            values, quantile = true[known], said[:, place][known]
            below = float((values <= quantile).mean())
            loss = finite(float(pinball(values, quantile, level).mean()))
            found.append(QuantileScore(name, level, len(values), loss, below))
    return tuple(found)


def finite(value: float) -> float | None:
    """A number; None where it is not finite."""
    return value if np.isfinite(value) else None
