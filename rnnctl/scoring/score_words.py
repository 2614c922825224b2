"""What metrics and baselines are called where people read them, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping

from rnnctl.util.format import short

METRICS = {
    "mae": "MAE",
    "rmse": "RMSE",
    "mase": "MASE",
    "r2": "R²",
    "bits": "bits a token",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "crossentropy": "cross-entropy",
    "perplexity": "perplexity",
    "exact": "exact sequences",
}
"""By its key, what a metric is called; in the order in which they are shown, the one that rules first."""

HIGHER_IS_BETTER = frozenset({"r2", "accuracy", "macro_f1", "exact"})

BASELINES = {
    "naive": "naive",
    "seasonal_naive": "seasonal naive",
    "previous": "row before",
    "mean": "mean",
    "majority": "majority class",
    "markov0": "Markov, order 0",
    "markov1": "Markov, order 1",
    "markov2": "Markov, order 2",
}
"""By its key, what a baseline is called."""

TOLD_MORE = frozenset({"previous"})
"""Baselines that are told what a model is not shown; worth a look, and no match for it."""


def ruling(metrics: Mapping[str, float]) -> str | None:
    """The metric by which a model is judged: MAE of numbers, bits of tokens to come, accuracy of classes."""
    return next((name for name in METRICS if name in metrics), None)


def is_better(name: str, one: float, other: float) -> bool:
    """Whether one value of a metric is better than another."""
    return one > other if name in HIGHER_IS_BETTER else one < other


def best_baseline(name: str, baselines: Mapping[str, Mapping[str, float]]) -> str | None:
    """The baseline that is best by a metric, of those that know no more than a model; None where none has it."""
    having = [baseline for baseline, metrics in baselines.items() if name in metrics and baseline not in TOLD_MORE]
    best = None
    for baseline in having:
        if best is None or is_better(name, baselines[baseline][name], baselines[best][name]):
            best = baseline
    return best


def unbeaten(metrics: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[str, ...]]:
    """The baselines that a model is not better than, by metric.

    Args:
        metrics: The model's.
        baselines: The baselines' metrics, by their names.
    """
    found = {
        name: tuple(
            baseline
            for baseline, theirs in baselines.items()
            if name in theirs and baseline not in TOLD_MORE and not is_better(name, value, theirs[name])
        )
        for name, value in metrics.items()
    }
    return {name: names for name, names in found.items() if names}


def by_baseline(flat: Mapping[str, float]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """A summary's metrics (``test_mae``, ``naive_mae``, …) taken apart: the model's, and each baseline's."""
    apart: dict[str, dict[str, float]] = {}
    for key, value in flat.items():
        for who in ("test", *BASELINES):
            name = key.removeprefix(f"{who}_")
            if name != key and name in METRICS:
                apart.setdefault(who, {})[name] = value
    return apart.pop("test", {}), apart


def in_words(flat: Mapping[str, float]) -> list[str]:
    """The two test metrics that tell most, each beside the best baseline's: ``MAE 12.31 (naive 22.50)``.

    Args:
        flat: A summary's metrics; what is none of them is passed over.
    """
    metrics, baselines = by_baseline(flat)
    parts = []
    for name in [name for name in METRICS if name in metrics][:2]:
        best = best_baseline(name, baselines)
        beside = "" if best is None else f" ({BASELINES[best]} {short(baselines[best][name])})"
        parts.append(f"{METRICS[name]} {short(metrics[name])}{beside}")
    return parts


def by_name(name: str) -> tuple[bool, int, str]:
    """A key that puts names of classes in people's order: whole numbers by their size, before words."""
    whole = name.isascii() and name.isdigit()
    return not whole, int(name) if whole else 0, name
