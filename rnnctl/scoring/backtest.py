"""Forecasts from many origins, scored in consecutive stretches of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.errors import DataError
from rnnctl.results.evaluation import NETWORK, Combination, Fold
from rnnctl.scoring.class_predictions import Classified
from rnnctl.scoring.scores import score


def backtest(
    predictions: npt.NDArray[np.floating] | Classified,
    dataset: Dataset,
    sequences: Sequences,
    training: Dataset | None,
    folds: int,
    season: int | None = None,
    combination: Combination = NETWORK,
) -> tuple[Fold, ...]:
    """Scores forecasts by when they were made: a rolling-origin evaluation without retraining (Tashman 2000).

    Every forecast is made from the rows before its origin, with the same weights. The origins are sorted by time and
    divided into ``folds`` stretches of nearly equally many distinct times, each of which is scored on its own; see
    `score`.

    Raises:
        DataError: There are fewer distinct origins than stretches.
    """
    keys = dataset.order.clock(sequences.last_rows())
    distinct = np.unique(keys)
    if len(distinct) < folds:
        more = "hold out more rows (data.split) and train again" if dataset is training else "give a file of more rows"
        if len(distinct) < 2:
            raise DataError(
                "all forecasts of the split have one origin, the last row that they see, so --folds has nothing to "
                f"divide in time; leave it out, or {more}"
            )
        shared = " in time, which the series share" if len(dataset.order) > 1 else ""
        raise DataError(
            f"the split has forecasts from {len(distinct)} origins{shared}, too few for --folds {folds}; ask for "
            f"--folds {len(distinct)}{' or fewer' if len(distinct) > 2 else ''}, or {more}"
        )
    found = []
    for group in np.array_split(distinct, folds):
        members = np.flatnonzero((keys >= group[0]) & (keys <= group[-1]))
        part = _part(sequences, members)
        scores = score(predictions[members], dataset, part, training, season=season, combination=combination)
        rows = sequences.last_rows()[members]
        first, last = (dataset.order.time_of(int(rows[at(keys[members])])) for at in (np.argmin, np.argmax))
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
