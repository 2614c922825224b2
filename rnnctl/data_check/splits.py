"""The splits: how large, from when to when, and whether sequences of one are in another too."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data_check.rows import own_rows
from rnnctl.results.data_check import Finding, Level, SplitFacts
from rnnctl.util.format import counted

Hashes = npt.NDArray[np.uint64]

MOST_HASHED = 40_000_000
"""Numbers beyond so many are not compared between splits."""

FEW = 10
"""A held-out split of fewer sequences says little."""

_MUCH = 0.01


def split_facts(dataset: Dataset) -> tuple[SplitFacts, ...]:
    """Size and time span of each split."""
    return tuple(_facts(dataset, name, split) for name, split in dataset.splits.items())


def _facts(dataset: Dataset, name: str, split: Sequences) -> SplitFacts:
    size = int(split.lengths.sum())
    times = None if dataset.order is None else dataset.order.times
    counters = times is not None and not times.dtype.is_temporal() and not dataset.task.windowed
    if times is None or counters:  # whole series, their rows counted from 1, have no common clock
        return SplitFacts(name, len(split), size)
    spanned = times.filter(own_rows(dataset, name)[: len(times)])
    return SplitFacts(name, len(split), size, str(spanned.min()), str(spanned.max()))


def examine_splits(dataset: Dataset) -> list[Finding]:
    """Looks for sequences that are in training and in a held-out split, value for value, and for small splits."""
    found = [
        Finding(
            "warning",
            "split",
            f"the {name} split has {counted(len(split), 'sequence')}: a metric of so few says little",
        )
        for name, split in dataset.splits.items()
        if name != "train" and len(split) < FEW
    ]
    if "test" not in dataset.splits:
        found.append(Finding("fact", "split", "nothing is held out for a test; set data.split.test, such as 0.15"))
    return found + examine_overlap(dataset)


def examine_overlap(dataset: Dataset) -> list[Finding]:
    """Looks for training sequences, inputs value for value, among the held-out ones.

    Short sequences of few words are alike by chance. So an overlap no larger than the share of training sequences that
    have a twin within training is told as a fact.
    """
    if dataset.train.values.size > MOST_HASHED:
        return []
    rows = hash_rows(dataset.train.values)
    training, counts = np.unique(hash_sequences(rows, dataset.train), return_counts=True)
    twins = float(counts[counts > 1].sum()) / len(dataset.train)
    found = []
    for name, split in dataset.splits.items():
        if name == "train":
            continue
        same = np.isin(hash_sequences(rows, split), training)
        shared = int(same.sum())
        if not shared:
            continue
        share = shared / len(split)
        place = int(np.flatnonzero(same)[0])
        told = (
            f"{shared:,} of {len(split):,} {name} sequences ({100 * share:.1f} %) are in training too, value for value"
        )
        told += f", the first at {_where(dataset, split, place)}"
        by_chance = share <= 1.5 * twins
        if by_chance:
            told += f"; so are {100 * twins:.1f} % of the training sequences among themselves"
        level: Level = "fact" if by_chance or share < _MUCH else "warning"
        todo = "" if level == "fact" else "; the metric rewards remembering: remove the copies"
        found.append(Finding(level, "overlap", told + todo))
    return found


def _where(dataset: Dataset, split: Sequences, place: int) -> str:
    order, row = dataset.order, int(split.starts[place])
    if order is None:
        return f"sequence {place + 1}"
    series = order.names[int(np.searchsorted(order.bounds, row, side="right")) - 1]
    if order.times is not None:
        return f"{order.times[row]}" + (f" of series {series!r}" if series else "")
    return f"series {series!r}" if series else f"row {row + 1}"


def hash_rows(values: npt.NDArray[np.float32]) -> Hashes:
    """``[rows]``: a hash of each row's values, 0.0 and −0.0 alike."""
    rows = np.zeros(len(values), dtype=np.uint64)
    for place in range(values.shape[1]):
        bits = (values[:, place] + np.float32(0)).view(np.uint32).astype(np.uint64)
        rows = _mix(rows ^ (bits + np.uint64(0x9E3779B97F4A7C15 * (place + 1) & 0xFFFFFFFFFFFFFFFF)))
    return rows


def _mix(numbers: Hashes) -> Hashes:
    """Spreads every bit over all (the finalizer of splitmix64; Steele, Lea & Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def hash_sequences(rows: Hashes, split: Sequences) -> Hashes:
    """``[sequences]``: Σ_t h_{s+t} B^t mod 2^64, from running sums, so that overlapping windows cost no more.

    B is odd and so has an inverse: what the sum from row 0 holds too much, B^s, is divided out.
    """
    base = 0x2545F4914F6CDD1D
    powers = _powers(base, len(rows) + 1)
    inverse = _powers(pow(base, -1, 1 << 64), len(rows) + 1)
    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(rows * powers[:-1], dtype=np.uint64)))
    whole: Ints = split.starts + split.lengths
    inside = (sums[whole] - sums[split.starts]) * inverse[split.starts]
    return _mix(inside + split.lengths.astype(np.uint64))


def _powers(base: int, count: int) -> Hashes:
    factors = np.full(count, base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)
