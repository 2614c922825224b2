"""Random numbers: nothing to learn, everything to measure. Knows neither files nor models."""

from __future__ import annotations

import numpy as np

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset
from rnnctl.data.whole import generator, whole_sequences
from rnnctl.schema.data import DummyData


def load_dummy(data: DummyData, config: Config) -> Dataset:
    """Draws inputs ``[sequences, length, features]`` and targets from N(0, 1), independent of each other.

    Args:
        data: The data section.
        config: The whole config, for ``seed`` and ``model.return_sequences``.

    Returns:
        Targets are ``[sequences, outputs]``, or ``[sequences, length, outputs]`` where the model has an output at each
        time step. Always answering 0 gives a mean squared error of 1.
    """
    random = generator(config.seed, "dummy")
    each = config.model.return_sequences
    inputs = random.standard_normal((data.sequences, data.length, data.features), dtype=np.float32)
    shape = (data.sequences, data.length, data.outputs) if each else (data.sequences, data.outputs)
    targets = random.standard_normal(shape, dtype=np.float32)
    return whole_sequences(
        inputs,
        targets,
        data.split,
        placement="each" if each else "sequence",
        feature_names=tuple(f"input_{number}" for number in range(data.features)),
        target_names=tuple(f"target_{number}" for number in range(data.outputs)),
    )
