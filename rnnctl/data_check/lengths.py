"""How long sequences are, and how much of a batch is padding."""

from __future__ import annotations

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.sequences import Ints
from rnnctl.results.data_check import Finding, LengthFacts

BINS = 20
MUCH_PADDING = 0.3
"""Share of padding that is worth a warning."""

_FEW_STEPS = 2


def examine_lengths(dataset: Dataset, padding: float) -> tuple[LengthFacts, list[Finding]]:
    """Looks at the lengths of all sequences.

    Args:
        dataset: The data.
        padding: Share of the time steps of training batches that are padding.
    """
    lengths = np.concatenate([split.lengths for split in dataset.splits.values()])
    edges, counts = _histogram(lengths)
    facts = LengthFacts(
        int(lengths.min()),
        float(np.median(lengths)),
        int(lengths.max()),
        tuple(edges.tolist()),
        tuple(counts.tolist()),
        padding,
    )
    return facts, [*_padding(padding), *_short(dataset)]


def _histogram(lengths: Ints) -> tuple[Ints, Ints]:
    """At most `BINS` bins of whole numbers, of the same width but for the last."""
    low, high = int(lengths.min()), int(lengths.max())
    width = -(-(high - low + 1) // BINS)
    bins = -(-(high - low + 1) // width)
    counts = np.bincount((lengths - low) // width, minlength=bins)
    edges = np.minimum(low + width * np.arange(bins + 1), high)
    return edges.astype(np.int64), counts.astype(np.int64)


def _padding(share: float) -> list[Finding]:
    if share <= MUCH_PADDING:
        return []
    told = f"{100 * share:.0f} % of the time steps of training batches are padding, though similar lengths go"
    return [Finding("warning", "padding", f"{told} together; make training.batch_size smaller, or cut long ones")]


def _short(dataset: Dataset) -> list[Finding]:
    """Sequences of so few time steps that there is next to nothing to remember."""
    lengths = dataset.train.lengths
    few = int((lengths < _FEW_STEPS).sum())
    if not few or dataset.task.windowed:
        return []
    told = f"{few:,} of {len(lengths):,} training sequences have one time step: there is no past to learn from in them"
    return [Finding("warning" if 2 * few > len(lengths) else "fact", "length", told)]
