"""Which sequences each optimizer step sees, as a function of the step's number alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rnnctl.config.training_schema import Training
from rnnctl.data import epoch_order

DEFAULT_EPOCHS = 10


@dataclass(frozen=True)
class Plan:
    """The whole course of training. Steps and epochs are counted from 1.

    Attributes:
        sequences: Number of training sequences.
        batch_size: Sequences in a batch; an epoch's last batch holds what is left.
        total_steps: Optimizer steps in all.
        seed: The run's seed.
        shuffle: Whether each epoch has an order of its own. An epoch of one batch is never shuffled: the order
            within a batch means nothing.
    """

    sequences: int
    batch_size: int
    total_steps: int
    seed: int
    shuffle: bool

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return -(-self.sequences // self.batch_size)

    @property
    def even(self) -> bool:
        """Whether all batches are full."""
        return self.sequences % self.batch_size == 0

    def epoch(self, step: int) -> int:
        """The epoch that a step belongs to."""
        return (step - 1) // self.steps_per_epoch + 1

    def steps_left_in_epoch(self, done: int) -> int:
        """Steps from after step ``done`` to the end of the epoch that the next step belongs to."""
        return self.steps_per_epoch - done % self.steps_per_epoch

    def batches(self, done: int, count: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """The sequences of the next steps.

        Args:
            done: Steps taken so far.
            count: How many steps to give the sequences of.

        Returns:
            Positions of sequences ``[count, batch]``, int32, and how many of each row are real ``[count]``, int32;
            what is missing from an epoch's last batch is filled up with its own first sequence, so that nothing that
            is not in the batch can make it NaN.
        """
        indices = np.empty((count, self.batch_size), dtype=np.int32)
        sizes = np.empty(count, dtype=np.int32)
        for row in range(count):
            epoch, batch = divmod(done + row, self.steps_per_epoch)
            members = self._order(epoch + 1)[batch * self.batch_size : (batch + 1) * self.batch_size]
            indices[row, : len(members)] = members
            indices[row, len(members) :] = members[0]
            sizes[row] = len(members)
        return indices, sizes

    def _order(self, epoch: int) -> npt.NDArray[np.int64]:
        shuffled = self.shuffle and self.steps_per_epoch > 1
        return _cached_order(self.sequences, self.seed, epoch if shuffled else 0, shuffled)


@lru_cache(maxsize=4)
def _cached_order(sequences: int, seed: int, epoch: int, shuffled: bool) -> npt.NDArray[np.int64]:
    return epoch_order(sequences, seed, epoch, shuffle=shuffled)


def make_plan(training: Training, sequences: int, seed: int) -> Plan:
    """Lays out training from its config.

    Args:
        training: The section ``training``.
        sequences: Number of training sequences.
        seed: The run's seed.

    Returns:
        The plan.
    """
    batch_size = min(training.batch_size, sequences)
    plan = Plan(sequences, batch_size, 0, seed, training.shuffle)
    epochs = training.epochs or DEFAULT_EPOCHS
    total = training.steps if training.steps is not None else epochs * plan.steps_per_epoch
    return Plan(sequences, batch_size, total, seed, training.shuffle)
