"""The forward pass through time in plain NumPy, to be read beside the equations.

Everything here is float64 and one time step after the other, with nothing fused and nothing clever: it is what Keras'
numbers are held against. It must know neither TensorFlow nor Keras; weights come in by path. The state before the
first time step is zero, unless static columns make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data import Signature
from rnnctl.gradients.cells_numpy import STATES, STEPS, CellWeights, Doubles, State
from rnnctl.gradients.shown_numpy import PROBABILITIES, shown_numpy
from rnnctl.schema.model import GruLayer, Layer, Model

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """What the forward pass computed.

    Attributes:
        states: Every state over time, ``[batch, time, units]`` float64, by layer and state: ``recurrent_0/h``,
            ``recurrent_0/c`` (LSTM), ``recurrent_0/backward/h`` (bidirectional). Always in the time order of the
            inputs: the backward direction's state at t is the one after it has read t, coming from the end.
        outputs: What the model would give at every time step, ``[batch, time, outputs]`` float64.
        prediction: What the model gives: ``outputs`` where it returns sequences, else ``[batch, outputs]``.
        logits: What stands before the head's softmax or sigmoid, of the shape of ``prediction``.
        seen: What the first layer sees, ``[batch, time, features]``: numbers, one-hot codes, embeddings.
        initial: The states before the first time step that are not zero, ``[batch, units]``, by path as in ``states``.
    """

    states: Mapping[str, Doubles]
    outputs: Doubles
    prediction: Doubles
    logits: Doubles
    seen: Doubles
    initial: Mapping[str, Doubles]


def through_time(
    layer: Layer,
    weights: CellWeights,
    inputs: Doubles,
    mask: Mask | None = None,
    *,
    backwards: bool = False,
    initial: State | None = None,
) -> State:
    """Runs one cell over a whole sequence.

    Args:
        layer: The layer's section of the config.
        weights: The cell's weights.
        inputs: ``[batch, time, features]``.
        mask: ``[batch, time]``, False at padding, where the state is carried over unchanged; None for no padding.
        backwards: Whether the sequence is read from its end.
        initial: The states before the first time step, ``[batch, units]``; None for zeros.

    Returns:
        Every state after every time step, ``[batch, time, units]``, in the time order of the inputs.
    """
    batch, time, _ = inputs.shape
    state = dict(initial or {name: np.zeros((batch, layer.units)) for name in STATES[layer.cell]})
    history = {name: np.empty((batch, time, layer.units)) for name in state}
    for t in reversed(range(time)) if backwards else range(time):
        after = STEPS[layer.cell](layer, weights, inputs[:, t], state)
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

    ::

        y_t = h_t V + a        the dense head, on the last layer's state (bidirectional: both directions' side by side)
        p_t = softmax(y_t)     for tokens; 1 / (1 + exp(−y_t)) for yes or no

    Args:
        model: The config's ``model`` section.
        weights: Every weight by its path: ``recurrent_0/kernel``, ``recurrent_0/forward/kernel`` where the layer is
            bidirectional, ``head/kernel``; any float dtype.
        inputs: ``[batch, time, columns]``; any float dtype.
        mask: ``[batch, time]``, False at padding; None for no padding.
        signature: What the columns and the outputs are; None where all are numbers.

    Returns:
        The states, the outputs at every time step, and the prediction.
    """
    doubles = {path: np.asarray(weight, dtype=np.float64) for path, weight in weights.items()}
    states: State = {}
    signal = np.asarray(inputs, dtype=np.float64)
    # Infinities are the answer where a model explodes, and are shown as such.
    with np.errstate(over="ignore", invalid="ignore"):
        seen, initial = shown_numpy(model, doubles, signal, signature)
        signal, last = seen, seen[:, -1]
        for number, layer in enumerate(model.layers):
            signal, last, over_time = _layer(layer, f"recurrent_{number}", doubles, signal, mask, initial)
            states.update(over_time)
        if model.head == "dense":
            kernel, bias = doubles["head/kernel"], doubles["head/bias"]
            signal, last = signal @ kernel + bias, last @ kernel + bias
        activation = PROBABILITIES["linear" if signature is None else signature.activation]
        outputs, logits = activation(signal), signal if model.return_sequences else last
        prediction = outputs if model.return_sequences else activation(last)
    return ForwardPass(states, outputs, prediction, logits, seen, initial)


def _layer(
    layer: Layer,
    path: str,
    weights: Mapping[str, Doubles],
    inputs: Doubles,
    mask: Mask | None,
    initial: Mapping[str, Doubles],
) -> tuple[Doubles, Doubles, State]:
    """Runs one layer, both directions where it has two.

    Returns:
        Its output at every time step, ``[batch, time, outputs]``; its final output, ``[batch, outputs]``, to which
        the backward direction gives its state at the sequence's start, where it ends; its states over time, by path.
    """
    directions = {f"{path}/forward": False, f"{path}/backward": True} if layer.bidirectional else {path: False}
    outputs, finals, states = [], [], {}
    for where, backwards in directions.items():
        kernel = weights[f"{where}/kernel"]
        bias = weights.get(f"{where}/bias", np.zeros(_bias_shape(layer, kernel)))
        cell = CellWeights(kernel, weights[f"{where}/recurrent_kernel"], bias)
        begin = {name: initial[f"{where}/{name}"] for name in STATES[layer.cell] if f"{where}/{name}" in initial}
        history = through_time(layer, cell, inputs, mask, backwards=backwards, initial=begin)
        states.update({f"{where}/{name}": over_time for name, over_time in history.items()})
        outputs.append(history["h"])
        finals.append(history["h"][:, 0 if backwards else -1])
    output = np.concatenate(outputs, axis=-1)
    if layer.bidirectional and mask is not None:
        output = output * mask[..., None]  # Keras shows zeros at the padding here, and the carried state elsewhere
    return output, np.concatenate(finals, axis=-1), states


def _bias_shape(layer: Layer, kernel: Doubles) -> tuple[int, ...]:
    width = kernel.shape[-1]
    return (2, width) if isinstance(layer, GruLayer) and layer.reset_after else (width,)
