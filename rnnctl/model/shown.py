"""How the columns of the data are shown to the first recurrent layer: numbers as they are, tokens one-hot or embedded.

Only Keras' own, serialisable operations, so that what a user takes away opens without this project.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import keras

from rnnctl.data import InputColumn, Signature
from rnnctl.model.initializers import derive_seed

_EMBEDDINGS = 2000
"""Where the embeddings' seeds stand."""

_STATES = 3000
"""Where the seeds of the layers that make initial states stand."""


class Shown:
    """The columns ``[batch, time, columns]`` as numbers that a layer can read.

    Args:
        inputs: The columns; tokens as codes.
        signature: What the columns are.
        seed: The run's seed.
    """

    def __init__(self, inputs: Any, signature: Signature, seed: int) -> None:
        self._inputs = inputs
        self._columns = signature.inputs
        self._seed = seed
        # Columns that were made of one column of a file share what is learnt of its tokens.
        self._embeddings: dict[tuple[str, tuple[str, ...], int], Any] = {}
        for column in self._columns:
            key = _embedding_key(column)
            if key is not None and key not in self._embeddings:
                self._embeddings[key] = self._embedding(column, len(self._embeddings))

    def sequence(self) -> Any:
        """What is seen at each time step, ``[batch, time, features]``."""
        whole: list[Any] = [slice(None), slice(None)]
        return self._joined("shown", (place for place, column in enumerate(self._columns) if not column.static), whole)

    def initial_states(self, units: int, names: Iterable[str]) -> list[Any] | None:
        """The first layer's initial states, each tanh(s V + a) of the static columns s at the first time step.

        Args:
            units: Size of a state.
            names: The states' names, such as ``state_h``.

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
            first = self._columns[group[0]]
            if kind == "token":
                parts.append(self._token(first, self._inputs[(*at, group[0])]))
            else:
                parts.append(self._inputs[(*at, slice(group[0], group[-1] + 1))])
        return parts[0] if len(parts) == 1 else keras.layers.Concatenate(name=name)(parts)

    def _piece(self, numbered: tuple[int, int]) -> tuple[str, int]:
        """A key that neighbouring columns of numbers share, and that a column of tokens has for itself."""
        number, place = numbered
        return ("token", place) if self._columns[place].tokens else ("numbers", place - number)

    def _token(self, column: InputColumn, codes: Any) -> Any:
        key = _embedding_key(column)
        if key is not None:
            return self._embeddings[key](codes)
        return keras.ops.one_hot(keras.ops.cast(codes, "int32"), len(column.tokens), dtype=keras.config.floatx())


def _embedding_key(column: InputColumn) -> tuple[str, tuple[str, ...], int] | None:
    if not column.tokens or column.embedding is None:
        return None
    return column.source or column.name, column.tokens, column.embedding
