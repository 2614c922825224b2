"""The compiled part of training: many GradientTape steps in one call, their results stacked."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.config.training_schema import OptimizerBase
from rnnctl.data import Sequences
from rnnctl.gradients.clipping import clip_gradients
from rnnctl.gradients.norms import global_norm, state_norms, weight_norms
from rnnctl.model.losses import LossFunction
from rnnctl.model.recurrent import watch_states
from rnnctl.model.weights import state_paths, weight_paths
from rnnctl.training.device_data import DeviceSequences

STEPS_A_CALL = 512
"""Most optimizer steps in one compiled call; the buffers of results are that long."""


class Layout(NamedTuple):
    """Where each number stands in a step's row of results.

    The row is ``[loss, gradient norm, clipped norm, learning rate, norm per weight…, state norms…]``.

    Attributes:
        weights: Path of each trainable weight.
        states: Path of each recorded state; empty where none is recorded.
        time_steps: Time steps of each state.
    """

    weights: tuple[str, ...]
    states: tuple[str, ...]
    time_steps: int

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 4 + len(self.weights) + len(self.states) * self.time_steps


class TrainingProgram:
    """A model, its loss, optimizer and data, compiled into one call that takes many steps.

    Args:
        model: The model to train; changed by ``run``.
        loss: From ``rnnctl.model.losses.build_loss``.
        optimizer: A Keras optimizer without clip options; changed by ``run``.
        clipping: The optimizer as configured, for its clip options.
        sequences: The training split.
        batch_size: Sequences in a batch.
        even: Whether every batch is full, so that no sequence needs a weight.
        through_time: Whether the state gradients' norms are computed.
        jit_compile: Whether XLA compiles the call.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: LossFunction,
        optimizer: Any,
        clipping: OptimizerBase,
        sequences: Sequences,
        *,
        batch_size: int,
        even: bool,
        through_time: bool = True,
        jit_compile: bool = True,
    ) -> None:
        self._model = model
        self._loss = loss
        self._optimizer = optimizer
        self._clipping = clipping
        self._data = DeviceSequences(sequences)
        self._batch_size = batch_size
        self._even = even
        states = state_paths(model) if through_time else ()
        self.layout = Layout(weight_paths(model), states, self._data.time_steps)
        optimizer.build(model.trainable_variables)
        self._call = tf.function(self._many_steps, jit_compile=jit_compile)

    def warm_up(self) -> None:
        """Traces and compiles the call, and takes no step."""
        self.run(np.zeros((0, self._batch_size), np.int32), np.zeros(0, np.int32))

    def run(self, indices: npt.NDArray[np.int32], sizes: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Takes optimizer steps until the batches are used up or one gives a loss or gradient that is not finite.

        Args:
            indices: ``[steps, batch]``, int32, the sequences of each step; at most ``STEPS_A_CALL`` steps.
            sizes: ``[steps]``, int32, how many of each row are real.

        Returns:
            ``[steps taken, row]``, float32; see ``Layout``. The last row is the one that is not finite, if any is.
        """
        count = len(indices)
        padded = np.zeros((STEPS_A_CALL, self._batch_size), np.int32)
        padded[:count] = indices
        padded_sizes = np.ones(STEPS_A_CALL, np.int32)
        padded_sizes[:count] = sizes
        taken, rows = self._call(
            self._data.tensors, tf.constant(padded), tf.constant(padded_sizes), tf.constant(count, tf.int32)
        )
        return rows.numpy()[: int(taken)]  # type: ignore[no-any-return]

    def _many_steps(self, tensors: Any, indices: Any, sizes: Any, count: Any) -> tuple[Any, Any]:
        rows = tf.TensorArray(tf.float32, STEPS_A_CALL, element_shape=[self.layout.width])

        def body(step: Any, finite: Any, rows: Any) -> tuple[Any, Any, Any]:
            del finite
            row = self._one_step(tensors, indices[step], sizes[step])
            return step + 1, tf.math.is_finite(row[0] + row[1]), rows.write(step, row)

        taken, _, rows = tf.while_loop(
            lambda step, finite, _: (step < count) & finite, body, (tf.constant(0), tf.ones([], tf.bool), rows)
        )
        return taken, rows.stack()

    def _one_step(self, tensors: Any, indices: Any, size: Any) -> Any:
        inputs, targets = self._data.gather(tensors, indices)
        weights = self._model.trainable_variables
        with tf.GradientTape() as tape:
            # Watching costs where a layer has no written-out pass, so it is done only where it is asked for.
            with watch_states(tape) if self.layout.states else nullcontext() as watched:
                predictions = self._model(inputs, training=True)
            loss = self.mean_loss(self._loss(targets, predictions), size)
        probes = {} if watched is None else watched.probes
        gradients, state_gradients = tape.gradient(loss, ([weight.value for weight in weights], probes))
        norms = weight_norms(gradients)
        total = global_norm(norms)
        clipped = clip_gradients(self._clipping, gradients, norms, total)
        rate = tf.convert_to_tensor(self._optimizer.learning_rate)
        self._optimizer.apply_gradients(zip(clipped, weights, strict=True))
        scalars = tf.stack([loss, total, self._clipped_norm(clipped, gradients, total), tf.cast(rate, tf.float32)])
        through_time = state_norms(state_gradients, size)
        if set(through_time) != set(self.layout.states):
            raise RuntimeError(f"states {sorted(through_time)} arrived where {sorted(self.layout.states)} were due")
        return tf.concat([scalars, norms, *(through_time[path] for path in self.layout.states)], axis=0)

    def _clipped_norm(self, clipped: list[Any], gradients: Any, total: Any) -> Any:
        unchanged = all(new is old for new, old in zip(clipped, gradients, strict=True))
        return total if unchanged else global_norm(weight_norms(clipped))

    def mean_loss(self, losses: Any, size: Any) -> Any:
        """Mean of the losses of a batch's real sequences.

        Args:
            losses: ``[batch, …]``.
            size: Number of real sequences, which come first.

        Returns:
            A scalar.
        """
        if self._even:
            return tf.reduce_mean(losses)
        return masked_mean(losses, size)


def masked_mean(losses: Any, size: Any) -> Any:
    """Mean over the first ``size`` sequences of ``losses [batch, …]``; a scalar."""
    per_sequence = tf.reduce_mean(tf.reshape(losses, [losses.shape[0], -1]), axis=1)
    real = tf.range(losses.shape[0]) < size
    return tf.reduce_sum(tf.where(real, per_sequence, 0.0)) / tf.cast(size, losses.dtype)
