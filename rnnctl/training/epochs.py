"""Batches of every epoch, as functions of the sequences' lengths, the seed and the epoch's number. NumPy alone."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from rnnctl.data import epoch_order

Ints = npt.NDArray[np.int64]

_CACHED = 2
"""Epochs in the cache: the one that steps are taken in, and the one that batches are prepared of."""


class Epoch(NamedTuple):
    """The optimizer steps of one epoch, in order.

    Attributes:
        members: ``[sequences]``, int, positions of sequences, batch after batch.
        first: ``[steps]``, int64, where the batch of each step begins in ``members``.
        end: ``[steps]``, int64, where it ends.
        padded_length: ``[steps]``, int64, time steps that it is padded to.
        piece: ``[steps]``, int64, which piece of its sequences the step sees, from 0.
    """

    members: npt.NDArray[np.integer]
    first: Ints
    end: Ints
    padded_length: Ints
    piece: Ints


class Epochs:
    """Batches of sequences of one length, in an order of its own in each epoch.

    Args:
        lengths: ``[sequences]``, int64, time steps of each.
        batch_size: Most sequences in a batch.
        seed: The run's seed.
        shuffle: Whether epochs differ. An epoch of one batch is never shuffled: the order within a batch means nothing.

    Attributes:
        steps: Optimizer steps in an epoch, the same number in each.
        padded_lengths: Time steps that batches are padded to, the smallest first.
        batch_sizes: Most sequences in a batch of each padded length; empty where that is ``batch_size`` everywhere.
        padding: Share of an epoch's time steps that are padding.
        epoch: Lays out one epoch, numbered from 1; an LRU cache that threads may share.
    """

    def __init__(self, lengths: Ints, batch_size: int, seed: int, *, shuffle: bool) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle and len(lengths) > batch_size
        self._remember()
        self._first = np.arange(0, len(lengths), batch_size)
        self._end = np.minimum(self._first + batch_size, len(lengths))
        self.steps = len(self._first)
        self.padded_lengths: tuple[int, ...] = (int(lengths.max()),)
        self.batch_sizes: tuple[int, ...] = ()
        self.padding = 0.0

    def _remember(self) -> None:
        cached = lru_cache(maxsize=_CACHED if self._shuffle else 1)(self._layout)
        self.epoch: Callable[[int], Epoch] = cached if self._shuffle else lambda _: cached(1)

    def drawn_from(self, seed: int) -> Self:
        """The same layout, with the same sizes of batches, in the orders that another seed gives."""
        other = copy(self)
        other._seed = seed
        other._remember()
        return other

    def _layout(self, epoch: int) -> Epoch:
        return Epoch(self._order(epoch), self._first, self._end, *self._constant(self.padded_lengths[0], 0))

    def _order(self, epoch: int) -> npt.NDArray[np.int32]:
        return epoch_order(len(self._lengths), self._seed, epoch, shuffle=self._shuffle)

    def _constant(self, *values: int) -> tuple[Ints, ...]:
        """A ``[steps]`` array of each value, which takes no memory."""
        return tuple(np.broadcast_to(np.int64(value), self.steps) for value in values)


class PieceEpochs(Epochs):
    """Batches of long sequences, trained on piece by piece by truncated backpropagation.

    The sequences of a batch go through time side by side: step after step sees the next piece of each, and begins with
    the states that the one before left. (Williams & Peng 1990, "An efficient gradient-based algorithm for on-line
    training of recurrent network trajectories", Neural Computation 2(4), with h = h′: BPTT(K; K).)

    An epoch shuffles the sequences among those with as many pieces, and the batches, so that each takes as many steps.

    Args:
        lengths: See `Epochs`.
        batch_size: See `Epochs`.
        seed: See `Epochs`.
        shuffle: See `Epochs`.
        length: Time steps of a piece.
    """

    def __init__(self, lengths: Ints, batch_size: int, seed: int, *, shuffle: bool, length: int) -> None:
        super().__init__(lengths, batch_size, seed, shuffle=shuffle)
        self._pieces = -(-lengths // length)
        self.padded_lengths = (length,)
        first = self.epoch(1)
        self.steps = len(first.piece)
        self.padding = 1.0 - float(lengths.sum()) / float((first.end - first.first).sum() * length)

    def _layout(self, epoch: int) -> Epoch:
        order, turn = self._order(epoch), np.arange(len(self._first))
        if self._shuffle:
            order = order[np.argsort(-self._pieces[order], kind="stable")]
            turn = np.random.default_rng([self._seed, epoch, 1]).permutation(turn)
        pieces = np.maximum.reduceat(self._pieces[order], self._first)[turn]
        batch = np.repeat(turn, pieces)
        piece = np.concatenate([np.arange(count) for count in pieces])
        padded = np.broadcast_to(np.int64(self.padded_lengths[0]), len(piece))
        return Epoch(order, self._first[batch], self._end[batch], padded, piece)
