"""The metrics of `rnnctl.scoring.measures.METRICS`, in NumPy and float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints
from rnnctl.scoring.measures import METRICS
from rnnctl.scoring.units import Numbers

SMALLEST_PROBABILITY = 1e-7
"""Lower bound of probabilities in a cross-entropy, as in Keras' loss."""

Scale = Numbers
"""``[entries, outputs]``: divisor of errors for MASE; NaN where there is none."""


Groups = dict[str, Numbers]
"""Metrics by name, ``[groups]`` each; NaN where a group has none."""

Measure = Callable[[Ints, int], Groups]
"""Metrics ``[groups]`` of predictions, given the group of each value ``[values]`` and the number of groups."""


def number_metrics(
    truth: Numbers,
    prediction: Numbers,
    scale: Scale | None = None,
    targets: int = 1,
    *,
    units: int = 1,
    crps: Numbers | None = None,
) -> dict[str, float]:
    """Metrics of numbers, pooled over all entries and outputs where both are known; R² is pooled for each target.

    Args:
        truth: ``[entries, outputs]``, in the data's own units, the targets of one row after those of another.
        prediction: Likewise.
        scale: As `Scale`; None leaves ``mase`` out.
        targets: The number of targets; ``r2`` is the mean of theirs.
        units: Units that these are in: errors in several have no mean, and ``mae`` and ``rmse`` are left out.
        crps: ``[entries, outputs]``, of each value (`rnnctl.scoring.quantiles.crps`); None leaves it out.

    Returns:
        Those that can be computed.
    """
    found = _pooled(measure_numbers(truth, prediction, scale, crps), truth.size, targets, "r2")
    return {name: value for name, value in found.items() if units == 1 or not METRICS[name].unit}


def measure_numbers(
    truth: Numbers, prediction: Numbers, scale: Scale | None = None, crps: Numbers | None = None
) -> Measure:
    """What gives the metrics of numbers ``[entries, outputs]`` by the groups of their values; see `number_metrics`."""
    divisor, spread = (None if each is None else each.reshape(-1) for each in (scale, crps))
    return partial(_grouped_numbers, truth.reshape(-1), prediction.reshape(-1), divisor, spread)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _grouped_numbers(
    truth: Numbers, prediction: Numbers, scale: Numbers | None, crps: Numbers | None, group: Ints, groups: int
) -> Groups:
    """Metrics of numbers ``[values]``, each pooled over the values of a group.

    Args:
        group: ``[values]``, from 0.
    """
    error = prediction - truth
    known = ~np.isnan(error)
    truth, error, group = truth[known], error[known], group[known]
    found = {
        "mae": _means(np.abs(error), group, groups),
        "rmse": np.sqrt(_means(np.square(error), group, groups)),
    }
    if scale is not None:
        divisor = scale[known]
        there = ~np.isnan(divisor)
        found["mase"] = _means(np.abs(error[there]) / divisor[there], group[there], groups)
    if crps is not None:
        found["crps"] = _means(crps[known], group, groups)
    first = np.zeros(groups)
    first[group[::-1]] = truth[::-1]
    moves = np.bincount(group, truth != first[group], groups) > 0
    spread = _means(np.square(truth - _means(truth, group, groups)[group]), group, groups)
    found["r2"] = np.where(moves, 1.0 - np.square(found["rmse"]) / spread, np.nan)
    return found


def _means(values: npt.NDArray[Any], group: Ints, groups: int) -> Numbers:
    """``[groups]``: the mean of each group's ``values [values]``; NaN of a group without any."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(group, values, groups) / np.bincount(group, minlength=groups))


def class_metrics(
    truth: Ints,
    predicted: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating] | None = None,
    targets: int = 1,
    unknown: int | None = None,
) -> dict[str, float]:
    """Metrics of classes, pooled over all entries and outputs that are predicted; F1 is pooled for each target.

    Args:
        truth: ``[entries, outputs]``, codes of classes, the targets of one row after those of another; −1 where there
            is none.
        predicted: Likewise; −1 where nothing is predicted.
        probability: ``[entries, outputs]``, that of the true class; None leaves ``crossentropy`` out. Where it is NaN
            the answer is wrong, with a probability of 0.
        targets: The number of targets; ``macro_f1`` is the mean of theirs.
        unknown: The code of the unknown token: where it is the truth no answer is right, and cross-entropy leaves such
            entries out.
    """
    values = truth.reshape(-1), predicted.reshape(-1), None if probability is None else probability.reshape(-1)
    return _pooled(
        lambda group, groups: grouped_classes(*values, group, groups, unknown), truth.size, targets, "macro_f1"
    )


def _pooled(measure: Measure, size: int, targets: int, averaged: str) -> dict[str, float]:
    """Metrics over all of ``size`` values, that of one name as the mean of the targets'; those that can be computed."""
    group = np.arange(size) % targets
    whole = {name: found[0] for name, found in measure(np.zeros_like(group), 1).items()}
    each = measure(group, targets)[averaged]
    whole[averaged] = each[~np.isnan(each)].mean() if not np.isnan(each).all() else np.nan
    return {name: float(value) for name, value in whole.items() if not np.isnan(value)}


def grouped_classes(
    truth: Ints,
    predicted: npt.NDArray[np.integer],
    probability: npt.NDArray[np.floating] | None,
    group: Ints,
    groups: int,
    unknown: int | None = None,
) -> Groups:
    """Metrics of classes ``[values]``, each pooled over the values of a group; see `class_metrics`.

    Args:
        group: ``[values]``, from 0.
    """
    known = (truth >= 0) & (predicted >= 0)
    there = known if unknown is None else known & (truth != unknown)
    right = (truth == predicted) & there
    if probability is not None:
        right &= ~np.isnan(probability)
    found = {
        "accuracy": _means(right[known], group[known], groups),
        "macro_f1": _macro_f1(truth[known], predicted[known], right[known], group[known], groups),
    }
    if probability is not None:
        found["crossentropy"] = _means(nats(probability[there]), group[there], groups)
    return found


def _macro_f1(
    truth: Ints, predicted: npt.NDArray[np.integer], right: npt.NDArray[np.bool_], group: Ints, groups: int
) -> Numbers:
    """``[groups]``: means, over the classes that occur in either, of 2·hits / (times true + times predicted)."""
    if not len(truth):
        return np.full(groups, np.nan)
    classes = int(max(truth.max(), predicted.max())) + 1
    occurring, place = np.unique(
        np.concatenate((group * classes + truth, group * classes + predicted)), return_inverse=True
    )
    times = np.bincount(place, minlength=len(occurring))
    hits = np.bincount(place[: len(truth)], right, len(occurring))
    return _means(2 * hits / times, occurring // classes, groups)


def nats(probability: npt.NDArray[np.floating]) -> Numbers:
    """−ln p of the probabilities of the true classes; NaN counts as 0."""
    bounded = np.clip(np.nan_to_num(np.asarray(probability, dtype=np.float64)), SMALLEST_PROBABILITY, 1.0)
    return np.asarray(-np.log(bounded))


def of_a_language(crossentropy: npt.ArrayLike) -> dict[str, Any]:
    """``perplexity``, e^H, and ``bits`` a token, H / ln 2, of a cross-entropy H in nats."""
    return {"perplexity": np.exp(crossentropy), "bits": np.asarray(crossentropy) / math.log(2)}


def exact_share(right: npt.NDArray[np.bool_], sequence: Ints) -> float:
    """The share of sequences whose every entry is right, from ``[entries]`` and the sequences of these."""
    _, which = np.unique(sequence, return_inverse=True)
    return float((np.bincount(which, weights=~right) == 0).mean())


def confusion_counts(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """``[classes, classes]``, int64: how often each class (row) is predicted as each (column), from ``[entries]``."""
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)
