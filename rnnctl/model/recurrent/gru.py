"""The GRU layer and its passes."""

from __future__ import annotations

import keras
import tensorflow as tf

from rnnctl.model.recurrent.activations import Activation
from rnnctl.model.recurrent.layer import FusedRecurrence
from rnnctl.model.recurrent.passes import Passes
from rnnctl.model.recurrent.scan import Named, Tensors
from rnnctl.model.recurrent.tensors import kernel_gradient, tensor_of


class GRUPasses(Passes):
    """The gated recurrent unit (Cho et al. 2014, arXiv 1406.1078; `reset_after` as in v1 of it and in cuDNN).

    Letters, as Keras orders them, with n = h_{t−1} U + b_U and ρ the recurrent activation:

        z = ρ(x_z + n_z),   r = ρ(x_r + n_r),   h_t = z ⊙ h_{t−1} + (1 − z) ⊙ ĥ
        ĥ = φ(x_h + r ⊙ n_h) with `reset_after`,   ĥ = φ(x_h + (r ⊙ h_{t−1}) U_h) without, where b_U is absent too

    Backward, with g the total derivative ∂L/∂h_t and δ the derivatives with respect to what ρ and φ are applied to:

        δ_ĥ = g ⊙ (1 − z) ⊙ φ′,   δ_z = g ⊙ (h_{t−1} − ĥ) ⊙ ρ′
        after:   δ_r = δ_ĥ ⊙ n_h ⊙ ρ′,          g_{t−1} = direct + g ⊙ z + [δ_z, δ_r, δ_ĥ ⊙ r] Uᵀ
        before:  s = δ_ĥ U_hᵀ,  δ_r = s ⊙ h_{t−1} ⊙ ρ′,  g_{t−1} = direct + g ⊙ z + s ⊙ r + [δ_z, δ_r] [U_z, U_r]ᵀ

    Args:
        weights: U, `[units, 3 × units]`, and b_U, `[3 × units]`, where there is one.
        reset_after: Whether the reset gate acts after the product with U_h.
    """

    blocks = 3

    def __init__(
        self, weights: Tensors, activation: Activation, recurrent_activation: Activation, *, reset_after: bool
    ) -> None:
        super().__init__(weights)
        self.activation, self.gate, self.after = activation, recurrent_activation, reset_after
        self.gate_kernel, self.candidate_kernel = self.kernel[:, : 2 * self.units], self.kernel[:, 2 * self.units :]
        self.bias = weights[1] if len(weights) > 1 else None

    def widths(self) -> dict[str, int]:
        """Keeps z and r side by side, ĥ, n_h with `reset_after`, and what φ and ρ are applied to where it is needed."""
        units = self.units
        widths = {"gates": 2 * units, "candidate": units} | ({"inner": units} if self.after else {})
        widths |= {"before_gates": 2 * units} if self.gate.of_input else {}
        return widths | ({"before_candidate": units} if self.activation.of_input else {})

    def forward_step(self, states: Tensors, projected: tf.Tensor) -> tuple[Tensors, Named]:
        """See `Passes.forward_step`."""
        units = self.units
        (previous,) = states
        inner = tf.matmul(previous, self.kernel if self.after else self.gate_kernel)
        inner = inner if self.bias is None else inner + self.bias
        before_gates = projected[:, : 2 * units] + inner[:, : 2 * units]
        gates = self.gate.apply(before_gates)
        update, reset = gates[:, :units], gates[:, units:]
        inside = reset * inner[:, 2 * units :] if self.after else tf.matmul(reset * previous, self.candidate_kernel)
        before_candidate = projected[:, 2 * units :] + inside
        candidate = self.activation.apply(before_candidate)
        return (update * previous + (1.0 - update) * candidate,), {
            "gates": gates,
            "candidate": candidate,
            "inner": inner[:, 2 * units :],
            "before_gates": before_gates,
            "before_candidate": before_candidate,
        }

    def saved(self, stacks: Named, previous: Named) -> dict[str, tf.Tensor | None]:
        """Chooses all that the forward steps stacks, and h_{t−1}."""
        return {**{name: stacks[name] for name in self.widths()}, "previous": previous["h"]}

    def backward_kernels(self) -> Tensors:
        """Uᵀ; and [U_z, U_r]ᵀ and U_hᵀ on their own."""
        (both,) = super().backward_kernels()
        return both, both[: 2 * self.units], both[2 * self.units :]

    def backward_step(self, gradients: Tensors, rows: Named, *kernels: tf.Tensor) -> tuple[tf.Tensor, Tensors, Tensors]:
        """See `Passes.backward_step`."""
        units = self.units
        backwards, gate_backwards, candidate_backwards = kernels
        (gradient,) = gradients
        update, reset = rows["gates"][:, :units], rows["gates"][:, units:]
        gate_slope = self.gate.slope(rows["before_gates" if self.gate.of_input else "gates"])
        slope = self.activation.slope(rows["before_candidate" if self.activation.of_input else "candidate"])
        for_candidate = gradient * (1.0 - update) * slope
        for_update = gradient * (rows["previous"] - rows["candidate"]) * gate_slope[:, :units]
        earlier = gradient * update
        if self.after:
            for_reset = for_candidate * rows["inner"] * gate_slope[:, units:]
            parts = tf.concat([for_update, for_reset, for_candidate * reset], axis=1)
            earlier += tf.matmul(parts, backwards)
        else:
            through_reset = tf.matmul(for_candidate, candidate_backwards)
            for_reset = through_reset * rows["previous"] * gate_slope[:, units:]
            parts = tf.concat([for_update, for_reset], axis=1)
            earlier += through_reset * reset + tf.matmul(parts, gate_backwards)
        return tf.concat([for_update, for_reset, for_candidate], axis=1), gradients, (earlier,)

    def weight_gradients(self, stacks: Named, previous: Named, deltas: tf.Tensor, mask: tf.Tensor | None) -> Tensors:
        """Forms ∂L/∂U and, where there is a b_U, ∂L/∂b_U."""
        units = self.units
        reset, for_candidate = stacks["gates"][..., units:], deltas[..., 2 * units :]
        if self.after:
            inner = tf.concat([deltas[..., : 2 * units], for_candidate * reset], axis=-1)
            kernel = kernel_gradient(previous["h"], inner, mask)
        else:
            inner = deltas
            gates = kernel_gradient(previous["h"], deltas[..., : 2 * units], mask)
            kernel = tf.concat([gates, kernel_gradient(reset * previous["h"], for_candidate, mask)], axis=1)
        return (kernel, tf.reduce_sum(inner, axis=[0, 1]))[: len(self.weights)]


@keras.saving.register_keras_serializable(package="rnnctl")
class GRU(FusedRecurrence, keras.layers.GRU):
    """`keras.layers.GRU` with the same arguments, weights and results, which gives out its state gradients.

    See `keras.layers.GRU` for the arguments and `watch_states` for the gradients. With `use_cudnn="auto"` the
    written-out passes run on a GPU too; `use_cudnn=True` asks for cuDNN and gets it where nobody watches.
    """

    cell_class = keras.layers.GRUCell

    def input_bias(self) -> tf.Tensor | None:
        """Returns b, `[3 × units]`, or None; with `reset_after` Keras keeps it and b_U as rows of one variable."""
        bias = super().input_bias()
        return bias[0] if bias is not None and self.cell.reset_after else bias

    def recurrent_weights(self) -> Tensors:
        """Returns U, and b_U where there is one."""
        both = self.cell.bias is not None and self.cell.reset_after
        return (*super().recurrent_weights(), *([tensor_of(self.cell.bias)[1]] if both else []))

    def passes(self, weights: Tensors) -> GRUPasses:
        """See `FusedRecurrence.passes`."""
        return GRUPasses(weights, *self.activations(), reset_after=self.cell.reset_after)
