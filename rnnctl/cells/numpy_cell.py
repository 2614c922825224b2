"""What a cell's mathematics consists of: a time step, and its derivative around a trajectory; in float64 NumPy.

With s the state (h; for an LSTM h and c side by side), ``J_t = ∂s_t/∂s_{t−1}``. J_t is never formed where a product
with it will do. φ is the activation, σ the gates'. A masked time step copies the state: J_t = 1, and no weight gets
gradient there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.cells.cell import LayerBase
from rnnctl.cells.table import CELLS

Mask = npt.NDArray[np.bool_]
State = dict[str, Doubles]
"""What a cell hands from one time step to the next, by name: ``h``, and ``c`` for LSTM; each ``[batch, units]``."""


@dataclass(frozen=True, eq=False)
class CellWeights:
    """One cell's weights, with Keras' shapes and the blocks side by side in Keras' order.

    Attributes:
        W: The kernel, ``[features, blocks · units]``.
        U: The recurrent kernel, ``[units, blocks · units]``; ``[units]`` of a diagonal cell.
        b: The bias, ``[blocks · units]``; for a GRU with ``reset_after`` ``[2, blocks · units]``, the inputs' bias b
            above the state's bias d. Zero where the layer has none.
    """

    W: Doubles
    U: Doubles
    b: Doubles


def cell_weights(layer: LayerBase, path: str, weights: Mapping[str, npt.NDArray[np.floating]]) -> CellWeights:
    """Picks the weights of the cell at a path, such as ``recurrent_1/backward``, out of a model's."""
    kernel, recurrent = (np.asarray(weights[f"{path}/{name}"], np.float64) for name in ("kernel", "recurrent_kernel"))
    shape = CELLS[layer.cell].shapes(layer.model_copy(update={"use_bias": True}), len(kernel))["bias"]
    bias = weights.get(f"{path}/bias")
    return CellWeights(kernel, recurrent, np.zeros(shape) if bias is None else np.asarray(bias, np.float64))


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One cell's way through some sequences. All arrays are in running order: the cell's first time step first.

    Attributes:
        inputs: ``[batch, time, features]``.
        states: ``[batch, time, units]`` after every time step, by name.
        mask: ``[batch, time]``, False at padding; None for none.
        backwards: Whether the running order is the reverse of the inputs' time order.
        initial: ``[batch, units]`` before the first time step, by name; zero where there is no entry.
    """

    path: str
    layer: LayerBase
    weights: CellWeights
    inputs: Doubles
    states: State
    mask: Mask | None
    backwards: bool
    initial: State = field(default_factory=dict)

    def before(self, name: str) -> Doubles:
        """The state before every time step, ``[batch, time, units]``."""
        states = self.states[name]
        first = self.initial[name][:, None] if name in self.initial else np.zeros_like(states[:, :1])
        return np.concatenate([first, states[:, :-1]], axis=1)

    def select(self, chosen: slice) -> Trajectory:
        """The same for some of the sequences."""
        states = {name: history[chosen] for name, history in self.states.items()}
        mask = None if self.mask is None else self.mask[chosen]
        initial = {name: state[chosen] for name, state in self.initial.items()}
        return replace(self, inputs=self.inputs[chosen], states=states, mask=mask, initial=initial)

    @property
    def unmasked(self) -> Mask:
        """``[batch, time]``, True where there is data."""
        return np.ones(self.inputs.shape[:2], np.bool_) if self.mask is None else self.mask


class NumpyCell(ABC):
    """A cell, linearised around its trajectory through some sequences.

    Attributes:
        slopes: φ′ at the pre-activation (gated cells: the candidate's), ``[batch, time, units]``.
        gates: The gates' values by name, ``[batch, time, units]``.
    """

    slopes: Doubles
    gates: Mapping[str, Doubles]

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self.gates = {}

    @staticmethod
    @abstractmethod
    def step(layer: Any, weights: CellWeights, x_t: Doubles, before: State) -> State:
        """Takes one time step from inputs ``[batch, features]`` and the states before it."""

    @abstractmethod
    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        """Gives each sequence's own gradient of every weight.

        Args:
            state_gradients: Total ∂L/∂s_t by state, ``[batch, time, units]``, in running order.

        Returns:
            By the weight's name, ``[batch, …the weight's shape]``.
        """

    @abstractmethod
    def _forward(self, t: int, rows: Doubles) -> Doubles:
        """J_t times vectors at an unmasked time step."""

    @abstractmethod
    def _back(self, t: int, rows: Doubles) -> Doubles:
        """J_tᵀ times vectors at an unmasked time step."""

    @staticmethod
    def output_range(layer: Any) -> tuple[float, float]:
        """Infimum and supremum of h: the range of φ; behind gates from 0 to 1 with 0 included."""
        activation, gate = ACTIVATIONS[layer.activation], getattr(layer, "recurrent_activation", None)
        if gate is None:
            return activation.low, activation.high
        if (ACTIVATIONS[gate].low, ACTIVATIONS[gate].high) != (0.0, 1.0):
            return -np.inf, np.inf
        return min(activation.low, 0.0), activation.high

    @property
    def size(self) -> int:
        """Width of s: the units, for an LSTM twice the units."""
        return self.trajectory.layer.units * len(self.trajectory.states)

    @property
    def recurrent_matrix(self) -> Doubles:
        """The recurrent kernel as a matrix ``[units, units]``; of a gated cell the block that makes the candidate."""
        cell, units, kernel = CELLS[self.trajectory.layer.cell], self.trajectory.layer.units, self.trajectory.weights.U
        block = kernel[..., cell.candidate * units : (cell.candidate + 1) * units]
        return np.diag(block) if cell.diagonal else block

    def forward(self, t: int, rows: Doubles) -> Doubles:
        """J_t times vectors: ``rows [batch, count, size]``, one vector a row (batch may be 1)."""
        return self._keep_masked(t, rows, self._forward(t, rows))

    def back(self, t: int, rows: Doubles) -> Doubles:
        """J_tᵀ times vectors, as gradients go back: ``rows [batch, count, size]``, one vector a row."""
        return self._keep_masked(t, rows, self._back(t, rows))

    def jacobians(self, t: int) -> Doubles:
        """J_t of every sequence, ``[batch, size, size]``: row i holds ∂s_t[i]/∂s_{t−1}."""
        identity = np.broadcast_to(np.eye(self.size), (len(self.trajectory.inputs), self.size, self.size))
        return np.swapaxes(self.forward(t, identity), 1, 2)

    def _keep_masked(self, t: int, before: Doubles, after: Doubles) -> Doubles:
        mask = self.trajectory.mask
        return after if mask is None else np.where(mask[:, t, None, None], after, before)

    def _masked(self, deltas: Doubles) -> Doubles:
        mask = self.trajectory.mask
        return deltas if mask is None else np.where(mask[..., None], deltas, 0.0)

    @staticmethod
    def _times(rows: Doubles, kernel: Doubles) -> Doubles:
        """``rows [batch, count, …] @ kernel`` as one matrix product; NumPy would make one per sequence."""
        return np.asarray((rows.reshape(-1, rows.shape[-1]) @ kernel).reshape(*rows.shape[:-1], -1))

    def _products(self, inner: Doubles, recurrent: Doubles | None = None) -> dict[str, Doubles]:
        """Sums over time of x_tᵀ δ_t and h_{t−1}ᵀ δ_t, one matrix product per sequence."""
        recurrent = inner if recurrent is None else recurrent
        return {
            "kernel": np.swapaxes(self.trajectory.inputs, 1, 2) @ inner,
            "recurrent_kernel": np.swapaxes(self.trajectory.before("h"), 1, 2) @ recurrent,
            "bias": inner.sum(axis=1),
        }


def linearise(trajectory: Trajectory) -> NumpyCell:
    """Linearises a cell around its trajectory through some sequences."""
    with np.errstate(over="ignore", invalid="ignore"):
        return CELLS[trajectory.layer.cell].mathematics(trajectory)
