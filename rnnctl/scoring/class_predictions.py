"""Predicted classes and the probabilities of the true ones; those of all other classes are not kept."""

from __future__ import annotations

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
        classes: Number of classes.
    """

    predicted: npt.NDArray[np.int32]
    probability: npt.NDArray[np.float32]
    classes: int

    def __getitem__(self, members: Ints) -> Classified:
        """The predictions of some of the sequences."""
        return Classified(self.predicted[members], self.probability[members], self.classes)

    def at(self, entries: Entries) -> ClassPredictions:
        """The predictions of some entries of the split."""
        place = (entries.sequence,) if self.predicted.ndim == 1 else (entries.sequence, entries.step)
        predicted, probability = self.predicted[place], self.probability[place]
        return ClassPredictions(predicted.astype(np.int64)[:, None], probability.astype(np.float64)[:, None])


class ClassCollector:
    """Collects the classes of a split from a model's outputs, in any order.

    Args:
        sequences: The split; its targets are codes of classes.
        classes: Number of classes.
        each: Whether there are outputs at each time step.
    """

    def __init__(self, sequences: Sequences, classes: int, *, each: bool) -> None:
        shape = (len(sequences), sequences.length) if each else (len(sequences),)
        self._sequences, self._each = sequences, each
        self.found = Classified(np.zeros(shape, np.int32), np.full(shape, np.nan, np.float32), classes)

    def add(self, indices: Ints, first: int, outputs: npt.NDArray[np.floating], valid: npt.NDArray[np.bool_]) -> None:
        """Adds the outputs of some sequences.

        Args:
            indices: ``[batch]``, positions of the sequences.
            first: Time step of the first outputs.
            outputs: Probabilities, ``[batch, time, classes]`` or ``[batch, classes]``.
            valid: ``[batch, time]`` or ``[batch]``, which outputs count.
        """
        if self._each:
            batch, step = np.nonzero(valid)
            place: tuple[Ints, ...] = (indices[batch], first + step)
            probabilities = outputs[batch, step]
            truth = self._sequences.targets_at(self._sequences.starts[place[0]] + place[1])
        else:
            place, probabilities = (indices[valid],), outputs[valid]
            truth = self._sequences.targets_of(place[0])
        # Where the truth is missing, no entry is scored.
        code = np.clip(np.nan_to_num(truth[:, :1]), 0, self.found.classes - 1).astype(np.int64)
        self.found.predicted[place] = probabilities.argmax(axis=1)
        self.found.probability[place] = np.take_along_axis(probabilities, code, axis=1)[:, 0]
