"""What every contender is given: one batch, the initial weights, the loss and the optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.data import Dataset
from rnnctl.model.build import build_model
from rnnctl.model.weights import weight_arrays
from rnnctl.training.plan import make_plan

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Task:
    """One batch to train on again and again, from given weights.

    Attributes:
        config: The whole config.
        dataset: The data, split.
        indices: ``[batch]``, int32, positions of the batch's sequences in the training split: the first step's.
        inputs: ``[batch, time, features]``, float32.
        targets: ``[batch, outputs]`` or ``[batch, time, outputs]``, float32.
        weights: Initial value of every trainable weight, by its path, as Keras lays it out.
    """

    config: Config
    dataset: Dataset
    indices: npt.NDArray[np.int32]
    inputs: Floats
    targets: Floats
    weights: Mapping[str, Floats]

    @property
    def batch(self) -> int:
        """Sequences in the batch."""
        return len(self.inputs)

    def new_model(self) -> Any:
        """Builds the model of this project at its initial weights."""
        return build_model(self.config, self.dataset.signature)


def make_task(config: Config, dataset: Dataset) -> Task:
    """Gathers the batch of the first training step, and draws the initial weights.

    Args:
        config: The whole config.
        dataset: Its data.

    Returns:
        The task.
    """
    train = dataset.train
    indices, sizes = make_plan(config.training, len(train), config.seed).batches(0, 1)
    chosen = indices[0, : sizes[0]]
    batch = train.gather(chosen)
    model = build_model(config, dataset.signature)
    return Task(config, dataset, chosen, batch.inputs, batch.targets, weight_arrays(model))
