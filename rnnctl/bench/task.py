"""What every contender is given: one batch, the initial weights, the loss and the optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.model.build import build_model
from rnnctl.model.weights import weight_arrays
from rnnctl.training.build import Built

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Task:
    """One batch to train on again and again, from given weights.

    Attributes:
        indices: ``[batch]``, int32, positions of the batch's sequences in the training split: the first step's.
        inputs: ``[batch, time, features]``, float32.
        targets: ``[batch, outputs]`` or ``[batch, time, outputs]``, float32.
        weights: Initial value of every trainable weight, by its path, as Keras lays it out.
    """

    built: Built
    indices: npt.NDArray[np.int32]
    inputs: Floats
    targets: Floats
    weights: Mapping[str, Floats]

    @property
    def config(self) -> Config:
        """The whole config."""
        return self.built.config

    @property
    def batch(self) -> int:
        """Sequences in the batch."""
        return len(self.inputs)

    def new_model(self) -> Any:
        """Builds the model of this project at its initial weights."""
        return build_model(self.config, self.built.dataset.signature)


def make_task(built: Built) -> Task:
    """Gathers the batch of the first training step, and draws the initial weights."""
    built = _without_gaps(built)
    indices, sizes = built.schedule.batches(0, 1)
    chosen = indices[0, : sizes[0]]
    batch = built.dataset.train.gather(chosen)
    model = build_model(built.config, built.dataset.signature)
    return Task(built, chosen, batch.inputs, batch.targets, weight_arrays(model))


def _without_gaps(built: Built) -> Built:
    """The data with 0 in place of missing targets: no peer masks a loss, and the time does not depend on the values."""
    if built.dataset.train.valid is None:
        return built
    targets = np.nan_to_num(built.dataset.train.masked_targets())
    train, trained_on = (
        replace(split, targets=targets, valid=None) for split in (built.dataset.train, built.schedule.sequences)
    )
    dataset, schedule = replace(built.dataset, train=train), replace(built.schedule, sequences=trained_on)
    return replace(built, dataset=dataset, schedule=schedule)
