"""What the units do on the forward pass: saturated, dead, gates open or shut, how many directions the states span."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.cells.numpy_cell import NumpyCell
from rnnctl.results import GateFindings

SATURATED = 0.99
"""|h| above which a unit of tanh and the like counts as saturated; for 0…1 also below 1 − this."""

GATE_SHUT, GATE_OPEN = 0.01, 0.99


class Activity:
    """Adds up what the units of some sequences do, a few sequences at a time.

    Attributes:
        count: Unmasked time steps of all sequences.
    """

    def __init__(self, activation: str, units: int) -> None:
        self.count = 0
        self._activation = activation
        self._saturated = self._slopes = 0.0
        self._alive, self._gram = np.zeros(units, np.bool_), np.zeros((units, units))
        self._gates: dict[str, Doubles] = {}

    def add(self, linear: NumpyCell) -> None:
        """Takes in a linearised cell's sequences."""
        chosen = linear.trajectory.unmasked
        states, slopes = linear.trajectory.states["h"][chosen], linear.slopes[chosen]
        with np.errstate(over="ignore", invalid="ignore"):
            self.count += len(states)
            self._saturated += float(saturated(self._activation, states).sum())
            self._slopes += float(slopes.sum())
            self._alive |= (slopes != 0).any(axis=0)
            self._gram += states.T @ states
            for name, values in linear.gates.items():
                gate = values[chosen]
                sums = np.array([gate.sum(), (gate < GATE_SHUT).sum(), (gate > GATE_OPEN).sum()])
                self._gates[name] = self._gates.get(name, 0.0) + sums

    def findings(self) -> dict[str, Any]:
        """The fields of ``LayerFindings`` that say what units do.

        The effective rank is that of all states, one a row; 0 where they are all zero, NaN where they are not finite.
        """
        elements = max(self.count * len(self._alive), 1)
        return {
            "saturation": self._saturated / elements if ACTIVATIONS[self._activation].saturates else None,
            "mean_derivative": self._slopes / elements,
            "gates": {name: GateFindings(*(sums / elements).tolist()) for name, sums in self._gates.items()},
            "dead_units": 1.0 - float(self._alive.mean()),
            "effective_rank": rank_of_gram(self._gram),
        }


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
