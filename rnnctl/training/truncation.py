"""States of truncated backpropagation: carried from piece to piece, or computed up to a sequence's last piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from rnnctl.model.inputs import with_mask
from rnnctl.model.recurrent import carry_states
from rnnctl.model.weights import state_path
from rnnctl.training.device_data import Gathered


def zero_states(model: keras.Model, batch_size: int) -> dict[str, tuple[Any, ...]]:
    """States of zeros ``[batch, units]`` for a model whose layers run in one direction, by path of the layer."""
    return {
        layer.path: tuple(tf.zeros([batch_size, size]) for size in keras.tree.flatten(layer.cell.state_size))
        for layer in model.layers
        if isinstance(layer, keras.layers.RNN)
    }


class CarriedStates:
    """States that one piece of a sequence leaves to the next, kept on the device between optimizer steps.

    Args:
        model: The model; its layers run in one direction.
        batch_size: Sequences in a batch.

    Attributes:
        variables: By path of the layer, its states ``[batch, units]``.
    """

    def __init__(self, model: keras.Model, batch_size: int) -> None:
        zeros = zero_states(model, batch_size)
        self.variables = {path: tuple(map(tf.Variable, states)) for path, states in zeros.items()}

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
        """Assigns the states that a batch's parts ended with, in the order of the parts."""
        for path, variables in self.variables.items():
            for place, variable in enumerate(variables):
                variable.assign(tf.concat([finals[path][place] for finals in parts], axis=0))


def truncate_to_tail(model: keras.Model, batch: Gathered, length: int) -> tuple[Gathered, Mapping[str, Any], Any]:
    """Cuts sequences with one target each to their last time steps, and runs the model forwards up to there.

    The forward run goes piece by piece, so that memory holds the activations of one piece.

    Args:
        model: The model; its layers run forwards.
        batch: Whole sequences ``[batch, time, columns]``.
        length: Time steps to keep, fewer than ``time``.

    Returns:
        The last time steps, shorter sequences staying whole; by path of the layer, its states before them; and
        ``[batch, 1]``, bool, where the model's own initial states hold instead.
    """
    count, time = batch.inputs.shape[:2]
    there = tf.ones([count, time], tf.bool) if batch.mask is None else batch.mask
    lengths = tf.reduce_sum(tf.cast(there, tf.int32), axis=1)
    before = tf.maximum(lengths - length, 0)
    states = _states_after(model, batch.inputs, before, length)
    steps = before[:, None] + tf.range(length)
    inputs = tf.gather(batch.inputs, tf.minimum(steps, time - 1), axis=1, batch_dims=1)
    mask = None if batch.mask is None else steps < lengths[:, None]
    return Gathered(inputs, batch.targets, mask), states, (before == 0)[:, None]


def _states_after(model: keras.Model, inputs: Any, before: Any, length: int) -> dict[str, tuple[Any, ...]]:
    """The states after the first ``before [batch]`` time steps."""
    count, time = inputs.shape[:2]
    zeros = zero_states(model, count)

    def body(piece: Any, states: Any) -> tuple[Any, Any]:
        steps = piece * length + tf.range(length)
        seen = tf.gather(inputs, tf.minimum(steps, time - 1), axis=1)
        mask = steps < before[:, None]
        with carry_states(states, piece == 0, mask) as carried:
            model.call(with_mask(model, seen, mask), training=True)
        return piece + 1, dict(carried.finals)

    pieces = -(-tf.reduce_max(before) // length)
    _, states = tf.while_loop(
        lambda piece, _: piece < pieces, body, (tf.constant(0), zeros), maximum_iterations=-(-time // length)
    )
    return states  # type: ignore[no-any-return]
