"""Small tensor helpers that the fused and the probed path share."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def tensor_of(variable: Any) -> tf.Tensor:
    """Reads a Keras variable as a tensor, in the dtype that Keras' autocasting asks for."""
    # Keras hands back a tf.Variable, which a function with a gradient of its own must not take.
    return tf.convert_to_tensor(keras.ops.convert_to_tensor(variable))


def multiply(sequences: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Multiplies sequences by a kernel as one matrix product over all time steps.

    Reshaped to rank 2 first: TensorFlow's batched product would form a kernel gradient per time step and sum them.

    Args:
        sequences: `[time, batch, features]`.
        kernel: `[features, width]`.

    Returns:
        `[time, batch, width]`.
    """
    features, width = kernel.shape
    shape = tf.shape(sequences)
    product = tf.matmul(tf.reshape(sequences, [-1, features]), kernel)
    product = tf.reshape(product, [shape[0], shape[1], width])
    product.set_shape([sequences.shape[0], sequences.shape[1], width])
    return product


def kernel_gradient(rows: tf.Tensor, deltas: tf.Tensor) -> tf.Tensor:
    """Sums rowsᵀ deltas over all time steps and sequences in one matrix product.

    Args:
        rows: What the kernel was multiplied by, `[time, batch, units]`.
        deltas: The gradient of the product, `[time, batch, width]`.

    Returns:
        `[units, width]`.
    """
    flat = [tf.reshape(tensor, [-1, tensor.shape[-1]]) for tensor in (rows, deltas)]
    return tf.matmul(flat[0], flat[1], transpose_a=True)


def previous_states(initial: tf.Tensor, states: tf.Tensor) -> tf.Tensor:
    """Shifts states `[time, batch, units]` one time step on: h_{t−1} for every t, beginning with `initial`."""
    return tf.concat([initial[tf.newaxis], states[:-1]], axis=0)


def time_major_mask(mask: Any) -> tf.Tensor:
    """Turns a mask `[batch, time]` or `[batch, time, 1]` of any dtype into boolean `[time, batch, 1]`."""
    mask = tf.cast(mask, tf.bool)
    return tf.transpose(mask if mask.shape.rank == 3 else mask[..., tf.newaxis], [1, 0, 2])


def match_batch(states: list[tf.Tensor], inputs: tf.Tensor) -> list[tf.Tensor]:
    """Repeats initial states `[1, units]` over the batch, where Keras' own arithmetic would broadcast them.

    Args:
        states: The initial states.
        inputs: `[time, batch, features]`.

    Returns:
        The states, `[batch, units]` each.
    """
    batch = inputs.shape[1]
    if batch in (None, 1):
        return states
    return [tf.repeat(state, batch, axis=0) if state.shape[0] == 1 else state for state in states]
