"""Which sequences each optimizer step sees, as a function of the step's number alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from rnnctl.data import Sequences, epoch_order
from rnnctl.schema.training import Training
from rnnctl.training.buckets import Buckets
from rnnctl.training.pieces import Pieces

DEFAULT_EPOCHS = 10


@dataclass(frozen=True)
class Plan:
    """The whole course of training. Steps and epochs are counted from 1.

    Attributes:
        sequences: Number of training sequences.
        batch_size: Sequences in a batch; an epoch's last batch holds what is left, and batches of long sequences may
            hold fewer.
        total_steps: Optimizer steps in all.
        seed: The run's seed.
        shuffle: Whether each epoch has an order of its own. An epoch of one batch is never shuffled: the order
            within a batch means nothing.
        buckets: The batches of sequences that differ in length; None where they do not, or are cut into pieces.
        pieces: The pieces of sequences that are trained on piece by piece; None where they are not.
    """

    sequences: int
    batch_size: int
    total_steps: int
    seed: int
    shuffle: bool
    buckets: Buckets | None = None
    pieces: Pieces | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in an epoch: its batches, or their pieces."""
        if self.pieces is not None:
            return self.pieces.steps_per_epoch
        if self.buckets is not None:
            return self.buckets.batches
        return -(-self.sequences // self.batch_size)

    @property
    def even(self) -> bool:
        """Whether all batches are full."""
        if self.buckets is not None and min(self.buckets.rows) < self.batch_size:
            return False
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
            what is missing from a batch that is not full is filled up with its own first sequence, so that nothing
            that is not in the batch can make it NaN.
        """
        indices = np.empty((count, self.batch_size), dtype=np.int32)
        sizes = np.empty(count, dtype=np.int32)
        for row in range(count):
            members = self._members(*divmod(done + row, self.steps_per_epoch))
            indices[row, : len(members)] = members
            indices[row, len(members) :] = members[0]
            sizes[row] = len(members)
        return indices, sizes

    def piece(self, done: int, count: int) -> npt.NDArray[np.int32]:
        """Which piece of their sequences the next steps see, ``[count]``, from 0; 0 where there are no pieces."""
        found = np.zeros(count, dtype=np.int32)
        if self.pieces is not None:
            for row in range(count):
                epoch, step = divmod(done + row, self.steps_per_epoch)
                found[row] = self.pieces.epoch(epoch + 1).piece[step]
        return found

    def width(self, done: int) -> int | None:
        """Time steps that the next step's batch is padded to; None where there is one width for all."""
        if self.buckets is None:
            return None
        epoch, batch = divmod(done, self.steps_per_epoch)
        return int(self.buckets.epoch(epoch + 1).widths[batch])

    def same_width(self, done: int, count: int) -> int:
        """How many of the next ``count`` steps have batches of one width."""
        if self.buckets is None or len(self.buckets.widths) == 1:
            return count
        first = self.width(done)
        return next((more for more in range(1, count) if self.width(done + more) != first), count)

    @property
    def padding(self) -> float:
        """Share of the time steps gone through that are padding."""
        made = self.buckets or self.pieces
        return 0.0 if made is None else made.padding

    def _members(self, epoch: int, step: int) -> npt.NDArray[np.integer]:
        """The sequences of one step of an epoch, both counted from 0."""
        if self.pieces is not None:
            course = self.pieces.epoch(epoch + 1)
            return course.batches[int(course.batch[step])]
        if self.buckets is not None:
            batches = self.buckets.epoch(epoch + 1)
            return batches.members[batches.bounds[step] : batches.bounds[step + 1]]
        return self._order(epoch + 1)[step * self.batch_size : (step + 1) * self.batch_size]

    def _order(self, epoch: int) -> npt.NDArray[np.int32]:
        shuffled = self.shuffle and self.steps_per_epoch > 1
        return _cached_order(self.sequences, self.seed, epoch if shuffled else 0, shuffled)


@lru_cache(maxsize=2)
def _cached_order(sequences: int, seed: int, epoch: int, shuffled: bool) -> npt.NDArray[np.int32]:
    return epoch_order(sequences, seed, epoch, shuffle=shuffled)


def make_plan(training: Training, sequences: int | Sequences, seed: int, *, worth: float = 1.0) -> Plan:
    """Lays out training from its config.

    Args:
        training: The section ``training``.
        sequences: The training split (as ``in_streams`` has it, where it is trained on piece by piece), or the number
            of its sequences where they have one length and are not cut.
        seed: The run's seed.
        worth: See `Buckets`.

    Returns:
        The plan.
    """
    count = sequences if isinstance(sequences, int) else len(sequences)
    batch_size = min(training.batch_size, count)
    buckets, pieces = None, None
    if isinstance(sequences, Sequences):
        if truncates(training, sequences):
            length = training.truncate or 0
            pieces = Pieces(sequences.lengths, batch_size, seed, shuffle=training.shuffle, length=length)
        elif not sequences.uniform:
            buckets = Buckets(sequences.lengths, batch_size, seed, shuffle=training.shuffle, worth=worth)
    plan = Plan(count, batch_size, 0, seed, training.shuffle, buckets, pieces)
    epochs = training.epochs or DEFAULT_EPOCHS
    total = training.steps if training.steps is not None else epochs * plan.steps_per_epoch
    return replace(plan, total_steps=total)


def truncates(training: Training, sequences: Sequences) -> bool:
    """Whether a split is trained on piece by piece: a target at each time step, and longer than a piece."""
    return training.truncate is not None and sequences.per_step and sequences.length > training.truncate
