"""Tensor operations of the fused and the probed path."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

STRETCH = 32
"""Time steps whose share of a kernel's gradient is formed together, where there is a mask: the fewer, the more can be
skipped, and the smaller the products. A step of SimpleRNN(64) on 32 sequences padded to 512 time steps takes, in ms of
one core, with 64 | 256 | 512 time steps there: in one product 7.3 | 8.1 | 9.6, in stretches of 128 5.0 | 6.4 | 10.0, of
32 4.1 | 6.0 | 9.3."""


def tensor_of(variable: Any) -> tf.Tensor:
    """Reads a Keras variable as a tensor, in the dtype that Keras' autocasting asks for."""
    # Keras hands back a tf.Variable, which a function with a gradient of its own must not take.
    return tf.convert_to_tensor(keras.ops.convert_to_tensor(variable))


def multiply(sequences: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Multiplies sequences `[time, batch, features]` by a kernel as one matrix product over all time steps.

    Reshaped to rank 2 first: TensorFlow's batched product would form a kernel gradient per time step and sum them.
    """
    features, width = kernel.shape
    product = tf.matmul(tf.reshape(sequences, [-1, features]), kernel)
    return tf.reshape(product, [*keras.ops.shape(sequences)[:2], width])


def kernel_gradient(rows: tf.Tensor, deltas: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Sums rowsᵀ deltas over all time steps and sequences: in one matrix product where nothing is masked.

    Where there is a mask, stretches of time at which every sequence is masked are left out. In a batch padded to far
    more time steps than its longest sequence has, they would cost more than all the rest.

    Args:
        rows: What the kernel was multiplied by, `[time, batch, units]`.
        deltas: The gradient of the product, `[time, batch, width]`; zero where masked.
        mask: Boolean `[time, batch, 1]`, or None.
    """
    length, batch = rows.shape[:2]
    flat = [tf.reshape(tensor, [-1, tensor.shape[-1]]) for tensor in (rows, deltas)]
    if mask is None or tf.executing_eagerly() or None in (length, batch) or length < 2 * STRETCH:
        return tf.matmul(*flat, transpose_a=True)
    rest, count = length % STRETCH, length // STRETCH
    size = STRETCH * batch

    def body(number: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # Of two axes and not of three: XLA then multiplies what lies there, and copies nothing.
        at = rest * batch + number * size
        parts = [tf.slice(tensor, [at, 0], [size, tensor.shape[1]]) for tensor in flat]
        return number + 1, total + tf.matmul(*parts, transpose_a=True)

    begin = tf.matmul(*(tensor[: rest * batch] for tensor in flat), transpose_a=True)
    first, end = _busy_stretches(mask[rest:], count)
    # The bound on the iterations is what lets XLA differentiate the loop.
    _, total = tf.while_loop(lambda number, _: number < end, body, (first, begin), maximum_iterations=count)
    return total


def _busy_stretches(mask: tf.Tensor, count: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The first of `count` equal stretches of time at which any sequence is not masked, and the one after the last."""
    busy = tf.reduce_any(tf.reshape(mask, [count, -1]), axis=1)
    numbers = tf.range(count)
    end = tf.reduce_max(tf.where(busy, numbers + 1, 0))
    return tf.minimum(tf.reduce_min(tf.where(busy, numbers, count)), end), end


def time_major_mask(mask: Any) -> tf.Tensor:
    """Turns a mask `[batch, time]` or `[batch, time, 1]` of any dtype into boolean `[time, batch, 1]`."""
    mask = tf.cast(mask, tf.bool)
    return tf.transpose(mask if mask.shape.rank == 3 else mask[..., tf.newaxis], [1, 0, 2])


def match_batch(states: list[tf.Tensor], inputs: tf.Tensor) -> list[tf.Tensor]:
    """Repeats initial states `[1, units]` over the batch, where Keras' own arithmetic would broadcast them."""
    batch = inputs.shape[1]
    if batch in (None, 1):
        return states
    return [tf.repeat(state, batch, axis=0) if state.shape[0] == 1 else state for state in states]
