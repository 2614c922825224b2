"""Sequences of different lengths → batches of about one length each, epoch by epoch. NumPy alone.

An epoch shuffles all sequences, sorts them by length within pools of some batches, and shuffles the batches again. So
a batch holds sequences of about one length, whose neighbours differ from epoch to epoch. All is a function of the
lengths, the seed and the epoch.

Where that leaves much padding, because an epoch has few batches and one of them spans a long tail, batches of long
sequences hold fewer of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.data import epoch_order
from rnnctl.training.epochs import remembered
from rnnctl.training.widths import choose_rows, choose_widths

Ints = npt.NDArray[np.int64]

JITTER = 0.03
"""Most that a length counts as longer than it is when it is sorted, as a share of it: batches are not the same ones in
every epoch."""

PADDING = 0.1
"""Share of padded time steps with which pools are large enough."""

LARGEST_POOL = 4096
"""Batches of the largest pool."""

RUN = 8
"""Batches of one width that follow each other at the most, so that one compiled call can take several."""

_SPREAD = 0.01
"""How much more some epoch may pad than the one that sizes are chosen by."""

_SAMPLE = 50_000
"""Sequences that pools and widths are chosen from."""

MUCH_PADDING = 0.15
"""Share of padded time steps from which on batches of long sequences are made smaller, and a user is told."""


class Epoch(NamedTuple):
    """What the batches of an epoch hold, in their order.

    Attributes:
        members: ``[sequences]``, int64, positions of sequences, batch after batch.
        bounds: ``[batches + 1]``, int64, where each batch begins in ``members``.
        widths: ``[batches]``, int64, time steps that each batch is padded to.
    """

    members: Ints
    bounds: Ints
    widths: Ints


class Buckets:
    """The batches of every epoch.

    Args:
        lengths: ``[sequences]``, time steps of each.
        batch_size: Sequences in a batch.
        seed: The run's seed.
        shuffle: Whether epochs differ; otherwise the batches hold the sequences in their natural order.
        worth: Share of all padded time steps that must go to make one more width pay; 1 for a single width.

    Attributes:
        widths: Time steps that batches are padded to, the smallest first; the last is the longest sequence's.
        rows: Most sequences in a batch of each width.
        padding: Share of the first epoch's time steps that are padding behind a shorter sequence of the same batch.
        epoch: Gives the batches of one epoch, numbered from 1.
    """

    def __init__(self, lengths: Ints, batch_size: int, seed: int, *, shuffle: bool, worth: float = 1.0) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle and len(lengths) > batch_size
        self.epoch: Callable[[int], Epoch] = remembered(self._make, differ=self._shuffle)
        self._stretch: Ints | None = None
        self._begins = np.arange(0, len(lengths), batch_size)
        self._pool = self._choose_pool() if self._shuffle else 1
        self.widths = choose_widths(self._longest(self._sorted(1)), int(lengths.max()), worth)
        self.rows = (batch_size,) * len(self.widths)
        self.padding = self._padding()
        if self._shuffle and self.padding > MUCH_PADDING and len(self.widths) > 1:
            self._make_long_ones_smaller()

    @property
    def batches(self) -> int:
        """Batches of an epoch, the same number in each."""
        return len(self._begins)

    def _make_long_ones_smaller(self) -> None:
        """Puts sequences into batches with those of their own width alone, fewer of them where those are long."""
        before = self._begins, self.rows, self.padding
        self._stretch = np.searchsorted(self.widths, self._lengths)
        groups = [np.sort(self._lengths[self._stretch == number]) for number in range(len(self.widths))]
        self.rows = choose_rows(groups, self._batch_size, MUCH_PADDING - _SPREAD)
        begins, first = [], 0
        for group, rows in zip(groups, self.rows, strict=True):
            begins.append(np.arange(first, first + len(group), rows))
            first += len(group)
        self._begins = np.concatenate(begins)
        self.padding = self._padding()
        if self.padding >= before[2]:
            self._stretch, (self._begins, self.rows, self.padding) = None, before

    def _padding(self) -> float:
        members = self._sorted(1)
        sizes = np.diff(np.append(self._begins, len(members)))
        return 1.0 - float(self._lengths.sum()) / float((self._longest(members) * sizes).sum())

    def _make(self, epoch: int) -> Epoch:
        members = self._sorted(epoch)
        widths = np.asarray(self.widths)[np.searchsorted(self.widths, self._longest(members))]
        order = self._batch_order(widths, epoch) if self._shuffle else np.arange(len(widths))
        begins = np.append(self._begins, len(members))
        pieces = [members[begins[batch] : begins[batch + 1]] for batch in order]
        bounds = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
        return Epoch(np.concatenate(pieces), bounds, widths[order])

    def _batch_order(self, widths: Ints, epoch: int) -> Ints:
        """Shuffles the batches, in runs of one width."""
        random = np.random.default_rng([self._seed, epoch, 1])
        shuffled = random.permutation(len(widths))
        runs = [run for width in self.widths for run in _runs(shuffled[widths[shuffled] == width])]
        return np.concatenate([runs[place] for place in random.permutation(len(runs))])

    def _sorted(self, epoch: int, pool: int | None = None) -> Ints:
        """The sequences of an epoch, shuffled and sorted by length within each pool."""
        order = epoch_order(len(self._lengths), self._seed, epoch, shuffle=self._shuffle).astype(np.int64)
        pool = pool or self._pool
        if pool == 1 and self._stretch is None:
            return order
        random = np.random.default_rng([self._seed, epoch, 2])
        about = self._lengths[order] * (1.0 + JITTER * random.random(len(order)))
        pools = np.arange(len(order)) // (pool * self._batch_size) if self._stretch is None else self._stretch[order]
        return order[np.lexsort((about, pools))]

    def _longest(self, members: Ints) -> Ints:
        """Time steps of the longest sequence of each batch."""
        longest: Ints = np.maximum.reduceat(self._lengths[members], self._begins)
        return longest

    def _choose_pool(self) -> int:
        """The smallest pool, in batches, that keeps padding low."""
        sample = self
        if len(self._lengths) > _SAMPLE:
            few = self._lengths[np.random.default_rng(self._seed).choice(len(self._lengths), _SAMPLE, replace=False)]
            sample = object.__new__(Buckets)
            sample.__dict__.update(
                self.__dict__ | {"_lengths": few, "_begins": np.arange(0, len(few), self._batch_size)}
            )
        pool = 1
        while pool < LARGEST_POOL:
            longest = sample._longest(sample._sorted(1, pool))
            if 1.0 - sample._lengths.sum() / (longest.sum() * self._batch_size) < PADDING:
                break
            pool *= 2
        return pool


def _runs(batches: Ints) -> Iterator[Ints]:
    return (batches[first : first + RUN] for first in range(0, len(batches), RUN))
