"""Choice of bucket sizes: the time steps that batches are padded to, and how many sequences they hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_GRID = 96
"""Padded lengths that the choice is among."""

_PARTS = (8, 4, 2, 1)
"""What the size of a batch may be divided by."""

_MORE = 1.5
"""Most batches of an epoch, as a multiple of those that it has with full batches."""

_BESIDES = 2
"""Cost of a time step besides its sequences, in sequences; measured on SimpleRNN(64) and GRU(64), with 4 to 32."""


def choose_batch_sizes(groups: Sequence[Ints], batch_size: int, most: float) -> tuple[int, ...]:
    """Chooses smaller batches where full ones pad too much, by halving those of one group after the other.

    Small batches pad less and go through time more often; one is made smaller only where that takes less time in all.
    The group that spares the most padded time steps per additional batch comes first.

    Args:
        groups: ``[sequences]`` each, lengths of those that go into the same batches, the shortest first, at least one.
        batch_size: The most that a batch holds.
        most: Largest acceptable share of padding.

    Returns:
        Batch size of each group: ``batch_size``, a half, a quarter or an eighth of it; no more than hold its sequences.
    """
    allowed = sorted({batch_size // part for part in _PARTS if batch_size >= part})
    sizes = [next((size for size in allowed if size >= len(group)), batch_size) for group in groups]
    real = sum(int(group.sum()) for group in groups)
    limit = max(1, int(_MORE * -(-sum(map(len, groups)) // batch_size)))

    def gain(place: int) -> float:
        """Time steps spared per additional batch if a group's batches are halved; 0 where that does not pay."""
        size, half = sizes[place], allowed[max(0, allowed.index(sizes[place]) - 1)]
        now, then = (_longest(groups[place], count) for count in (size, half))
        more = len(then) - len(now)
        dearer = then.sum() * (half + _BESIDES) >= now.sum() * (size + _BESIDES)
        batches = sum(-(-len(group) // size) for group, size in zip(groups, sizes, strict=True))
        if dearer or more == 0 or batches + more > limit:
            return 0.0
        return (_padded_steps(groups[place], size) - _padded_steps(groups[place], half)) / more

    while 1.0 - real / sum(map(_padded_steps, groups, sizes)) > most:
        gains = [gain(place) for place in range(len(groups))]
        if max(gains) <= 0.0:
            break
        best = int(np.argmax(gains))
        sizes[best] = allowed[allowed.index(sizes[best]) - 1]
    return tuple(sizes)


def _longest(lengths: Ints, batch_size: int) -> Ints:
    return np.asarray(np.maximum.reduceat(lengths, np.arange(0, len(lengths), batch_size)))


def _padded_steps(lengths: Ints, batch_size: int) -> int:
    """Time steps of all sequences of all batches, padding included."""
    sizes = np.minimum(batch_size, len(lengths) - np.arange(0, len(lengths), batch_size))
    return int((_longest(lengths, batch_size) * sizes).sum())


def choose_padded_lengths(longest: Ints, most: int, worth: float) -> tuple[int, ...]:
    """Chooses the few lengths that batches are padded to, so that padding is least.

    Each is a program of its own, which takes a second or more to compile.

    Args:
        longest: ``[batches]``, time steps of the longest sequence of each batch.
        most: The largest padded length, which is always among them.
        worth: Share of the time steps with a single padded length that one more must spare.

    Returns:
        The padded lengths, the smallest first.
    """
    needed = np.quantile(longest, np.linspace(0, 1, _GRID), method="higher").astype(np.int64)
    grid = np.unique(np.append(needed, most))
    counts = np.histogram(longest, np.concatenate(([0], grid)) + 0.5)[0].astype(np.float64)
    cost = single = most * float(len(longest))
    # cheapest[k][j]: least time steps of all batches up to grid[j] with k padded lengths, the last of them grid[j].
    before = np.cumsum(counts)
    cheapest = before * grid
    choices: list[Ints] = []
    while len(choices) + 1 < len(grid):
        spread = cheapest[:, None] + (before[None, :] - before[:, None]) * grid[None, :]
        spread[np.tril_indices(len(grid))] = np.inf
        choice, cheapest = spread.argmin(axis=0), spread.min(axis=0)
        if cost - cheapest[-1] <= worth * single:
            break
        choices.append(choice)
        cost = float(cheapest[-1])
    place, found = len(grid) - 1, [most]
    for choice in reversed(choices):
        place = int(choice[place])
        found.append(int(grid[place]))
    return tuple(reversed(found))
