"""Predictions in the form of ``test.json``: lines of truth and forecast, or a confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

import numpy as np
import numpy.typing as npt

from rnnctl.data import Dataset, Sequences
from rnnctl.data.sequences import Ints
from rnnctl.results.evaluation import Confusion, ForecastLine, TestResults
from rnnctl.scoring.baselines import number_baselines
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.entries import Entries, scored_entries
from rnnctl.scoring.measures import by_name
from rnnctl.scoring.metrics import confusion_counts
from rnnctl.scoring.scores import class_predictions
from rnnctl.scoring.units import Numbers

MOST_POINTS = 2000
"""Values of all lines together."""

MOST_LINES = 8
"""Lines: further outputs and series are left out."""

MOST_CLASSES = 500
"""Classes of a confusion matrix; the rarest share one row and one column beyond it."""

OTHERS = "(others)"
YES_OR_NO = ("no", "yes")


def summarize_predictions(
    predictions: npt.ArrayLike | Classified, dataset: Dataset, sequences: Sequences
) -> TestResults:
    """Brings predictions to the form of ``test.json``.

    Args:
        predictions: As for ``rnnctl.scoring.scores.score``.
        sequences: One of its splits.
    """
    entries = scored_entries(dataset, sequences)
    if isinstance(predictions, Classified):
        return confusion(entries.codes, predictions.at(entries).predicted, dataset.classes)
    given = entries.pick(predictions)
    if dataset.target_kind != "number":
        return confusion(entries.codes, class_predictions(given, entries).predicted, dataset.classes or YES_OR_NO)
    truth, forecast = entries.truth, entries.own_units(given)
    naive = number_baselines(entries, None, None).get("naive")
    chosen = list(islice(_lines(dataset, sequences, entries), MOST_LINES))
    each = max(2, MOST_POINTS // max(1, len(chosen)))
    lines = []
    for series, output, members in chosen:
        shown = members[:: max(1, -(-len(members) // each))]
        ahead, target = divmod(output, len(dataset.target_names))
        name = dataset.target_names[target] + (f" ({ahead + 1} ahead)" if sequences.horizon > 1 else "")
        steps, at = ahead + 1 if sequences.horizon else 0, None
        if not sequences.per_sequence:
            at = tuple(dataset.order.time_of(int(row) + steps) for row in entries.row[shown])
        values = _plain(truth[shown, output]), _plain(forecast[shown, output])
        lines.append(ForecastLine(name, *values, series, at, None if naive is None else _plain(naive[shown, output])))
    return tuple(lines)


def confusion(truth: Ints, predicted: npt.NDArray[np.integer], names: tuple[str, ...]) -> Confusion:
    """Counts how often each class was taken for which; classes that nobody names are left out.

    Args:
        truth: ``[entries, outputs]``, codes.
        predicted: The same.
        names: Of all classes.
    """
    flat, said = truth.reshape(-1), predicted.reshape(-1)
    times = np.bincount(flat, minlength=len(names)) + np.bincount(said, minlength=len(names))
    often = np.argsort(-times, kind="stable")[: min(MOST_CLASSES, np.count_nonzero(times))]
    kept = np.array(sorted(often, key=lambda code: by_name(names[code])), dtype=np.int64)
    place = np.full(len(names), len(kept))
    place[kept] = np.arange(len(kept))
    size = len(kept) + bool(np.count_nonzero(times) > len(kept))
    counts = confusion_counts(place[flat], place[said], size)
    shown = tuple(names[code] for code in kept) + (OTHERS,) * (size - len(kept))
    return Confusion(shown, tuple(tuple(map(int, row)) for row in counts))


def _lines(dataset: Dataset, sequences: Sequences, entries: Entries) -> Iterator[tuple[str | None, int, Ints]]:
    """Series, output and entries of each line: one row ahead, and the farthest of the horizon."""
    which, names = dataset.order.series_of(entries.row), dataset.order.names
    together = sequences.per_sequence or len(names) < 2
    targets = len(dataset.target_names)
    horizons = sorted({0, max(sequences.horizon, 1) - 1})
    for series in [-1] if together else np.unique(which):
        members = np.arange(len(entries)) if together else np.flatnonzero(which == series)
        name = None if together else names[series]
        for ahead, target in product(horizons, range(targets)):
            yield name, ahead * targets + target, members


def _plain(values: Numbers) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)
