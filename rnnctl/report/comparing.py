"""Runs side by side: what differs in their configs, and what each came to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnctl.report.run_view import RunView
from rnnctl.runs.differences import ENVIRONMENT
from rnnctl.scoring.measures import METRICS, best_baseline, by_baseline
from rnnctl.util.format import duration, short

_MISSING = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity, a value for each run; ``unit`` is ``loss``, ``count``, ``seconds`` or ``plain``."""

    name: str
    values: tuple[Any, ...]
    unit: str = "plain"

    def cells(self) -> tuple[str, ...]:
        """The values as a person reads them."""
        return tuple(_shown(value, self.unit) for value in self.values)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side, two of the same name told apart by their paths, and rows by the title of their group."""

    runs: tuple[str, ...]
    groups: Mapping[str, tuple[Row, ...]]


def compare(views: Sequence[RunView]) -> Comparison:
    """Puts runs side by side."""
    names = tuple(name_of(view, views) for view in views)
    fields = [field for field in ENVIRONMENT if field != "data"]  # whose difference shows in the config already
    environments = [{field: view.run.environment.get(field) for field in fields} for view in views]
    groups = {
        "config": tuple(_differing([view.run.settings for view in views])),
        "training": tuple(_training(views)),
        "test": tuple(_metrics(views)),
        "gradient through time": tuple(_profiles(views)),
        "speed": tuple(_speed(views)),
        "environment": tuple(_differing(environments)),
    }
    return Comparison(names, {title: rows for title, rows in groups.items() if rows})


def name_of(view: RunView, views: Sequence[RunView]) -> str:
    """A run's name; its path where another one has the same name; numbered where it is there twice."""
    if [other.name for other in views].count(view.name) == 1:
        return view.name
    same = [other for other in views if other.run.path == view.run.path]
    place = next(number for number, other in enumerate(same, start=1) if other is view)
    return str(view.run.path) if place == 1 else f"{view.run.path} ({place})"


def _differing(settings: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """A row for each key that is not the same in all, section by section."""
    flat = [dict(_leaves("", value)) for value in settings]
    keys = dict.fromkeys(key for leaves in flat for key in leaves)
    sections = list(dict.fromkeys(key.split(".")[0] for key in keys))
    for key in sorted(keys, key=lambda key: sections.index(key.split(".")[0])):
        values = tuple(leaves.get(key) for leaves in flat)
        if any(value != values[0] for value in values[1:]):
            yield Row(key, values)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, by its dotted path."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _leaves(f"{path}.{key}" if path else str(key), each)
    if not inner:
        yield path, str(value) if isinstance(value, Mapping | list) else value


def _training(views: Sequence[RunView]) -> Iterator[Row]:
    entries = [view.run.entry for view in views]
    yield Row("state", tuple(entry.state for entry in entries))
    yield Row("steps", tuple(len(view.run.steps.step) for view in views), "count")
    yield Row("first loss", tuple(_end(view.run.steps.loss, 0) for view in views), "loss")
    yield Row("final loss", tuple(_end(view.run.steps.loss, -1) for view in views), "loss")
    best = tuple(_best_validation(view) for view in views)
    if any(value is not None for value in best):
        yield Row("best validation loss", best, "loss")
    verdicts = tuple(entry.verdict for entry in entries)
    if any(verdicts):
        yield Row("verdict", verdicts)


def _end(losses: Any, place: int) -> float | None:
    return float(losses[place]) if len(losses) else None


def _best_validation(view: RunView) -> float | None:
    return min((check.loss for check in view.run.validations if math.isfinite(check.loss)), default=None)


def _metrics(views: Sequence[RunView]) -> Iterator[Row]:
    """Test metrics, and the best baseline's beside each."""
    scores = [by_baseline(view.run.metrics) for view in views]
    for name, metric in METRICS.items():
        if not any(name in metrics for metrics, _ in scores):
            continue
        yield Row(metric.title, tuple(metrics.get(name) for metrics, _ in scores), "loss")
        best = [best_baseline(name, baselines) for _, baselines in scores]
        if any(best):
            beside = [None if who is None else of[who][name] for who, (_, of) in zip(best, scores, strict=True)]
            yield Row(f"{metric.title}, best baseline", tuple(beside), "loss")


def _profiles(views: Sequence[RunView]) -> Iterator[Row]:
    states = dict.fromkeys(state for view in views for state in view.profiles)
    for state in states:
        found = [view.profiles.get(state) if view.read_last else None for view in views]
        if not any(found):
            continue
        reach = tuple(None if each is None else f"{each.reach} of {each.time_steps}" for each in found)
        yield Row(f"{state} reach", reach)
        yield Row(f"{state} decay a time step", tuple(None if each is None else each.decay for each in found), "loss")
    norms = tuple(_median(view.run.steps.gradient_norm) for view in views)
    if any(norm is not None for norm in norms):
        yield Row("median |grad|", norms, "loss")


def _speed(views: Sequence[RunView]) -> Iterator[Row]:
    paces = tuple(view.run.entry.milliseconds_per_step for view in views)
    yield Row("a step", tuple(None if pace is None else pace / 1000 for pace in paces), "seconds")
    whole = tuple((view.run.summary or {}).get("seconds") for view in views)
    if any(whole):
        yield Row("in all", whole, "seconds")


def _median(values: Any) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else None


def _shown(value: Any, unit: str) -> str:
    if value is None:
        return _MISSING
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, int | float) or not math.isfinite(value):
        return str(value)
    if unit == "count":
        return f"{value:,}"
    if unit == "seconds":
        return duration(value)
    return short(value) if unit == "loss" else f"{value:g}" if isinstance(value, float) else str(value)


def comparison_fields(found: Comparison) -> dict[str, Any]:
    """The comparison for JSON: ``groups`` holds, by title and name, a list with a value for each of ``runs``."""
    groups = {title: {row.name: list(row.values) for row in rows} for title, rows in found.groups.items()}
    return {"runs": list(found.runs), "groups": groups}
