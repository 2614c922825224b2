"""Sequences of different lengths → batches of about one length each, epoch by epoch. NumPy alone.

An epoch shuffles all sequences, sorts them by length within pools of some batches, and shuffles the batches again. So
a batch holds sequences of about one length, whose neighbours differ from epoch to epoch. All is a function of the
lengths, the seed and the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.data import epoch_order
from rnnctl.training.epochs import remembered

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

_SAMPLE = 50_000
"""Sequences that pools and widths are chosen from."""

_GRID = 96
"""Widths that the choice is among."""


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
        padding: Share of the first epoch's time steps that are padding behind a shorter sequence of the same batch.
        epoch: Gives the batches of one epoch, numbered from 1.
    """

    def __init__(self, lengths: Ints, batch_size: int, seed: int, *, shuffle: bool, worth: float = 1.0) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle and len(lengths) > batch_size
        self.epoch: Callable[[int], Epoch] = remembered(self._make, differ=self._shuffle)
        self._pool = self._choose_pool() if self._shuffle else 1
        members = self._sorted(1)
        longest = self._longest(members)
        sizes = np.minimum(batch_size, len(lengths) - batch_size * np.arange(len(longest)))
        self.padding = 1.0 - float(lengths.sum()) / float((longest * sizes).sum())
        self.widths = choose_widths(longest, int(lengths.max()), worth)

    def _make(self, epoch: int) -> Epoch:
        members = self._sorted(epoch)
        widths = np.asarray(self.widths)[np.searchsorted(self.widths, self._longest(members))]
        order = self._batch_order(widths, epoch) if self._shuffle else np.arange(len(widths))
        begins = np.minimum(np.arange(len(widths) + 1) * self._batch_size, len(members))
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
        if pool == 1:
            return order
        random = np.random.default_rng([self._seed, epoch, 2])
        about = self._lengths[order] * (1.0 + JITTER * random.random(len(order)))
        pools = np.arange(len(order)) // (pool * self._batch_size)
        return order[np.lexsort((about, pools))]

    def _longest(self, members: Ints) -> Ints:
        """Time steps of the longest sequence of each batch."""
        longest: Ints = np.maximum.reduceat(self._lengths[members], np.arange(0, len(members), self._batch_size))
        return longest

    def _choose_pool(self) -> int:
        """The smallest pool, in batches, that keeps padding low."""
        sample = self
        if len(self._lengths) > _SAMPLE:
            few = self._lengths[np.random.default_rng(self._seed).choice(len(self._lengths), _SAMPLE, replace=False)]
            sample = object.__new__(Buckets)
            sample.__dict__.update(self.__dict__ | {"_lengths": few})
        pool = 1
        while pool < LARGEST_POOL:
            longest = sample._longest(sample._sorted(1, pool))
            if 1.0 - sample._lengths.sum() / (longest.sum() * self._batch_size) < PADDING:
                break
            pool *= 2
        return pool


def choose_widths(longest: Ints, most: int, worth: float) -> tuple[int, ...]:
    """Chooses the few widths that batches are padded to, so that as little as can be is padded.

    Every width is a program of its own, which takes a second or more to compile.

    Args:
        longest: ``[batches]``, what the batches need.
        most: The largest width, which is always among them.
        worth: Share of the time steps of a single width that one more width must spare.

    Returns:
        The widths, the smallest first.
    """
    needed = np.quantile(longest, np.linspace(0, 1, _GRID), method="higher").astype(np.int64)
    grid = np.unique(np.append(needed, most))
    counts = np.histogram(longest, np.concatenate(([0], grid)) + 0.5)[0].astype(np.float64)
    best: tuple[int, ...] = (most,)
    cost = single = most * float(len(longest))
    # cheapest[k][j]: least time steps of all batches up to grid[j] with k widths, the last of them grid[j].
    before = np.cumsum(counts)
    cheapest = before * grid
    choices: list[npt.NDArray[np.int64]] = []
    while len(choices) + 1 < len(grid):
        spread = cheapest[:, None] + (before[None, :] - before[:, None]) * grid[None, :]
        spread[np.tril_indices(len(grid))] = np.inf
        choices.append(spread.argmin(axis=0))
        cheapest = spread.min(axis=0)
        if cost - cheapest[-1] <= worth * single:
            break
        cost, best = float(cheapest[-1]), _trace(grid, choices)
    return best


def _trace(grid: npt.NDArray[np.int64], choices: list[npt.NDArray[np.int64]]) -> tuple[int, ...]:
    place, found = len(grid) - 1, [int(grid[-1])]
    for choice in reversed(choices):
        place = int(choice[place])
        found.append(int(grid[place]))
    return tuple(reversed(found))


def _runs(batches: Ints) -> Iterator[Ints]:
    return (batches[first : first + RUN] for first in range(0, len(batches), RUN))
