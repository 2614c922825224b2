"""Forecasts from many origins, scored in consecutive stretches of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.errors import DataError
from rnnctl.results.evaluation import Fold, Place
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.entries import rows_in_series
from rnnctl.scoring.scores import score


def backtest(
    predictions: npt.NDArray[np.floating] | Classified,
    dataset: Dataset,
    sequences: Sequences,
    training: Dataset | None,
    folds: int,
    season: int | None = None,
) -> tuple[Fold, ...]:
    """Scores forecasts by when they were made: a rolling-origin evaluation without retraining (Tashman 2000).

    Every forecast is made from the rows before its origin, with the same weights. The origins are sorted by time and
    divided into ``folds`` stretches of nearly equally many distinct times, each of which is scored on its own; see
    `score`.

    Raises:
        DataError: There are fewer distinct origins than stretches.
    """
    keys = _clock(dataset, sequences.last_rows())
    distinct = np.unique(keys)
    if len(distinct) < folds:
        raise DataError(
            f"the split has forecasts from {len(distinct)} origins, too few for --folds {folds}; ask for "
            f"{len(distinct)} or fewer, or hold out more rows (data.split)"
        )
    found = []
    for group in np.array_split(distinct, folds):
        members = np.flatnonzero((keys >= group[0]) & (keys <= group[-1]))
        scores = score(predictions[members], dataset, _part(sequences, members), training, season=season)
        rows = sequences.last_rows()[members]
        first, last = (place_of(dataset, int(rows[at(keys[members])])) for at in (np.argmin, np.argmax))
        found.append(Fold(first, last, len(members), scores))
    return tuple(found)


def _part(sequences: Sequences, members: Ints) -> Sequences:
    rows = sequences.target_rows
    return replace(
        sequences,
        starts=sequences.starts[members],
        lengths=sequences.lengths[members],
        target_rows=None if rows is None else rows[members],
    )


def place_of(dataset: Dataset, row: int) -> Place:
    """The time of a row, or its number in its series from 1."""
    times = dataset.order.times if dataset.order is not None else None
    if times is None:
        return int(rows_in_series(dataset, np.array([row]))[0]) + 1
    time = times[row]
    return time if isinstance(time, int | float) else str(time)


def _clock(dataset: Dataset, rows: Ints) -> npt.NDArray[np.number]:
    """``[rows]``: numbers that order rows in time, across series where they have times."""
    times = dataset.order.times if dataset.order is not None else None
    if times is None:
        return rows_in_series(dataset, rows)
    physical: npt.NDArray[np.number] = times.gather(rows).to_physical().to_numpy()
    return physical
