"""The long short-term memory and its backward pass.

Letters, as Keras orders the gates, with ρ the recurrent activation (Hochreiter and Schmidhuber 1997; forget gate of
Gers, Schmidhuber and Cummins 2000; no peepholes):

    [i, f, ĉ, o] = [ρ, ρ, φ, ρ](x_t W + b + h_{t−1} U),   c_t = f ⊙ c_{t−1} + i ⊙ ĉ,   h_t = o ⊙ φ(c_t)

Backward, with g the total derivative ∂L/∂h_t, k the total derivative ∂L/∂c_t, and δ the derivatives with respect to
what the gates' activations are applied to:

    k_t = κ_t + g ⊙ o ⊙ φ′(c_t),   κ_{t−1} = k_t ⊙ f   (κ: the part that comes through c_{t+1})
    δ_i = k ⊙ ĉ ⊙ ρ′,   δ_f = k ⊙ c_{t−1} ⊙ ρ′,   δ_ĉ = k ⊙ i ⊙ φ′,   δ_o = g ⊙ φ(c_t) ⊙ ρ′
    g_{t−1} = direct_{t−1} + δ Uᵀ

At a masked time step h_t = h_{t−1} and c_t = c_{t−1}: every δ is zero, k_t = κ_t, and g and k pass through unchanged.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from rnnctl.model.recurrent.activations import Activation
from rnnctl.model.recurrent.kernels.watch import Watch
from rnnctl.model.recurrent.scan import Named, Tensors, scan
from rnnctl.model.recurrent.tensors import kernel_gradient, previous_states


class LSTMOptions(NamedTuple):
    """What is fixed before an LSTM runs.

    Attributes:
        activation: φ.
        recurrent_activation: ρ.
        unroll: Whether to write the steps out; see `scan`.
    """

    activation: Activation
    recurrent_activation: Activation
    unroll: bool = False


class LSTMForward(NamedTuple):
    """What the forward pass keeps, `[time, batch, …]`; arbitrary at masked time steps but for the states.

    Attributes:
        states: h_t, `[…, units]`; at a masked time step a copy of h_{t−1}.
        carries: c_t, `[…, units]`; at a masked time step a copy of c_{t−1}.
        gates: i, f, ĉ and o side by side, `[…, 4 × units]`.
        activated: φ(c_t), `[…, units]`.
        before: What the gates' activations were applied to, where a derivative is a function of that; else None.
        final: h and c after the last time step, `[batch, units]` each.
    """

    states: tf.Tensor
    carries: tf.Tensor
    gates: tf.Tensor
    activated: tf.Tensor
    before: tf.Tensor | None
    final: Tensors


class LSTMBackward(NamedTuple):
    """What the backward pass yields.

    Attributes:
        deltas: δ of i, f, ĉ and o side by side, `[time, batch, 4 × units]`; zero at masked time steps.
        initial: ∂L/∂h_0 and ∂L/∂c_0, `[batch, units]` each.
        states: Of ∂L/∂h_t and ∂L/∂c_t, total, what the watch asks for: see `Watch.results`.
    """

    deltas: tf.Tensor
    initial: Tensors
    states: Tensors


def lstm_forward(
    projected: tf.Tensor,
    initial: Tensors,
    recurrent_kernel: tf.Tensor,
    *,
    mask: tf.Tensor | None,
    options: LSTMOptions,
) -> LSTMForward:
    """Runs the cell over time.

    Args:
        projected: x_t W + b, `[time, batch, 4 × units]`.
        initial: h_0 and c_0, `[batch, units]` each.
        recurrent_kernel: U, `[units, 4 × units]`.
        mask: Boolean `[time, batch, 1]`, False where the states are copied; or None.
        options: The activations and the rest.

    Returns:
        The states, and what the backward pass needs.
    """
    units = recurrent_kernel.shape[0]
    activation, gate = options.activation, options.recurrent_activation

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        hidden, cell = carry
        before = rows["projected"] + tf.matmul(hidden, recurrent_kernel)
        entry = gate.apply(before[:, : 2 * units])
        candidate = activation.apply(before[:, 2 * units : 3 * units])
        output = gate.apply(before[:, 3 * units :])
        new_cell = entry[:, units:] * cell + entry[:, :units] * candidate
        activated = activation.apply(new_cell)
        new_hidden = output * activated
        if mask is not None:
            new_cell = tf.where(rows["mask"], new_cell, cell)
            new_hidden = tf.where(rows["mask"], new_hidden, hidden)
        return (new_hidden, new_cell), {
            "states": new_hidden,
            "carries": new_cell,
            "gates": tf.concat([entry, candidate, output], axis=1),
            "activated": activated,
            "before": before,
        }

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        return carry, {"states": carry[0], "carries": carry[1]}

    keep = {"states": units, "carries": units, "gates": 4 * units, "activated": units}
    keep |= {"before": 4 * units} if activation.of_input or gate.of_input else {}
    inputs = {"projected": projected, "mask": mask}
    final, kept = scan(step, initial, inputs, keep, idle=idle, unroll=options.unroll)
    return LSTMForward(**{name: kept.get(name) for name in LSTMForward._fields[:-1]}, final=final)


def lstm_backward(
    direct: tf.Tensor | None,
    final: Tensors,
    forward: LSTMForward,
    previous_carries: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    *,
    mask: tf.Tensor | None,
    options: LSTMOptions,
    watch: Watch = Watch.NOTHING,
) -> LSTMBackward:
    """Runs the backward recursion of the module's docstring from the last time step to the first.

    Args:
        direct: The part of ∂L/∂h_t that does not run through later states, `[time, batch, units]`; None for zero.
        final: What is added to ∂L/∂h and ∂L/∂c at the last time step, `[batch, units]` each.
        forward: What the forward pass kept.
        previous_carries: c_{t−1} at every t, `[time, batch, units]`.
        recurrent_kernel: U, `[units, 4 × units]`.
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

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradient = carry[0] if direct is None else carry[0] + rows["direct"]
        entry, forget, candidate, output = tf.split(rows["gates"], 4, axis=1)
        of_gates = tf.split(rows["before" if gate.of_input else "gates"], 4, axis=1)
        of_candidate = tf.split(rows["before" if activation.of_input else "gates"], 4, axis=1)[2]
        through_output = gradient * output * activation.slope(rows["carries" if activation.of_input else "activated"])
        if mask is not None:
            through_output = tf.where(rows["mask"], through_output, tf.zeros_like(through_output))
        carry_gradient = carry[1] + through_output
        deltas = tf.concat(
            [
                carry_gradient * candidate * gate.slope(of_gates[0]),
                carry_gradient * rows["previous_carries"] * gate.slope(of_gates[1]),
                carry_gradient * entry * activation.slope(of_candidate),
                gradient * rows["activated"] * gate.slope(of_gates[3]),
            ],
            axis=1,
        )
        if mask is not None:
            deltas = tf.where(rows["mask"], deltas, tf.zeros_like(deltas))
        earlier = [tf.matmul(deltas, backwards), carry_gradient * forget]
        if mask is not None:
            unchanged = (gradient, carry_gradient)
            earlier = [tf.where(rows["mask"], new, old) for new, old in zip(earlier, unchanged, strict=True)]
        return tuple(earlier), {"deltas": deltas, "h": watch.row(gradient), "c": watch.row(carry_gradient)}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradient = carry[0] if direct is None else carry[0] + rows["direct"]
        return (gradient, carry[1]), {"h": watch.row(gradient), "c": watch.row(carry[1])}

    inputs = {
        "gates": forward.gates,
        "activated": forward.activated,
        "carries": forward.carries if activation.of_input else None,
        "before": forward.before,
        "previous_carries": previous_carries,
        "direct": direct,
        "mask": mask,
    }
    keep = {"deltas": 4 * units, **watch.keep(["h", "c"], units)}
    initial, kept = scan(step, final, inputs, keep, idle=idle, reverse=True, unroll=options.unroll)
    return LSTMBackward(kept["deltas"], initial, watch.results(kept, ["h", "c"]))


def lstm(
    projected: tf.Tensor,
    initial: Tensors,
    recurrent_kernel: tf.Tensor,
    probes: Tensors = (),
    *,
    mask: tf.Tensor | None,
    options: LSTMOptions,
    return_sequences: bool = False,
) -> Tensors:
    """The recurrence as one differentiable function, whose gradient is `lstm_backward`.

    Args:
        projected: x_t W + b, `[time, batch, 4 × units]`.
        initial: h_0 and c_0, `[batch, units]` each.
        recurrent_kernel: U, `[units, 4 × units]`.
        probes: Empty, or two tensors of zeros, `[time, batch, units]` or `[time, batch]`, whose gradients are then
            ∂L/∂h_t and ∂L/∂c_t or their norms.
        mask: Boolean `[time, batch, 1]`, or None.
        options: The activations and the rest.
        return_sequences: Whether to return all h or the last.

    Returns:
        h_t at all time steps `[time, batch, units]`, or the last `[batch, units]`; and the last c, `[batch, units]`.
    """

    @tf.custom_gradient
    def run(
        projected: tf.Tensor, hidden: tf.Tensor, cell: tf.Tensor, recurrent_kernel: tf.Tensor, *probes: tf.Tensor
    ) -> Any:
        forward = lstm_forward(projected, (hidden, cell), recurrent_kernel, mask=mask, options=options)

        def gradient(for_hidden: tf.Tensor, for_cell: tf.Tensor) -> Tensors:
            backward = lstm_backward(
                for_hidden if return_sequences else None,
                (tf.zeros_like(hidden) if return_sequences else for_hidden, for_cell),
                forward,
                previous_states(cell, forward.carries),
                recurrent_kernel,
                mask=mask,
                options=options,
                watch=Watch.asked_by(probes),
            )
            kernel = kernel_gradient(previous_states(hidden, forward.states), backward.deltas, mask)
            return (backward.deltas, *backward.initial, kernel, *backward.states)

        return (forward.states if return_sequences else forward.final[0], forward.final[1]), gradient

    results: Tensors = run(projected, *initial, recurrent_kernel, *probes)
    return results
