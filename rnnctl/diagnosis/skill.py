"""Skill: how much better predictions are than the best baseline; see `rnnctl.results.diagnosis`."""

from __future__ import annotations

import math

from rnnctl.results.evaluation import Scores
from rnnctl.scoring.measures import BASELINES, METRICS, best_baseline, ruling
from rnnctl.util.format import short


def skill_of(scores: Scores, *, accuracy: bool = False) -> float | None:
    """The skill by the metric that rules.

    Args:
        accuracy: Whether it is by accuracy, whatever rules.

    Returns:
        None where there is no baseline; −1 at least.
    """
    name = "accuracy" if accuracy and "accuracy" in scores.metrics else ruling(scores.metrics)
    best = None if name is None else best_baseline(name, scores.baselines)
    if name is None or best is None:
        return None
    value, theirs = scores.metrics[name], scores.baselines[best][name]
    if not math.isfinite(value):
        return -1.0
    if METRICS[name].higher_is_better:
        return (value - theirs) / (1 - theirs) if theirs < 1 else None
    return max(1 - value / theirs, -1.0) if theirs > 0 else None


def in_words(scores: Scores) -> str:
    """The ruling metric beside the best baseline's: ``MAE 12.3, naive 22.5``."""
    name = ruling(scores.metrics)
    if name is None:
        return "nothing to compare with"
    best = best_baseline(name, scores.baselines)
    beside = "" if best is None else f", {BASELINES[best].title} {short(scores.baselines[best][name])}"
    return f"{METRICS[name].title} {short(scores.metrics[name])}{beside}"
