"""The encoder in front of the first recurrent layer: numbers as they are, tokens one-hot or embedded.

Only Keras' own, serialisable operations, so that an exported model opens without this project.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import keras
import tensorflow as tf

from rnnctl.data import Signature
from rnnctl.model.embeddings import embedding_numbers
from rnnctl.model.initializers import derive_seed

_EMBEDDINGS, _STATES = 2000, 3000
"""Where the seeds of the embeddings and of the layers that make initial states begin."""


class InputEncoder:
    """Turns columns ``[batch, time, columns]``, tokens as codes, into the features of the first recurrent layer."""

    def __init__(self, inputs: Any, signature: Signature, seed: int) -> None:
        self._inputs = inputs
        self._columns = signature.inputs
        self._seed = seed
        self._numbers = embedding_numbers(signature.inputs)
        self._embeddings: dict[int, Any] = {}

    def sequence(self) -> Any:
        """The features of each time step, ``[batch, time, features]``."""
        places = [place for place, column in enumerate(self._columns) if not column.static]
        return self._joined("features", places, [slice(None), slice(None)])

    def initial_states(self, units: int, names: Iterable[str]) -> list[Any] | None:
        """The first layer's initial states, each tanh(s V + a) of the static columns s at the first time step.

        A state ``[batch, units]`` for each of the layers named; None where no column is static.
        """
        static = [place for place, column in enumerate(self._columns) if column.static]
        if not static:
            return None
        known = self._joined("static", static, [slice(None), 0])
        states = []
        for number, name in enumerate(names):
            initializer = keras.initializers.GlorotUniform(seed=derive_seed(self._seed, _STATES, number))
            states.append(keras.layers.Dense(units, "tanh", kernel_initializer=initializer, name=name)(known))
        return states

    def _joined(self, name: str, places: Iterable[int], at: list[Any]) -> Any:
        """Some columns side by side; neighbours that are numbers are taken in one piece."""
        parts = []
        for (kind, _), members in groupby(enumerate(places), self._piece):
            group = [place for _, place in members]
            piece = self._inputs[(*at, group[0] if kind == "token" else slice(group[0], group[-1] + 1))]
            parts.append(self._token(group[0], piece) if kind == "token" else piece)
        # A single part gets the name too: the encoder's output is looked up by it.
        joining = keras.layers.Identity if len(parts) == 1 else keras.layers.Concatenate
        return joining(name=name)(parts[0] if len(parts) == 1 else parts)

    def _piece(self, numbered: tuple[int, int]) -> tuple[str, int]:
        """A key that neighbouring columns of numbers share, and that a column of tokens has for itself."""
        number, place = numbered
        return ("token", place) if self._columns[place].tokens else ("numbers", place - number)

    def _token(self, place: int, codes: Any) -> Any:
        column, number = self._columns[place], self._numbers[place]
        if number is None:
            codes = keras.ops.cast(codes, "int32")
            return keras.ops.one_hot(codes, len(column.tokens), dtype=keras.config.floatx())
        if number not in self._embeddings:
            # Keras' own default, with a seed of its own.
            initializer = keras.initializers.RandomUniform(seed=derive_seed(self._seed, _EMBEDDINGS, number))
            self._embeddings[number] = keras.layers.Embedding(
                len(column.tokens), column.embedding, embeddings_initializer=initializer, name=f"embedding_{number}"
            )
        return self._embeddings[number](codes)


def with_mask(model: keras.Model, inputs: Any, mask: Any) -> Any:
    """The arguments of a model: columns ``[batch, time, columns]``, and a mask where it takes one, of ones for None."""
    inputs = tf.convert_to_tensor(inputs)
    if len(model.inputs) == 1:
        return inputs
    return [inputs, tf.ones(tf.shape(inputs)[:2], tf.bool) if mask is None else mask]


def encode(model: keras.Model, inputs: Any, mask: Any) -> tuple[Any, list[Any] | None]:
    """Runs the layers before the first recurrent one.

    Args:
        inputs: ``[batch, time, columns]``, a tensor in the model's dtype.
        mask: ``[batch, time]``, bool; or None.

    Returns:
        The first recurrent layer's inputs, ``[batch, time, features]``, and its initial states ``[batch, units]``, None
        where no static columns make them.
    """
    names = [layer.name for layer in model.layers]
    if "features" not in names:
        return inputs, None
    states = [name for name in names if name.startswith("state_")]
    encoder = keras.Model(model.inputs, [model.get_layer(name).output for name in ("features", *states)])
    features, *initial = keras.tree.flatten(encoder.call(with_mask(model, inputs, mask)))
    return features, initial or None
