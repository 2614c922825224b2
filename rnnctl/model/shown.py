"""How the columns of the data are shown to the first recurrent layer: numbers as they are, tokens one-hot or embedded.

Only Keras' own, serialisable operations, so that what a user takes away opens without this project.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import keras

from rnnctl.data import InputColumn, Signature
from rnnctl.model.embeddings import embedding_numbers
from rnnctl.model.initializers import derive_seed

_EMBEDDINGS = 2000
"""Where the embeddings' seeds stand."""

_STATES = 3000
"""Where the seeds of the layers that make initial states stand."""


class Shown:
    """The columns ``[batch, time, columns]`` as numbers that a layer can read."""

    def __init__(self, inputs: Any, signature: Signature, seed: int) -> None:
        self._inputs = inputs
        self._columns = signature.inputs
        self._seed = seed
        self._numbers = embedding_numbers(signature.inputs)
        self._embeddings: dict[int, Any] = {}
        for column, number in zip(self._columns, self._numbers, strict=True):
            if number is not None and number not in self._embeddings:
                self._embeddings[number] = self._embedding(column, number)

    def sequence(self) -> Any:
        """What is seen at each time step, ``[batch, time, features]``."""
        whole: list[Any] = [slice(None), slice(None)]
        return self._joined("shown", (place for place, column in enumerate(self._columns) if not column.static), whole)

    def initial_states(self, units: int, names: Iterable[str]) -> list[Any] | None:
        """The first layer's initial states, each tanh(s V + a) of the static columns s at the first time step.

        Returns:
            A state ``[batch, units]`` per name; None where no column is static.
        """
        static = [place for place, column in enumerate(self._columns) if column.static]
        if not static:
            return None
        shown = self._joined("static", static, [slice(None), 0])
        states = []
        for number, name in enumerate(names):
            initializer = keras.initializers.GlorotUniform(seed=derive_seed(self._seed, _STATES, number))
            states.append(keras.layers.Dense(units, "tanh", kernel_initializer=initializer, name=name)(shown))
        return states

    def _embedding(self, column: InputColumn, number: int) -> Any:
        # Keras' own default, with a seed of its own.
        initializer = keras.initializers.RandomUniform(seed=derive_seed(self._seed, _EMBEDDINGS, number))
        return keras.layers.Embedding(
            len(column.tokens), column.embedding, embeddings_initializer=initializer, name=f"embedding_{number}"
        )

    def _joined(self, name: str, places: Iterable[int], at: list[Any]) -> Any:
        """Some columns side by side; neighbours that are numbers are taken in one piece."""
        parts = []
        for (kind, _), members in groupby(enumerate(places), self._piece):
            group = [place for _, place in members]
            if kind == "token":
                parts.append(self._token(group[0], self._inputs[(*at, group[0])]))
            else:
                parts.append(self._inputs[(*at, slice(group[0], group[-1] + 1))])
        # One part alone is given the name too: who looks into a model finds there what its layers see.
        joining = keras.layers.Identity if len(parts) == 1 else keras.layers.Concatenate
        return joining(name=name)(parts[0] if len(parts) == 1 else parts)

    def _piece(self, numbered: tuple[int, int]) -> tuple[str, int]:
        """A key that neighbouring columns of numbers share, and that a column of tokens has for itself."""
        number, place = numbered
        return ("token", place) if self._columns[place].tokens else ("numbers", place - number)

    def _token(self, place: int, codes: Any) -> Any:
        number = self._numbers[place]
        if number is not None:
            return self._embeddings[number](codes)
        tokens = len(self._columns[place].tokens)
        return keras.ops.one_hot(keras.ops.cast(codes, "int32"), tokens, dtype=keras.config.floatx())
