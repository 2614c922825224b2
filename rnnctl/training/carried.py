"""The states that one piece of a sequence leaves to the next, kept on the device between optimizer steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from rnnctl.model.weights import state_path


def no_states(model: keras.Model, batch_size: int) -> dict[str, tuple[Any, ...]]:
    """States of zeros ``[batch, units]`` for a model whose layers run in one direction, by path of the layer."""
    return {
        layer.path: tuple(tf.zeros([batch_size, size]) for size in keras.tree.flatten(layer.cell.state_size))
        for layer in model.layers
        if isinstance(layer, keras.layers.RNN)
    }


class Carried:
    """A variable for every state of a model's recurrent layers.

    Args:
        model: The model; its layers run in one direction.
        batch_size: Sequences in a batch.

    Attributes:
        variables: By path of the layer, its states ``[batch, units]``.
    """

    def __init__(self, model: keras.Model, batch_size: int) -> None:
        self.variables = {path: tuple(map(tf.Variable, zeros)) for path, zeros in no_states(model, batch_size).items()}

    def named(self) -> dict[str, Any]:
        """Every variable by a name for checkpoints, such as ``recurrent_0/h/carried``."""
        return {
            f"{state_path(path, name)}/carried": variable
            for path, variables in self.variables.items()
            for name, variable in zip(("h", "c"), variables, strict=False)
        }

    def read(self, first: int, end: int) -> dict[str, tuple[Any, ...]]:
        """The states of sequences ``first`` to ``end``, by path of the layer, as tensors."""
        return {path: tuple(state[first:end] for state in states) for path, states in self.variables.items()}

    def write(self, parts: Sequence[Mapping[str, tuple[Any, ...]]]) -> None:
        """Keeps the states that a batch's parts ended with, one after the other."""
        for path, variables in self.variables.items():
            for place, variable in enumerate(variables):
                variable.assign(tf.concat([finals[path][place] for finals in parts], axis=0))
