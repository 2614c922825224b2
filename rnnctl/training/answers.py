"""A model asked about sequences that grow: one compiled program for all of them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data.sequences import Floats, Ints
from rnnctl.training.compiled import Compiled

BATCH = 256
"""Sequences asked about at a time."""


class Answers:
    """What a model says after the last time step of sequences.

    Args:
        model: The model; only read. One without a mask is given sequences of its own length alone, or, where it has an
            output at each time step, shorter ones with zeros after them.
    """

    def __init__(self, model: keras.Model) -> None:
        self._masked = len(model.inputs) > 1
        self._call = Compiled(lambda given: model(given, training=False), "answers")

    def __call__(self, inputs: Floats, lengths: Ints) -> npt.NDArray[np.float32]:
        """``[sequences, outputs]``.

        Args:
            inputs: ``[sequences, time, columns]``, zeros beyond ``lengths``.
            lengths: ``[sequences]``.
        """
        size = min(BATCH, len(inputs))
        found = [
            self._batch(inputs[at : at + size], lengths[at : at + size], size) for at in range(0, len(inputs), size)
        ]
        return np.concatenate(found)

    def _batch(self, inputs: Floats, lengths: Ints, size: int) -> npt.NDArray[np.float32]:
        count = len(inputs)
        if count < size:  # of one shape, so that nothing is compiled twice
            inputs = np.concatenate([inputs, np.repeat(inputs[:1], size - count, axis=0)])
            lengths = np.concatenate([lengths, np.repeat(lengths[:1], size - count)])
        given: Any = tf.constant(inputs)
        if self._masked:
            given = [given, tf.constant(np.arange(inputs.shape[1]) < lengths[:, None])]
        outputs: npt.NDArray[np.float32] = self._call(given).numpy()
        if outputs.ndim == 3:
            outputs = outputs[np.arange(size), lengths - 1]
        return outputs[:count]
