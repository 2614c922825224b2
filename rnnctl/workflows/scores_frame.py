"""An evaluation's scores as a table for a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import polars as pl

from rnnctl.results.evaluation import Evaluation, Metrics, Part, Scores
from rnnctl.scoring.measures import METRICS
from rnnctl.scoring.scores import MODEL


def scores_frame(found: Evaluation) -> pl.DataFrame:
    """A row for each part of the split and each of the model and the baselines; a metric that there is not is empty.

    ``part`` is ``all``, ``target``, ``ahead`` (rows ahead), ``series``, or ``fold``: the forecasts whose last rows seen
    are from ``first`` to ``last``. ``values`` counts what is scored, of a fold its forecasts. A ``quantile`` that the
    model predicts has a row with its ``level``, its ``pinball`` loss, and the share that is at or ``below`` it; an
    ``interval``, and what lies ``between`` two quantiles, have columns of their own likewise.
    """
    scores = found.scores
    values = sum(part.values for part in scores.by_target) or scores.entries
    every = {"all": (_whole(scores, values),), "target": scores.by_target, "ahead": scores.by_step}
    every["series"] = scores.by_series
    rows = [row for name, parts in every.items() for part in parts for row in _rows(name, part)]
    for fold in found.folds:
        place = {"first": str(fold.first), "last": str(fold.last)}
        rows += [row | place for row in _rows("fold", _whole(fold.scores, fold.forecasts))]
    rows += [{"part": "quantile", **asdict(one)} for one in scores.quantiles]
    rows += [{"part": "interval", **asdict(one)} for one in scores.intervals]
    rows += [{"part": "between", **asdict(one)} for one in scores.between]
    kinds: dict[str, Any] = {"part": pl.String, "series": pl.String, "target": pl.String, "ahead": pl.Int64}
    kinds |= dict.fromkeys(("first", "last") if found.folds else (), pl.String)
    measures = (*METRICS, "level", "coverage", "width", "pinball", "below", "crps")
    used = [name for name in dict.fromkeys(measures) if any(name in row for row in rows)]
    kinds |= {"who": pl.String, "values": pl.Int64} | dict.fromkeys(used, pl.Float64)
    return pl.DataFrame(rows, schema=kinds)


def _whole(scores: Scores, values: int) -> Part:
    return Part(None, None, None, values, scores.metrics, scores.baselines)


def _rows(name: str, part: Part) -> Iterator[dict[str, Any]]:
    everyone: dict[str, Metrics] = {MODEL: part.metrics, **part.baselines}
    place = {"part": name, "series": part.series, "target": part.target, "ahead": part.ahead}
    for who, metrics in everyone.items():
        yield {**place, "who": who, "values": part.values, **metrics}
