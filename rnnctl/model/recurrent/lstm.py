"""The LSTM layer and its passes."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from rnnctl.model.recurrent.activations import Activation
from rnnctl.model.recurrent.layer import FusedRecurrence
from rnnctl.model.recurrent.passes import Passes
from rnnctl.model.recurrent.scan import Named, Tensors
from rnnctl.model.recurrent.tensors import kernel_gradient


class LSTMPasses(Passes):
    """The long short-term memory (Hochreiter and Schmidhuber 1997; forget gate of Gers et al. 2000; no peepholes).

    Letters, as Keras orders the gates, with ρ the recurrent activation:

        [i, f, ĉ, o] = [ρ, ρ, φ, ρ](x_t W + b + h_{t−1} U),   c_t = f ⊙ c_{t−1} + i ⊙ ĉ,   h_t = o ⊙ φ(c_t)

    Backward, with g the total derivative ∂L/∂h_t, k the total derivative ∂L/∂c_t, and δ the derivatives with respect to
    what the gates' activations are applied to:

        k_t = κ_t + g ⊙ o ⊙ φ′(c_t),   κ_{t−1} = k_t ⊙ f   (κ: the part that comes through c_{t+1})
        δ_i = k ⊙ ĉ ⊙ ρ′,   δ_f = k ⊙ c_{t−1} ⊙ ρ′,   δ_ĉ = k ⊙ i ⊙ φ′,   δ_o = g ⊙ φ(c_t) ⊙ ρ′
        g_{t−1} = direct_{t−1} + δ Uᵀ

    Args:
        weights: U, `[units, 4 × units]`.
    """

    states = ("h", "c")
    blocks = 4

    def __init__(self, weights: Tensors, activation: Activation, recurrent_activation: Activation) -> None:
        super().__init__(weights)
        self.activation, self.gate = activation, recurrent_activation

    def widths(self) -> dict[str, int]:
        """Keeps i, f, ĉ and o side by side, φ(c_t), and what φ and ρ are applied to where it is needed."""
        before = {"before": 4 * self.units} if self.activation.of_input or self.gate.of_input else {}
        return {"gates": 4 * self.units, "activated": self.units, **before}

    def forward_step(self, states: Tensors, projected: tf.Tensor) -> tuple[Tensors, Named]:
        """See `Passes.forward_step`."""
        units = self.units
        hidden, memory = states
        before = projected + tf.matmul(hidden, self.kernel)
        entry = self.gate.apply(before[:, : 2 * units])
        candidate = self.activation.apply(before[:, 2 * units : 3 * units])
        output = self.gate.apply(before[:, 3 * units :])
        new = entry[:, units:] * memory + entry[:, :units] * candidate
        activated = self.activation.apply(new)
        gates = tf.concat([entry, candidate, output], axis=1)
        return (output * activated, new), {"gates": gates, "activated": activated, "before": before}

    def saved(self, stacks: Named, previous: Named) -> dict[str, tf.Tensor | None]:
        """Chooses all that the forward steps stacks, c_{t−1}, and c_t where φ′ is a function of it."""
        memory = stacks["c"] if self.activation.of_input else None
        return {**{name: stacks[name] for name in self.widths()}, "memory": memory, "previous": previous["c"]}

    def backward_step(self, gradients: Tensors, rows: Named, *kernels: tf.Tensor) -> tuple[tf.Tensor, Tensors, Tensors]:
        """See `Passes.backward_step`."""
        activation, gate = self.activation, self.gate
        gradient, through_later = gradients
        entry, forget, candidate, output = tf.split(rows["gates"], 4, axis=1)
        of_gates = tf.split(rows["before" if gate.of_input else "gates"], 4, axis=1)
        of_candidate = tf.split(rows["before" if activation.of_input else "gates"], 4, axis=1)[2]
        slope = activation.slope(rows["memory" if activation.of_input else "activated"])
        total = through_later + gradient * output * slope
        deltas = [
            total * candidate * gate.slope(of_gates[0]),
            total * rows["previous"] * gate.slope(of_gates[1]),
            total * entry * activation.slope(of_candidate),
            gradient * rows["activated"] * gate.slope(of_gates[3]),
        ]
        side_by_side = tf.concat(deltas, axis=1)
        return side_by_side, (gradient, total), (tf.matmul(side_by_side, kernels[0]), total * forget)

    def weight_gradients(self, stacks: Named, previous: Named, deltas: tf.Tensor, mask: tf.Tensor | None) -> Tensors:
        """Forms ∂L/∂U."""
        return (kernel_gradient(previous["h"], deltas, mask),)


class ProbedLSTMCell:
    """Stands in for an LSTM cell and adds the probe to c_t before h_t = o_t ⊙ φ(c_t) is formed.

    Keras' `LSTMCell.call` is run with this object as its `self`: everything is looked up in the real cell but the
    two methods that compute c and o, so the arithmetic stays Keras' own for every option that it has.
    """

    def __init__(self, cell: Any, probe: tf.Tensor) -> None:
        self._cell = cell
        self._probe = probe

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cell, name)

    def _compute_carry_and_output(self, *args: Any) -> tuple[Any, Any]:
        carry, output = self._cell._compute_carry_and_output(*args)
        return carry + self._probe, output

    def _compute_carry_and_output_fused(self, *args: Any) -> tuple[Any, Any]:
        carry, output = self._cell._compute_carry_and_output_fused(*args)
        return carry + self._probe, output


@keras.saving.register_keras_serializable(package="rnnctl")
class LSTM(FusedRecurrence, keras.layers.LSTM):
    """`keras.layers.LSTM` with the same arguments, weights and results, which gives out its state gradients.

    See `keras.layers.LSTM` for the arguments and `watch_states` for the gradients. With `use_cudnn="auto"` the
    written-out passes run on a GPU too; `use_cudnn=True` asks for cuDNN and gets it where nobody watches.
    """

    state_names = LSTMPasses.states
    cell_class = keras.layers.LSTMCell

    def passes(self, weights: Tensors) -> LSTMPasses:
        """See `FusedRecurrence.passes`."""
        return LSTMPasses(weights, *self.activations())

    def cell_step(self, inputs: tf.Tensor, states: Tensors, probes: Tensors, training: Any) -> list[tf.Tensor]:
        """Runs one time step of Keras' cell; c takes its probe inside, where h is formed from it."""
        _, new = type(self.cell).call(ProbedLSTMCell(self.cell, probes[1]), inputs, list(states), training=training)
        return list(new)
