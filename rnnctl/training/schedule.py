"""Which sequences each optimizer step sees, and how its batch is laid out: a function of the step's number alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.data import Dataset, Sequences
from rnnctl.errors import DataError
from rnnctl.model.written_out import UNROLL_STEPS
from rnnctl.training.batch_parts import step_operations
from rnnctl.training.buckets import BucketEpochs
from rnnctl.training.epochs import Epoch, Epochs, PieceEpochs

DEFAULT_EPOCHS = 10

COMPILING = 2.0
"""Seconds that one more program takes to compile."""

_STEPS, _SPEED, _SPARED = 1000, 3e10, 0.5
"""Steps over which a program must pay for itself, operations a second, and how much of a step's time goes with the time
steps that are padded to: the recurrence itself runs to a batch's longest sequence alone."""


class BatchShape(NamedTuple):
    """How batches are laid out over time.

    Attributes:
        padded_lengths: Time steps that batches are padded to, the smallest first.
        masked: Whether a batch has a mask.
        piece: Time steps of a piece, where sequences are trained on piece by piece; None where they are not.
        tail: Time steps at the end of each sequence that gradients come back over; None for all.
        batch_sizes: Most sequences in a batch of each padded length; empty where that is the batch size everywhere.
    """

    padded_lengths: tuple[int, ...]
    masked: bool
    piece: int | None = None
    tail: int | None = None
    batch_sizes: tuple[int, ...] = ()

    @property
    def time_steps(self) -> int:
        """The largest padded length."""
        return self.padded_lengths[-1]

    @property
    def recorded(self) -> int:
        """Time steps that state gradients are recorded for."""
        return min(self.time_steps, self.tail or self.time_steps)


@dataclass(frozen=True, eq=False)
class Schedule:
    """The whole course of training. Steps and epochs are counted from 1.

    Attributes:
        sequences: The training split as it is trained on: cut into streams where it is trained on piece by piece.
        batch_size: Most sequences in a batch; an epoch's last batch holds what is left, and batches of long sequences
            may hold fewer.
        total_steps: Optimizer steps in all.
        epochs: The batches of each epoch.
        shape: How batches are laid out over time.
        truncate: Time steps after which backpropagation is cut; None where it reaches through whole sequences.
        room: Sequences that the compiled program is made for, where it is to train on more of them too; 0 for these.
        uneven: Whether it is to take batches that are not full, though all of these are.
    """

    sequences: Sequences
    batch_size: int
    total_steps: int
    epochs: Epochs
    shape: BatchShape
    truncate: int | None = None
    room: int = 0
    uneven: bool = False

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in an epoch: its batches, or their pieces."""
        return self.epochs.steps

    @property
    def even(self) -> bool:
        """Whether all batches are full."""
        smallest = min(self.shape.batch_sizes, default=self.batch_size)
        return not self.uneven and smallest >= self.batch_size and len(self.sequences) % self.batch_size == 0

    @property
    def loops_only(self) -> bool:
        """Whether training is too short for time steps that are written out to save what compiling them takes."""
        return self.total_steps < UNROLL_STEPS

    @property
    def backward_length(self) -> int:
        """Most time steps that gradients come back over: those of the longest sequence, unless they are truncated."""
        return self.truncate or self.sequences.length

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
            count: Number of steps.

        Returns:
            Positions of sequences ``[count, batch]``, int32, and how many of each row are real ``[count]``, int32.
            A batch that is not full repeats its own first sequence, so that nothing outside it can make it NaN.
        """
        indices = np.empty((count, self.batch_size), dtype=np.int32)
        sizes = np.empty(count, dtype=np.int32)
        for row in range(count):
            epoch, step = self._at(done + row)
            members = epoch.members[epoch.first[step] : epoch.end[step]]
            indices[row, : len(members)] = members
            indices[row, len(members) :] = members[0]
            sizes[row] = len(members)
        return indices, sizes

    def pieces(self, done: int, count: int) -> npt.NDArray[np.int32]:
        """Which piece of their sequences the next steps see, ``[count]``, from 0; 0 where there are no pieces."""
        places = [self._at(done + row) for row in range(count)]
        return np.array([epoch.piece[step] for epoch, step in places], np.int32)

    def padded_length(self, done: int) -> int:
        """Time steps that the next step's batch is padded to."""
        epoch, step = self._at(done)
        return int(epoch.padded_length[step])

    def alike(self, done: int, count: int) -> int:
        """How many of the next ``count`` steps, one after the other, have batches of one padded length."""
        if len(self.shape.padded_lengths) == 1:
            return count
        first = self.padded_length(done)
        return next((more for more in range(1, count) if self.padded_length(done + more) != first), count)

    def _at(self, done: int) -> tuple[Epoch, int]:
        """The epoch of the next step, and the step's place in it."""
        epoch, step = divmod(done, self.steps_per_epoch)
        return self.epochs.epoch(epoch + 1), step


def make_schedule(config: Config, dataset: Dataset) -> Schedule:
    """Lays out training.

    Raises:
        DataError: The validation rows are to be trained on too, and there are none.
    """
    training = config.training
    alone = _lay_out(config, dataset, dataset.train, training.batch_size)
    if not training.refit and not training.with_validation:
        return alone
    # One compiled program is for the training rows, and for the validation rows beside them.
    both = _lay_out(config, dataset, with_validation(dataset), alone.batch_size)
    chosen, room = both if training.with_validation else alone, max(len(alone.sequences), len(both.sequences))
    return replace(chosen, room=room, uneven=not (alone.even and both.even))


def with_validation(dataset: Dataset) -> Sequences:
    """The sequences of the training split, then those of the validation split.

    Raises:
        DataError: There is no validation split.
    """
    train, held = dataset.train, dataset.validation
    if held is None:
        raise DataError(
            "there is no validation split to train on too (training.refit); hold out more rows (data.split), or remove "
            "training.refit"
        )
    target_rows = train.target_rows
    if target_rows is not None and held.target_rows is not None:
        target_rows = np.concatenate([target_rows, held.target_rows])
    return replace(
        train,
        starts=np.concatenate([train.starts, held.starts]),
        lengths=np.concatenate([train.lengths, held.lengths]),
        target_rows=target_rows,
        valid=train.valid if train.valid is not None else held.valid,
    )


def _lay_out(config: Config, dataset: Dataset, train: Sequences, most: int) -> Schedule:
    """Lays out training on a split, in batches of so many sequences at most."""
    training = config.training
    truncate = training.truncate if training.truncate is not None and train.length > training.truncate else None
    in_pieces = truncate if train.per_step else None
    sequences = train if in_pieces is None else into_streams(train, training.batch_size, in_pieces)
    batch_size = min(most, len(sequences))
    lengths, order = sequences.lengths, (batch_size, config.seed)
    epochs: Epochs
    if in_pieces is not None:
        epochs = PieceEpochs(lengths, *order, shuffle=training.shuffle, length=in_pieces)
        # Where lengths differ, some of a batch's sequences end before others, even if all have whole pieces.
        masked = not sequences.uniform or bool(sequences.length % in_pieces)
    elif not sequences.uniform:
        spared = _SPARED * step_operations(config, dataset.signature.features, sequences.length, batch_size) / _SPEED
        worth = min(1.0, COMPILING / (_STEPS * spared))
        epochs, masked = BucketEpochs(lengths, *order, shuffle=training.shuffle, worth=worth), True
    else:
        epochs, masked = Epochs(lengths, *order, shuffle=training.shuffle), dataset.signature.masked
    tail = None if in_pieces is not None else truncate
    shape = BatchShape(epochs.padded_lengths, masked, in_pieces, tail, epochs.batch_sizes)
    total = training.steps if training.steps is not None else (training.epochs or DEFAULT_EPOCHS) * epochs.steps
    # Sizes are those of the run's seed, in the nets of an ensemble too: one compiled program serves them all.
    epochs = epochs if config.net_seed == config.seed else epochs.drawn_from(config.net_seed)
    return Schedule(sequences, batch_size, total, epochs, shape, truncate)


def into_streams(sequences: Sequences, wanted: int, length: int) -> Sequences:
    """Cuts the longest sequences into contiguous streams, where there are fewer sequences than a batch has room for.

    A stream is a sequence of its own: what comes before it in the same series is not known to it. Its last targets may
    lie in the stream after it.

    Args:
        sequences: A split with a target at each time step.
        wanted: Streams wanted.
        length: Time steps below which no sequence is cut.

    Returns:
        The same rows; as many streams as wanted, or fewer where they would be shorter than ``length``.
    """
    if len(sequences) >= wanted:
        return sequences
    counts = np.ones(len(sequences), np.int64)
    for _ in range(wanted - len(sequences)):
        # The one whose streams are longest is cut once more.
        longest = int((sequences.lengths / counts).argmax())
        if sequences.lengths[longest] / (counts[longest] + 1) < length:
            break
        counts[longest] += 1
    pairs = zip(sequences.lengths, counts, strict=True)
    bounds = [np.linspace(0, whole, count + 1).round().astype(np.int64) for whole, count in pairs]
    starts = [start + inside[:-1] for start, inside in zip(sequences.starts, bounds, strict=True)]
    return replace(sequences, starts=np.concatenate(starts), lengths=np.concatenate(list(map(np.diff, bounds))))
