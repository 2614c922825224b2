"""A model's twin in float64: the same layers and weights, for numbers that rounding must not blur."""

from __future__ import annotations

from typing import Any

import keras

from rnnctl.config.schema import Config
from rnnctl.model.build import build_model


def float64_twin(config: Config, model: keras.Model) -> Any:
    """Builds a model anew in float64, with the weights of one in float32.

    Args:
        config: The config that ``model`` was built from.
        model: The model; not changed.

    Returns:
        The twin.
    """
    _, time_steps, features = model.input_shape
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # Keras keeps the policy that the first layer found
    try:
        twin = build_model(config, features, model.output_shape[-1], time_steps)
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
    for ours, theirs in zip(twin.trainable_variables, model.trainable_variables, strict=True):
        ours.assign(theirs.numpy().astype("float64"))
    return twin
