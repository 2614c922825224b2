"""The forward pass through time in plain NumPy, float64, to be read beside the equations.

One time step after the other, nothing fused: the reference for Keras' numbers. The state before the first time step is
zero, unless static columns make it::

    e_t = E[k_t]                 an embedded token: the row of its code k
    e_t = (0, …, 1, …, 0)        a one-hot token
    h_0 = tanh(s V + a)          the first layer's initial state, from the static columns s (an LSTM's c_0 likewise)
    y_t = h_t V + a              the dense head, on the last layer's state (bidirectional: on both, side by side)
    p_t = softmax(y_t)           for tokens; 1 / (1 + exp(−y_t)) for yes or no
    q_t = … ± softplus(y_t)      for quantiles: the middle one is y_t, the others lie above and below one another
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.cells import CELLS, LayerBase
from rnnctl.cells.activations import Doubles, sigmoid, softmax
from rnnctl.cells.numpy_cell import CellWeights, Mask, State, Trajectory, cell_weights
from rnnctl.config.model import Model
from rnnctl.data import Signature
from rnnctl.model.embeddings import embedding_numbers, state_layers

HEADS: Mapping[str, Callable[[Doubles], Doubles]] = {
    "linear": lambda logits: logits,
    "sigmoid": sigmoid,
    "softmax": softmax,
}
"""Activations of the head, by the signature's word."""


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """What the forward pass computed.

    Attributes:
        states: Every state over time, ``[batch, time, units]`` float64, by layer and state: ``recurrent_0/h``,
            ``recurrent_0/c`` (LSTM), ``recurrent_0/backward/h`` (bidirectional). Always in the time order of the
            inputs: the backward direction's state at t is the one after it has read t, coming from the end.
        outputs: What the model would give at every time step, ``[batch, time, outputs]`` float64.
        prediction: What the model gives: ``outputs`` where it returns sequences, else ``[batch, outputs]``.
        logits: What stands before the head's softmax, sigmoid or softplus, of the shape of ``prediction``.
        trajectories: One per cell (two for a bidirectional layer), from input to output.
    """

    states: Mapping[str, Doubles]
    outputs: Doubles
    prediction: Doubles
    logits: Doubles
    trajectories: tuple[Trajectory, ...]


def through_time(
    layer: LayerBase, weights: CellWeights, inputs: Doubles, mask: Mask | None = None, initial: State | None = None
) -> State:
    """Runs one cell over whole sequences ``[batch, time, features]``, in running order.

    Args:
        mask: ``[batch, time]``, False at padding, where the state is carried over unchanged; None for no padding.
        initial: The states before the first time step, ``[batch, units]``; None for zeros.

    Returns:
        Every state after every time step, ``[batch, time, units]``.
    """
    batch, time, _ = inputs.shape
    cell = CELLS[layer.cell]
    state = dict(initial or {name: np.zeros((batch, layer.units)) for name in cell.states})
    history = {name: np.empty((batch, time, layer.units)) for name in state}
    for t in range(time):
        after = cell.mathematics.step(layer, weights, inputs[:, t], state)
        if mask is not None:
            after = {name: np.where(mask[:, t, None], after[name], state[name]) for name in state}
        state = after
        for name in state:
            history[name][:, t] = state[name]
    return history


def forward_numpy(
    model: Model,
    weights: Mapping[str, npt.NDArray[np.floating]],
    inputs: npt.ArrayLike,
    mask: Mask | None = None,
    signature: Signature | None = None,
) -> ForwardPass:
    """Runs a whole model, without dropout (as Keras does outside training).

    Args:
        weights: Every weight by its path: ``recurrent_0/kernel``, ``recurrent_0/forward/kernel`` where the layer is
            bidirectional, ``head/kernel``; any float dtype.
        inputs: ``[batch, time, columns]``; any float dtype.
        mask: ``[batch, time]``, False at padding; None for no padding.
        signature: What the columns and the outputs are; None where all are numbers.
    """
    doubles = in_doubles(weights)
    # An exploding model's infinities are results, not faults.
    with np.errstate(over="ignore", invalid="ignore"):
        signal, last, trajectories = _recurrent(model, doubles, inputs, mask, signature)
        signal, last = (_head(model, doubles, each) for each in (signal, last))
        activation = _end(signature)
        outputs, logits = activation(signal), signal if model.return_sequences else last
        prediction = outputs if model.return_sequences else activation(last)
    states = {
        f"{cell.path}/{name}": turned(history, cell.backwards)
        for cell in trajectories
        for name, history in cell.states.items()
    }
    return ForwardPass(states, outputs, prediction, logits, trajectories)


def predict_numpy(
    model: Model,
    weights: Mapping[str, Doubles],
    inputs: npt.ArrayLike,
    mask: Mask | None,
    signature: Signature,
) -> Doubles:
    """The ``prediction`` of `forward_numpy` alone, with the same arguments: the head sees no other time step.

    Args:
        weights: From `in_doubles`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        signal, last, _ = _recurrent(model, weights, inputs, mask, signature)
        return _end(signature)(_head(model, weights, signal if model.return_sequences else last))


def in_doubles(weights: Mapping[str, npt.NDArray[np.floating]]) -> dict[str, Doubles]:
    """Weights in float64, by their paths."""
    return {path: np.asarray(weight, dtype=np.float64) for path, weight in weights.items()}


def _recurrent(
    model: Model,
    weights: Mapping[str, Doubles],
    inputs: npt.ArrayLike,
    mask: Mask | None,
    signature: Signature | None,
) -> tuple[Doubles, Doubles, tuple[Trajectory, ...]]:
    """What the layers below the head give at every time step, and at the end; and each cell's way there."""
    trajectories: list[Trajectory] = []
    signal, initial = _encode(model, weights, np.asarray(inputs, dtype=np.float64), signature)
    last = signal[:, -1]
    for number, layer in enumerate(model.layers):
        path = f"recurrent_{number}"
        sides = {f"{path}/forward": False, f"{path}/backward": True} if layer.bidirectional else {path: False}
        cells = [_trajectory(layer, *side, weights, signal, mask, initial) for side in sides.items()]
        trajectories += cells
        # The backward direction's final output is its state at the sequence's start.
        last = np.concatenate([cell.states["h"][:, -1] for cell in cells], axis=-1)
        signal = np.concatenate([turned(cell.states["h"], cell.backwards) for cell in cells], axis=-1)
        if layer.bidirectional and mask is not None:
            signal = signal * mask[..., None]  # Keras puts out zeros here, elsewhere the copied state
    return signal, last, tuple(trajectories)


def _head(model: Model, weights: Mapping[str, Doubles], states: Doubles) -> Doubles:
    return states @ weights["head/kernel"] + weights["head/bias"] if model.head == "dense" else states


def _end(signature: Signature | None) -> Callable[[Doubles], Doubles]:
    """What becomes of the head's values ``[batch, …, outputs]``."""
    if signature is None or signature.quantiles == 1:
        return HEADS["linear" if signature is None else signature.activation]

    def in_order(values: Doubles) -> Doubles:
        apart = values.reshape(*values.shape[:-1], signature.quantiles, -1)
        steps, middle = np.logaddexp(0.0, apart), signature.quantiles // 2
        above = np.cumsum(steps[..., middle + 1 :, :], axis=-2)
        below = np.cumsum(steps[..., :middle, :][..., ::-1, :], axis=-2)[..., ::-1, :]
        center = apart[..., middle : middle + 1, :]
        return np.concatenate([center - below, center, center + above], axis=-2).reshape(values.shape)

    return in_order


def _trajectory(
    layer: LayerBase,
    path: str,
    backwards: bool,
    weights: Mapping[str, Doubles],
    inputs: Doubles,
    mask: Mask | None,
    initial: Mapping[str, Doubles],
) -> Trajectory:
    """Runs one cell in its running order."""
    cell = cell_weights(layer, path, weights)
    names = CELLS[layer.cell].states
    begin = {name: initial[f"{path}/{name}"] for name in names if f"{path}/{name}" in initial}
    inputs, mask = turned(inputs, backwards), None if mask is None else turned(mask, backwards)
    states = through_time(layer, cell, inputs, mask, begin)
    return Trajectory(path, layer, cell, inputs, states, mask, backwards, begin)


def turned(array: npt.NDArray[Any], backwards: bool) -> npt.NDArray[Any]:
    """Turns between the inputs' time order and a cell's running order."""
    return array[:, ::-1] if backwards else array


def _encode(
    model: Model, weights: Mapping[str, Doubles], inputs: Doubles, signature: Signature | None
) -> tuple[Doubles, dict[str, Doubles]]:
    """Lays the columns out as the first layer reads them.

    Returns:
        ``[batch, time, features]``, and the first layer's initial states ``[batch, units]`` by their paths, such as
        ``recurrent_0/h``; none where no column is static.
    """
    if signature is None or signature.plain:
        return inputs, {}
    numbers = embedding_numbers(signature.inputs)
    features: list[Doubles] = []
    static: list[Doubles] = []
    for place, column in enumerate(signature.inputs):
        encoded, number = inputs[:, : 1 if column.static else None, place, None], numbers[place]
        if number is not None:
            encoded = weights[f"embedding_{number}/embeddings"][encoded[..., 0].astype(np.int64)]
        elif column.tokens:
            encoded = (encoded == np.arange(len(column.tokens))).astype(np.float64)
        (static if column.static else features).append(encoded)
    initial = {}
    if static:
        known = np.concatenate(static, axis=-1)[:, 0]
        for name, state in state_layers(model.layers[0]).items():
            initial[f"recurrent_0/{state}"] = np.tanh(known @ weights[f"{name}/kernel"] + weights[f"{name}/bias"])
    return np.concatenate(features, axis=-1), initial


def model_equations(model: Model, activation: str = "linear", quantiles: int = 1) -> dict[str, tuple[str, ...]]:
    """Writes down one time step of every layer: ``{"recurrent_0": ("h_t = tanh(x_t W + h_{t-1} U + b)",)}``.

    In a stack, x_t is the output of the layer below. ``activation`` is the head's; after it the ``quantiles`` of a
    value are made to ascend.
    """
    lines = {}
    for number, layer in enumerate(model.layers):
        lines[f"recurrent_{number}"] = CELLS[layer.cell].equations(layer)
        if layer.bidirectional:
            both = "the same from the end of the sequence, with weights of its own; both outputs side by side"
            lines[f"recurrent_{number}"] += (both,)
    if model.head == "dense":
        lines["head"] = ("y_t = h_t V + a" if activation == "linear" else f"y_t = {activation}(h_t V + a)",)
        if quantiles > 1:
            lines["head"] += ("the middle quantile is its y_t; each further one lies softplus(y_t) from its neighbour",)
    return lines
