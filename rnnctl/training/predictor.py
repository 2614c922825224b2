"""Predictions for sequences that grow: one compiled program for all of them."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data.sequences import Floats, Ints
from rnnctl.model.inputs import with_mask
from rnnctl.training.compiled import Compiled

BATCH = 256
"""Sequences in a batch."""


class Predictor:
    """A model's outputs after the last time step of sequences.

    Args:
        model: The model; only read. One without a mask is given sequences of its own length alone, or, where it has an
            output at each time step, shorter ones with zeros after them.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._call = Compiled(lambda inputs: model(inputs, training=False), "the network's answers")

    def __call__(self, inputs: Floats, lengths: Ints) -> npt.NDArray[np.float32]:
        """``[sequences, outputs]``.

        Args:
            inputs: ``[sequences, time, columns]``, zeros beyond ``lengths``.
            lengths: ``[sequences]``.
        """
        size = min(BATCH, len(inputs))
        batches = range(0, len(inputs), size)
        return np.concatenate([self._batch(inputs[at : at + size], lengths[at : at + size], size) for at in batches])

    def _batch(self, inputs: Floats, lengths: Ints, size: int) -> npt.NDArray[np.float32]:
        count = len(inputs)
        full = np.resize(np.arange(count), size)  # of one shape, so that nothing is compiled twice
        inputs, lengths = inputs[full], lengths[full]
        mask = tf.constant(np.arange(inputs.shape[1]) < lengths[:, None])
        outputs: npt.NDArray[np.float32] = self._call(with_mask(self._model, tf.constant(inputs), mask)).numpy()
        if outputs.ndim == 3:
            outputs = outputs[np.arange(size), lengths - 1]
        return outputs[:count]
