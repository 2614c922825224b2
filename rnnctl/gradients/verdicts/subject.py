"""One examination's findings beside their config, and the quantities that rules compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnctl.cells import CELLS, Gate, LayerBase
from rnnctl.cells.activations import ACTIVATIONS
from rnnctl.config.schema import Config
from rnnctl.gradients import through_time
from rnnctl.results import (
    ColumnFindings,
    DataFindings,
    GateFindings,
    LayerFindings,
    NoiseFindings,
    RangeFindings,
    TrainingFindings,
    VariableFindings,
)
from rnnctl.schema.training import Thresholds

GRANTED = 0.5
"""How much signal, in units of tr Σ / n, a sample of n sequences may miss; see ``surest_noise_scale``."""

STEPS_OVERFLOW = 1e20
"""Gradient norm from which on a step may leave float32, and an update has no size for that."""


@dataclass(frozen=True, slots=True)
class Findings:
    """One examination, before it is judged; layers from input to output, None for what was not measured."""

    config: Config
    layers: tuple[LayerFindings, ...]
    variables: tuple[VariableFindings, ...]
    data: DataFindings
    noise: NoiseFindings | None
    loss: float
    gradient_norm: float
    range: RangeFindings | None = None
    training: TrainingFindings | None = None

    @property
    def thresholds(self) -> Thresholds:
        """Where the config draws the lines."""
        return self.config.gradients.thresholds

    def section(self, layer: LayerFindings) -> LayerBase:
        """A layer's section of the config."""
        return self.config.model.layers[position(layer)]


def position(layer: LayerFindings) -> int:
    """A layer's place in ``model.layers``."""
    return int(layer.path.split("/")[0].removeprefix("recurrent_"))


def length(layer: LayerFindings) -> int:
    """Time steps that a gradient can come back over: those of the longest sequence's data, without padding."""
    return len(layer.impulse_norms) or layer.time_steps


def reach(layer: LayerFindings) -> int:
    """How far back the gradient gets, by the layer's own recurrence or through the layers above it.

    An LSTM's memory is c: where the loss is read at the last time step alone, the reach of its gradient counts too.
    """
    reaches = [layer.reach_steps, layer.total_reach_steps]
    last = layer.loss_placement[0 if layer.backwards else -1] if layer.loss_placement else 0.0
    for name in CELLS[layer.cell].states[1:]:
        norms = layer.state_gradient_norms.get(name, ())
        if norms and last > 0.99 and len(norms) == length(layer):
            reaches.append(through_time.reach(np.asarray(norms[::-1] if layer.backwards else norms)))
    return min(max(reaches), length(layer))


def arrives(found: Findings, layer: LayerFindings) -> bool:
    """Whether the gradient reaches back far enough through time."""
    return length(layer) < 3 or reach(layer) >= found.thresholds.reach * length(layer)


def shortest(layers: Sequence[LayerFindings]) -> LayerFindings:
    """The layer whose reach is shortest for its time steps."""
    return min(layers, key=lambda layer: reach(layer) / max(length(layer), 1))


def growth(layer: LayerFindings) -> float | None:
    """How many-fold a gradient grows on its way back over the whole sequence; None where it has no way back.

    Where float32 overflowed, the growth that the forward pass predicts stands in.
    """
    steps = length(layer) - 1
    norms = layer.impulse_norms
    if steps < 1:
        return None
    if len(norms) > 1 and norms[-1] > 0 and all(math.isfinite(norm) for norm in norms):
        return max(norms) / norms[-1]
    decay = layer.decay_per_step if layer.decay_per_step is not None else layer.predicted_decay
    if decay is None or not decay > 0:
        return None
    log = steps * math.log(decay) if math.isfinite(decay) else math.inf
    return math.exp(log) if log < 700 else math.inf


def relative_slope(layer: LayerFindings) -> float | None:
    """Mean φ′ as a share of the largest; None where the activation cannot saturate."""
    largest = ACTIVATIONS[layer.activation].steepest
    return None if largest is None or not math.isfinite(layer.mean_derivative) else layer.mean_derivative / largest


def gates_of(layer: LayerFindings) -> list[tuple[Gate, GateFindings]]:
    """The gates that were measured, in the order of the cell's, with their findings."""
    return [(gate, layer.gates[gate.name]) for gate in CELLS[layer.cell].gates if gate.name in layer.gates]


def arriving(layer: LayerFindings) -> float:
    """Largest norm of the state gradient over time."""
    return max(layer.state_gradient_norms.get("h", ()), default=0.0)


def surest_noise_scale(noise: NoiseFindings) -> float:
    """The smallest noise scale that the sample speaks for.

    ``n |ḡ|² / tr Σ = 1 + n / B`` is measured, with a spread of √(2/d) for gradient noise in d directions; two
    spreads at a cautious d of 32 are granted to the signal.
    """
    signal = 0.0 if math.isinf(noise.noise_scale) else 1.0 / noise.noise_scale if noise.noise_scale > 0 else math.inf
    return 1.0 / (signal + GRANTED / noise.sequences)


def sees_nothing(found: Findings, layer: LayerFindings) -> bool:
    """Whether all input weights of a layer are zero: a step has no size beside them, though all is finite."""
    if not (math.isfinite(found.loss) and math.isfinite(found.gradient_norm)):
        return False
    kernels = [variable for variable in found.variables if variable.path == f"{layer.path}/kernel"]
    kernels = [kernel for kernel in kernels if kernel.first_non_finite is None and kernel.clipped_norm < STEPS_OVERFLOW]
    return any(kernel.update_ratio is None for kernel in kernels)


def finite_layer(layer: LayerFindings) -> bool:
    """Whether all state gradients are finite."""
    return all(math.isfinite(norm) for norms in layer.state_gradient_norms.values() for norm in norms)


def root_mean_square(column: ColumnFindings) -> float:
    """√(mean² + deviation²) of a column."""
    return math.hypot(column.mean, column.std)


def number(value: float) -> str:
    """Three digits: ``0.62``, ``1.5e+05``."""
    return f"{value:.3g}"
