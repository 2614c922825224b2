"""How batches reach the compiled steps: gathered on the device from the whole table, or copied there from the host."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data import Sequences
from rnnctl.training.device_data import DeviceSequences

STEPS_A_CALL = 512
"""Most optimizer steps in one compiled call; the buffers of results are that long."""

LARGEST_TABLE = 2**30
"""Bytes of a table beyond which it is not copied to the device as a whole."""

LARGEST_LOAD = 2**25
"""Bytes of batches that are copied from the host for one call."""


class Feed(Protocol):
    """One way for batches to reach the compiled steps.

    Attributes:
        way: ``device`` or ``host``, for the record.
        steps_a_call: Most steps that one load can hold.
        time_steps: Time steps of every sequence.
    """

    way: str
    steps_a_call: int
    time_steps: int

    def load(self, indices: npt.NDArray[np.int32]) -> tuple[Any, ...]:
        """Makes the tensors of one call, always of the same shapes.

        Args:
            indices: ``[steps, batch]``, at most ``steps_a_call`` steps.
        """
        ...

    def select(self, load: tuple[Any, ...], step: Any, first: int, end: int) -> tuple[Any, ...]:
        """Picks, inside the graph, what sequences ``first`` to ``end`` of a step's batch need."""
        ...

    def gather(self, selected: tuple[Any, ...]) -> tuple[Any, Any]:
        """Makes inputs ``[part, time, features]`` and targets ``[part, …, outputs]`` of a selection, in the graph."""
        ...


class DeviceFeed:
    """The whole table lies on the device; a call brings positions of sequences alone.

    Args:
        sequences: The training split.
    """

    way = "device"
    steps_a_call = STEPS_A_CALL

    def __init__(self, sequences: Sequences) -> None:
        self._data = DeviceSequences(sequences)
        self.time_steps = self._data.time_steps

    def load(self, indices: npt.NDArray[np.int32]) -> tuple[Any, ...]:
        """Adds the positions to the table's tensors."""
        return (*self._data.tensors, tf.constant(_lengthen(indices, self.steps_a_call)))

    def select(self, load: tuple[Any, ...], step: Any, first: int, end: int) -> tuple[Any, ...]:
        """Picks the positions."""
        return (*load[:-1], load[-1][step][first:end])

    def gather(self, selected: tuple[Any, ...]) -> tuple[Any, Any]:
        """Gathers from the table."""
        return self._data.gather(selected[:-1], selected[-1])


class HostFeed:
    """The table stays with the host; a call brings its batches, gathered there while the call before is running.

    Args:
        sequences: The training split; its table may be a memory map.
        batch_size: Sequences in a batch.
    """

    way = "host"

    def __init__(self, sequences: Sequences, batch_size: int) -> None:
        self._sequences = sequences
        self.time_steps = sequences.length
        one = sequences.gather([0])
        each = batch_size * (one.inputs.nbytes + one.targets.nbytes)
        self.steps_a_call = int(np.clip(LARGEST_LOAD // each, 1, STEPS_A_CALL))

    def load(self, indices: npt.NDArray[np.int32]) -> tuple[Any, ...]:
        """Gathers the batches of all steps."""
        steps, batch = indices.shape
        gathered = self._sequences.gather(indices.ravel() if steps else [0] * batch)
        return tuple(
            tf.constant(_lengthen(array.reshape(-1, batch, *array.shape[1:]), self.steps_a_call))
            for array in (gathered.inputs, gathered.targets)
        )

    def select(self, load: tuple[Any, ...], step: Any, first: int, end: int) -> tuple[Any, ...]:
        """Picks the sequences."""
        return tuple(tensor[step][first:end] for tensor in load)

    def gather(self, selected: tuple[Any, ...]) -> tuple[Any, Any]:
        """Has nothing left to do: the selection is the batch."""
        inputs, targets = selected
        return inputs, targets


def choose_feed(sequences: Sequences, batch_size: int) -> Feed:
    """Takes the table to the device where it is small enough, and feeds from the host where it is not."""
    table = sequences.values.nbytes + sequences.targets.nbytes
    return DeviceFeed(sequences) if table <= LARGEST_TABLE else HostFeed(sequences, batch_size)


def _lengthen(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """Fills up with zeros at the end, so that a compiled call always sees the same shape."""
    if len(array) == length:
        return array
    longer = np.zeros((length, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
