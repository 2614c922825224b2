"""Forecasts of a network and of a simple forecast in one (Bates & Granger 1969, The combination of forecasts).

A forecast that cannot beat the simple one *is* the simple one: a weight is chosen on held-out rows. It is the naive
forecast, or exponential smoothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.results.evaluation import NETWORK, Combination
from rnnctl.scoring.baselines import mase_scale, naive_forecast
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.metrics import number_metrics
from rnnctl.scoring.quantiles import apart, point
from rnnctl.scoring.smoothing import fitted, smoothed_forecast
from rnnctl.scoring.training_rows import season_of
from rnnctl.scoring.units import THRESHOLD, Numbers, own_units

WEIGHTS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Weights of the simple forecast to choose from. Of equally good ones the first is taken: a network is used only where
it is better."""

EARLIER = 100
"""Seasons, or rows, that a naive forecast looks back over for a value at most."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Forecasts of held-out rows beside what came true, both in the data's own units.

    Attributes:
        entries: The windows (of texts and the like: time steps) whose truth is known, at least in part.
        truth: ``[windows, horizon, targets]``, float64; NaN where the file has none.
        forecasts: Likewise, as `Combination` makes them.
        quantiles: See `quantiles_ahead`.
    """

    entries: Entries
    truth: Numbers
    forecasts: Numbers
    quantiles: Numbers | None = None


def held_out(
    outputs: npt.ArrayLike, dataset: Dataset, sequences: Sequences, combination: Combination = NETWORK
) -> HeldOut:
    """Forecasts of numbers for a split, from the outputs of the network.

    Args:
        outputs: As ``rnnctl.engines.network.Network.said`` gives them.
        sequences: The split.
    """
    entries = scored_entries(dataset, sequences)
    picked = entries.pick(outputs)
    found = own_forecasts(picked, dataset, entries.row, combination)
    shape = len(entries), -1, len(dataset.target_names)
    quantiles = quantiles_ahead(picked, dataset, entries.row)
    return HeldOut(entries, entries.truth.reshape(shape), found.reshape(shape), quantiles)


def own_forecasts(outputs: npt.ArrayLike, dataset: Dataset, rows: Ints, combination: Combination = NETWORK) -> Numbers:
    """What is forecast, in the data's own units: the one place where a network's outputs become forecasts.

    Args:
        outputs: ``[rows, outputs]``, scaled; of quantiles the one nearest to the median is the forecast.
        rows: ``[rows]``, the last row seen before each forecast.
    """
    own = own_units(point(outputs, dataset), dataset, rows)
    if not combination.weight:
        return own
    return _combined(own, _simple(dataset, rows, own.shape[1], combination), combination.weight)


def own_quantiles(outputs: npt.ArrayLike, dataset: Dataset, rows: Ints) -> Numbers | None:
    """``[rows, quantiles, outputs]``: quantiles in the data's own units, ascending; None where none are predicted.

    What brings values back to these units rises with them, so that quantiles stay quantiles.

    Args:
        outputs: ``[rows, quantiles · outputs]``, scaled.
        rows: ``[rows]``, the last row seen before each.
    """
    if not dataset.quantiles:
        return None
    every = apart(outputs, dataset)
    return np.maximum.accumulate(own_units(every, dataset, rows[:, None]), axis=1)  # whatever rounding does


def quantiles_ahead(outputs: npt.ArrayLike, dataset: Dataset, rows: Ints) -> Numbers | None:
    """``[rows, rows ahead, quantiles, targets]``: those of `own_quantiles`."""
    found = own_quantiles(outputs, dataset, rows)
    if found is None:
        return None
    return np.moveaxis(found.reshape(*found.shape[:2], -1, len(dataset.target_names)), 1, 2)


def decode_outputs(
    outputs: npt.NDArray[np.floating], dataset: Dataset, rows: Ints, combination: Combination = NETWORK
) -> tuple[Numbers, Numbers]:
    """What a model's outputs say: the values, and their probabilities.

    Args:
        outputs: ``[entries, outputs]``, or ``[entries, classes]``.
        rows: ``[entries]``, the last row seen before each.

    Returns:
        ``[entries, outputs]`` each: numbers in the data's own units (their probability is NaN), 0 and 1 of no and yes
        and the probability of yes, or the code of the likeliest class and its probability.
    """
    if dataset.target_kind == "number":
        found = own_forecasts(outputs, dataset, rows, combination)
        return found, np.full(found.shape, np.nan)
    if dataset.target_kind == "boolean":
        return (outputs >= THRESHOLD).astype(np.float64), outputs.astype(np.float64)
    codes = outputs.argmax(axis=1)[:, None]
    return codes.astype(np.float64), np.take_along_axis(outputs, codes, axis=1).astype(np.float64)


def _combined(own: Numbers, simple: Numbers, weight: float) -> Numbers:
    """The network's forecast stands alone where there is no simple one."""
    # Whatever the network says, infinity too, has no part in a forecast that is the simple one.
    both = simple if weight == 1 else (1 - weight) * own + weight * simple
    return np.where(np.isnan(simple), own, both)


def _simple(dataset: Dataset, rows: Ints, outputs: int, combination: Combination) -> Numbers:
    """``[rows, outputs]``: exponential smoothing where that is chosen and has enough rows, else `_naive`."""
    naive = _naive(dataset, rows, outputs, combination.season)
    if not combination.smoothing:
        return naive
    smoothed = smoothed_forecast(dataset, rows, outputs // len(dataset.target_names), combination.smoothing)
    return np.where(np.isnan(smoothed), naive, smoothed)


def _naive(dataset: Dataset, rows: Ints, outputs: int, season: int | None) -> Numbers:
    """``[rows, outputs]``: the naive forecast; where no value stands one season before, that of an earlier one.

    Where none has a value, it is the last one that is known; NaN where there is none either.
    """
    horizon, found = outputs // len(dataset.target_names), np.full((len(rows), outputs), np.nan)
    for every in dict.fromkeys((season or 1, 1)):
        for earlier in range(EARLIER):
            lacking = np.flatnonzero(np.isnan(found).any(axis=1))
            if not len(lacking):
                return found
            there = naive_forecast(dataset, rows[lacking], horizon, every, earlier)
            found[lacking] = np.where(np.isnan(found[lacking]), there, found[lacking])
    return found


def choose(
    weight: float | None, outputs: npt.ArrayLike, dataset: Dataset, sequences: Sequences, *, smoothing: bool = False
) -> Combination:
    """Chooses the simple forecast, and its weight, by the errors of held-out rows over all rows ahead.

    The error is MAE; of several series or targets, which may differ in size, it is MASE: each counts by what the naive
    forecast's error was on its training rows. Equal shares of forecasts that are each fitted are hard to beat (Smith &
    Wallis 2009, A simple explanation of the forecast combination puzzle), and few rows tell little: of exponential
    smoothing a weight w < ½ is taken where its error, times 1 + (1 − 2w) / √windows, is the least.

    Args:
        weight: Of the simple forecast; None to choose one of `WEIGHTS`.
        outputs: The network's, as for `held_out`.
        dataset: The run's.
        sequences: The split to choose on.
        smoothing: Whether exponential smoothing is one of the simple forecasts.
    """
    entries = scored_entries(dataset, sequences)
    own = own_forecasts(entries.pick(outputs), dataset, entries.row)
    own = np.where(np.isnan(own), np.inf, own)
    metric, error = _error(entries, dataset)
    seasons = dataset.season or (season_of(dataset),)
    simple = {str(one or 1): Combination(season=one) for one in dict.fromkeys((None, *seasons))}
    if smoothing and (found := fitted(dataset, filter(None, seasons))):
        smoothed = Combination(smoothing=found)
        simple[smoothed.simple] = smoothed
    said = {who: _simple(dataset, entries.row, own.shape[1], one) for who, one in simple.items()}
    simple_errors = {who: error(one) for who, one in said.items()}
    who = min(simple_errors, key=simple_errors.__getitem__)
    errors = {one: error(_combined(own, said[who], one)) for one in WEIGHTS}
    doubt = 1 / np.sqrt(max(1, len(entries))) if simple[who].smoothing else 0.0
    if chosen := weight is None:
        weight = min(errors, key=lambda one: errors[one] * (1 + doubt * max(0, 1 - 2 * one)))
    return replace(
        simple[who],
        weight=weight,
        chosen=chosen,
        metric=metric,
        errors={f"{one:g}": value for one, value in reversed(errors.items()) if np.isfinite(value)},
        naive_errors={who: value for who, value in simple_errors.items() if np.isfinite(value)},
    )


def _error(entries: Entries, training: Dataset) -> tuple[str, Callable[[Numbers], float]]:
    """A metric's name, and what computes it; infinite where it is not a number."""
    targets = len(training.target_names)
    scale = mase_scale(entries, training) if targets > 1 or len(training.order) > 1 else None
    metric = "mae" if scale is None or np.isnan(scale).all() else "mase"

    def error(said: Numbers) -> float:
        return number_metrics(entries.truth, said, scale, targets).get(metric, np.inf)

    return metric, error
