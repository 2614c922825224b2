"""The simple recurrence and its backward pass.

Letters: h_t = φ(z_t), z_t = x_t W + b + h_{t−1} U. The backward recursion (Werbos 1990, "Backpropagation through
time: what it does and how to do it", Proc. IEEE 78(10)), with g_t the total derivative ∂L/∂h_t:

    δ_t = g_t ⊙ φ′(z_t),    g_{t−1} = direct_{t−1} + δ_t Uᵀ,    ∂L/∂U = Σ_t h_{t−1}ᵀ δ_t

At a masked time step h_t = h_{t−1}, so δ_t = 0 and g_{t−1} = direct_{t−1} + g_t.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from rnnctl.model.recurrent.activations import Activation
from rnnctl.model.recurrent.kernels.watch import Watch
from rnnctl.model.recurrent.scan import Named, Tensors, scan
from rnnctl.model.recurrent.tensors import kernel_gradient, previous_states


class SimpleRNNForward(NamedTuple):
    """What the forward pass keeps.

    Attributes:
        states: h_t after every time step, `[time, batch, units]`; at a masked one a copy of h_{t−1}.
        slope_of: What φ′ is a function of, y_t = φ(z_t) or z_t, `[time, batch, units]`; arbitrary at masked steps.
        final: h after the last time step, `[batch, units]`.
    """

    states: tf.Tensor
    slope_of: tf.Tensor
    final: tf.Tensor


class SimpleRNNBackward(NamedTuple):
    """What the backward pass yields.

    Attributes:
        deltas: δ_t = ∂L/∂z_t, `[time, batch, units]`; zero at masked time steps.
        initial: ∂L/∂h_0, `[batch, units]`.
        states: Of g_t = ∂L/∂h_t, total, what the watch asks for: see `Watch.results`.
    """

    deltas: tf.Tensor
    initial: tf.Tensor
    states: Tensors


def simple_rnn_forward(
    projected: tf.Tensor,
    initial: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    *,
    mask: tf.Tensor | None,
    activation: Activation,
    unroll: bool = False,
) -> SimpleRNNForward:
    """Runs h_t = φ(projected_t + h_{t−1} U) over time.

    Args:
        projected: x_t W + b, `[time, batch, units]`.
        initial: h_0, `[batch, units]`.
        recurrent_kernel: U, `[units, units]`.
        mask: Boolean `[time, batch, 1]`, False where the state is copied; or None.
        activation: φ.
        unroll: Whether to write the steps out; see `scan`.

    Returns:
        The states, and what the backward pass needs.
    """
    units = recurrent_kernel.shape[0]

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        (previous,) = carry
        before = rows["projected"] + tf.matmul(previous, recurrent_kernel)
        state = activation.apply(before)
        if mask is not None:
            state = tf.where(rows["mask"], state, previous)
        return (state,), {"states": state, "before": before}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        return carry, {"states": carry[0]}

    keep = {"states": units, "before": units} if activation.of_input else {"states": units}
    (final,), kept = scan(step, (initial,), {"projected": projected, "mask": mask}, keep, idle=idle, unroll=unroll)
    return SimpleRNNForward(kept["states"], kept["before" if activation.of_input else "states"], final)


def simple_rnn_backward(
    direct: tf.Tensor | None,
    final: tf.Tensor,
    slope_of: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    *,
    mask: tf.Tensor | None,
    activation: Activation,
    watch: Watch = Watch.NOTHING,
    unroll: bool = False,
) -> SimpleRNNBackward:
    """Runs the backward recursion of the module's docstring from the last time step to the first.

    Args:
        direct: The part of ∂L/∂h_t that does not run through later states, `[time, batch, units]`; None for zero.
        final: What is added to it at the last time step, `[batch, units]`.
        slope_of: As the forward pass returned it.
        recurrent_kernel: U, `[units, units]`.
        mask: As in the forward pass.
        activation: φ.
        watch: What to keep of the state gradients.
        unroll: Whether to write the steps out; see `scan`.

    Returns:
        The deltas, and of the state gradients what is asked for.
    """
    units = recurrent_kernel.shape[0]
    # Turned round once, before the loop: a product with a transposed matrix in every time step is slower.
    backwards = tf.transpose(recurrent_kernel)

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradient = carry[0] if direct is None else carry[0] + rows["direct"]
        delta = gradient * activation.slope(rows["slope_of"])
        if mask is not None:
            delta = tf.where(rows["mask"], delta, tf.zeros_like(delta))
        earlier = tf.matmul(delta, backwards)
        if mask is not None:
            earlier = tf.where(rows["mask"], earlier, gradient)
        return (earlier,), {"deltas": delta, "h": watch.row(gradient)}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradient = carry[0] if direct is None else carry[0] + rows["direct"]
        return (gradient,), {"h": watch.row(gradient)}

    inputs = {"slope_of": slope_of, "direct": direct, "mask": mask}
    keep = {"deltas": units, **watch.keep(["h"], units)}
    (initial,), kept = scan(step, (final,), inputs, keep, idle=idle, reverse=True, unroll=unroll)
    return SimpleRNNBackward(kept["deltas"], initial, watch.results(kept, ["h"]))


def simple_rnn(
    projected: tf.Tensor,
    initial: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    probes: Tensors = (),
    *,
    mask: tf.Tensor | None,
    activation: Activation,
    return_sequences: bool = False,
    unroll: bool = False,
) -> tf.Tensor:
    """The recurrence as one differentiable function, whose gradient is `simple_rnn_backward`.

    Args:
        projected: x_t W + b, `[time, batch, units]`.
        initial: h_0, `[batch, units]`.
        recurrent_kernel: U, `[units, units]`.
        probes: Empty, or one tensor of zeros, `[time, batch, units]` or `[time, batch]`, whose gradient is then ∂L/∂h_t
            or its norm.
        mask: Boolean `[time, batch, 1]`, or None.
        activation: φ.
        return_sequences: Whether to return all states or the last.
        unroll: Whether to write the steps out; see `scan`.

    Returns:
        h_t at all time steps `[time, batch, units]`, or the last `[batch, units]`.
    """

    @tf.custom_gradient
    def run(projected: tf.Tensor, initial: tf.Tensor, recurrent_kernel: tf.Tensor, *probes: tf.Tensor) -> Any:
        forward = simple_rnn_forward(
            projected, initial, recurrent_kernel, mask=mask, activation=activation, unroll=unroll
        )

        def gradient(upstream: tf.Tensor) -> Tensors:
            backward = simple_rnn_backward(
                upstream if return_sequences else None,
                tf.zeros_like(initial) if return_sequences else upstream,
                forward.slope_of,
                recurrent_kernel,
                mask=mask,
                activation=activation,
                watch=Watch.asked_by(probes),
                unroll=unroll,
            )
            kernel = kernel_gradient(previous_states(initial, forward.states), backward.deltas, mask)
            return (backward.deltas, backward.initial, kernel, *backward.states)

        return (forward.states if return_sequences else forward.final), gradient

    return run(projected, initial, recurrent_kernel, *probes)
