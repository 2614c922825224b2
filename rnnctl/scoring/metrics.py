"""The metrics of `rnnctl.scoring.measures.METRICS`, in NumPy and float64."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints
from rnnctl.scoring.units import Numbers

SMALLEST_PROBABILITY = 1e-7
"""Lower bound of probabilities in a cross-entropy, as in Keras' loss."""

Scale = Numbers
"""``[entries, outputs]``: divisor of errors for MASE; NaN where there is none."""


def number_metrics(truth: Numbers, prediction: Numbers, scale: Scale | None = None) -> dict[str, float]:
    """Metrics of numbers, over all entries and outputs where both are known.

    Args:
        truth: ``[entries, outputs]``, in the data's own units.
        prediction: Likewise.
        scale: As `Scale`; None leaves ``mase`` out.

    Returns:
        Those that can be computed.
    """
    error = prediction - truth
    known = ~np.isnan(error)
    if not known.any():
        return {}
    found = error[known]
    metrics = {"mae": float(np.abs(found).mean()), "rmse": float(np.sqrt(np.square(found).mean()))}
    if scale is not None:
        scaled = np.abs(error) / scale
        scaled = scaled[np.isfinite(scaled)]
        if scaled.size:
            metrics["mase"] = float(scaled.mean())
    r2 = [_r2(truth[rows, place], error[rows, place]) for place, rows in enumerate(known.T)]
    explained = [share for share in r2 if share is not None]
    if explained:
        metrics["r2"] = float(np.mean(explained))
    return metrics


def _r2(truth: Numbers, error: Numbers) -> float | None:
    if not len(truth) or truth.min() == truth.max():
        return None
    return 1.0 - float(np.square(error).sum() / np.square(truth - truth.mean()).sum())


def class_metrics(
    truth: Ints, predicted: npt.NDArray[np.integer], probability: npt.NDArray[np.floating] | None = None
) -> dict[str, float]:
    """Metrics of classes, over all entries where something is predicted.

    Args:
        truth: ``[entries, outputs]``, codes of classes.
        predicted: Likewise; −1 where nothing is predicted.
        probability: ``[entries, outputs]``, that of the true class; None leaves ``crossentropy`` out.
    """
    known = (predicted >= 0).all(axis=1)
    if not known.any():
        return {}
    truth, predicted = truth[known], predicted[known]
    metrics = {
        "accuracy": float((truth == predicted).mean()),
        "macro_f1": float(np.mean([macro_f1(a, b) for a, b in zip(truth.T, predicted.T, strict=True)])),
    }
    if probability is not None:
        metrics["crossentropy"] = crossentropy(probability[known])
    return metrics


def crossentropy(probability: npt.NDArray[np.floating]) -> float:
    """−mean ln p, in nats, of the probabilities of the true classes."""
    bounded = np.clip(np.asarray(probability, dtype=np.float64), SMALLEST_PROBABILITY, 1.0)
    return float(-np.log(bounded).mean())


def macro_f1(truth: Ints, predicted: npt.NDArray[np.integer]) -> float:
    """The mean, over the classes that occur in either, of 2·hits / (times true + times predicted), of ``[entries]``."""
    most = int(max(truth.max(), predicted.max())) + 1
    hits = np.bincount(truth[truth == predicted], minlength=most)
    both = np.bincount(truth, minlength=most) + np.bincount(predicted, minlength=most)
    return float(np.mean(2 * hits[both > 0] / both[both > 0]))


def of_a_language(crossentropy: float) -> dict[str, float]:
    """``perplexity``, e^H, and ``bits`` a token, H / ln 2, of a cross-entropy H in nats."""
    return {"perplexity": math.exp(crossentropy), "bits": crossentropy / math.log(2)}


def exact_share(right: npt.NDArray[np.bool_], sequence: Ints) -> float:
    """The share of sequences whose every entry is right, from ``[entries]`` and the sequences of these."""
    _, which = np.unique(sequence, return_inverse=True)
    return float((np.bincount(which, weights=~right) == 0).mean())


def confusion_counts(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """``[classes, classes]``, int64: how often each class (row) is predicted as each (column), from ``[entries]``."""
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)
