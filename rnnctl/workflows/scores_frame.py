"""An evaluation's scores as a table for a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from rnnctl.results.evaluation import Evaluation, Metrics, Part
from rnnctl.scoring.measures import METRICS
from rnnctl.scoring.scores import MODEL


def scores_frame(found: Evaluation) -> pl.DataFrame:
    """A row for each part of the split and each of the model and the baselines; a metric that there is not is empty.

    ``part`` is ``all``, ``target``, ``ahead`` (rows ahead) or ``series``; ``values`` counts what is scored.
    """
    scores = found.scores
    values = sum(part.values for part in scores.by_target) or scores.entries
    whole = Part(None, None, None, values, scores.metrics, scores.baselines)
    every = {"all": (whole,), "target": scores.by_target, "ahead": scores.by_step, "series": scores.by_series}
    rows = [row for name, parts in every.items() for part in parts for row in _rows(name, part)]
    used = [name for name in METRICS if any(name in row for row in rows)]
    kinds: dict[str, Any] = {"part": pl.String, "series": pl.String, "target": pl.String, "ahead": pl.Int64}
    kinds |= {"who": pl.String, "values": pl.Int64} | dict.fromkeys(used, pl.Float64)
    return pl.DataFrame(rows, schema=kinds)


def _rows(name: str, part: Part) -> Iterator[dict[str, Any]]:
    everyone: dict[str, Metrics] = {MODEL: part.metrics, **part.baselines}
    place = {"part": name, "series": part.series, "target": part.target, "ahead": part.ahead}
    for who, metrics in everyone.items():
        yield {**place, "who": who, "values": part.values, **metrics}
