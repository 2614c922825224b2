"""Feeds of the compiled steps: batches gathered on the device from the whole table, or copied from the host."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data import Batch, Sequences
from rnnctl.training.buckets import RUN
from rnnctl.training.device_data import DeviceSequences, Gathered
from rnnctl.training.schedule import BatchShape

STEPS_A_CALL = 512
"""Most optimizer steps in one compiled call; the buffers of results are that long."""

LARGEST_TABLE = 2**30
"""Bytes of a table beyond which it is not copied to the device as a whole."""

LARGEST_LOAD = 2**23
"""Bytes of batches that are copied from the host for one call."""


class Feed(ABC):
    """A way for batches to reach the compiled steps.

    Args:
        sequences: The training split.
        shape: How batches are laid out over time; None pads all to the longest sequence, where they need padding.

    Attributes:
        way: ``device`` or ``host``, for the record.
        steps_a_call: Most steps that one load can hold.
    """

    way: str

    def __init__(self, sequences: Sequences, shape: BatchShape | None) -> None:
        self.sequences = sequences
        self.shape = shape or BatchShape((sequences.length,), not sequences.uniform)
        # With several padded lengths, no more steps than there are batches of one length in a row.
        self.steps_a_call = STEPS_A_CALL if len(self.shape.padded_lengths) == 1 else RUN

    @abstractmethod
    def load(self, indices: npt.NDArray[np.int32], piece: npt.NDArray[np.int32], time_steps: int) -> tuple[Any, ...]:
        """Makes the tensors of one call, of the same shapes for the same ``time_steps``.

        Args:
            indices: ``[steps, batch]``, at most ``steps_a_call`` steps.
            piece: ``[steps]``, which piece of its sequences each step sees.
            time_steps: Time steps that batches are padded to.
        """

    @abstractmethod
    def select(self, load: tuple[Any, ...], step: Any, first: int, end: int) -> tuple[Any, ...]:
        """Picks, inside the graph, what sequences ``first`` to ``end`` of a step's batch need."""

    @abstractmethod
    def gather(self, selected: tuple[Any, ...], time_steps: int) -> Gathered:
        """Makes the batch of a selection, in the graph."""


class DeviceFeed(Feed):
    """The whole table lies on the device; a call brings positions of sequences alone."""

    way = "device"

    def __init__(self, sequences: Sequences, shape: BatchShape | None = None) -> None:
        super().__init__(sequences, shape)
        self._data = DeviceSequences(sequences, masked=self.shape.masked)

    def load(self, indices: npt.NDArray[np.int32], piece: npt.NDArray[np.int32], time_steps: int) -> tuple[Any, ...]:
        """Adds the positions to the table's tensors."""
        first = tf.constant(_lengthen(piece * np.int32(self.shape.piece or 0), self.steps_a_call))
        return (*self._data.tensors, tf.constant(_lengthen(indices, self.steps_a_call)), first)

    def select(self, load: tuple[Any, ...], step: Any, first: int, end: int) -> tuple[Any, ...]:
        """Picks the positions, and where in their sequences the batch begins."""
        return (*load[:-2], load[-2][step][first:end], load[-1][step])

    def gather(self, selected: tuple[Any, ...], time_steps: int) -> Gathered:
        """Gathers from the table."""
        begin = selected[-1] if self.shape.piece else 0
        return self._data.gather(selected[:-2], selected[-2], time_steps, begin)


class HostFeed(Feed):
    """The table, which may be a memory map, stays with the host; a call brings its batches, gathered while one runs."""

    way = "host"

    def __init__(self, sequences: Sequences, batch_size: int, shape: BatchShape | None = None) -> None:
        super().__init__(sequences, shape)
        one = gather_padded(sequences, np.zeros(1, np.int64), self.shape.time_steps, masked=self.shape.masked)
        each = batch_size * sum(array.nbytes for array in one if array is not None)
        self.steps_a_call = int(np.clip(LARGEST_LOAD // each, 1, self.steps_a_call))

    def load(self, indices: npt.NDArray[np.int32], piece: npt.NDArray[np.int32], time_steps: int) -> tuple[Any, ...]:
        """Gathers the batches of all steps."""
        steps, batch = indices.shape
        first = np.repeat(piece.astype(np.int64) * (self.shape.piece or 0), batch)
        chosen = indices.ravel() if steps else np.zeros(batch, np.int32)
        gathered = gather_padded(self.sequences, chosen, time_steps, first if steps else 0, masked=self.shape.masked)
        self.sequences.rest()
        return tuple(
            tf.constant(_lengthen(array.reshape(-1, batch, *array.shape[1:]), self.steps_a_call))
            for array in gathered
            if array is not None
        )

    def select(self, load: tuple[Any, ...], step: Any, first: int, end: int) -> tuple[Any, ...]:
        """Picks the sequences."""
        return tuple(tensor[step][first:end] for tensor in load)

    def gather(self, selected: tuple[Any, ...], time_steps: int) -> Gathered:
        """Returns the selection: it is the batch already."""
        del time_steps
        inputs, targets = selected[:2]
        return Gathered(inputs, targets, selected[2] if self.shape.masked else None)


def choose_feed(sequences: Sequences, batch_size: int, shape: BatchShape | None = None) -> Feed:
    """Takes the table to the device where it is small enough, and feeds from the host where it is not."""
    fits = fits_on_device(sequences)
    return DeviceFeed(sequences, shape) if fits else HostFeed(sequences, batch_size, shape)


def fits_on_device(sequences: Sequences) -> bool:
    """Whether a table is small enough; one that is mapped into memory, and may be larger than it, never is."""
    tables = (sequences.values, sequences.targets)
    return not any(map(mapped, tables)) and sum(table.nbytes for table in tables) <= LARGEST_TABLE


def mapped(array: npt.NDArray[Any]) -> bool:
    """Whether an array is a file mapped into memory, or a view of one."""
    view: Any = array
    while isinstance(view, np.ndarray):
        if isinstance(view, np.memmap):
            return True
        view = view.base
    return False


def gather_padded(
    sequences: Sequences, indices: npt.NDArray[Any], time_steps: int, first: Any = 0, *, masked: bool = True
) -> Batch:
    """Gathers a batch that is padded or cut to a length; mirrors ``DeviceSequences.gather``.

    Args:
        sequences: A split.
        indices: ``[batch]``, positions of sequences.
        time_steps: Time steps of the batch.
        first: Time step of the sequences that the batch begins with, a number or ``[batch]``.
        masked: Whether a mask is wanted; without one every sequence must be as long.

    Returns:
        The batch; what is masked is zero.
    """
    index = indices.astype(np.int64)
    if not masked:
        begin = sequences.starts[index] + np.reshape(first, -1)
        if not sequences.per_step:
            targets = sequences.targets_of(index)
        elif sequences.horizon <= 1:
            targets = _stretches(sequences.targets, begin + sequences.horizon, time_steps)
        else:
            targets = sequences.targets_at(begin[:, None] + np.arange(time_steps))
        return Batch(_stretches(sequences.values, begin, time_steps), targets, None)
    starts, lengths = sequences.starts[index], sequences.lengths[index]
    steps = np.reshape(first, (-1, 1)) + np.arange(time_steps)
    mask = np.broadcast_to(steps < lengths[:, None], (len(index), time_steps))
    rows = np.where(mask, starts[:, None] + steps, starts[:, None])
    inputs = np.asarray(sequences.values[rows])
    inputs[~mask] = 0
    if sequences.per_step:
        targets = np.asarray(sequences.targets_at(rows))
        targets[~mask] = 0
    else:
        targets = np.asarray(sequences.targets_of(index))
    return Batch(inputs, targets, np.ascontiguousarray(mask))


def _stretches(table: npt.NDArray[np.float32], starts: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.float32]:
    """``[batch, length, columns]``: the rows from each start on; each stretch is copied in one piece."""
    rows, columns = table.shape
    step, item = table.strides
    every = np.lib.stride_tricks.as_strided(table, (rows - length + 1, length, columns), (step, step, item))
    found: npt.NDArray[np.float32] = every[starts]
    return found


def _lengthen(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """Pads with zeros at the end, so that a compiled call always sees the same shape."""
    return array if len(array) == length else np.pad(array, [(0, length - len(array)), *[(0, 0)] * (array.ndim - 1)])
