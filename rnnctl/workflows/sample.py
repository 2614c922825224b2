"""The sequences that an examination looks at, and how many fit into memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnctl.cells import CELLS
from rnnctl.config import Config
from rnnctl.data import Batch
from rnnctl.training.schedule import Schedule

SAMPLE_ELEMENTS = 2**24
"""Elements of one array over all time steps, sequences and gates; the sequences examined by default stay below it."""

NOISE_BATCHES = 8
"""Batches whose sequences noise is measured over. From a single one, no noise can be told for certain."""


def gather(schedule: Schedule, done: int, count: int | None, most: int | None = None) -> Batch:
    """Gathers the sequences that training would see next: from its next batch on, in the order of that epoch.

    Where training is truncated, each sequence is as long as a piece: its first one, whose states begin as the model has
    them (of sequences with one target each, its last one).

    Args:
        schedule: Which sequences each step sees.
        done: Steps taken so far.
        count: How many sequences; None for those of the next batch.
        most: Limit to those of the next batch; None for all.
    """
    sequences, steps = schedule.sequences, schedule.steps_per_epoch
    if count is None:
        count = min(int(schedule.batches(done, 1)[1][0]), most or len(sequences))
    epoch, place = divmod(done, steps)
    indices, sizes = schedule.batches(epoch * steps, steps)
    # The batches from the next step on, then those before it; of pieces each sequence comes once.
    order = np.concatenate([indices[step, : sizes[step]] for step in np.roll(np.arange(steps), -place)])
    chosen = order[np.sort(np.unique(order, return_index=True)[1])][:count]
    if schedule.truncate is not None:
        lengths = np.minimum(sequences.lengths, schedule.truncate)
        starts = sequences.starts if sequences.per_step else sequences.starts + sequences.lengths - lengths
        sequences = replace(sequences, starts=starts, lengths=lengths)
    return sequences.gather(chosen)


def affordable(config: Config, time_steps: int) -> int:
    """Sequences whose states fit into memory at once, at least two."""
    width = max(layer.width * CELLS[layer.cell].blocks for layer in config.model.layers)
    return max(2, SAMPLE_ELEMENTS // (time_steps * width))
