"""The way out: a model rebuilt from Keras' own layers, for whoever does not have this project."""

from __future__ import annotations

from typing import Any

import keras

from rnnctl.model.recurrent.layer import FusedRecurrence


def to_stock(model: keras.Model) -> keras.Model:
    """Rebuilds a model with stock Keras layers in place of this project's, and with the same weights.

    The result gives the same outputs, and what it is saved as (`.keras`, SavedModel, ONNX) opens without any custom
    object. Random states and the states of stateful layers come along. It is not compiled: an optimizer's state belongs
    to a training, not to an exported model.

    Args:
        model: A Functional or Sequential model, or one whose class can be rebuilt from its `get_config()`; wrappers and
            nested models may hold the layers too.
    """
    config = keras.saving.serialize_keras_object(model)
    config.pop("compile_config", None)
    # Safe mode guards against what strangers put into files; this config has never left the process.
    stock = keras.saving.deserialize_keras_object(_in_stock_layers(config), safe_mode=False)
    for target, source in zip(_all_variables(stock), _all_variables(model), strict=True):
        target.assign(source)
    return stock


def _in_stock_layers(config: Any) -> Any:
    """Returns a serialized object with every mention of this project's layers changed to Keras' own."""
    if isinstance(config, (list, tuple)):
        return type(config)(_in_stock_layers(item) for item in config)
    if not isinstance(config, dict):
        return config
    stock = {key: _in_stock_layers(value) for key, value in config.items()}
    registered = config.get("registered_name")
    layer = keras.saving.get_registered_object(registered) if isinstance(registered, str) else None
    if not (isinstance(layer, type) and issubclass(layer, FusedRecurrence)):
        return stock
    found = layer.stock_class()
    registered = keras.saving.get_registered_name(found)
    if registered == found.__name__:
        return stock | {"module": "keras.layers", "class_name": registered, "registered_name": None}
    return stock | {"module": found.__module__, "class_name": found.__name__, "registered_name": registered}


def _all_variables(model: keras.Model) -> list[Any]:
    """Lists a model's variables in a fixed order, with the states of stateful layers, which Keras does not list."""
    layers = model._flatten_layers(include_self=False, recursive=True)
    states = [state for layer in layers for state in getattr(layer, "states", None) or ()]
    return [*model.variables, *states]
