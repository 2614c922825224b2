"""The SimpleRNN layer and its passes."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from rnnctl.model.recurrent.activations import Activation
from rnnctl.model.recurrent.layer import FusedRecurrence
from rnnctl.model.recurrent.passes import Passes
from rnnctl.model.recurrent.scan import Named, Tensors
from rnnctl.model.recurrent.tensors import kernel_gradient


class SimpleRNNPasses(Passes):
    """h_t = φ(z_t), z_t = x_t W + b + h_{t−1} U.

    Backward (Werbos 1990, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78(10)), with g_t
    the total derivative ∂L/∂h_t:

        δ_t = g_t ⊙ φ′(z_t),    g_{t−1} = direct_{t−1} + δ_t Uᵀ,    ∂L/∂U = Σ_t h_{t−1}ᵀ δ_t

    Args:
        weights: U, `[units, units]`.
    """

    def __init__(self, weights: Tensors, activation: Activation) -> None:
        super().__init__(weights)
        self.activation = activation

    def widths(self) -> dict[str, int]:
        """Keeps z where φ′ is a function of it."""
        return {"before": self.units} if self.activation.of_input else {}

    def forward_step(self, states: Tensors, projected: tf.Tensor) -> tuple[Tensors, Named]:
        """See `Passes.forward_step`."""
        before = projected + tf.matmul(states[0], self.kernel)
        return (self.activation.apply(before),), {"before": before}

    def saved(self, stacks: Named, previous: Named) -> dict[str, tf.Tensor | None]:
        """Chooses what φ′ is a function of."""
        return {"slope_of": stacks["before" if self.activation.of_input else "h"]}

    def backward_step(self, gradients: Tensors, rows: Named, *kernels: tf.Tensor) -> tuple[tf.Tensor, Tensors, Tensors]:
        """See `Passes.backward_step`."""
        delta = gradients[0] * self.activation.slope(rows["slope_of"])
        return delta, gradients, (tf.matmul(delta, kernels[0]),)

    def weight_gradients(self, stacks: Named, previous: Named, deltas: tf.Tensor, mask: tf.Tensor | None) -> Tensors:
        """Forms ∂L/∂U."""
        return (kernel_gradient(previous["h"], deltas, mask),)


@keras.saving.register_keras_serializable(package="rnnctl")
class SimpleRNN(FusedRecurrence, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN` with the same arguments, weights and results, which gives out its state gradients.

    See `keras.layers.SimpleRNN` for the arguments and `watch_states` for the gradients.
    """

    cell_class = keras.layers.SimpleRNNCell
    drops_all = True

    def passes(self, weights: Tensors) -> SimpleRNNPasses:
        """See `FusedRecurrence.passes`."""
        return SimpleRNNPasses(weights, *self.activations())

    def get_config(self) -> dict[str, Any]:
        """The layer's arguments, its seed among them.

        Keras 3.15 leaves the seed of this one layer out, so that a copy of it, such as a bidirectional layer makes,
        drops other inputs in every process.
        """
        return {**super().get_config(), "seed": self.cell.seed}
