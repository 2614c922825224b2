"""The gated recurrent unit in NumPy. Blocks: z (update), r (reset), n (candidate; Keras' source calls it h)."""

# ruff: noqa: N806, PLC2401, SIM108 - names and lines are those of the equations

from __future__ import annotations

from typing import Any

import numpy as np

from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.cells.numpy_cell import CellWeights, NumpyCell, State, Trajectory
from rnnctl.cells.table import GruLayer


class NumpyGru(NumpyCell):
    """h_t = z ⊙ h_{t−1} + (1 − z) ⊙ n; see ``step`` for the gates.

    ::

        J_t = diag(z) + diag((h_{t−1} − n) ⊙ σ′_z) U_zᵀ + diag((1 − z) ⊙ φ′) N
        N = diag(r) U_nᵀ + diag((h_{t−1} U_n + d_n) ⊙ σ′_r) U_rᵀ             reset_after: true
        N = U_nᵀ (diag(r) + diag(h_{t−1} ⊙ σ′_r) U_rᵀ)                       reset_after: false
    """

    def __init__(self, trajectory: Trajectory) -> None:
        super().__init__(trajectory)
        w = trajectory.weights
        layer: Any = trajectory.layer
        self._after = layer.reset_after
        φ, σ = ACTIVATIONS[layer.activation], ACTIVATIONS[layer.recurrent_activation]
        self._h = trajectory.before("h")
        b, d = w.b if self._after else (w.b, np.zeros_like(w.b))
        x_z, x_r, x_n = np.split(trajectory.inputs @ w.W + b, 3, axis=-1)
        self._U_z, self._U_r, self._U_n = np.split(w.U, 3, axis=-1)
        d_z, d_r, d_n = np.split(d, 3)
        a_z, a_r = x_z + self._h @ self._U_z + d_z, x_r + self._h @ self._U_r + d_r
        z, self._r = σ.value(a_z), σ.value(a_r)
        # The factor of r, on whichever side of the product with U_n it stands.
        self._gated = self._h @ self._U_n + d_n if self._after else self._h
        a_n = x_n + (self._r * self._gated if self._after else (self._r * self._gated) @ self._U_n)
        self.slopes = φ.slope(a_n)
        self.gates = {"update": z, "reset": self._r}
        self._to_z = (self._h - φ.value(a_n)) * σ.slope(a_z)
        self._to_n = (1.0 - z) * self.slopes
        self._to_r = self._gated * σ.slope(a_r)

    @staticmethod
    def step(layer: GruLayer, weights: CellWeights, x_t: Doubles, before: State) -> State:
        """Takes one time step (Cho et al. 2014, arXiv 1406.1078).

        ::

            z_t = σ(x_t W_z + h_{t-1} U_z + b_z)                   how much of the state stays
            r_t = σ(x_t W_r + h_{t-1} U_r + b_r)                   how much of it the candidate sees
            n_t = φ(x_t W_n + b_n + r_t ⊙ (h_{t-1} U_n + d_n))     reset_after: true, as in cuDNN
            n_t = φ(x_t W_n + b_n + (r_t ⊙ h_{t-1}) U_n)           reset_after: false, as in the paper's first version
            h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t

        With ``reset_after`` every gate has a second bias d, which stands with the state's product.
        """
        φ, σ = ACTIVATIONS[layer.activation].value, ACTIVATIONS[layer.recurrent_activation].value
        h = before["h"]
        W_z, W_r, W_n = np.split(weights.W, 3, axis=-1)
        U_z, U_r, U_n = np.split(weights.U, 3, axis=-1)
        b, d = weights.b if layer.reset_after else (weights.b, np.zeros_like(weights.b))
        b_z, b_r, b_n = np.split(b, 3)
        d_z, d_r, d_n = np.split(d, 3)

        z_t = σ(x_t @ W_z + b_z + h @ U_z + d_z)
        r_t = σ(x_t @ W_r + b_r + h @ U_r + d_r)
        if layer.reset_after:
            n_t = φ(x_t @ W_n + b_n + r_t * (h @ U_n + d_n))
        else:
            n_t = φ(x_t @ W_n + b_n + (r_t * h) @ U_n)
        h_t = z_t * h + (1 - z_t) * n_t
        return {"h": h_t}

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        at = np.s_[:, t, None]
        to_r = self._to_r[at] * self._times(rows, self._U_r)
        if self._after:
            candidate = self._r[at] * self._times(rows, self._U_n) + to_r
        else:
            candidate = self._times(self._r[at] * rows + to_r, self._U_n)
        through_gate = rows * self.gates["update"][at] + self._to_z[at] * self._times(rows, self._U_z)
        return through_gate + self._to_n[at] * candidate

    def _back(self, t: int, rows: Doubles) -> Doubles:
        at = np.s_[:, t, None]
        direct = rows * self.gates["update"][at] + self._times(rows * self._to_z[at], self._U_z.T)
        d_n = rows * self._to_n[at]
        if self._after:
            return direct + self._times(d_n * self._r[at], self._U_n.T) + self._times(d_n * self._to_r[at], self._U_r.T)
        inner = self._times(d_n, self._U_n.T)
        return direct + inner * self._r[at] + self._times(inner * self._to_r[at], self._U_r.T)

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """See ``NumpyCell.weight_gradients``."""
        dh = self._masked(state_gradients["h"])
        d_z, d_n = dh * self._to_z, dh * self._to_n
        d_r = (d_n if self._after else d_n @ self._U_n.T) * self._to_r
        inner = np.concatenate([d_z, d_r, d_n], axis=-1)
        if self._after:
            outer = np.concatenate([d_z, d_r, d_n * self._r], axis=-1)
            products = self._products(inner, outer)
            return products | {"bias": np.stack([products["bias"], outer.sum(axis=1)], axis=1)}
        products = self._products(inner)
        units = self.trajectory.layer.units
        products["recurrent_kernel"][..., 2 * units :] = np.swapaxes(self._r * self._h, 1, 2) @ d_n
        return products
