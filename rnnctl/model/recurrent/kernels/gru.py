"""The gated recurrent unit and its backward pass.

Letters, as Keras orders them, with n = h_{t−1} U + b_U and ρ the recurrent activation (Cho et al. 2014, arXiv
1406.1078; `reset_after` as in v1 of it and in cuDNN):

    z = ρ(x_z + n_z),   r = ρ(x_r + n_r),   h_t = z ⊙ h_{t−1} + (1 − z) ⊙ ĥ
    ĥ = φ(x_h + r ⊙ n_h) with `reset_after`,   ĥ = φ(x_h + (r ⊙ h_{t−1}) U_h) without, where b_U is absent too

Backward, with g the total derivative ∂L/∂h_t and δ the derivatives with respect to what ρ and φ are applied to:

    δ_ĥ = g ⊙ (1 − z) ⊙ φ′,   δ_z = g ⊙ (h_{t−1} − ĥ) ⊙ ρ′
    after:   δ_r = δ_ĥ ⊙ n_h ⊙ ρ′,          g_{t−1} = direct + g ⊙ z + [δ_z, δ_r, δ_ĥ ⊙ r] Uᵀ
    before:  s = δ_ĥ U_hᵀ,  δ_r = s ⊙ h_{t−1} ⊙ ρ′,  g_{t−1} = direct + g ⊙ z + s ⊙ r + [δ_z, δ_r] [U_z, U_r]ᵀ

At a masked time step h_t = h_{t−1}: every δ is zero and g passes through unchanged.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from rnnctl.model.recurrent.kernels.gru_forward import GRUForward, GRUOptions, gru_forward
from rnnctl.model.recurrent.kernels.watch import Watch
from rnnctl.model.recurrent.scan import Named, Tensors, scan
from rnnctl.model.recurrent.tensors import kernel_gradient, previous_states


class GRUBackward(NamedTuple):
    """What the backward pass yields.

    Attributes:
        deltas: δ_z, δ_r and δ_ĥ side by side, `[time, batch, 3 × units]`; zero at masked time steps.
        initial: ∂L/∂h_0, `[batch, units]`.
        states: Of ∂L/∂h_t, total, what the watch asks for: see `Watch.results`.
    """

    deltas: tf.Tensor
    initial: tf.Tensor
    states: Tensors


def gru_backward(
    direct: tf.Tensor | None,
    final: tf.Tensor,
    forward: GRUForward,
    previous: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    *,
    mask: tf.Tensor | None,
    options: GRUOptions,
    watch: Watch = Watch.NOTHING,
) -> GRUBackward:
    """Runs the backward recursion of the module's docstring from the last time step to the first.

    Args:
        direct: The part of ∂L/∂h_t that does not run through later states, `[time, batch, units]`; None for zero.
        final: What is added to it at the last time step, `[batch, units]`.
        forward: What the forward pass kept.
        previous: h_{t−1} at every t, `[time, batch, units]`.
        recurrent_kernel: U, `[units, 3 × units]`.
        mask: As in the forward pass.
        options: As in the forward pass.
        watch: What to keep of the state gradients.

    Returns:
        The deltas, and of the state gradients what is asked for.
    """
    units = recurrent_kernel.shape[0]
    activation, gate = options.activation, options.recurrent_activation
    # Turned round once, before the loop: a product with a transposed matrix in every time step is slower.
    backwards = tf.transpose(recurrent_kernel)
    gate_backwards, candidate_backwards = backwards[: 2 * units], backwards[2 * units :]

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradient = carry[0] if direct is None else carry[0] + rows["direct"]
        update, reset = rows["gates"][:, :units], rows["gates"][:, units:]
        gate_slope = gate.slope(rows["before_gates" if gate.of_input else "gates"])
        slope = activation.slope(rows["before_candidate" if activation.of_input else "candidate"])
        for_candidate = gradient * (1.0 - update) * slope
        for_update = gradient * (rows["previous"] - rows["candidate"]) * gate_slope[:, :units]
        earlier = gradient * update
        if options.reset_after:
            for_reset = for_candidate * rows["inner"] * gate_slope[:, units:]
            parts = tf.concat([for_update, for_reset, for_candidate * reset], axis=1)
            earlier += tf.matmul(parts, backwards)
        else:
            through_reset = tf.matmul(for_candidate, candidate_backwards)
            for_reset = through_reset * rows["previous"] * gate_slope[:, units:]
            parts = tf.concat([for_update, for_reset], axis=1)
            earlier += through_reset * reset + tf.matmul(parts, gate_backwards)
        deltas = tf.concat([for_update, for_reset, for_candidate], axis=1)
        if mask is not None:
            deltas = tf.where(rows["mask"], deltas, tf.zeros_like(deltas))
            earlier = tf.where(rows["mask"], earlier, gradient)
        return (earlier,), {"deltas": deltas, "h": watch.row(gradient)}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradient = carry[0] if direct is None else carry[0] + rows["direct"]
        return (gradient,), {"h": watch.row(gradient)}

    stacks = {name: getattr(forward, name) for name in GRUForward._fields if name not in ("states", "final")}
    inputs = {**stacks, "previous": previous, "direct": direct, "mask": mask}
    keep = {"deltas": 3 * units, **watch.keep(["h"], units)}
    (initial,), kept = scan(step, (final,), inputs, keep, idle=idle, reverse=True, unroll=options.unroll)
    return GRUBackward(kept["deltas"], initial, watch.results(kept, ["h"]))


def gru_weight_gradients(
    forward: GRUForward, previous: tf.Tensor, deltas: tf.Tensor, *, mask: tf.Tensor | None, reset_after: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Forms ∂L/∂U and ∂L/∂b_U from the stacked deltas.

    Args:
        forward: What the forward pass kept.
        previous: h_{t−1} at every t, `[time, batch, units]`.
        deltas: As the backward pass returned them.
        mask: As in the forward pass.
        reset_after: Whether the reset gate acts after the product with U_h.

    Returns:
        ∂L/∂U `[units, 3 × units]`, and ∂L/∂b_U `[3 × units]`.
    """
    units = previous.shape[-1]
    reset, for_candidate = forward.gates[..., units:], deltas[..., 2 * units :]
    if not reset_after:
        gates = kernel_gradient(previous, deltas[..., : 2 * units], mask)
        candidate = kernel_gradient(reset * previous, for_candidate, mask)
        return tf.concat([gates, candidate], axis=1), tf.reduce_sum(deltas, axis=[0, 1])
    inner = tf.concat([deltas[..., : 2 * units], for_candidate * reset], axis=-1)
    return kernel_gradient(previous, inner, mask), tf.reduce_sum(inner, axis=[0, 1])


def gru(
    projected: tf.Tensor,
    initial: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    recurrent_bias: tf.Tensor | None,
    probes: Tensors = (),
    *,
    mask: tf.Tensor | None,
    options: GRUOptions,
    return_sequences: bool = False,
) -> tf.Tensor:
    """The recurrence as one differentiable function, whose gradient is `gru_backward`.

    Args:
        projected: x_t W + b, `[time, batch, 3 × units]`.
        initial: h_0, `[batch, units]`.
        recurrent_kernel: U, `[units, 3 × units]`.
        recurrent_bias: b_U, `[3 × units]`, or None.
        probes: Empty, or one tensor of zeros, `[time, batch, units]` or `[time, batch]`, whose gradient is then ∂L/∂h_t
            or its norm.
        mask: Boolean `[time, batch, 1]`, or None.
        options: The activations and the rest.
        return_sequences: Whether to return all states or the last.

    Returns:
        h_t at all time steps `[time, batch, units]`, or the last `[batch, units]`.
    """
    biases = () if recurrent_bias is None else (recurrent_bias,)

    @tf.custom_gradient
    def run(projected: tf.Tensor, initial: tf.Tensor, recurrent_kernel: tf.Tensor, *rest: tf.Tensor) -> Any:
        bias = rest[0] if biases else None
        forward = gru_forward(projected, initial, recurrent_kernel, bias, mask=mask, options=options)

        def gradient(upstream: tf.Tensor) -> Tensors:
            direct, final = (upstream, tf.zeros_like(initial)) if return_sequences else (None, upstream)
            previous = previous_states(initial, forward.states)
            watch = Watch.asked_by(probes)
            backward = gru_backward(
                direct, final, forward, previous, recurrent_kernel, mask=mask, options=options, watch=watch
            )
            after = options.reset_after
            kernel, bias = gru_weight_gradients(forward, previous, backward.deltas, mask=mask, reset_after=after)
            return (backward.deltas, backward.initial, kernel, *([bias] if biases else []), *backward.states)

        return (forward.states if return_sequences else forward.final), gradient

    return run(projected, initial, recurrent_kernel, *biases, *probes)
