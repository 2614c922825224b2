"""Config → ``keras.Model``: the stack of recurrent layers and the head."""

from __future__ import annotations

from typing import Any

import keras

from rnnctl.config.schema import Config
from rnnctl.data import Signature
from rnnctl.model.embeddings import state_layers
from rnnctl.model.initializers import build_initializer, derive_seed
from rnnctl.model.recurrent import GRU, LSTM, SimpleRNN
from rnnctl.model.shown import Shown
from rnnctl.schema.model import GruLayer, Layer, LstmLayer

CELLS: dict[str, Any] = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}
"""The recurrent layers by the config's word for their cell."""

_HEAD = 1000
"""Where the head's seeds stand; the layers' stand at their position in the stack."""


def build_model(config: Config, signature: Signature) -> keras.Model:
    """Builds the model that a config describes, with initial weights drawn from its seed.

    Args:
        config: The whole config; ``model`` and ``seed`` are used.
        signature: What goes in, and what the dense head gives; without a head the last layer's units stand.

    Returns:
        A functional model from the columns ``[batch, time, columns]``, float32 (and, where ``signature.masked``, a mask
        ``[batch, time]``, bool, as a second input) to ``[batch, outputs]``, or to ``[batch, time, outputs]`` with
        ``model.return_sequences``. Its layers are ``recurrent_0``, ``recurrent_1``, … and ``head``; where there are
        tokens or static columns, also ``embedding_0``, … and ``state_h``, ``state_c``.
    """
    section = config.model
    inputs = keras.Input((signature.time_steps, len(signature.inputs)), name="inputs")
    mask = keras.Input((None,), dtype="bool", name="mask") if signature.masked else None
    hidden, given = inputs, _given(None, mask)
    if not signature.plain:
        shown = Shown(inputs, signature, config.seed)
        first = section.layers[0]
        hidden, given = shown.sequence(), _given(shown.initial_states(first.units, state_layers(first)), mask)
    last = len(section.layers) - 1
    for position, layer in enumerate(section.layers):
        sequences = section.return_sequences or position < last
        hidden = _build_layer(layer, position, config.seed, return_sequences=sequences)(hidden, **given)
        given = _given(None, mask)
    if section.head == "dense":
        hidden = _build_head(config, signature)(hidden)
    # Not the config's own name: TensorFlow makes scopes of it, and takes ASCII letters only.
    return keras.Model(inputs if mask is None else [inputs, mask], hidden, name="model")


def _given(states: list[Any] | None, mask: Any) -> dict[str, Any]:
    """What a recurrent layer is called with beside its inputs; nothing where the data is plain."""
    return ({} if mask is None else {"mask": mask}) | ({} if states is None else {"initial_state": states})


def _build_head(config: Config, signature: Signature) -> Any:
    initializer = keras.initializers.GlorotUniform(seed=derive_seed(config.seed, _HEAD))
    return keras.layers.Dense(
        signature.outputs,
        activation=None if signature.activation == "linear" else signature.activation,
        kernel_initializer=initializer,
        name="head",
    )


def _build_layer(layer: Layer, position: int, seed: int, *, return_sequences: bool) -> Any:
    arguments: dict[str, Any] = {
        "units": layer.units,
        "activation": layer.activation,
        "use_bias": layer.use_bias,
        "kernel_initializer": build_initializer(layer.kernel_initializer, derive_seed(seed, position, 0)),
        "recurrent_initializer": build_initializer(layer.recurrent_initializer, derive_seed(seed, position, 1)),
        "bias_initializer": build_initializer(layer.bias_initializer, derive_seed(seed, position, 2)),
        "dropout": layer.dropout,
        "recurrent_dropout": layer.recurrent_dropout,
        "seed": derive_seed(seed, position, 3),
        "return_sequences": return_sequences,
        "name": f"recurrent_{position}",
    }
    if isinstance(layer, GruLayer):
        arguments |= {"recurrent_activation": layer.recurrent_activation, "reset_after": layer.reset_after}
    elif isinstance(layer, LstmLayer):
        arguments |= {"recurrent_activation": layer.recurrent_activation, "unit_forget_bias": layer.unit_forget_bias}
    built = CELLS[layer.cell](**arguments)
    if not layer.bidirectional:
        return built
    backward = CELLS[layer.cell](**_for_backward(arguments, layer, position, seed))
    return keras.layers.Bidirectional(built, backward_layer=backward, name=f"recurrent_{position}")


def _for_backward(arguments: dict[str, Any], layer: Layer, position: int, seed: int) -> dict[str, Any]:
    """The arguments of the layer that reads backwards: other seeds, or both halves would start as twins."""
    return arguments | {
        "kernel_initializer": build_initializer(layer.kernel_initializer, derive_seed(seed, position, 10)),
        "recurrent_initializer": build_initializer(layer.recurrent_initializer, derive_seed(seed, position, 11)),
        "bias_initializer": build_initializer(layer.bias_initializer, derive_seed(seed, position, 12)),
        "seed": derive_seed(seed, position, 13),
        "go_backwards": True,
        # Keras names only the forward half itself; without a name of its own this one would pass for the whole layer.
        "name": f"backward_{arguments['name']}",
    }
