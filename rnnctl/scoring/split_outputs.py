"""What networks say of a split: their outputs, collected batch after batch, whatever computes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Sequences
from rnnctl.scoring.class_predictions import Classified, collect_classes


class Outputs(NamedTuple):
    """A network's outputs for one piece of some sequences.

    Attributes:
        indices: ``[batch]``, positions of the sequences.
        first: Time step at which the piece begins, from 0.
        outputs: ``[batch, time, outputs]`` or ``[batch, outputs]``; of several nets ``[nets, batch, …]``.
        valid: ``[batch, time]``, True where a sequence has a time step; or ``[batch]``, True where its last one is in
            the piece.
    """

    indices: npt.NDArray[np.int64]
    first: int
    outputs: npt.NDArray[np.floating]
    valid: npt.NDArray[np.bool_]


Mean = Callable[[npt.NDArray[np.floating], Outputs], npt.NDArray[np.float64]]
"""Takes the mean ``[batch, …]`` of several nets' outputs ``[nets, batch, …]``, those of one piece of some sequences."""


def plain_mean(outputs: npt.NDArray[np.floating], _: Outputs) -> npt.NDArray[np.float64]:
    """The mean of the outputs as they are."""
    return np.asarray(outputs.mean(axis=0, dtype=np.float64))


class SplitOutputs(ABC):
    """The outputs of a network, or of several nets the mean, for one split.

    Args:
        sequences: The split.
        width: Values of an output.
        per_step: Whether there is an output at each time step.
        mean: Of several nets' outputs; None of a single net.
    """

    def __init__(self, sequences: Sequences, width: int, mean: Mean | None, *, per_step: bool) -> None:
        self.sequences, self._width, self._per_step, self._mean = sequences, width, per_step, mean

    @abstractmethod
    def parts(self) -> Iterator[Outputs]:
        """The outputs, batch after batch; of several nets those of all of them together."""

    def predict(self) -> npt.NDArray[np.floating]:
        """The outputs, scaled as the targets are.

        Returns:
            ``[sequences, outputs]`` or ``[sequences, time, outputs]``, float32 (of several nets float64), in the order
            of the split; NaN at time steps that a sequence does not have.
        """
        time = (self.sequences.length,) if self._per_step else ()
        kind = np.float32 if self._mean is None else np.float64
        found = np.full((len(self.sequences), *time, self._width), np.nan, kind)
        for part in self._means():
            batch, *steps = np.nonzero(part.valid)
            found[(part.indices[batch], *(part.first + step for step in steps))] = part.outputs[part.valid]
        return found

    def classify(self) -> Classified:
        """The predicted classes, where outputs are probabilities; memory holds the probabilities of one batch.

        Returns:
            What scores need, in the order of the split: the same as of `predict`'s outputs, to the last bit.
        """
        return collect_classes(self._means(), self.sequences, self._width, per_step=self._per_step)

    def _means(self) -> Iterator[Outputs]:
        for part in self.parts():
            yield part if self._mean is None else part._replace(outputs=self._mean(part.outputs, part))
