"""The long short-term memory in NumPy. Blocks: i (input), f (forget), c (candidate), o (output)."""

# ruff: noqa: N806, PLC2401 - names and lines are those of the equations

from __future__ import annotations

from typing import Any

import numpy as np

from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.cells.numpy_cell import CellWeights, NumpyCell, State, Trajectory
from rnnctl.cells.table import LstmLayer


class NumpyLstm(NumpyCell):
    """c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ φ(c_t), with s = (h, c); see ``step`` for the gates.

    ::

        ∂c_t/∂c_{t−1} = diag(f)
        ∂c_t/∂h_{t−1} = diag(g ⊙ σ′_i) U_iᵀ + diag(c_{t−1} ⊙ σ′_f) U_fᵀ + diag(i ⊙ φ′_g) U_cᵀ
        ∂h_t/∂s_{t−1} = diag(o ⊙ φ′(c_t)) ∂c_t/∂s_{t−1} + (diag(φ(c_t) ⊙ σ′_o) U_oᵀ, 0)
    """

    def __init__(self, trajectory: Trajectory) -> None:
        super().__init__(trajectory)
        w = trajectory.weights
        layer: Any = trajectory.layer
        φ, σ = ACTIVATIONS[layer.activation], ACTIVATIONS[layer.recurrent_activation]
        before = np.split(trajectory.inputs @ w.W + trajectory.before("h") @ w.U + w.b, 4, axis=-1)
        i, f, o = σ.value(before[0]), σ.value(before[1]), σ.value(before[3])
        slopes = [σ.slope(a) for a in (before[0], before[1], before[3])]
        self.slopes = φ.slope(before[2])
        self.gates = {"input": i, "forget": f, "output": o}
        c = trajectory.states["c"]
        into_c = (φ.value(before[2]) * slopes[0], trajectory.before("c") * slopes[1], i * self.slopes)
        self._into = np.concatenate([*into_c, φ.value(c) * slopes[2]], axis=-1)
        self._exposed = o * φ.slope(c)

    @staticmethod
    def step(layer: LstmLayer, weights: CellWeights, x_t: Doubles, before: State) -> State:
        """Takes one time step (Hochreiter & Schmidhuber 1997; forget gate of Gers et al. 2000).

        ::

            i_t = σ(x_t W_i + h_{t-1} U_i + b_i)          how much of the candidate enters the memory
            f_t = σ(x_t W_f + h_{t-1} U_f + b_f)          how much of the memory stays
            g_t = φ(x_t W_c + h_{t-1} U_c + b_c)          the candidate
            o_t = σ(x_t W_o + h_{t-1} U_o + b_o)          how much of the memory shows
            c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
            h_t = o_t ⊙ φ(c_t)
        """
        φ, σ = ACTIVATIONS[layer.activation].value, ACTIVATIONS[layer.recurrent_activation].value
        h, c = before["h"], before["c"]
        W_i, W_f, W_c, W_o = np.split(weights.W, 4, axis=-1)
        U_i, U_f, U_c, U_o = np.split(weights.U, 4, axis=-1)
        b_i, b_f, b_c, b_o = np.split(weights.b, 4)

        i_t = σ(x_t @ W_i + h @ U_i + b_i)
        f_t = σ(x_t @ W_f + h @ U_f + b_f)
        g_t = φ(x_t @ W_c + h @ U_c + b_c)
        o_t = σ(x_t @ W_o + h @ U_o + b_o)
        c_t = f_t * c + i_t * g_t
        h_t = o_t * φ(c_t)
        return {"h": h_t, "c": c_t}

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        h, c = np.split(rows, 2, axis=-1)
        i, f, g, o = np.split(self._times(h, self.trajectory.weights.U) * self._into[:, t, None], 4, axis=-1)
        d_c = c * self.gates["forget"][:, t, None] + i + f + g
        return np.concatenate([self._exposed[:, t, None] * d_c + o, d_c], axis=-1)

    def _back(self, t: int, rows: Doubles) -> Doubles:
        h, c = np.split(rows, 2, axis=-1)
        d_c = c + self._exposed[:, t, None] * h
        deltas = np.concatenate([d_c, d_c, d_c, h], axis=-1) * self._into[:, t, None]
        return np.concatenate(
            [self._times(deltas, self.trajectory.weights.U.T), d_c * self.gates["forget"][:, t, None]], axis=-1
        )

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """See ``NumpyCell.weight_gradients``."""
        h, c = state_gradients["h"], state_gradients["c"]
        return self._products(self._masked(np.concatenate([c, c, c, h], axis=-1) * self._into))
