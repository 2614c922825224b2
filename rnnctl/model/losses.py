"""Losses by the config's words, each as a function from targets and predictions to one number per output place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from rnnctl.config.training_schema import HuberLoss, Loss

LossFunction = Callable[[Any, Any], Any]


def _huber(section: HuberLoss) -> LossFunction:
    return lambda targets, predictions: keras.losses.huber(targets, predictions, delta=section.delta)


LOSSES: dict[str, Callable[[Any], LossFunction]] = {
    "mse": lambda _: keras.losses.mean_squared_error,
    "mae": lambda _: keras.losses.mean_absolute_error,
    "huber": _huber,
}


def build_loss(section: Loss) -> LossFunction:
    """Makes the loss function.

    Args:
        section: The loss as configured.

    Returns:
        A function of ``targets`` and ``predictions``, both ``[batch, …, outputs]``, that gives the mean over the
        outputs, ``[batch, …]``.
    """
    return LOSSES[section.kind](section)
