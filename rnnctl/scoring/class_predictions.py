"""Predicted classes and the probabilities of the true ones; those of all other classes are not kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints, Sequences
from rnnctl.scoring.entries import Entries
from rnnctl.scoring.units import Numbers


@dataclass(frozen=True, slots=True, eq=False)
class ClassPredictions:
    """Predicted classes of entries.

    Attributes:
        predicted: ``[entries, outputs]``, int64, codes; −1 where nothing is predicted.
        probability: ``[entries, outputs]``, float64, that of the true class; None where only classes are predicted.
    """

    predicted: Ints
    probability: Numbers | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """The likeliest class of each sequence or time step of a split, and the probability of the true one.

    Attributes:
        predicted: ``[sequences]`` or ``[sequences, time]``, int32, codes; arbitrary at padded time steps.
        probability: Likewise, float32; NaN at padded time steps.
    """

    predicted: npt.NDArray[np.int32]
    probability: npt.NDArray[np.float32]

    def __getitem__(self, members: Ints) -> Classified:
        """The predictions of some of the sequences."""
        return Classified(self.predicted[members], self.probability[members])

    def at(self, entries: Entries) -> ClassPredictions:
        """The predictions of some entries of the split."""
        place = (entries.sequence,) if self.predicted.ndim == 1 else (entries.sequence, entries.step)
        predicted, probability = self.predicted[place], self.probability[place]
        return ClassPredictions(predicted.astype(np.int64)[:, None], probability.astype(np.float64)[:, None])


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
    found = Classified(np.zeros(shape, np.int32), np.full(shape, np.nan, np.float32))
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
        found.predicted[place] = probabilities.argmax(axis=1)
        found.probability[place] = np.take_along_axis(probabilities, code, axis=1)[:, 0]
    return found
