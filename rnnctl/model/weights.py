"""Paths of a model's weights and states, and its weights as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from rnnctl.model import shapes
from rnnctl.model.shapes import misfit


def weight_paths(model: keras.Model) -> tuple[str, ...]:
    """Paths of the trainable weights, in the model's order, such as ``recurrent_0/backward/bias`` or ``head/kernel``.

    Keras' own paths hold the cell's name as well (``recurrent_0/simple_rnn_cell/kernel``), and number it anew with
    every model built in a process; these do not.
    """
    return tuple(path for layer in model.layers for path in layer_weight_paths(layer))


def layer_weight_paths(layer: Any) -> list[str]:
    """Names a layer's trainable weights, in its own order."""
    return [f"{path}/{weight.name}" for path, half in _halves(layer).items() for weight in half.trainable_variables]


def _halves(layer: Any) -> dict[str, Any]:
    """The layers of both directions by path; a layer of one direction is its own."""
    if isinstance(layer, keras.layers.Bidirectional):
        return {f"{layer.name}/forward": layer.forward_layer, f"{layer.name}/backward": layer.backward_layer}
    return {layer.name: layer}


def weight_arrays(model: keras.Model) -> dict[str, npt.NDArray[np.floating]]:
    """Copies every trainable weight, by its path."""
    return dict(zip(weight_paths(model), map(np.asarray, model.trainable_variables), strict=True))


def assign_weights(model: keras.Model, arrays: Mapping[str, npt.NDArray[Any]], source: str) -> None:
    """Gives a model the weights, by path, that another one of the same config had; ``source`` is for the error.

    Raises:
        RunError: A weight is missing, is too many, or has another shape; the model stays as it was.
    """
    variables = dict(zip(weight_paths(model), model.trainable_variables, strict=True))
    if faults := differences(variables, arrays):
        raise misfit(source, faults)
    for path, variable in variables.items():
        variable.assign(arrays[path])


def differences(variables: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], kind: str = "") -> list[str]:
    """What of arrays does not fit variables, by name; see `rnnctl.model.shapes.differences`."""
    expected = {
        name: (keras.backend.standardize_dtype(variable.dtype), variable.shape) for name, variable in variables.items()
    }
    return shapes.differences(expected, arrays, kind)


def state_paths(model: keras.Model) -> tuple[str, ...]:
    """Paths of the recurrent layers' states, from input to output, such as ``recurrent_1/forward/c``."""
    halves = (half for layer in model.layers for half in _halves(layer).items())
    return tuple(f"{path}/{name}" for path, half in halves for name in getattr(half, "state_names", ()))


def state_path(layer_path: str, state: str) -> str:
    """The path of a state, such as ``recurrent_1/forward/h``, from its layer's path in Keras."""
    layer = layer_path.rsplit("/", 1)[-1]
    side, _, name = layer.partition("_")
    return f"{name}/{side}/{state}" if name and side in ("forward", "backward") else f"{layer}/{state}"
