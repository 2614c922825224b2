"""The tables of metrics and baselines, and comparisons of a model with the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rnnctl.util.format import short
from rnnctl.util.registry import Registry


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure of predictions over all entries and outputs.

    Attributes:
        word: Its name in results.
        formula: With y the truth, ŷ the prediction and p the probability of the true class.
        unit: Empty for a ratio.
        only_where_positive: Whether reports leave it out where it is zero for the model and all baselines.
    """

    word: str
    title: str
    formula: str
    unit: str = ""
    higher_is_better: bool = False
    only_where_positive: bool = False

    def is_better(self, one: float, other: float) -> bool:
        """Whether one value is better than another."""
        return one > other if self.higher_is_better else one < other


@dataclass(frozen=True, slots=True)
class Baseline:
    """A prediction that needs no network, fitted on the training rows alone.

    Attributes:
        word: Its name in results.
        description: What it predicts.
        phrase: Its name in a sentence, where that is not the title.
        doing: What one does who answers so: ``repeating the last value``; empty where it is never compared with.
        repeats: Whether it is a naive forecast, which repeats what was.
        sees_truth: Whether it sees what the model does not; it is reported, but the model need not be better.
    """

    word: str
    title: str
    description: str
    phrase: str = ""
    doing: str = ""
    seasonal: bool = False
    repeats: bool = False
    sees_truth: bool = False


MASE = (
    "mean |ŷ − y| / the naive forecast's mean absolute error on the training rows of the series; below 1 is better "
    "than that forecast (Hyndman & Koehler 2006, Another look at measures of forecast accuracy)"
)
R2 = (
    "1 − Σ(ŷ − y)² / Σ(y − ȳ)², pooled over all rows ahead (scikit-learn's r2_score of the flattened values); the mean "
    "of several targets' own"
)
CRPS = (
    "2 · mean pinball loss over the levels of the quantiles, which approximates the continuous ranked probability "
    "score; a baseline's quantiles are its forecasts and quantiles of its errors in the training rows"
)
ACCURACY = "share of entries with ŷ = y; where y is an unknown token no answer is right"
F1 = (
    "2 · hits / (occurrences in y + occurrences in ŷ), mean over the classes that occur in y or ŷ; the mean of several "
    "targets' own"
)
NATS = "−mean ln max(p, 1e-7), where y is no unknown token"
EXACT = "share of sequences with ŷ = y at every time step"

METRICS = Registry(
    "metric",
    (
        Metric("mae", "MAE", "mean |ŷ − y|", "the target's"),
        Metric("rmse", "RMSE", "√ mean (ŷ − y)²", "the target's"),
        Metric("mase", "MASE", MASE),
        Metric("r2", "R²", R2, higher_is_better=True),
        Metric("crps", "CRPS", CRPS, "the target's"),
        Metric("bits", "bits a token", "cross-entropy / ln 2", "bits"),
        Metric("accuracy", "accuracy", ACCURACY, higher_is_better=True),
        Metric("macro_f1", "macro F1", F1, higher_is_better=True),
        Metric("crossentropy", "cross-entropy", NATS, "nats"),
        Metric("perplexity", "perplexity", "exp(cross-entropy)"),
        Metric("exact", "exact sequences", EXACT, higher_is_better=True, only_where_positive=True),
    ),
)
"""Metrics in the order in which they are shown. A model is judged by the first one that it has."""

BASELINES = Registry(
    "baseline",
    (
        Baseline(
            "naive",
            "naive",
            "the last value seen, for the whole horizon",
            doing="repeating the last value",
            repeats=True,
        ),
        Baseline(
            "seasonal_naive",
            "seasonal naive",
            "the value of one season before",
            doing="repeating the last season",
            seasonal=True,
            repeats=True,
        ),
        Baseline(
            "smoothing",
            "exponential smoothing",
            "level, trend and season that follow what comes true (`training.smoothing`)",
            doing="exponential smoothing",
        ),
        Baseline("previous", "row before", "the true value of the row before", sees_truth=True),
        Baseline(
            "mean",
            "mean",
            "the mean of the training rows, of the same series where it has some",
            "the mean",
            "always saying the mean",
        ),
        Baseline(
            "majority",
            "majority class",
            "the most frequent class, p its frequency",
            "the majority class",
            "always saying the most frequent class",
        ),
        Baseline("markov0", "Markov, order 0", "the most frequent token", doing="guessing tokens by their frequency"),
        Baseline(
            "markov1",
            "Markov, order 1",
            "the token that most often follows the last one",
            doing="guessing from the last token alone",
        ),
        Baseline(
            "markov2",
            "Markov, order 2",
            "the token that most often follows the last two",
            doing="guessing from the last two tokens alone",
        ),
    ),
)


def ruling(metrics: Mapping[str, float]) -> str | None:
    """The metric by which a model is judged: MAE of numbers, bits of tokens to come, else accuracy."""
    return next((name for name in METRICS if name in metrics), None)


def best_baseline(name: str, baselines: Mapping[str, Mapping[str, float]]) -> str | None:
    """The baseline that is best by a metric, of those that see no more than the model; None where none has it."""
    values = _fair(name, baselines)
    best = max if METRICS[name].higher_is_better else min
    return best(values, key=values.__getitem__, default=None)


def unbeaten(metrics: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[str, ...]]:
    """The baselines that a model is not better than, by metric."""
    found = {}
    for name, value in metrics.items():
        theirs = _fair(name, baselines).items()
        if names := tuple(baseline for baseline, best in theirs if not METRICS[name].is_better(value, best)):
            found[name] = names
    return found


def _fair(name: str, baselines: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """A metric of the baselines that have it and see no more than the model."""
    has = {baseline: metrics[name] for baseline, metrics in baselines.items() if name in metrics}
    return {word: value for word, value in has.items() if word not in BASELINES or not BASELINES[word].sees_truth}


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
    """The first two test metrics of a summary, each beside the best baseline's: ``MAE 12.31 (naive 22.50)``."""
    metrics, baselines = by_baseline(flat)
    parts = []
    for name in [name for name in METRICS if name in metrics][:2]:
        best = best_baseline(name, baselines)
        beside = "" if best is None else f" ({BASELINES[best].title} {short(baselines[best][name])})"
        parts.append(f"{METRICS[name].title} {short(metrics[name])}{beside}")
    return parts


def by_name(name: str) -> tuple[bool, int, str]:
    """Sort key of names of classes: whole numbers by their size, before words."""
    whole = name.isascii() and name.isdigit()
    return not whole, int(name) if whole else 0, name
