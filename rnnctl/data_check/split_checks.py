"""The splits: sizes, times and lengths of sequences, and sequences that are in two splits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data_check.split_rows import own_rows
from rnnctl.results.data_check import Finding, LengthFacts, Level, SplitFacts
from rnnctl.schema.data import DataSection
from rnnctl.util.format import counted

Hashes = npt.NDArray[np.uint64]

MOST_HASHED = 40_000_000
"""Most numbers of a table whose splits are compared."""

FEW = 10
"""Sequences of a held-out split below which its metrics say little."""

BINS = 20
"""Most bins of the histogram of lengths."""

MUCH_PADDING = 0.3
"""Share of padding that is worth a warning."""

_MUCH_OVERLAP = 0.01
_PIECE = 64
_FEW_STEPS = 2


def split_facts(dataset: Dataset) -> tuple[SplitFacts, ...]:
    """Size and time span of each split."""
    times = dataset.order.times
    if times is not None and not times.dtype.is_temporal() and not dataset.task.windowed:
        times = None  # whole series, their rows counted from 1, have no common clock
    facts = []
    for name, split in dataset.splits.items():
        spanned = None if times is None else times.filter(own_rows(dataset, name))
        span = () if spanned is None else (str(spanned.min()), str(spanned.max()))
        facts.append(SplitFacts(name, len(split), int(split.lengths.sum()), *span))
    return tuple(facts)


def examine_splits(dataset: Dataset) -> Iterator[Finding]:
    """Finds small splits, and held-out sequences that are in training too."""
    for name, split in dataset.splits.items():
        if name != "train" and len(split) < FEW:
            text = f"the {name} split has {counted(len(split), 'sequence')}: a metric of so few says little"
            text += "; hold out more, or add data"
            yield Finding("warning", "split", text)
    if "test" not in dataset.splits:
        yield Finding("fact", "split", "nothing is held out for a test; set data.split.test, such as 0.15")
    if dataset.train.values.size <= MOST_HASHED:
        yield from _overlaps(dataset)


def examine_lone(dataset: Dataset, data: DataSection) -> Iterator[Finding]:
    """Finds that there is one training sequence, so that every optimizer step is taken on the same one."""
    if len(dataset.train) > 1:
        return
    steps, table = int(dataset.train.lengths[0]), data.table
    if table is None:
        way = "make data.length smaller"
    elif table.window is not None:
        way = f"make data.window.length ({table.window.length:,}) smaller"
    elif table.task_entry.series_target or steps < 2 * _PIECE:
        way = "add series, or data.series: the column that tells them apart"
    else:
        way = f"cut it into pieces with data.window: {{length: {_PIECE}, stride: {_PIECE}}}"
    text = f"training has one sequence, of {counted(steps, 'time step')}: every step is taken on it alone; {way}"
    yield Finding("warning", "split", text)


def _overlaps(dataset: Dataset) -> Iterator[Finding]:
    """Finds held-out sequences whose inputs the model cannot tell from those of a training sequence.

    Short sequences of few words are equal by chance. So an overlap no larger than the share of training sequences that
    have a duplicate in training is only a fact.
    """
    rows = hash_rows(dataset.train.values)
    training, counts = np.unique(hash_sequences(rows, dataset.train), return_counts=True)
    duplicates = float(counts[counts > 1].sum()) / len(dataset.train)
    for name, split in dataset.splits.items():
        if name == "train":
            continue
        same = np.flatnonzero(np.isin(hash_sequences(rows, split), training))
        if not len(same):
            continue
        share = len(same) / len(split)
        message = (
            f"{len(same):,} of {len(split):,} {name} sequences ({100 * share:.1f} %) are in training too, alike as "
            f"the model sees them (scaled, in float32), the first at {dataset.order.where(int(split.starts[same[0]]))}"
        )
        by_chance = share <= 1.5 * duplicates
        if by_chance:
            message += f"; so are {100 * duplicates:.1f} % of the training sequences among themselves"
        level: Level = "fact" if by_chance or share < _MUCH_OVERLAP else "warning"
        hint = "" if level == "fact" else "; the metric rewards remembering: remove the copies"
        yield Finding(level, "overlap", message + hint)


def hash_rows(values: npt.NDArray[np.float32]) -> Hashes:
    """``[rows]``: a hash of each row's values, 0.0 and −0.0 alike."""
    return pl.from_numpy(values).hash_rows().to_numpy()


def hash_sequences(rows: Hashes, split: Sequences) -> Hashes:
    """``[sequences]``: Σ_t h_{s+t} B^t mod 2^64 from prefix sums, so that overlapping windows cost no more.

    B is odd and so has an inverse, by which the factor B^s of a sum from row 0 is divided out.
    """
    base = 0x2545F4914F6CDD1D
    powers = _powers(base, len(rows) + 1)
    inverse = _powers(pow(base, -1, 1 << 64), len(rows) + 1)
    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(rows * powers[:-1], dtype=np.uint64)))
    whole: Ints = split.starts + split.lengths
    return np.asarray((sums[whole] - sums[split.starts]) * inverse[split.starts])


def _powers(base: int, count: int) -> Hashes:
    factors = np.full(count, base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)


def examine_lengths(dataset: Dataset, padding: float) -> tuple[LengthFacts, list[Finding]]:
    """Lengths of all sequences; ``padding`` is its share of the time steps of training batches."""
    lengths = np.concatenate([split.lengths for split in dataset.splits.values()])
    low, high = int(lengths.min()), int(lengths.max())
    edges, counts = _histogram(lengths, low, high)
    facts = LengthFacts(low, float(np.median(lengths)), high, edges, counts, padding)
    found = []
    if padding > MUCH_PADDING:
        message = (
            f"{100 * padding:.0f} % of the time steps of training batches are padding, though similar lengths go "
            "together; make training.batch_size smaller, or cut long ones"
        )
        found.append(Finding("warning", "padding", message))
    trained = dataset.train.lengths
    few = int((trained < _FEW_STEPS).sum())
    if few and not dataset.task.windowed:
        text = f"{few:,} of {len(trained):,} training sequences have one time step: there is no past to learn from"
        text += " in them; see whether data.series names what a sequence is"
        found.append(Finding("warning" if 2 * few > len(trained) else "fact", "length", text))
    return facts, found


def _histogram(lengths: Ints, low: int, high: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Edges and counts of at most `BINS` bins of whole numbers, of the same width but for the last."""
    width = -(-(high - low + 1) // BINS)
    bins = -(-(high - low + 1) // width)
    counts = np.bincount((lengths - low) // width, minlength=bins)
    edges = np.minimum(low + width * np.arange(bins + 1), high)
    return tuple(edges.tolist()), tuple(counts.tolist())
