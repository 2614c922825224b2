"""Config → ``keras.Model``: the stack of recurrent layers and the head."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import keras

from rnnctl.cells import CELLS, LayerBase
from rnnctl.config.schema import Config
from rnnctl.data import Signature
from rnnctl.model.embeddings import state_layers
from rnnctl.model.initializers import build_initializer, derive_seed
from rnnctl.model.inputs import InputEncoder

_HEAD = 1000
"""Where the head's seeds begin; a layer's begin at its position in the stack."""


def build_model(config: Config, signature: Signature) -> keras.Model:
    """Builds the model that a config describes, with initial weights drawn from its `Config.net_seed`.

    Returns:
        A functional model from the columns ``[batch, time, columns]``, float32 (and, where ``signature.masked``, a mask
        ``[batch, time]``, bool, as a second input) to ``[batch, outputs]``, or to ``[batch, time, outputs]`` with
        ``model.return_sequences``. Its layers are ``recurrent_0``, ``recurrent_1``, … and ``head``; where there are
        tokens or static columns, also ``embedding_0``, … and ``state_h``, ``state_c``. Stock operations
        after the head make quantiles ascend.
    """
    section = config.model
    inputs = keras.Input((signature.time_steps, len(signature.inputs)), name="inputs")
    mask = keras.Input((None,), dtype="bool", name="mask") if signature.masked else None
    masked = {} if mask is None else {"mask": mask}
    hidden, states = inputs, {}
    if not signature.plain:
        encoder, first = InputEncoder(inputs, signature, config.net_seed), section.layers[0]
        initial = encoder.initial_states(first.units, state_layers(first))
        hidden, states = encoder.sequence(), {} if initial is None else {"initial_state": initial}
    last = len(section.layers) - 1
    for position, layer in enumerate(section.layers):
        sequences = section.return_sequences or position < last
        hidden = _build_layer(layer, position, config.net_seed, return_sequences=sequences)(hidden, **masked, **states)
        states = {}
    if section.head == "dense":
        hidden = keras.layers.Dense(
            signature.outputs,
            activation=None if signature.activation == "linear" else signature.activation,
            kernel_initializer=keras.initializers.GlorotUniform(seed=derive_seed(config.net_seed, _HEAD)),
            name="head",
        )(hidden)
    hidden = in_order(hidden, signature.quantiles)
    # Not the config's own name: TensorFlow makes scopes of it, and takes ASCII letters only.
    return keras.Model(inputs if mask is None else [inputs, mask], hidden, name="model")


def in_order(outputs: Any, quantiles: int) -> Any:
    """Makes ascending quantiles of what the head gives for each, so that they never cross.

    The middle one is what it is; each one above lies softplus(y) ≥ 0 above its neighbour, each one below as far below
    (Park et al. 2022, Learning quantile functions without quantile crossing).

    Args:
        outputs: ``[batch, …, quantiles · values]``, all values of one quantile after those of another.
    """
    if quantiles == 1:
        return outputs
    ends, middle = keras.ops.split(outputs, quantiles, axis=-1), quantiles // 2
    for place in range(middle + 1, quantiles):
        ends[place] = ends[place - 1] + keras.ops.softplus(ends[place])
    for place in range(middle - 1, -1, -1):
        ends[place] = ends[place + 1] - keras.ops.softplus(ends[place])
    return keras.ops.concatenate(ends, axis=-1)


_INITIALIZERS = ("kernel_initializer", "recurrent_initializer", "bias_initializer")


def _build_layer(layer: LayerBase, position: int, seed: int, *, return_sequences: bool) -> Any:
    made = CELLS[layer.cell].layer_class

    def one_direction(name: str, offset: int, **more: Any) -> Any:
        """Builds one direction, whose seeds begin at the offset: with equal ones both would start as twins."""
        seeds = [derive_seed(seed, position, offset + number) for number in range(4)]
        initializers = {
            key: build_initializer(getattr(layer, key), own) for key, own in zip(_INITIALIZERS, seeds, strict=False)
        }
        arguments = layer_arguments(layer) | initializers | more
        return made(**arguments, seed=seeds[3], return_sequences=return_sequences, name=name)

    name = f"recurrent_{position}"
    forward = one_direction(name, 0)
    if not layer.bidirectional:
        return forward
    # Keras names only the forward half itself; without a name of its own this one would pass for the whole layer.
    backward = one_direction(f"backward_{name}", 10, go_backwards=True)
    return both_directions(forward, backward, name)


def both_directions(forward: Any, backward: Any, name: str) -> Any:
    """Wraps the layers of both directions; a mask passes through them, whatever Keras' wrapper says (keras#23235)."""
    wrapper = keras.layers.Bidirectional(forward, backward_layer=backward, name=name)
    wrapper.supports_masking = True
    return wrapper


def layer_arguments(layer: LayerBase) -> dict[str, Any]:
    """The keys of a layer that are arguments of its Keras layer, but for the initializers."""
    return layer.model_dump(exclude={"cell", "bidirectional", *_INITIALIZERS})


def stock_layer(layer: LayerBase, name: str) -> Any:
    """Makes Keras' own layer for a section, with an output at every time step; not built."""
    stock = CELLS[layer.cell].layer_class.stock_class()
    made = stock(**layer_arguments(layer), return_sequences=True, name=name)
    made.supports_masking = True  # see `both_directions`
    return both_directions(made, None, name) if layer.bidirectional else made


def float64_copy(config: Config, model: keras.Model, signature: Signature) -> Any:
    """Builds a model anew in float64, with the weights of one in float32, for numbers that rounding must not blur."""
    with ExitStack() as stack:
        stack.callback(keras.config.set_floatx, keras.config.floatx())
        stack.callback(keras.config.set_dtype_policy, keras.config.dtype_policy())
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")  # Keras keeps the policy that the first layer found
        copy = build_model(config, signature)
    for ours, theirs in zip(copy.trainable_variables, model.trainable_variables, strict=True):
        ours.assign(theirs.numpy().astype("float64"))
    return copy
