"""A model's part before its first recurrent layer, and what a model is called with."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from rnnctl.data import Batch


def model_inputs(model: keras.Model, batch: Batch) -> Any:
    """What a model is called with for a batch: its columns, and a mask where it takes one.

    Args:
        batch: The batch; without a mask all its time steps count.
    """
    return with_mask(model, tf.convert_to_tensor(batch.inputs), batch.mask)


def with_mask(model: keras.Model, inputs: Any, mask: Any) -> Any:
    """The same from tensors: inputs ``[batch, time, columns]``, and ``[batch, time]`` or None."""
    if len(model.inputs) == 1:
        return inputs
    return [inputs, tf.ones(tf.shape(inputs)[:2], tf.bool) if mask is None else mask]


def see(model: keras.Model, inputs: Any, mask: Any) -> tuple[Any, list[Any] | None]:
    """Runs what comes before the first recurrent layer.

    Args:
        inputs: ``[batch, time, columns]``, a tensor in the model's dtype.
        mask: ``[batch, time]``, bool; or None.

    Returns:
        What the first recurrent layer sees, ``[batch, time, features]``, and the states ``[batch, units]`` that it
        begins with, None where no static columns make them.
    """
    names = [layer.name for layer in model.layers]
    if "shown" not in names:
        return inputs, None
    states = [name for name in names if name.startswith("state_")]
    front = keras.Model(model.inputs, [model.get_layer(name).output for name in ("shown", *states)])
    seen, *initial = keras.tree.flatten(front.call(with_mask(model, inputs, mask)))
    return seen, initial or None
