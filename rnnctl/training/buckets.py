"""Sequences of different lengths → batches of about one length each, epoch by epoch. NumPy alone.

An epoch shuffles all sequences, sorts them by length within pools of some batches, and shuffles the batches again. So
a batch holds sequences of about one length, whose neighbours differ from epoch to epoch.

Where that leaves much padding, because an epoch has few batches and one of them spans a long tail, batches of long
sequences hold fewer of them.
"""

from __future__ import annotations

import numpy as np

from rnnctl.data import epoch_order
from rnnctl.training.bucket_sizes import choose_batch_sizes, choose_padded_lengths
from rnnctl.training.epochs import Epoch, Epochs, Ints

JITTER = 0.03
"""Most that a length counts as longer than it is when it is sorted, as a share of it: batches are not the same ones in
every epoch."""

PADDING = 0.1
"""Share of padded time steps with which pools are large enough."""

LARGEST_POOL = 4096
"""Batches of the largest pool."""

RUN = 8
"""Most batches of one padded length in a row, so that one compiled call can take several."""

_SPREAD = 0.01
"""How much more some epoch may pad than the one that sizes are chosen by."""

_SAMPLE = 50_000
"""Sequences that the pool is chosen from."""

MUCH_PADDING = 0.15
"""Share of padded time steps from which on batches of long sequences are made smaller, and a user is told."""


class BucketEpochs(Epochs):
    """Batches of sequences of different lengths.

    Args:
        lengths: See `Epochs`.
        batch_size: See `Epochs`.
        seed: See `Epochs`.
        shuffle: Whether epochs differ; otherwise the batches hold the sequences in their natural order.
        worth: Share of all padded time steps that must go to make one more padded length pay; 1 for a single one.
    """

    def __init__(self, lengths: Ints, batch_size: int, seed: int, *, shuffle: bool, worth: float = 1.0) -> None:
        super().__init__(lengths, batch_size, seed, shuffle=shuffle)
        self._bucket: Ints | None = None
        self._pool = _choose_pool(lengths, batch_size, seed) if self._shuffle else 1
        longest = np.maximum.reduceat(lengths[self._sorted(1)], self._first)
        self.padded_lengths = choose_padded_lengths(longest, int(lengths.max()), worth)
        self.batch_sizes = (batch_size,) * len(self.padded_lengths)
        self.padding = self._padding()
        if self._shuffle and self.padding > MUCH_PADDING and len(self.padded_lengths) > 1:
            self._make_long_ones_smaller()

    def _make_long_ones_smaller(self) -> None:
        """Puts sequences into batches with those of their own padded length alone, fewer of them where it is large."""
        before = self._first, self._end, self.steps, self.batch_sizes, self.padding
        self._bucket = np.searchsorted(self.padded_lengths, self._lengths)
        groups = [np.sort(self._lengths[self._bucket == number]) for number in range(len(self.padded_lengths))]
        self.batch_sizes = choose_batch_sizes(groups, self._batch_size, MUCH_PADDING - _SPREAD)
        bounds = np.cumsum([0, *map(len, groups)])
        self._first = np.concatenate(list(map(np.arange, bounds[:-1], bounds[1:], self.batch_sizes)))
        self._end = np.append(self._first[1:], bounds[-1])
        self.steps = len(self._first)
        self.padding = self._padding()
        if self.padding >= before[-1]:
            self._bucket = None
            self._first, self._end, self.steps, self.batch_sizes, self.padding = before

    def _padding(self) -> float:
        longest = np.maximum.reduceat(self._lengths[self._sorted(1)], self._first)
        return 1.0 - float(self._lengths.sum()) / float((longest * (self._end - self._first)).sum())

    def _layout(self, epoch: int) -> Epoch:
        members = self._sorted(epoch)
        longest = np.maximum.reduceat(self._lengths[members], self._first)
        padded = np.asarray(self.padded_lengths)[np.searchsorted(self.padded_lengths, longest)]
        turn = self._batch_order(padded, epoch) if self._shuffle else np.arange(self.steps)
        return Epoch(members, self._first[turn], self._end[turn], padded[turn], *self._constant(0))

    def _batch_order(self, padded: Ints, epoch: int) -> Ints:
        """Shuffles the batches, in runs of one padded length."""
        random = np.random.default_rng([self._seed, epoch, 1])
        shuffled = random.permutation(len(padded))
        groups = [shuffled[padded[shuffled] == length] for length in np.unique(padded)]
        runs = [run for group in groups for run in np.split(group, range(RUN, len(group), RUN))]
        return np.concatenate([runs[place] for place in random.permutation(len(runs))])

    def _sorted(self, epoch: int) -> Ints:
        """The sequences of an epoch, shuffled and sorted by length within each pool, or within each bucket."""
        order = self._order(epoch).astype(np.int64)
        if self._bucket is not None:
            return _sort_within(self._bucket[order], order, self._lengths, self._seed, epoch)
        return _sort_in_pools(order, self._lengths, self._pool, self._batch_size, self._seed, epoch)


def _choose_pool(lengths: Ints, batch_size: int, seed: int) -> int:
    """The smallest pool, in batches, that keeps padding low."""
    if len(lengths) > _SAMPLE:
        lengths = lengths[np.random.default_rng(seed).choice(len(lengths), _SAMPLE, replace=False)]
    order, first = epoch_order(len(lengths), seed, 1).astype(np.int64), np.arange(0, len(lengths), batch_size)
    pool = 1
    while pool < LARGEST_POOL:
        members = _sort_in_pools(order, lengths, pool, batch_size, seed, 1)
        if 1.0 - lengths.sum() / (np.maximum.reduceat(lengths[members], first).sum() * batch_size) < PADDING:
            break
        pool *= 2
    return pool


def _sort_in_pools(order: Ints, lengths: Ints, pool: int, batch_size: int, seed: int, epoch: int) -> Ints:
    if pool == 1:
        return order
    return _sort_within(np.arange(len(order)) // (pool * batch_size), order, lengths, seed, epoch)


def _sort_within(groups: Ints, order: Ints, lengths: Ints, seed: int, epoch: int) -> Ints:
    """Sorts shuffled sequences by length, a little inexactly, within each group ``[sequences]``."""
    random = np.random.default_rng([seed, epoch, 2])
    about = lengths[order] * (1.0 + JITTER * random.random(len(order)))
    return order[np.lexsort((about, groups))]
