"""Predictions in the form of ``test.json``: lines of truth and forecast, or a confusion matrix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.data import Dataset, Sequences
from rnnctl.data.sequences import Ints
from rnnctl.report.evaluation_parts import ranked_series
from rnnctl.results.evaluation import NETWORK, Band, Confusion, ForecastLine, ForecastPaths, Scores, TestResults
from rnnctl.scoring.baselines import number_baselines
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.combination import own_forecasts
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.intervals import Ends, ends_between
from rnnctl.scoring.measures import by_name
from rnnctl.scoring.metrics import confusion_counts
from rnnctl.scoring.scores import class_predictions
from rnnctl.scoring.units import Numbers, values_of_rows

MOST_POINTS = 6000
"""Values of all lines together."""

MOST_LINES = 24
"""Series: further ones are left out."""

MOST_PATHS = 6
"""Forecasts of several rows that are drawn of a series."""

STANDINGS = ("worst", "median", "best")

MOST_BANDS = 3
"""Intervals between predicted quantiles that are drawn."""

MOST_CLASSES = 500
"""Classes of a confusion matrix; the rarest share one row and one column beyond it."""

OTHERS = "(others)"


def summarize_predictions(
    predictions: npt.ArrayLike | Classified,
    dataset: Dataset,
    sequences: Sequences,
    scores: Scores | None = None,
    ends: Ends | None = None,
) -> TestResults:
    """Brings predictions to the form of ``test.json``.

    Args:
        predictions: As for ``rnnctl.scoring.scores.score``.
        sequences: One of its splits.
        scores: Of these predictions: they say which series come first, and what forecasts are made of.
        ends: Of the intervals around them, ``[entries, outputs]`` by level; None for those between the quantiles that
            are predicted, if any.
    """
    entries = scored_entries(dataset, sequences)
    if isinstance(predictions, Classified):
        return confusion(entries.codes, predictions.at(entries).predicted, dataset.classes)
    given = entries.pick(predictions)
    if dataset.target_kind != "number":
        return confusion(entries.codes, class_predictions(given, entries).predicted, dataset.class_names)
    combination = NETWORK if scores is None else scores.combination
    truth, forecast = entries.truth, own_forecasts(given, dataset, entries.row, combination)
    predicted = ends is None
    ends = ends_between(given, dataset, entries.row, MOST_BANDS) if ends is None else ends
    naive = number_baselines(entries, None, None).get("naive")
    bands = partial(_bands, ends, predicted)
    chosen = _ranked(dataset, sequences, entries, scores)
    targets = range(len(dataset.target_names))
    each = max(2, MOST_POINTS // max(1, len(chosen) * len(targets)))
    lines: list[ForecastLine | ForecastPaths] = []
    for (series, members, standing), target in product(chosen, targets):
        name = None if series < 0 else dataset.order.names[series]
        if sequences.horizon > 1:
            lines.append(_paths(entries, forecast, bands, members, target, name, standing, each))
            continue
        shown = members[:: max(1, -(-len(members) // each))]
        at = None
        if not sequences.per_sequence:
            at = tuple(dataset.order.time_of(int(row) + min(sequences.horizon, 1)) for row in entries.row[shown])
        values = _plain(truth[shown, target]), _plain(forecast[shown, target])
        beside = None if naive is None else _plain(naive[shown, target])
        around = bands((shown, target))
        lines.append(ForecastLine(dataset.target_names[target], *values, name, at, beside, standing, around))
    return tuple(lines)


def confusion(truth: Ints, predicted: npt.NDArray[np.integer], names: tuple[str, ...]) -> Confusion:
    """Counts how often each class was taken for which; classes that nobody names are left out.

    Args:
        truth: ``[entries, outputs]``, codes; −1 where there is none.
        predicted: The same.
        names: Of all classes.
    """
    flat, said = truth[truth >= 0], predicted[truth >= 0]
    times = np.bincount(flat, minlength=len(names)) + np.bincount(said, minlength=len(names))
    often = np.argsort(-times, kind="stable")[: min(MOST_CLASSES, np.count_nonzero(times))]
    kept = np.array(sorted(often, key=lambda code: by_name(names[code])), dtype=np.int64)
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    size = len(kept) + bool(np.count_nonzero(times) > len(kept))
    counts = confusion_counts(place[flat], place[said], size)
    shown = tuple(names[code] for code in kept) + (OTHERS,) * (size - len(kept))
    return Confusion(shown, tuple(tuple(map(int, row)) for row in counts))


def _ranked(
    dataset: Dataset, sequences: Sequences, entries: Entries, scores: Scores | None
) -> list[tuple[int, Ints, str | None]]:
    """Series that are drawn, their entries, and how they stand among all: the worst, the median and the best first.

    They stand as in the table of series beside them.
    """
    names = dataset.order.names
    if sequences.per_sequence or len(names) < 2:
        return [(-1, np.arange(len(entries)), None)]
    which = dataset.order.series_of(entries.row)
    members = {int(series): np.flatnonzero(which == series) for series in np.unique(which)}
    parts = () if scores is None else ranked_series(scores)
    numbers = {name: series for series, name in enumerate(names)}
    ranked = [numbers[one.part.series] for one in parts if one.part.series in numbers]
    first: dict[int, str] = {}
    if len(ranked) >= len(STANDINGS):
        first = dict(zip((ranked[0], ranked[len(ranked) // 2], ranked[-1]), STANDINGS, strict=True))
    rest = dict.fromkeys((*ranked, *members)) if first else members
    shown = [*first, *(series for series in rest if series not in first)]
    return [(series, members[series], first.get(series)) for series in shown if series in members][:MOST_LINES]


def _paths(
    entries: Entries,
    forecast: Numbers,
    bands: Callable[[Any], tuple[Band, ...]],
    members: Ints,
    target: int,
    series: str | None,
    standing: str | None,
    most: int,
) -> ForecastPaths:
    """Truth over the rows of a series that are forecast, and forecasts from some of them that do not overlap."""
    dataset, horizon = entries.dataset, entries.sequences.horizon
    output, targets = dataset.target_names[target], len(dataset.target_names)
    if not len(members):
        return ForecastPaths(output, (), (), series, None, standing)
    origins = entries.row[members]
    chosen = [len(members) - 1]
    for place in range(len(members) - 2, -1, -1):
        if origins[place] <= origins[chosen[-1]] - horizon:
            chosen.append(place)
    chosen = [chosen[place] for place in np.unique(np.linspace(0, len(chosen) - 1, MOST_PATHS).round().astype(int))]
    stop = int(origins[-1]) + horizon + 1
    context = max(int(dataset.order.begin[dataset.order.series_of(int(origins[0]))]), int(origins[0]) - horizon + 1)
    first = max(context, stop - max(most, 2 * horizon))
    rows = np.arange(first, stop)
    truth = values_of_rows(dataset, rows)[:, target].copy()
    if dataset.absent is not None:
        truth[dataset.absent[rows, target]] = np.nan
    kept = [place for place in sorted(chosen) if origins[place] >= first]
    paths = tuple(
        (int(origins[place]) + 1 - first, _plain(forecast[members[place], target::targets])) for place in kept
    )
    at = tuple(dataset.order.time_of(int(row)) for row in rows)
    around = bands((members[kept], slice(target, None, targets)))
    return ForecastPaths(output, _plain(truth), paths, series, at, standing, around)


def _bands(ends: Ends, predicted: bool, place: Any) -> tuple[Band, ...]:
    """The intervals at a place of ``[entries, outputs]``."""
    return tuple(
        Band(level, _plain(low[place].reshape(-1)), _plain(high[place].reshape(-1)), predicted)
        for level, (low, high) in ends.items()
    )


def _plain(values: Numbers) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)
