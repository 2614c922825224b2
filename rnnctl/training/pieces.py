"""Long sequences → the pieces that truncated backpropagation trains on, one after the other. NumPy alone.

The sequences of a batch go through time side by side: step after step sees the next piece of each, and begins where the
last one ended, with the states that it left. (Williams & Peng 1990, "An efficient gradient-based algorithm for on-line
training of recurrent network trajectories", Neural Computation 2(4), with h = h′: BPTT(K; K).)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.data import Sequences, epoch_order
from rnnctl.training.epochs import remembered

Ints = npt.NDArray[np.int64]


class Course(NamedTuple):
    """The steps of an epoch, in their order.

    Attributes:
        batches: One array of sequences' positions per batch.
        batch: ``[steps]``, int64, the batch that a step belongs to.
        piece: ``[steps]``, int64, the piece of its sequences, from 0.
    """

    batches: tuple[Ints, ...]
    batch: Ints
    piece: Ints


class Pieces:
    """The steps of every epoch. Each takes as many, whatever its order.

    Sequences with as many pieces stand in the same batches in every epoch's turn: an epoch shuffles among these alone,
    and shuffles the batches.

    Args:
        lengths: ``[sequences]``, time steps of each.
        batch_size: Sequences in a batch.
        seed: The run's seed.
        shuffle: Whether epochs differ.
        length: Time steps of a piece.

    Attributes:
        epoch: Gives the steps of one epoch, numbered from 1.
    """

    def __init__(self, lengths: Ints, batch_size: int, seed: int, *, shuffle: bool, length: int) -> None:
        self._count = -(-lengths // length)
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle and len(lengths) > batch_size
        self._length = length
        self.epoch: Callable[[int], Course] = remembered(self._make, differ=self._shuffle)

    @cached_property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of an epoch."""
        return len(self.epoch(1).batch)

    @property
    def padding(self) -> float:
        """Share of an epoch's time steps that are padding."""
        course = self.epoch(1)
        run = sum(len(course.batches[batch]) for batch in course.batch) * self._length
        return 1.0 - float(self._lengths.sum()) / run

    def _make(self, epoch: int) -> Course:
        order = epoch_order(len(self._count), self._seed, epoch, shuffle=self._shuffle).astype(np.int64)
        if self._shuffle:
            order = order[np.argsort(-self._count[order], kind="stable")]
        firsts = np.arange(0, len(order), self._batch_size)
        turn = np.arange(len(firsts))
        if self._shuffle:
            turn = np.random.default_rng([self._seed, epoch, 1]).permutation(turn)
        batches = tuple(order[firsts[place] : firsts[place] + self._batch_size] for place in turn)
        pieces = [int(self._count[batch].max()) for batch in batches]
        return Course(
            batches,
            np.repeat(np.arange(len(batches)), pieces),
            np.concatenate([np.arange(count) for count in pieces]),
        )


def in_streams(sequences: Sequences, wanted: int, length: int) -> Sequences:
    """Cuts the longest sequences into contiguous streams, where there are fewer sequences than a batch has room for.

    A stream is a sequence of its own: what comes before it in the same series is not known to it. Its last targets may
    lie in the stream after it.

    Args:
        sequences: A split with a target at each time step.
        wanted: Streams wanted.
        length: Time steps below which no sequence is cut.

    Returns:
        The same rows; as many streams as wanted, or fewer where they would be shorter than ``length``.
    """
    if len(sequences) >= wanted or not sequences.per_step:
        return sequences
    counts = np.ones(len(sequences), np.int64)
    for _ in range(wanted - len(sequences)):
        # The one whose streams are longest is cut once more.
        sizes = sequences.lengths / (counts + 1)
        longest = int((sequences.lengths / counts).argmax())
        if sizes[longest] < length:
            break
        counts[longest] += 1
    starts, lengths = [], []
    for start, whole, count in zip(sequences.starts, sequences.lengths, counts, strict=True):
        bounds = np.linspace(0, whole, count + 1).round().astype(np.int64)
        starts.append(start + bounds[:-1])
        lengths.append(np.diff(bounds))
    return replace(sequences, starts=np.concatenate(starts), lengths=np.concatenate(lengths))
