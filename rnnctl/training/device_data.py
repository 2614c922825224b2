"""A split of the data as tensors, and the gathering of batches from it inside a compiled graph."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data import Sequences


class Gathered(NamedTuple):
    """A batch as tensors.

    Attributes:
        inputs: ``[batch, time, columns]``, float32; zero where masked.
        targets: ``[batch, outputs]`` or ``[batch, time, outputs]``, float32; the latter zero where masked. NaN where
            they are missing.
        mask: ``[batch, time]``, bool, True where there is data; None where all sequences have the same length.
    """

    inputs: Any
    targets: Any
    mask: Any


class DeviceSequences:
    """The tensors of one split and how a batch is gathered from them; mirrors ``Sequences.gather``.

    Args:
        sequences: The split.
        masked: Whether sequences differ in length, so that a batch is padded and has a mask; None if not known.
        room: Sequences that the index arrays have room for, at least these.

    Attributes:
        tensors: The table and the index arrays, to be handed to the compiled function as arguments (a captured
            constant would be compiled into the program).
        masked: As the argument.

    Raises:
        ValueError: The sequences differ in length, and no mask is wanted.
    """

    def __init__(self, sequences: Sequences, *, masked: bool | None = None, room: int = 0) -> None:
        self.masked = not sequences.uniform if masked is None else masked
        if not self.masked and not sequences.uniform:
            raise ValueError("sequences of different lengths need a mask")
        self._sequences = sequences
        scales = () if sequences.by_window is None else (sequences.window_scales(sequences.last_rows()),)
        lengths = sequences.lengths if self.masked else None
        indices = (sequences.starts, sequences.target_rows, lengths)
        self.tensors = (
            tf.constant(sequences.values),
            tf.constant(sequences.masked_targets()),
            *(tf.constant([] if one is None else _with_room(one, room), dtype=tf.int32) for one in indices),
            *(tf.constant(_with_room(one, room, axis=1)) for one in scales),
        )

    def gather(self, tensors: tuple[Any, ...], indices: Any, time_steps: int | None = None, first: Any = 0) -> Gathered:
        """Gathers a batch.

        Args:
            tensors: ``self.tensors``, as the compiled function received them.
            indices: ``[batch]``, int32, positions of sequences.
            time_steps: Time steps that the batch is padded or cut to; None for those of the longest sequence.
            first: Time step of the sequences that the batch begins with, an int32 scalar or ``[batch]``.

        Returns:
            The batch, its time axis ``time_steps`` long.
        """
        values, targets, starts, target_rows, lengths, *of_windows = tensors
        scales = tf.gather(of_windows[0], indices, axis=1)[:, :, None] if of_windows else None
        begin = tf.gather(starts, indices)
        steps = tf.reshape(first, [-1, 1]) + tf.range(self._sequences.length if time_steps is None else time_steps)
        rows, mask = begin[:, None] + steps, None
        if self.masked:
            mask = steps < tf.gather(lengths, indices)[:, None]
            rows = tf.where(mask, rows, begin[:, None])
        inputs = tf.gather(values, rows)
        if scales is not None:
            inputs = (inputs - scales[0, ..., : inputs.shape[-1]]) / scales[1, ..., : inputs.shape[-1]]
        inputs = _where(mask, inputs)
        if self._sequences.per_sequence:
            return Gathered(inputs, tf.gather(targets, tf.gather(target_rows, indices)), mask)
        if self._sequences.per_step:
            return Gathered(inputs, _where(mask, self._targets_after(targets, rows)), mask)
        last = rows[:, -1] if mask is None else begin + tf.gather(lengths, indices) - 1
        return Gathered(inputs, self._targets_after(targets, last, scales), mask)

    def _targets_after(self, targets: Any, at: Any, scales: Any = None) -> Any:
        """The targets that belong to rows ``at […]``, ``[…, outputs]``."""
        horizon = self._sequences.horizon
        ahead = tf.range(1, horizon + 1) if horizon else tf.zeros([1], tf.int32)
        wanted = tf.gather(targets, at[..., None] + ahead)
        if scales is not None:
            wanted = (wanted - scales[0, ..., -targets.shape[1] :]) / scales[1, ..., -targets.shape[1] :]
        if added := self._sequences.added:
            each = tf.unstack(wanted, horizon, axis=-2)
            for lead in range(added, horizon):
                each[lead] += each[lead - added]
            wanted = tf.stack(each, axis=-2)
        return tf.reshape(wanted, [*(size or -1 for size in at.shape), self._sequences.outputs])


def _with_room(array: npt.NDArray[Any], room: int, axis: int = 0) -> npt.NDArray[Any]:
    pads = [(0, 0)] * array.ndim
    pads[axis] = 0, max(0, room - array.shape[axis])
    return np.pad(array, pads)


def _where(mask: Any, rows: Any) -> Any:
    """Rows ``[batch, time, …]``, zero where masked: a NaN behind the mask would still reach a kernel's gradient."""
    return rows if mask is None else tf.where(mask[..., None], rows, tf.zeros_like(rows))
