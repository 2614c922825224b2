"""The loop over time, in one place: every forward and every backward pass runs through `scan`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

Tensors = tuple[tf.Tensor, ...]
Step = Callable[[Tensors, Tensors], tuple[Tensors, Tensors]]

# Sequences of a static length up to this many time steps are written out step by step in the graph instead of
# looped over: at small sizes the loop's own bookkeeping costs more than the mathematics. It bounds the time that
# compiling takes, which grows with the steps written out and not with the length of the sequences.
UNROLL_LIMIT = 16


def scan(
    step: Step,
    carry: Tensors,
    inputs: Sequence[tf.Tensor],
    widths: Sequence[int],
    *,
    reverse: bool = False,
    unroll: bool = False,
) -> tuple[Tensors, Tensors]:
    """Runs a step function over time: (carry_t, output_t) = step(carry_{t−1}, inputs_t).

    Args:
        step: Takes the carry, tensors `[batch, …]`, and one time step of every input; returns the new carry of the
            same shapes, and outputs `[batch, width]`.
        carry: The carry before the first time step. Its first tensor gives the dtype of all outputs.
        inputs: Tensors `[time, batch, …]`, at least one.
        widths: The last dimension of each output.
        reverse: Whether to run from the last time step to the first. Outputs keep their place in time.
        unroll: Whether to write the steps out whatever `UNROLL_LIMIT` says, where the length is static.

    Returns:
        The carry after the last time step run, and the outputs stacked to `[time, batch, width]`.
    """
    length = inputs[0].shape[0]
    if length is not None and (unroll or length <= UNROLL_LIMIT or tf.executing_eagerly()):
        return _written_out(step, carry, inputs, widths, length, reverse=reverse)
    return _looped(step, carry, inputs, widths, reverse=reverse)


def _written_out(
    step: Step, carry: Tensors, inputs: Sequence[tf.Tensor], widths: Sequence[int], length: int, *, reverse: bool
) -> tuple[Tensors, Tensors]:
    slices = [tf.unstack(tensor, length) for tensor in inputs]
    rows: list[Tensors] = []
    for time in reversed(range(length)) if reverse else range(length):
        carry, outputs = step(carry, tuple(tensor[time] for tensor in slices))
        rows.append(outputs)
    if reverse:
        rows.reverse()
    return carry, tuple(tf.stack([row[index] for row in rows]) for index in range(len(widths)))


def _looped(
    step: Step, carry: Tensors, inputs: Sequence[tf.Tensor], widths: Sequence[int], *, reverse: bool
) -> tuple[Tensors, Tensors]:
    length = tf.shape(inputs[0])[0]
    batch = inputs[0].shape[1]
    reads = [
        tf.TensorArray(tensor.dtype, length, element_shape=tensor.shape[1:], clear_after_read=False).unstack(tensor)
        for tensor in inputs
    ]
    writes = tuple(tf.TensorArray(carry[0].dtype, length, element_shape=[batch, width]) for width in widths)

    def body(count: tf.Tensor, carry: Tensors, writes: Tensors) -> tuple[tf.Tensor, Tensors, Tensors]:
        time = length - 1 - count if reverse else count
        new, outputs = step(carry, tuple(array.read(time) for array in reads))
        for after, before in zip(new, carry, strict=True):
            # An unknown batch size in the inputs must not blur a known one in the carry: the loop forbids that.
            after.set_shape(before.shape)
        return count + 1, new, tuple(array.write(time, row) for array, row in zip(writes, outputs, strict=True))

    # The bound on the iterations is what lets XLA differentiate the loop a second time.
    _, carry, writes = tf.while_loop(
        lambda count, *_: count < length, body, (tf.constant(0), carry, writes), maximum_iterations=length
    )
    return carry, tuple(array.stack() for array in writes)
