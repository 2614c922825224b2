"""The way of every cell through some sequences: weights, inputs and states, in the cell's running order. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from rnnctl.gradients.cells_numpy import STATES, CellWeights, Doubles, State
from rnnctl.gradients.forward_numpy import ForwardPass
from rnnctl.schema.model import GruLayer, Layer, Model

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Passage:
    """One cell's way through some sequences, in running order.

    Attributes:
        path: The layer's path, such as ``recurrent_0`` or ``recurrent_1/backward``.
        layer: The layer's section of the config.
        weights: The cell's weights.
        inputs: ``[batch, time, features]``.
        states: ``[batch, time, units]`` after every time step, by name.
        mask: ``[batch, time]``, False at padding; None for none.
        backwards: Whether the running order is the reverse of the inputs' time order.
        initial: ``[batch, units]`` before the first time step, by name; zero where there is no entry.
    """

    path: str
    layer: Layer
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

    def select(self, chosen: slice) -> Passage:
        """The same for some of the sequences."""
        states = {name: history[chosen] for name, history in self.states.items()}
        mask = None if self.mask is None else self.mask[chosen]
        initial = {name: state[chosen] for name, state in self.initial.items()}
        return replace(self, inputs=self.inputs[chosen], states=states, mask=mask, initial=initial)

    @property
    def unmasked(self) -> Mask:
        """``[batch, time]``, True where there is data."""
        return np.ones(self.inputs.shape[:2], np.bool_) if self.mask is None else self.mask


def layer_passages(
    model: Model,
    weights: Mapping[str, npt.NDArray[np.floating]],
    forward: ForwardPass,
    mask: Mask | None = None,
) -> tuple[Passage, ...]:
    """Takes a forward pass apart into its cells.

    Args:
        model: The config's ``model`` section.
        weights: Every weight by its path.
        forward: The forward pass.
        mask: As the forward pass was given it.

    Returns:
        One entry per cell (two for a bidirectional layer), from input to output.
    """
    signal = forward.seen
    passages = []
    for number, layer in enumerate(model.layers):
        path = f"recurrent_{number}"
        sides = {f"{path}/forward": False, f"{path}/backward": True} if layer.bidirectional else {path: False}
        for side, backwards in sides.items():
            turned = np.s_[:, ::-1] if backwards else np.s_[:, :]
            states = {name: forward.states[f"{side}/{name}"][turned] for name in STATES[layer.cell]}
            cell = _cell_weights(layer, side, weights)
            turned_mask = None if mask is None else mask[turned]
            begin = {name: forward.initial[f"{side}/{name}"] for name in states if f"{side}/{name}" in forward.initial}
            passages.append(Passage(side, layer, cell, signal[turned], states, turned_mask, backwards, begin))
        signal = np.concatenate([forward.states[f"{side}/h"] for side in sides], axis=-1)
        if layer.bidirectional and mask is not None:
            signal = signal * mask[..., None]  # as in forward_numpy
    return tuple(passages)


def _cell_weights(layer: Layer, path: str, weights: Mapping[str, npt.NDArray[np.floating]]) -> CellWeights:
    kernel, recurrent = (np.asarray(weights[f"{path}/{name}"], np.float64) for name in ("kernel", "recurrent_kernel"))
    if f"{path}/bias" in weights:
        return CellWeights(kernel, recurrent, np.asarray(weights[f"{path}/bias"], np.float64))
    two = isinstance(layer, GruLayer) and layer.reset_after
    width = kernel.shape[-1]
    return CellWeights(kernel, recurrent, np.zeros((2, width) if two else width))
