"""A split of the data as tensors, and the gathering of batches from it inside a compiled graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from rnnctl.data import Sequences


class DeviceSequences:
    """The tensors of one split and how a batch is gathered from them; mirrors ``Sequences.gather``.

    Args:
        sequences: A split whose sequences all have the same length.

    Attributes:
        tensors: The table and the index arrays, to be handed to the compiled function as arguments (a captured
            constant would be compiled into the program).
        time_steps: Time steps of every sequence.

    Raises:
        ValueError: The sequences differ in length.
    """

    def __init__(self, sequences: Sequences) -> None:
        if not sequences.uniform:
            raise ValueError("sequences of different lengths need a mask, which is not gathered here")
        self.time_steps = sequences.length
        self._placement = sequences.placement
        self._horizon = sequences.horizon
        target_rows = sequences.target_rows
        if target_rows is None:
            target_rows = np.zeros(0, dtype=np.int64)
        self.tensors = (
            tf.constant(sequences.values),
            tf.constant(sequences.targets),
            tf.constant(sequences.starts, dtype=tf.int32),
            tf.constant(target_rows, dtype=tf.int32),
        )

    def gather(self, tensors: tuple[Any, ...], indices: Any) -> tuple[Any, Any]:
        """Gathers a batch.

        Args:
            tensors: ``self.tensors``, as the compiled function received them.
            indices: ``[batch]``, int32, positions of sequences.

        Returns:
            Inputs ``[batch, time, features]`` and targets ``[batch, outputs]`` or ``[batch, time, outputs]``.
        """
        values, targets, starts, target_rows = tensors
        rows = tf.gather(starts, indices)[:, None] + tf.range(self.time_steps)
        inputs = tf.gather(values, rows)
        if self._placement == "sequence":
            return inputs, tf.gather(targets, tf.gather(target_rows, indices))
        at = rows[:, -1] if self._placement == "last" else rows
        ahead = tf.range(1, self._horizon + 1) if self._horizon else tf.zeros([1], tf.int32)
        wanted = tf.gather(targets, at[..., None] + ahead)
        outputs = max(self._horizon, 1) * targets.shape[1]
        return inputs, tf.reshape(wanted, [*(size or -1 for size in at.shape), outputs])
