"""Runs side by side: what differs in their configs, and what each came to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rnnctl.report.run_view import RunView
from rnnctl.results.training import best_of
from rnnctl.runs.differences import ENVIRONMENT
from rnnctl.scoring.measures import METRICS, best_baseline, by_baseline
from rnnctl.util.format import duration, short

_MISSING = "–"

_SCORED = ("kind", "task", "target", "series", "split", "window.horizon", "columns")
"""Keys of ``data`` that say what is scored: where they differ, no run's metrics are better than another's."""
_SCALED = ("scale", "scale_by", "difference")
"""Keys of ``data`` that a loss depends on besides."""


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity, a value for each run; ``unit`` is ``loss``, ``count``, ``seconds`` or ``plain``.

    Attributes:
        better: ``low`` or ``high`` where some values are better than others.
    """

    name: str
    values: tuple[Any, ...]
    unit: str = "plain"
    better: Literal["low", "high"] | None = None

    def best(self) -> frozenset[int]:
        """The runs whose value is the best; none where all are alike, or none is better."""
        if self.better is None:
            return frozenset()
        numbers = {
            place: value for place, value in enumerate(self.values) if value is not None and math.isfinite(value)
        }
        if len(set(numbers.values())) < 2:
            return frozenset()
        best = (min if self.better == "low" else max)(numbers.values())
        return frozenset(place for place, value in numbers.items() if value == best)

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
    groups = {"config": tuple(_differing([view.run.settings for view in views]))}
    said = [{(group, name, unit): value for group, name, unit, value in _said(view)} for view in views]
    better = _better(views)
    for group, name, unit in dict.fromkeys(key for each in said for key in each):
        values = tuple(each.get((group, name, unit)) for each in said)
        if any(value is not None for value in values):
            groups[group] = (*groups.get(group, ()), Row(name, values, unit, better.get(name)))
    groups["environment"] = tuple(_differing(environments))
    return Comparison(names, {title: rows for title, rows in groups.items() if rows})


def _better(views: Sequence[RunView]) -> dict[str, Literal["low", "high"]]:
    """By the name of a row which values are better; nothing where runs are scored on different values."""
    better: dict[str, Literal["low", "high"]] = {}
    sections = [dict(_leaves("", view.run.settings.get("data"))) for view in views]
    files = [sorted(map(str, (view.run.environment.get("data") or {}).values())) for view in views]
    # What no file holds is made from the whole section.
    scored = [_chosen(section, _SCORED) for section in sections] if files[0] else sections
    if not _same(files) or not _same(scored):
        return better
    better |= {metric.title: "high" if metric.higher_is_better else "low" for _, metric in METRICS.items()}
    losses = [dict(_leaves("", view.run.settings.get("loss"))) for view in views]
    if _same([_chosen(section, _SCALED) for section in sections]) and _same(losses):
        better["best validation loss"] = "low"
    return better


def _same(values: Sequence[Any]) -> bool:
    return all(value == values[0] for value in values[1:])


def _chosen(section: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The values of some keys, and of those below them."""
    return {key: value for key, value in section.items() if key.split(".")[0] in keys or key in keys}


def name_of(view: RunView, views: Sequence[RunView]) -> str:
    """A run's name; its path where another one has the same name; numbered where it is there twice."""
    if [other.run.name for other in views].count(view.run.name) == 1:
        return view.run.name
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


def _said(view: RunView) -> Iterator[tuple[str, str, str, Any]]:
    """What a run came to: group, name, unit and value, None where there is none."""
    run, entry = view.run, view.run.entry
    losses, group = run.steps.loss.tolist(), "training"
    yield group, "state", "plain", entry.state
    yield group, "steps", "count", len(losses)
    yield group, "first loss", "loss", losses[0] if losses else None
    yield group, "final loss", "loss", losses[-1] if losses else None
    best = best_of(run.validations)
    yield group, "best validation loss", "loss", None if best is None else best.loss
    yield group, "verdict", "plain", entry.verdict
    metrics, baselines = by_baseline(run.metrics)
    for name, metric in METRICS.items():
        nearest = best_baseline(name, baselines)
        yield "test", metric.title, "loss", metrics.get(name)
        yield "test", f"{metric.title}, best baseline", "loss", None if nearest is None else baselines[nearest][name]
    group = "gradient through time"
    for state, profile in view.profiles.items() if view.read_last else ():
        if profile.reach is not None:
            yield group, f"{state} reach", "plain", f"{profile.reach} of {len(profile.last)}"
            yield group, f"{state} decay a time step", "loss", profile.decay
    yield group, "median |grad|", "loss", _median(run.steps.gradient_norm)
    pace = entry.milliseconds_per_step
    yield "speed", "a step", "seconds", None if pace is None else pace / 1000
    yield "speed", "in all", "seconds", (run.summary or {}).get("seconds")


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
