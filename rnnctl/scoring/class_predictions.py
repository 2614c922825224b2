"""Predicted classes and the probabilities of the true ones; those of all other classes are not kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints, Sequences
from rnnctl.scoring.entries import Entries


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """Predicted classes of entries, or of the sequences or time steps of a split.

    Attributes:
        predicted: ``[entries, outputs]``, codes, −1 where nothing is predicted; of a split ``[sequences]`` or
            ``[sequences, time]``, int32, the likeliest class, arbitrary at padded time steps.
        probability: Likewise, that of the true class; NaN at padded time steps. None where only classes are predicted.
    """

    predicted: npt.NDArray[np.integer]
    probability: npt.NDArray[np.floating] | None = None

    def __getitem__(self, place: Any) -> Classified:
        """The predictions at some places, indexed as an array."""
        return Classified(self.predicted[place], None if self.probability is None else self.probability[place])

    def at(self, entries: Entries) -> Classified:
        """The predictions of some entries of the split."""
        step = () if self.predicted.ndim == 1 else (entries.step,)
        return self[(entries.sequence, *step, None)]


def collect_classes(
    outputs: Iterable[tuple[Ints, int, npt.NDArray[np.floating], npt.NDArray[np.bool_]]],
    sequences: Sequences,
    classes: int,
    *,
    per_step: bool,
) -> Classified:
    """Collects the classes of a split from a model's outputs, in any order.

    Args:
        outputs: Positions ``[batch]`` of sequences, the time step of the first of their outputs, probabilities
            ``[batch, time, classes]`` or ``[batch, classes]``, and ``[batch, time]`` or ``[batch]``, which of these
            count.
        sequences: The split; its targets are codes of classes.
    """
    shape = (len(sequences), sequences.length) if per_step else (len(sequences),)
    predicted, probability = np.zeros(shape, np.int32), np.full(shape, np.nan, np.float32)
    for indices, first, batch_outputs, valid in outputs:
        probabilities = batch_outputs[valid]
        if per_step:
            batch, step = np.nonzero(valid)
            place: tuple[Ints, ...] = (indices[batch], first + step)
            truth = sequences.targets_at(sequences.starts[place[0]] + place[1])
        else:
            place = (indices[valid],)
            truth = sequences.targets_of(place[0])
        # Where the truth is missing, no entry is scored.
        code = np.clip(np.nan_to_num(truth[:, :1]), 0, classes - 1).astype(np.int64)
        predicted[place] = probabilities.argmax(axis=1)
        probability[place] = np.take_along_axis(probabilities, code, axis=1)[:, 0]
    return Classified(predicted, probability)
