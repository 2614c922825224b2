"""A cell's derivative around the states that it passed through, in float64 NumPy: what all share, and SimpleRNN.

With s the state (h; for an LSTM h and c side by side), ``J_t = ∂s_t/∂s_{t−1}``. J_t is never formed where a product
with it will do. All arrays are in running order, ``[batch, time, …]``; φ is the activation, σ the gates'. A masked
time step copies the state: J_t = 1, and no weight gets gradient there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from rnnctl.gradients.cells_numpy import Doubles, State
from rnnctl.gradients.passages import Passage
from rnnctl.model.recurrent.activations import ACTIVATIONS as SLOPES


def slope(name: str, z: Doubles) -> Doubles:
    """φ′(z) of an activation by Keras' name, element by element; at a kink TensorFlow's side of it."""
    entry = SLOPES[name]
    at = tf.constant(z, tf.float64)
    return np.asarray(entry.slope(at if entry.of_input else entry.apply(at)))


class Linearised:
    """What the three cells share; see the subclasses for the mathematics.

    Args:
        passage: The way through the sequences to linearise around.

    Attributes:
        passage: The same.
        slopes: φ′ at the pre-activation (gated cells: the candidate's), ``[batch, time, units]``.
        gates: The gates' values by name, ``[batch, time, units]``.
    """

    slopes: Doubles
    gates: Mapping[str, Doubles]

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.gates = {}

    @property
    def size(self) -> int:
        """Width of s: the units, for an LSTM twice the units."""
        return self.passage.layer.units * len(self.passage.states)

    def forward(self, t: int, rows: Doubles) -> Doubles:
        """J_t times vectors: ``rows [batch, count, size]``, one vector a row (batch may be 1)."""
        return self._keep_masked(t, rows, self._forward(t, rows))

    def back(self, t: int, rows: Doubles) -> Doubles:
        """J_tᵀ times vectors, as gradients go back: ``rows [batch, count, size]``, one vector a row."""
        return self._keep_masked(t, rows, self._back(t, rows))

    def jacobians(self, t: int) -> Doubles:
        """J_t of every sequence, ``[batch, size, size]``: row i holds ∂s_t[i]/∂s_{t−1}."""
        identity = np.broadcast_to(np.eye(self.size), (len(self.passage.inputs), self.size, self.size))
        return np.swapaxes(self.forward(t, identity), 1, 2)

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """Each sequence's own gradient of every weight.

        Args:
            state_gradients: Total ∂L/∂s_t by state, ``[batch, time, units]``, in running order.

        Returns:
            By the weight's name, ``[batch, …the weight's shape]``.
        """
        raise NotImplementedError

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        raise NotImplementedError

    def _back(self, t: int, rows: Doubles) -> Doubles:
        raise NotImplementedError

    def _keep_masked(self, t: int, before: Doubles, after: Doubles) -> Doubles:
        mask = self.passage.mask
        return after if mask is None else np.where(mask[:, t, None, None], after, before)

    def _masked(self, deltas: Doubles) -> Doubles:
        mask = self.passage.mask
        return deltas if mask is None else np.where(mask[..., None], deltas, 0.0)

    @staticmethod
    def _times(rows: Doubles, kernel: Doubles) -> Doubles:
        """``rows [batch, count, …] @ kernel`` as one matrix product; NumPy would make one per sequence."""
        product: Doubles = (rows.reshape(-1, rows.shape[-1]) @ kernel).reshape(*rows.shape[:-1], -1)
        return product

    def _products(self, inputs: Doubles, inner: Doubles, recurrent: Doubles | None = None) -> dict[str, Doubles]:
        """Sums over time of x_tᵀ δ_t and h_{t−1}ᵀ δ_t, one matrix product per sequence."""
        recurrent = inner if recurrent is None else recurrent
        return {
            "kernel": np.swapaxes(inputs, 1, 2) @ inner,
            "recurrent_kernel": np.swapaxes(self.passage.before("h"), 1, 2) @ recurrent,
            "bias": inner.sum(axis=1),
        }


class LinearisedSimpleRnn(Linearised):
    """z_t = x_t W + h_{t−1} U + b, h_t = φ(z_t): J_t = diag(φ′(z_t)) Uᵀ."""

    def __init__(self, passage: Passage) -> None:
        super().__init__(passage)
        w = passage.weights
        self.slopes = slope(passage.layer.activation, passage.inputs @ w.W + passage.before("h") @ w.U + w.b)

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        return self._times(rows, self.passage.weights.U) * self.slopes[:, t, None]

    def _back(self, t: int, rows: Doubles) -> Doubles:
        return self._times(rows * self.slopes[:, t, None], self.passage.weights.U.T)

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """See ``Linearised.weight_gradients``: δ_t = ∂L/∂h_t ⊙ φ′(z_t)."""
        return self._products(self.passage.inputs, self._masked(state_gradients["h"] * self.slopes))
