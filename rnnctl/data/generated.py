"""Datasets of generated sequences of one length."""

from __future__ import annotations

import numpy as np

from rnnctl.data.dataset import Dataset, number_inputs
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Floats, Placement, Sequences
from rnnctl.data.splits import split_counts
from rnnctl.schema.split import Split
from rnnctl.tasks import PER_SEQUENCE, PER_STEP


def whole_sequences(
    values: Floats,
    targets: Floats,
    split: Split,
    *,
    placement: Placement,
    horizon: int = 0,
    feature_names: tuple[str, ...],
    target_names: tuple[str, ...],
    forecast: bool = False,
) -> Dataset:
    """Makes a dataset, unscaled: the first sequences are for training, then come validation and test.

    Args:
        values: ``[sequences, rows, features]``, float32.
        targets: ``[sequences, outputs]`` for placement "sequence", else ``[sequences, rows, targets]``; float32.
        horizon: See `Sequences`; the last ``horizon`` rows of every sequence are targets only.
    """
    sequences, rows, features = values.shape
    train, validation, test = split_counts(split, sequences, "sequences")
    table = values.reshape(-1, features)
    target_table = targets.reshape(-1, targets.shape[-1])

    def part(first: int, count: int) -> Sequences:
        index = np.arange(first, first + count, dtype=np.int64)
        lengths = np.full(count, rows - horizon, dtype=np.int64)
        target_rows = index if placement == "sequence" else None
        return Sequences(table, target_table, index * rows, lengths, placement, horizon, target_rows)

    return Dataset(
        train=part(0, train),
        validation=part(train, validation) if validation else None,
        test=part(train + validation, test) if test else None,
        inputs=number_inputs(feature_names),
        target_names=target_names,
        forecast=forecast,
        task=PER_SEQUENCE if placement == "sequence" else PER_STEP,
        order=Order(np.arange(sequences + 1) * rows),
        facts={"sequences": sequences, "rows": len(table)},
    )
