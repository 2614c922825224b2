"""The forward pass of the gated recurrent unit; see `kernels.gru` for the equations and the letters."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from rnnctl.model.recurrent.activations import Activation
from rnnctl.model.recurrent.scan import Named, Tensors, scan


class GRUOptions(NamedTuple):
    """What is fixed before a GRU runs.

    Attributes:
        activation: φ.
        recurrent_activation: ρ.
        reset_after: Whether the reset gate acts after the product with U_h.
        unroll: Whether to write the steps out; see `scan`.
    """

    activation: Activation
    recurrent_activation: Activation
    reset_after: bool = True
    unroll: bool = False


class GRUForward(NamedTuple):
    """What the forward pass keeps, `[time, batch, …]`; arbitrary at masked time steps but for `states`.

    Attributes:
        states: h_t, `[…, units]`; at a masked time step a copy of h_{t−1}.
        gates: z and r side by side, `[…, 2 × units]`.
        candidate: ĥ, `[…, units]`.
        inner: n_h, `[…, units]`; None without `reset_after`.
        before_gates: What ρ was applied to, where ρ′ is a function of that; else None.
        before_candidate: What φ was applied to, where φ′ is a function of that; else None.
        final: h after the last time step, `[batch, units]`.
    """

    states: tf.Tensor
    gates: tf.Tensor
    candidate: tf.Tensor
    inner: tf.Tensor | None
    before_gates: tf.Tensor | None
    before_candidate: tf.Tensor | None
    final: tf.Tensor


def gru_forward(
    projected: tf.Tensor,
    initial: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    recurrent_bias: tf.Tensor | None,
    *,
    mask: tf.Tensor | None,
    options: GRUOptions,
) -> GRUForward:
    """Runs the unit over time.

    Args:
        projected: x_t W + b, `[time, batch, 3 × units]`.
        initial: h_0, `[batch, units]`.
        recurrent_kernel: U, `[units, 3 × units]`.
        recurrent_bias: b_U, `[3 × units]`, or None.
        mask: Boolean `[time, batch, 1]`, False where the state is copied; or None.
        options: The activations and the rest.

    Returns:
        The states, and what the backward pass needs.
    """
    units = recurrent_kernel.shape[0]
    activation, gate = options.activation, options.recurrent_activation
    gate_kernel, candidate_kernel = recurrent_kernel[:, : 2 * units], recurrent_kernel[:, 2 * units :]

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        (previous,) = carry
        inner = tf.matmul(previous, recurrent_kernel if options.reset_after else gate_kernel)
        inner = inner if recurrent_bias is None else inner + recurrent_bias
        before_gates = rows["projected"][:, : 2 * units] + inner[:, : 2 * units]
        gates = gate.apply(before_gates)
        update, reset = gates[:, :units], gates[:, units:]
        after = options.reset_after
        inside = reset * inner[:, 2 * units :] if after else tf.matmul(reset * previous, candidate_kernel)
        before_candidate = rows["projected"][:, 2 * units :] + inside
        candidate = activation.apply(before_candidate)
        state = update * previous + (1.0 - update) * candidate
        if mask is not None:
            state = tf.where(rows["mask"], state, previous)
        return (state,), {
            "states": state,
            "gates": gates,
            "candidate": candidate,
            "inner": inner[:, 2 * units :],
            "before_gates": before_gates,
            "before_candidate": before_candidate,
        }

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        return carry, {"states": carry[0]}

    keep = {"states": units, "gates": 2 * units, "candidate": units}
    keep |= {"inner": units} if options.reset_after else {}
    keep |= {"before_gates": 2 * units} if gate.of_input else {}
    keep |= {"before_candidate": units} if activation.of_input else {}
    inputs = {"projected": projected, "mask": mask}
    (final,), kept = scan(step, (initial,), inputs, keep, idle=idle, unroll=options.unroll)
    return GRUForward(**{name: kept.get(name) for name in GRUForward._fields[:-1]}, final=final)
