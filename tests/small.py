"""Small configs that compile quickly, shared by the tests of model, training and workflows."""

from __future__ import annotations

import numpy as np

from rnnctl.config.schema import Config
from rnnctl.data import Sequences
from rnnctl.training.epochs import Epochs
from rnnctl.training.schedule import BatchShape, Schedule


def small_config(cell="simple_rnn", **sections):
    """Ten sequences of four time steps, batches of four (the last one has two), one small layer and a head.

    Args:
        cell: The cell of the one layer; ``sections["model"]`` replaces it.
        sections: Sections of the config, each in place of the one here.
    """
    return Config.model_validate(
        {
            "name": "small",
            "seed": 3,
            "data": {"kind": "dummy", "sequences": 10, "length": 4, "features": 2, "outputs": 2},
            "model": {"layers": [{"cell": cell, "units": 3}]},
            "optimizer": {"kind": "sgd", "learning_rate": 0.1},
            "training": {"epochs": 3, "batch_size": 4},
            **sections,
        }
    )


def with_split(**more):
    """A data section of ten training, four validation and two test sequences."""
    split = {"validation": 4, "test": 2}
    return {"kind": "dummy", "sequences": 16, "length": 4, "features": 2, "outputs": 2, "split": split, **more}


def plain_schedule(sequences, batch_size, total_steps, seed, *, shuffle):
    """The schedule of so many sequences of one time step each."""
    table = np.zeros((sequences, 1), np.float32)
    split = Sequences(table, table, np.arange(sequences), np.ones(sequences, np.int64), "each")
    epochs = Epochs(split.lengths, batch_size, seed, shuffle=shuffle)
    return Schedule(split, batch_size, total_steps, epochs, BatchShape((1,), masked=False))
