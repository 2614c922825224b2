"""The loop over time, in one place: every forward and every backward pass runs through `scan`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from rnnctl.model.written_out import LOOPS_ONLY, UNROLL_FROM, UNROLL_LIMIT

Tensors = tuple[tf.Tensor, ...]
Named = Mapping[str, tf.Tensor]
Step = Callable[[Tensors, Named], tuple[Tensors, Named]]
Stretch = tuple[Step, tf.Tensor]
"""A step function, and the number of time steps that are done when it has run."""

# Time steps up to which layers of fewer units than `UNROLL_FROM` run over all of them in one loop, those included at
# which every sequence is masked. Three loops compile longer than they save: two bidirectional LSTMs of 16 units,
# batches of 3 to 29 time steps, took 7.1 s of CPU to compile with three each and 5.4 with one, and no longer a step
# after that.
ONE_LOOP_LIMIT = 32


def scan(
    step: Step,
    carry: Tensors,
    inputs: Mapping[str, tf.Tensor | None],
    keep: Mapping[str, int],
    *,
    idle: Step | None = None,
    reverse: bool = False,
    unroll: bool = False,
) -> tuple[Tensors, dict[str, tf.Tensor]]:
    """Runs a step function over time: (carry_t, results_t) = step(carry_{t−1}, inputs_t).

    Args:
        step: Takes the carry, tensors `[batch, …]`, and one time step of every input by name; returns the new carry of
            the same shapes, and named results `[batch, width]`.
        carry: The carry before the first time step. Its first tensor gives the dtype of all results.
        inputs: Tensors `[time, batch, …]` by name, at least one; those that are None are left out.
        keep: The names of the results to keep, each with its width. What is not kept costs no memory.
        idle: What `step` comes to where every sequence of the batch is masked. Where there is an input `mask`, boolean
            `[time, batch, 1]`, a loop runs it before the first and after the last time step at which any sequence is
            not, unless the loop is short (`ONE_LOOP_LIMIT`): batches padded to a fixed length then cost little more
            than their longest sequence. Kept results that it does not return are zero there.
        reverse: Whether to run from the last time step to the first. Results keep their place in time.
        unroll: Whether to write the steps out whatever `UNROLL_LIMIT`, `UNROLL_FROM` and `LOOPS_ONLY` say, where the
            length is static.

    Returns:
        The carry after the last time step run, and the kept results stacked to `[time, batch, width]`.
    """
    present = {name: tensor for name, tensor in inputs.items() if tensor is not None}
    length = next(iter(present.values())).shape[0]
    small = (carry[0].shape[-1] or 0) < UNROLL_FROM
    short = length is not None and length <= UNROLL_LIMIT and not small and not LOOPS_ONLY.get()
    if length is not None and (unroll or short or tf.executing_eagerly()):
        return _written_out(step, carry, present, keep, range(length)[:: -1 if reverse else 1])
    if small and length is not None and length <= ONE_LOOP_LIMIT:
        idle = None
    return _looped(_stretches(step, idle, present, reverse=reverse), carry, present, keep, reverse=reverse)


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
    stretches: Sequence[Stretch], carry: Tensors, inputs: Named, keep: Mapping[str, int], *, reverse: bool
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
    count = tf.constant(0)
    for step, end in stretches:

        def body(count: tf.Tensor, carry: Tensors, kept: Named, step: Step = step) -> tuple[tf.Tensor, Tensors, Named]:
            time = length - 1 - count if reverse else count
            new, results = step(carry, {name: array.read(time) for name, array in rows.items()})
            for after, before in zip(new, carry, strict=True):
                # An unknown batch size in the inputs must not blur a known one in the carry: the loop forbids that.
                after.set_shape(before.shape)
            written = {name: array.write(time, results[name]) for name, array in kept.items() if name in results}
            return count + 1, new, {**kept, **written}

        # The bound on the iterations is what lets XLA differentiate the loop a second time.
        count, carry, kept = tf.while_loop(
            lambda count, *_, end=end: count < end, body, (count, carry, kept), maximum_iterations=length
        )
    stacks = {name: array.stack() for name, array in kept.items()}
    for stack in stacks.values():
        stack.set_shape([first.shape[0], *stack.shape[1:]])
    return carry, stacks


def _stretches(step: Step, idle: Step | None, inputs: Named, *, reverse: bool) -> list[Stretch]:
    """Divides the time steps, in the order in which they are run, into those of `idle`, of `step`, and of `idle`."""
    mask = inputs.get("mask")
    length = tf.shape(next(iter(inputs.values())))[0]
    if idle is None or mask is None:
        return [(step, length)]
    busy = tf.reduce_any(mask[::-1] if reverse else mask, axis=[1, 2])
    times = tf.range(length)
    # One time step is always run: a stack nothing is written to would have no batch size where that is unknown.
    end = tf.reduce_max(tf.where(busy, times + 1, 1))
    first = tf.minimum(tf.reduce_min(tf.where(busy, times, length)), end - 1)
    return [(idle, first), (step, end), (idle, length)]
