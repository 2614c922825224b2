"""The loop over time, in one place: every forward and every backward pass runs through `scan`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

Tensors = tuple[tf.Tensor, ...]
Named = Mapping[str, tf.Tensor]
Step = Callable[[Tensors, Named], tuple[Tensors, Named]]

# Sequences of a static length up to this many time steps are written out step by step in the graph instead of
# looped over: at small sizes the loop's own bookkeeping costs more than the mathematics. It bounds the time that
# compiling takes, which grows with the steps written out and not with the length of the sequences.
UNROLL_LIMIT = 16


def scan(
    step: Step,
    carry: Tensors,
    inputs: Mapping[str, tf.Tensor | None],
    keep: Mapping[str, int],
    *,
    reverse: bool = False,
    unroll: bool = False,
) -> tuple[Tensors, dict[str, tf.Tensor]]:
    """Runs a step function over time: (carry_t, results_t) = step(carry_{t−1}, inputs_t).

    Args:
        step: Takes the carry, tensors `[batch, …]`, and one time step of every input by name; returns the new carry
            of the same shapes, and named results `[batch, width]`.
        carry: The carry before the first time step. Its first tensor gives the dtype of all results.
        inputs: Tensors `[time, batch, …]` by name, at least one; those that are None are left out.
        keep: The names of the results to keep, each with its width. What is not kept costs no memory.
        reverse: Whether to run from the last time step to the first. Results keep their place in time.
        unroll: Whether to write the steps out whatever `UNROLL_LIMIT` says, where the length is static.

    Returns:
        The carry after the last time step run, and the kept results stacked to `[time, batch, width]`.
    """
    given = {name: tensor for name, tensor in inputs.items() if tensor is not None}
    length = next(iter(given.values())).shape[0]
    if length is not None and (unroll or length <= UNROLL_LIMIT or tf.executing_eagerly()):
        return _written_out(step, carry, given, keep, range(length)[:: -1 if reverse else 1])
    return _looped(step, carry, given, keep, reverse=reverse)


def _written_out(
    step: Step, carry: Tensors, inputs: Named, keep: Mapping[str, int], times: range
) -> tuple[Tensors, dict[str, tf.Tensor]]:
    rows = {name: tf.unstack(tensor, len(times)) for name, tensor in inputs.items()}
    kept: dict[str, list[tf.Tensor]] = {name: [] for name in keep}
    for time in times:
        carry, results = step(carry, {name: row[time] for name, row in rows.items()})
        for name, values in kept.items():
            values.append(results[name])
    return carry, {name: tf.stack(values[:: times.step]) for name, values in kept.items()}


def _looped(
    step: Step, carry: Tensors, inputs: Named, keep: Mapping[str, int], *, reverse: bool
) -> tuple[Tensors, dict[str, tf.Tensor]]:
    first = next(iter(inputs.values()))
    length = tf.shape(first)[0]
    rows = {
        name: tf.TensorArray(each.dtype, length, element_shape=each.shape[1:], clear_after_read=False).unstack(each)
        for name, each in inputs.items()
    }
    kept = {
        name: tf.TensorArray(carry[0].dtype, length, element_shape=[first.shape[1], width])
        for name, width in keep.items()
    }

    def body(count: tf.Tensor, carry: Tensors, kept: Named) -> tuple[tf.Tensor, Tensors, Named]:
        time = length - 1 - count if reverse else count
        new, results = step(carry, {name: array.read(time) for name, array in rows.items()})
        for after, before in zip(new, carry, strict=True):
            # An unknown batch size in the inputs must not blur a known one in the carry: the loop forbids that.
            after.set_shape(before.shape)
        return count + 1, new, {name: array.write(time, results[name]) for name, array in kept.items()}

    # The bound on the iterations is what lets XLA differentiate the loop a second time.
    _, carry, kept = tf.while_loop(
        lambda count, *_: count < length, body, (tf.constant(0), carry, kept), maximum_iterations=length
    )
    stacks = {name: array.stack() for name, array in kept.items()}
    for stack in stacks.values():
        stack.set_shape([first.shape[0], *stack.shape[1:]])
    return carry, stacks
