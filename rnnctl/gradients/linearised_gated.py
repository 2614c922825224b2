"""The derivatives of the gated cells, GRU and LSTM; see ``linearised`` for the conventions."""

# ruff: noqa: PLC2401 - names are those of the equations, as in cells_numpy

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnctl.gradients.activations_numpy import ACTIVATIONS
from rnnctl.gradients.cells_numpy import Doubles, State
from rnnctl.gradients.linearised import Linearised, LinearisedSimpleRnn, slope
from rnnctl.gradients.passages import Passage
from rnnctl.schema.model import GruLayer, LstmLayer


class LinearisedGru(Linearised):
    """h_t = z ⊙ h_{t−1} + (1 − z) ⊙ n; see ``cells_numpy.gru_step`` for the gates.

    ::

        J_t = diag(z) + diag((h_{t−1} − n) ⊙ σ′_z) U_zᵀ + diag((1 − z) ⊙ φ′) N
        N = diag(r) U_nᵀ + diag((h_{t−1} U_n + d_n) ⊙ σ′_r) U_rᵀ             reset_after: true
        N = U_nᵀ (diag(r) + diag(h_{t−1} ⊙ σ′_r) U_rᵀ)                       reset_after: false
    """

    def __init__(self, passage: Passage) -> None:
        super().__init__(passage)
        layer, w = passage.layer, passage.weights
        if not isinstance(layer, GruLayer):
            raise TypeError(f"not a GRU: {layer.cell}")
        self._after = layer.reset_after
        φ, σ = ACTIVATIONS[layer.activation], ACTIVATIONS[layer.recurrent_activation]
        self._h = passage.before("h")
        b, d = w.b if self._after else (w.b, np.zeros_like(w.b))
        x_z, x_r, x_n = np.split(passage.inputs @ w.W + b, 3, axis=-1)
        self._U_z, self._U_r, self._U_n = np.split(w.U, 3, axis=-1)
        d_z, d_r, d_n = np.split(d, 3)
        a_z, a_r = x_z + self._h @ self._U_z + d_z, x_r + self._h @ self._U_r + d_r
        z, self._r = σ(a_z), σ(a_r)
        # What r is multiplied by, whichever side of the product with U_n it stands on.
        self._gated = self._h @ self._U_n + d_n if self._after else self._h
        a_n = x_n + (self._r * self._gated if self._after else (self._r * self._gated) @ self._U_n)
        self.slopes = slope(layer.activation, a_n)
        self.gates = {"update": z, "reset": self._r}
        self._to_z = (self._h - φ(a_n)) * slope(layer.recurrent_activation, a_z)
        self._to_n = (1.0 - z) * self.slopes
        self._to_r = self._gated * slope(layer.recurrent_activation, a_r)

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        at = np.s_[:, t, None]
        to_r = self._to_r[at] * self._times(rows, self._U_r)
        if self._after:
            candidate = self._r[at] * self._times(rows, self._U_n) + to_r
        else:
            candidate = self._times(self._r[at] * rows + to_r, self._U_n)
        return (
            rows * self.gates["update"][at] + self._to_z[at] * self._times(rows, self._U_z) + self._to_n[at] * candidate
        )

    def _back(self, t: int, rows: Doubles) -> Doubles:
        at = np.s_[:, t, None]
        kept = rows * self.gates["update"][at] + self._times(rows * self._to_z[at], self._U_z.T)
        d_n = rows * self._to_n[at]
        if self._after:
            return kept + self._times(d_n * self._r[at], self._U_n.T) + self._times(d_n * self._to_r[at], self._U_r.T)
        inner = self._times(d_n, self._U_n.T)
        return kept + inner * self._r[at] + self._times(inner * self._to_r[at], self._U_r.T)

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """See ``Linearised.weight_gradients``."""
        dh = self._masked(state_gradients["h"])
        d_z, d_n = dh * self._to_z, dh * self._to_n
        d_r = (d_n if self._after else d_n @ self._U_n.T) * self._to_r
        inner = np.concatenate([d_z, d_r, d_n], axis=-1)
        if self._after:
            outer = np.concatenate([d_z, d_r, d_n * self._r], axis=-1)
            products = self._products(self.passage.inputs, inner, outer)
            return products | {"bias": np.stack([products["bias"], outer.sum(axis=1)], axis=1)}
        products = self._products(self.passage.inputs, inner)
        units = self.passage.layer.units
        products["recurrent_kernel"][..., 2 * units :] = np.swapaxes(self._r * self._h, 1, 2) @ d_n
        return products


class LinearisedLstm(Linearised):
    """c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ φ(c_t), with s = (h, c); see ``cells_numpy.lstm_step`` for the gates.

    ::

        ∂c_t/∂c_{t−1} = diag(f)
        ∂c_t/∂h_{t−1} = diag(g ⊙ σ′_i) U_iᵀ + diag(c_{t−1} ⊙ σ′_f) U_fᵀ + diag(i ⊙ φ′_g) U_cᵀ
        ∂h_t/∂s_{t−1} = diag(o ⊙ φ′(c_t)) ∂c_t/∂s_{t−1} + (diag(φ(c_t) ⊙ σ′_o) U_oᵀ, 0)
    """

    def __init__(self, passage: Passage) -> None:
        super().__init__(passage)
        layer, w = passage.layer, passage.weights
        if not isinstance(layer, LstmLayer):
            raise TypeError(f"not an LSTM: {layer.cell}")
        φ, σ = ACTIVATIONS[layer.activation], ACTIVATIONS[layer.recurrent_activation]
        before = np.split(passage.inputs @ w.W + passage.before("h") @ w.U + w.b, 4, axis=-1)
        i, f, o = σ(before[0]), σ(before[1]), σ(before[3])
        slopes = [slope(layer.recurrent_activation, a) for a in (before[0], before[1], before[3])]
        self.slopes = slope(layer.activation, before[2])
        self.gates = {"input": i, "forget": f, "output": o}
        c = passage.states["c"]
        into_c = (φ(before[2]) * slopes[0], passage.before("c") * slopes[1], i * self.slopes)
        self._into = np.concatenate([*into_c, φ(c) * slopes[2]], axis=-1)
        self._shown = o * slope(layer.activation, c)

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        h, c = np.split(rows, 2, axis=-1)
        i, f, g, o = np.split(self._times(h, self.passage.weights.U) * self._into[:, t, None], 4, axis=-1)
        d_c = c * self.gates["forget"][:, t, None] + i + f + g
        return np.concatenate([self._shown[:, t, None] * d_c + o, d_c], axis=-1)

    def _back(self, t: int, rows: Doubles) -> Doubles:
        h, c = np.split(rows, 2, axis=-1)
        d_c = c + self._shown[:, t, None] * h
        deltas = np.concatenate([d_c, d_c, d_c, h], axis=-1) * self._into[:, t, None]
        return np.concatenate(
            [self._times(deltas, self.passage.weights.U.T), d_c * self.gates["forget"][:, t, None]], axis=-1
        )

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """See ``Linearised.weight_gradients``."""
        h, c = state_gradients["h"], state_gradients["c"]
        return self._products(self.passage.inputs, self._masked(np.concatenate([c, c, c, h], axis=-1) * self._into))


_CELLS: Mapping[str, Any] = {"simple_rnn": LinearisedSimpleRnn, "gru": LinearisedGru, "lstm": LinearisedLstm}


def linearise(passage: Passage) -> Linearised:
    """Linearises a cell around its way through some sequences."""
    with np.errstate(over="ignore", invalid="ignore"):
        made: Linearised = _CELLS[passage.layer.cell](passage)
    return made
