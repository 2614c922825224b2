"""Evaluations made by hand, for tests of what is shown of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rnnctl.results.evaluation import Evaluation, Part, Scores
from rnnctl.scoring.measures import unbeaten

_FORECAST = Evaluation(
    run="shops-1", name="shops", model="GRU 8", step=None, task="forecast", target_kind="number", split="test",
    data=None, sequences=9, horizon=1, first=1, last=9, scores=Scores({}, {}, 9), results=(), unbeaten={},
)  # fmt: skip


def evaluation(scores: Scores, **changes: Any) -> Evaluation:
    """An evaluation of a forecast, or of what is asked for, with these scores."""
    return replace(_FORECAST, scores=scores, unbeaten=unbeaten(scores.metrics, scores.baselines), **changes)


def classes(scores: Scores, **changes: Any) -> Evaluation:
    """An evaluation of one class for each sequence."""
    given = {"task": "per_sequence", "target_kind": "category", "horizon": 0, "first": None, "last": None, **changes}
    return evaluation(scores, **given)


def part(
    series: str | None = None, target: str = "sales", ahead: int | None = None, mine: float = 1.0, theirs: float = 2.0
) -> Part:
    """Scores of a part, the model's and the naive forecast's MASE given, their MAE ten times that."""
    baselines = {"naive": {"mae": 10 * theirs, "mase": theirs}, "mean": {"mae": 30 * theirs, "mase": 3 * theirs}}
    return Part(series, target, ahead, 7, {"mae": 10 * mine, "mase": mine}, baselines)
