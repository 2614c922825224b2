"""Evaluation of sequences of any length and number, piece by piece with carried states: memory holds one piece.

Batches are gathered on the host from the table, which may be a memory map. A model that reads sequences from both ends
cannot be run piece by piece: its batches hold whole sequences, and fewer of them where they are long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data import Sequences
from rnnctl.model.losses import LossFunction, masked_losses
from rnnctl.model.recurrent import carry_states
from rnnctl.scoring.split_outputs import Outputs
from rnnctl.training.compiled import Compiled
from rnnctl.training.truncation import zero_states

PIECE = 128
"""Most time steps of a piece."""

BATCH = 256
"""Most sequences in a batch."""

ELEMENTS = 2**15
"""Most time steps of all sequences of a batch's piece, unless it is a single sequence."""

OUTPUTS = 2**24
"""Most outputs of a batch, unless it is a single sequence."""

RESTING = 64
"""Batches after which the memory of a mapped table may be taken back."""


@dataclass(eq=False)
class Runner:
    """Runs a model over a split; arguments as `Evaluator` has them."""

    model: keras.Model
    loss_function: LossFunction
    sequences: Sequences
    last_only: bool

    def losses(self, targets: Any, outputs: Any) -> Any:
        """The losses of some targets, 0 where these are missing."""
        if self.sequences.valid is not None:
            return masked_losses(self.loss_function, targets, outputs)
        return self.loss_function(targets, outputs)


@dataclass(eq=False)
class PiecewiseRunner(Runner):
    """Runs a model over sequences of any length."""

    def __post_init__(self) -> None:
        self._masked_input = len(self.model.inputs) > 1
        self._in_pieces = runs_in_pieces(self.model)
        self._step = Compiled(self._piece, "the network, piece by piece")

    def loss(self) -> float:
        """Mean loss over the split."""
        total, count = 0.0, 0.0
        for (indices, first, _, valid), losses, there in self._pieces():
            last = self.sequences.lengths[indices] - 1 - first
            chosen = np.arange(valid.shape[1]) == last[:, None] if self.last_only else valid
            total += float(losses[chosen].sum(dtype=np.float64))
            count += float(there[chosen].sum(dtype=np.float64))
        return total / count

    def outputs(self) -> Iterator[Outputs]:
        """The model's outputs, piece after piece."""
        return (outputs for outputs, *_ in self._pieces())

    def _pieces(self) -> Iterator[tuple[Outputs, npt.NDArray[np.float32], npt.NDArray[np.floating]]]:
        """Runs all sequences, the shortest first.

        Yields:
            Piece after piece; its losses, and the share of their targets that are there, both shaped as ``valid``.
        """
        lengths = self.sequences.lengths
        for number, (indices, width) in enumerate(self._batches()):
            if number % RESTING == 0:
                self.sequences.rest()
            full = np.resize(indices, self._size(width))
            states = zero_states(self.model, len(full)) if self._in_pieces else {}
            for first in range(0, int(lengths[indices].max()), width):
                batch = self.sequences.gather(full, width, first, masked=True)
                outputs, losses, states = self._step(*batch, states, tf.constant(first == 0))
                count, ends = len(indices), lengths[indices] - 1
                inside = (ends >= first) & (ends < first + width)
                valid = np.asarray(batch.mask)[:count] if outputs.ndim == 3 else inside
                there = 1.0 - np.isnan(batch.targets[:count]).mean(axis=-1)
                yield Outputs(indices, first, outputs.numpy()[:count], valid), losses.numpy()[:count], there

    def _batches(self) -> Iterator[tuple[npt.NDArray[np.int64], int]]:
        """Positions of the sequences of each batch, those of about one length together, and the width of its pieces."""
        lengths = self.sequences.lengths
        order = np.argsort(lengths, kind="stable")
        longest = int(lengths.max())
        done = 0
        while done < len(order):
            width = min(longest, PIECE)
            if not self._in_pieces:
                # Few widths, as each is compiled: the power of two that holds a batch's longest sequence.
                width = _power_of_two(int(lengths[order[done]]))
                more = order[done : done + self._size(width)]
                width = min(_power_of_two(int(lengths[more].max())), longest)
            chosen = order[done : done + self._size(width)]
            yield chosen, width
            done += len(chosen)

    def _size(self, width: int) -> int:
        return max(1, min(BATCH, len(self.sequences), ELEMENTS // width, most_rows(self.model, width)))

    def _piece(self, inputs: Any, targets: Any, mask: Any, states: Any, begins: Any) -> tuple[Any, Any, Any]:
        arguments = [inputs, mask] if self._masked_input else inputs
        with carry_states(states, begins, None if self._masked_input else mask) as carried:
            # Not the model's __call__, which insists on as many time steps as whole sequences have.
            outputs = self.model.call(arguments, training=False)
        return outputs, self.losses(targets, outputs), dict(carried.finals) if self._in_pieces else {}


def most_rows(model: keras.Model, time_steps: int) -> int:
    """Sequences of so many time steps whose outputs may be in memory at a time: a vocabulary's probabilities are many.

    At least one.
    """
    _, *time, outputs = model.output_shape
    return max(1, OUTPUTS // (int(outputs) * (time_steps if time else 1)))


def runs_in_pieces(model: keras.Model) -> bool:
    """Whether a model can be run piece by piece: all its layers read forwards."""
    return not any(isinstance(layer, keras.layers.Bidirectional) for layer in model.layers)


def _power_of_two(number: int) -> int:
    return 1 << (number - 1).bit_length()
