"""A model's twin in float64: the same layers and weights, for numbers that rounding must not blur."""

from __future__ import annotations

from typing import Any

import keras

from rnnctl.config.schema import Config
from rnnctl.data import Signature
from rnnctl.model.build import build_model


def float64_twin(config: Config, model: keras.Model, signature: Signature) -> Any:
    """Builds a model anew in float64, with the weights of one in float32.

    Args:
        config: The config that ``model`` was built from.
        model: The model; not changed.
        signature: The signature that it was built from.

    Returns:
        The twin.
    """
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # Keras keeps the policy that the first layer found
    try:
        twin = build_model(config, signature)
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
    for ours, theirs in zip(twin.trainable_variables, model.trainable_variables, strict=True):
        ours.assign(theirs.numpy().astype("float64"))
    return twin
