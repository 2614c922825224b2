"""What the units do on the forward pass: saturated, dead, gates open or shut, how many directions the states span."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.cells.numpy_cell import NumpyCell
from rnnctl.results import GateFindings

SATURATED = 0.99
"""|h| above which a unit of tanh and the like counts as saturated; for 0…1 also below 1 − this."""

GATE_SHUT, GATE_OPEN = 0.01, 0.99


@dataclass
class Activity:
    """Adds up what the units of some sequences do, a few sequences at a time; see ``LayerFindings`` for definitions."""

    activation: str
    units: int
    count: int = 0
    _saturated: float = 0.0
    _slopes: float = 0.0
    _gates: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    _alive: npt.NDArray[np.bool_] | None = None
    _gram: Doubles | None = None

    def add(self, linear: NumpyCell) -> None:
        """Takes in a linearised cell's sequences."""
        chosen = linear.trajectory.unmasked
        states, slopes = linear.trajectory.states["h"][chosen], linear.slopes[chosen]
        with np.errstate(over="ignore", invalid="ignore"):
            self.count += len(states)
            self._saturated += float(saturated(self.activation, states).sum())
            self._slopes += float(slopes.sum())
            alive = (slopes != 0).any(axis=0)
            self._alive = alive if self._alive is None else self._alive | alive
            for name, values in linear.gates.items():
                gate = values[chosen]
                sums = np.array([gate.sum(), (gate < GATE_SHUT).sum(), (gate > GATE_OPEN).sum()])
                self._gates[name] = self._gates.get(name, np.zeros(3)) + sums
            gram = states.T @ states
            self._gram = gram if self._gram is None else self._gram + gram

    @property
    def saturation(self) -> float | None:
        """Share of saturated states; None for an unbounded activation."""
        return self._saturated / self._elements if ACTIVATIONS[self.activation].saturates else None

    @property
    def mean_derivative(self) -> float:
        """Mean φ′ (gated cells: of the candidate)."""
        return self._slopes / self._elements

    @property
    def gates(self) -> dict[str, GateFindings]:
        """How each gate stands."""
        shares = {name: (sums / self._elements).tolist() for name, sums in self._gates.items()}
        return {name: GateFindings(*three) for name, three in shares.items()}

    @property
    def dead_units(self) -> float:
        """Share of units whose φ′ was zero at every time step of every sequence."""
        return 0.0 if self._alive is None else 1.0 - float(self._alive.mean())

    @property
    def effective_rank(self) -> float:
        """Of all states, one a row; 0 where they are all zero, NaN where they are not finite."""
        return 0.0 if self._gram is None else rank_of_gram(self._gram)

    @property
    def _elements(self) -> int:
        return max(self.count * self.units, 1)


def saturated(activation: str, states: Doubles) -> npt.NDArray[np.bool_]:
    """Which states are at an end of their activation's range.

    A GRU's or LSTM's state is bounded by its candidate's activation too.
    """
    ends = np.abs(states) > SATURATED
    entry = ACTIVATIONS[activation]
    return ends | (states < 1.0 - SATURATED) if entry.saturates and entry.low == 0.0 else ends


def rank_of_gram(gram: Doubles) -> float:
    """Effective rank (Roy & Vetterli 2007) of a matrix A from AᵀA, square: exp of the entropy of σ_i / Σσ.

    0 for a matrix of zeros; NaN where not finite.
    """
    if not np.isfinite(gram).all():
        return float("nan")
    squares = np.linalg.eigvalsh(gram)
    # Below this share of the largest, an eigenvalue of AᵀA is rounding and not a direction of A.
    values = np.sqrt(squares[squares > squares.max(initial=0.0) * len(gram) * 1e-15])
    if not values.size:
        return 0.0
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
