"""Truncated backpropagation where a sequence has one target at its end: gradients come back over its last time steps.

All before them is run forwards alone, piece by piece, so that memory holds the activations of one piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from rnnctl.model.front import with_mask
from rnnctl.model.recurrent import carry_states
from rnnctl.training.carried import no_states
from rnnctl.training.device_data import Gathered


class Tail(NamedTuple):
    """The time steps that gradients come back over, and the states before them.

    Attributes:
        batch: The time steps.
        states: By path of the layer, its states before them; empty where sequences begin as the model has it.
        begins: Where the model's own initial states hold instead: a bool, or ``[batch, 1]``.
    """

    batch: Gathered
    states: Mapping[str, Any]
    begins: Any


def last_piece(model: keras.Model, batch: Gathered, length: int) -> Tail:
    """Cuts sequences to their last time steps, and runs the model up to there.

    Args:
        model: The model; its layers run forwards.
        batch: Whole sequences ``[batch, time, columns]``.
        length: Time steps to keep, fewer than ``time``.

    Returns:
        The last time steps; shorter sequences stay whole.
    """
    count, time = batch.inputs.shape[:2]
    there = tf.ones([count, time], tf.bool) if batch.mask is None else batch.mask
    lengths = tf.reduce_sum(tf.cast(there, tf.int32), axis=1)
    before = tf.maximum(lengths - length, 0)
    states = _run(model, batch.inputs, before, length)
    steps = before[:, None] + tf.range(length)
    inputs = tf.gather(batch.inputs, tf.minimum(steps, time - 1), axis=1, batch_dims=1)
    mask = None if batch.mask is None else steps < lengths[:, None]
    return Tail(Gathered(inputs, batch.targets, mask), states, (before == 0)[:, None])


def _run(model: keras.Model, inputs: Any, before: Any, length: int) -> dict[str, tuple[Any, ...]]:
    """The states after the first ``before [batch]`` time steps."""
    count, time = inputs.shape[:2]
    zeros = no_states(model, count)

    def body(piece: Any, states: Any) -> tuple[Any, Any]:
        steps = piece * length + tf.range(length)
        shown = tf.gather(inputs, tf.minimum(steps, time - 1), axis=1)
        mask = steps < before[:, None]
        with carry_states(states, piece == 0, mask) as carried:
            model.call(with_mask(model, shown, mask), training=True)
        return piece + 1, dict(carried.finals)

    pieces = -(-tf.reduce_max(before) // length)
    _, states = tf.while_loop(
        lambda piece, _: piece < pieces, body, (tf.constant(0), zeros), maximum_iterations=-(-time // length)
    )
    return states  # type: ignore[no-any-return]
