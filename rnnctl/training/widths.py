"""How far batches are padded, and how many sequences they hold, chosen from lengths alone. NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_GRID = 96
"""Widths that the choice is among."""

_PARTS = (8, 4, 2, 1)
"""What the size of a batch may be divided by."""

_MORE = 1.5
"""How many times as many batches an epoch may have for the sake of less padding."""

_BESIDES = 2
"""What a time step costs besides its sequences, in sequences: measured on SimpleRNN(64) and GRU(64), with 4 to 32."""


def choose_rows(groups: Sequence[Ints], batch_size: int, most: float) -> tuple[int, ...]:
    """Chooses how many sequences batches hold where full ones pad too much: halves those of one group after the other.

    Small batches pad less and go through time more often; one is made smaller only where that takes less time in all.
    The group whose padding falls the most for each batch more comes first.

    Args:
        groups: ``[sequences]`` each, lengths of those that go into the same batches, the shortest first, at least one.
        batch_size: The most that a batch holds.
        most: Share of padding that is not too much.

    Returns:
        For each group the batch size, a half, a quarter or an eighth of it; no more than hold its sequences.
    """
    allowed = sorted({batch_size // part for part in _PARTS if batch_size >= part})
    sizes = [next((size for size in allowed if size >= len(group)), batch_size) for group in groups]
    real = sum(int(group.sum()) for group in groups)
    limit = max(1, int(_MORE * -(-sum(map(len, groups)) // batch_size)))

    def gain(place: int) -> float:
        """Time steps that go for each batch more, where a group's batches are halved; 0 where that does not pay."""
        size, half = sizes[place], allowed[max(0, allowed.index(sizes[place]) - 1)]
        now, then = (_longest(groups[place], rows) for rows in (size, half))
        more = len(then) - len(now)
        dearer = then.sum() * (half + _BESIDES) >= now.sum() * (size + _BESIDES)
        if dearer or more == 0 or sum(map(_count, groups, sizes)) + more > limit:
            return 0.0
        return (_gone_through(groups[place], size) - _gone_through(groups[place], half)) / more

    while 1.0 - real / sum(map(_gone_through, groups, sizes)) > most:
        gains = [gain(place) for place in range(len(groups))]
        if max(gains) <= 0.0:
            break
        best = int(np.argmax(gains))
        sizes[best] = allowed[allowed.index(sizes[best]) - 1]
    return tuple(sizes)


def _count(lengths: Ints, rows: int) -> int:
    return -(-len(lengths) // rows)


def _longest(lengths: Ints, rows: int) -> Ints:
    found: Ints = np.maximum.reduceat(lengths, np.arange(0, len(lengths), rows))
    return found


def _gone_through(lengths: Ints, rows: int) -> int:
    """Time steps of all sequences of all batches, padding included."""
    sizes = np.minimum(rows, len(lengths) - np.arange(0, len(lengths), rows))
    return int((_longest(lengths, rows) * sizes).sum())


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
