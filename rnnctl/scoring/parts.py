"""Scores of the parts of a split: by target, by row ahead, by series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints
from rnnctl.data.vocabulary import START
from rnnctl.results.evaluation import Part
from rnnctl.scoring.entries import Entries
from rnnctl.scoring.metrics import Measure


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A division of a split's values.

    Attributes:
        group: ``[values]``, the part that each value ``[entries, outputs]`` belongs to, from 0.
        labels: Series, target and rows ahead of each part; None where it is not of one.
    """

    group: Ints
    labels: Sequence[tuple[str | None, str | None, int | None]]

    def parts(self, measures: Mapping[str, Measure], model: str, known: npt.NDArray[np.bool_]) -> tuple[Part, ...]:
        """The scores of each part.

        Args:
            measures: By the name of the model or a baseline.
            model: The model's name there.
            known: ``[values]``, whether there is a truth.
        """
        groups = len(self.labels)
        counts = np.bincount(self.group[known], minlength=groups)
        every = {who: measure(self.group, groups) for who, measure in measures.items()}
        found = []
        for place, (series, target, ahead) in enumerate(self.labels):
            metrics = {
                who: {name: float(values[place]) for name, values in of.items() if not np.isnan(values[place])}
                for who, of in every.items()
            }
            own = metrics.pop(model)
            baselines = {who: of for who, of in metrics.items() if of}
            found.append(Part(series, target, ahead, int(counts[place]), own, baselines))
        return tuple(found)


def cut_by_target(entries: Entries) -> Cut:
    """A part for each target."""
    _, _, target = _places(entries)
    return Cut(target, [(None, name, None) for name in entries.dataset.target_names])


def cut_by_step(entries: Entries) -> Cut | None:
    """A part for each target and number of rows ahead; None where one row is predicted."""
    names, horizon = entries.dataset.target_names, entries.sequences.horizon
    if horizon < 2 or entries.sequences.outputs != horizon * len(names):
        return None
    _, ahead, target = _places(entries)
    return Cut(ahead * len(names) + target, [(None, name, step + 1) for step in range(horizon) for name in names])


def cut_by_series(entries: Entries, *, whole: bool) -> Cut | None:
    """A part for each series and target, or for each ``whole`` series.

    None where there are not several, where each has one answer, and of texts, which have no names.
    """
    names, targets = entries.dataset.order.names, entries.dataset.target_names
    if len(names) < 2 or entries.sequences.per_sequence or START in entries.dataset.classes:
        return None
    entry, _, target = _places(entries)
    found, place = np.unique(entries.dataset.order.series_of(entries.row), return_inverse=True)
    if whole:
        return Cut(place[entry], [(names[series], None, None) for series in found])
    return Cut(
        place[entry] * len(targets) + target, [(names[series], name, None) for series in found for name in targets]
    )


def _places(entries: Entries) -> tuple[Ints, Ints, Ints]:
    """``[values]`` each: the entry, the rows ahead less one, and the target of each value ``[entries, outputs]``."""
    targets = len(entries.dataset.target_names)
    shape = len(entries), entries.truth.shape[1] // targets, targets
    return tuple(place.reshape(-1) for place in np.indices(shape))
