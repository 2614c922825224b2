"""Which sequences an examination looks at, and how many fit into memory. Knows neither TensorFlow nor verdicts."""

from __future__ import annotations

import numpy as np

from rnnctl.config import Config
from rnnctl.data import Batch, Sequences
from rnnctl.training.plan import make_plan

SAMPLE_ELEMENTS = 2**24
"""Elements of one array over all time steps, sequences and gates; the sequences examined by default stay below it."""

NOISE_BATCHES = 8
"""Batches whose sequences noise is measured over. From a single one, no noise can be told for certain."""


def gather(config: Config, train: Sequences, done: int, count: int | None, most: int | None = None) -> Batch:
    """The sequences that training would see next: from its next batch on, in the order of that epoch.

    Args:
        config: The whole config.
        train: The training split.
        done: Steps taken so far.
        count: How many sequences; None for those of the next batch.
        most: At most so many of the next batch; None for all.

    Returns:
        The sequences.
    """
    plan = make_plan(config.training, len(train), config.seed)
    if count is None:
        count = min(int(plan.batches(done, 1)[1][0]), most or len(train))
    epoch, place = divmod(done, plan.steps_per_epoch)
    indices, sizes = plan.batches(epoch * plan.steps_per_epoch, plan.steps_per_epoch)
    order = np.concatenate([row[:size] for row, size in zip(indices, sizes, strict=True)])
    return train.gather(np.roll(order, -place * plan.batch_size)[:count])


def gather_for_noise(config: Config, train: Sequences, done: int, count: int, most: int) -> Batch | None:
    """The sequences that come after those examined, for noise.

    Args:
        config: The whole config.
        train: The training split.
        done: Steps taken so far.
        count: Sequences examined.
        most: At most so many, those examined included.

    Returns:
        What is missing to some batches; None where there is nothing to add.
    """
    wanted = min(NOISE_BATCHES * config.training.batch_size, len(train), most)
    if wanted <= count:
        return None
    batch = gather(config, train, done, wanted)
    mask = None if batch.mask is None else batch.mask[count:]
    return Batch(batch.inputs[count:], batch.targets[count:], mask)


def affordable(config: Config, time_steps: int) -> int:
    """Sequences whose states fit into memory at once, at least two."""
    gates = {"simple_rnn": 1, "gru": 3, "lstm": 4}
    width = max(layer.units * gates[layer.cell] * (2 if layer.bidirectional else 1) for layer in config.model.layers)
    return max(2, SAMPLE_ELEMENTS // (time_steps * width))
