"""Feeds of the compiled steps: batches gathered on the device from the whole table, or copied from the host."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data import Sequences
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
        room: Sequences that the compiled steps are made for, at least these.

    Attributes:
        way: ``device`` or ``host``, for the record.
        steps_a_call: Most steps that one load can hold.
    """

    way: str

    def __init__(self, sequences: Sequences, shape: BatchShape | None, room: int = 0) -> None:
        self.sequences, self.room = sequences, room
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

    def __init__(self, sequences: Sequences, shape: BatchShape | None = None, room: int = 0) -> None:
        super().__init__(sequences, shape, room)
        self._data = DeviceSequences(sequences, masked=self.shape.masked, room=room)

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

    def __init__(self, sequences: Sequences, batch_size: int, shape: BatchShape | None = None, room: int = 0) -> None:
        super().__init__(sequences, shape, room)
        one = sequences.gather([0], self.shape.time_steps, masked=self.shape.masked)
        each = batch_size * sum(array.nbytes for array in one if array is not None)
        self.steps_a_call = int(np.clip(LARGEST_LOAD // each, 1, self.steps_a_call))

    def load(self, indices: npt.NDArray[np.int32], piece: npt.NDArray[np.int32], time_steps: int) -> tuple[Any, ...]:
        """Gathers the batches of all steps."""
        first = np.repeat(piece.astype(np.int64) * (self.shape.piece or 0), indices.shape[1])
        gathered = self.sequences.gather(indices.ravel(), time_steps, first, masked=self.shape.masked)
        self.sequences.rest()
        return tuple(
            tf.constant(_lengthen(array.reshape(*indices.shape, *array.shape[1:]), self.steps_a_call))
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


def choose_feed(sequences: Sequences, batch_size: int, shape: BatchShape | None = None, room: int = 0) -> Feed:
    """Takes the table to the device where it is small enough, and feeds from the host where it is not."""
    if fits_on_device(sequences):
        return DeviceFeed(sequences, shape, room)
    return HostFeed(sequences, batch_size, shape, room)


def fits_on_device(sequences: Sequences) -> bool:
    """Whether a table is small enough; one that is mapped into memory, and may be larger than it, never is."""
    tables = (sequences.values, sequences.targets)
    return not any(map(mapped, tables)) and sum(table.nbytes for table in tables) <= LARGEST_TABLE


def mapped(array: Any) -> bool:
    """Whether an array is a file mapped into memory, or a view of one."""
    return isinstance(array, np.memmap) or (isinstance(array, np.ndarray) and mapped(array.base))


def _lengthen(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """Pads with zeros at the end, so that a compiled call always sees the same shape."""
    return array if len(array) == length else np.pad(array, [(0, length - len(array)), *[(0, 0)] * (array.ndim - 1)])
