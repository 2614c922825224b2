"""The simple recurrent cell in NumPy."""

# ruff: noqa: N806, PLC2401 - names and lines are those of the equations

from __future__ import annotations

from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.cells.numpy_cell import CellWeights, NumpyCell, State, Trajectory
from rnnctl.cells.table import SimpleRnnLayer


class NumpySimpleRnn(NumpyCell):
    """z_t = x_t W + h_{t−1} U + b, h_t = φ(z_t): J_t = diag(φ′(z_t)) Uᵀ."""

    def __init__(self, trajectory: Trajectory) -> None:
        super().__init__(trajectory)
        w = trajectory.weights
        z = trajectory.inputs @ w.W + trajectory.before("h") @ w.U + w.b
        self.slopes = ACTIVATIONS[trajectory.layer.activation].slope(z)

    @staticmethod
    def step(layer: SimpleRnnLayer, weights: CellWeights, x_t: Doubles, before: State) -> State:
        """Takes one time step (Elman 1990, doi 10.1207/s15516709cog1402_1).

        ::

            h_t = φ(x_t W + h_{t-1} U + b)
        """
        φ = ACTIVATIONS[layer.activation].value
        h = before["h"]
        W, U, b = weights.W, weights.U, weights.b

        h_t = φ(x_t @ W + h @ U + b)
        return {"h": h_t}

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        return self._times(rows, self.trajectory.weights.U) * self.slopes[:, t, None]

    def _back(self, t: int, rows: Doubles) -> Doubles:
        return self._times(rows * self.slopes[:, t, None], self.trajectory.weights.U.T)

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """See ``NumpyCell.weight_gradients``: δ_t = ∂L/∂h_t ⊙ φ′(z_t)."""
        return self._products(self._masked(state_gradients["h"] * self.slopes))
