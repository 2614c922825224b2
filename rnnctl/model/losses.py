"""Losses by the config's words, each as a function from targets and predictions to one number per output place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from rnnctl.schema.training import HuberLoss, Loss

LossFunction = Callable[[Any, Any], Any]


def _huber(section: HuberLoss) -> LossFunction:
    return lambda targets, predictions: keras.losses.huber(targets, predictions, delta=section.delta)


def _binary(_: Loss) -> LossFunction:
    return lambda targets, predictions: keras.ops.mean(keras.ops.binary_crossentropy(targets, predictions), axis=-1)


def _categorical(_: Loss) -> LossFunction:
    return lambda targets, predictions: keras.ops.sparse_categorical_crossentropy(
        keras.ops.cast(targets[..., 0], "int32"), predictions
    )


LOSSES: dict[str, Callable[[Any], LossFunction]] = {
    "mse": lambda _: keras.losses.mean_squared_error,
    "mae": lambda _: keras.losses.mean_absolute_error,
    "huber": _huber,
    "binary_crossentropy": _binary,
    "categorical_crossentropy": _categorical,
}


def build_loss(section: Loss) -> LossFunction:
    """Makes the loss function.

    Args:
        section: The loss as configured.

    Returns:
        A function of ``targets`` and ``predictions``, both ``[batch, …, outputs]``, that gives the mean over the
        outputs, ``[batch, …]``. For the categorical cross-entropy targets are ``[batch, …, 1]``: codes of tokens.
        Cross-entropies are in nats. Keras finds the logits behind a model's softmax or sigmoid and computes from
        them, so that a probability that rounds to 0 costs what it should.
    """
    return LOSSES[section.kind](section)
