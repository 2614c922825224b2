"""Losses in Keras, each as a function from targets and predictions to one number per place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pkgutil import resolve_name
from typing import Any

import keras
import numpy as np

from rnnctl.data.sequences import Numbers
from rnnctl.losses import LOSSES, LossBase

LossFunction = Callable[[Any, Any], Any]


def binary_crossentropy(targets: Any, predictions: Any) -> Any:
    """Binary cross-entropy in nats, the mean over the last axis."""
    return keras.ops.mean(keras.ops.binary_crossentropy(targets, predictions), axis=-1)


def categorical_crossentropy(targets: Any, predictions: Any) -> Any:
    """Categorical cross-entropy in nats, of codes ``[batch, …, 1]`` and probabilities ``[batch, …, classes]``."""
    return keras.ops.sparse_categorical_crossentropy(keras.ops.cast(targets[..., 0], "int32"), predictions)


def quantile(targets: Any, predictions: Any, quantiles: Sequence[float]) -> Any:
    """The pinball loss, the mean over levels and outputs.

    Args:
        targets: ``[batch, …, outputs]``.
        predictions: ``[batch, …, levels · outputs]``, all values of one level after those of another.
        quantiles: The levels.
    """
    losses = [
        keras.ops.maximum(level * (targets - each), (level - 1.0) * (targets - each))
        for level, each in zip(quantiles, keras.ops.split(predictions, len(quantiles), axis=-1), strict=True)
    ]
    return keras.ops.mean(keras.ops.stack(losses), axis=(0, -1))


def build_loss(section: LossBase, class_weights: Numbers | None = None) -> LossFunction:
    """Makes the loss function of targets and predictions ``[batch, …, outputs]``, the mean over the outputs.

    Targets of the categorical cross-entropy are codes of tokens, ``[batch, …, 1]``. Keras finds the logits behind a
    model's softmax or sigmoid and computes from them, so that a probability that rounds to 0 costs what it should.

    Args:
        class_weights: ``[targets, classes]``, what the loss of a target of each class is multiplied by; see
            `WeightedLoss`. None leaves the losses as they are.
    """
    plain = partial(resolve_name(LOSSES[section.kind].keras), **section.model_dump(exclude={"kind"}))
    return plain if class_weights is None else WeightedLoss(plain, class_weights)


@dataclass(frozen=True, eq=False)
class WeightedLoss:
    """A loss of classes in which each target's loss counts as much as its class weighs.

    This is ``class_weight`` of Keras' ``fit``: the mean of the weighted losses is taken over their number (Keras'
    ``sum_over_batch_size``), not over the sum of their weights.
    """

    plain: LossFunction
    weights: Numbers

    def __call__(self, targets: Any, predictions: Any) -> Any:
        """The mean over the outputs."""
        return keras.ops.mean(_losses_of_outputs(self, targets, predictions), axis=-1)

    def weights_of(self, targets: Any, dtype: Any) -> Any:
        """The weight of each target, shaped like these."""
        outputs, (columns, classes) = targets.shape[-1], self.weights.shape
        table = np.tile(self.weights, (outputs // columns, 1)).reshape(-1)
        places = keras.ops.cast(targets, "int32") + np.arange(outputs, dtype=np.int32) * classes
        return keras.ops.take(keras.ops.convert_to_tensor(table, dtype), places)


def masked_losses(loss: LossFunction, targets: Any, predictions: Any) -> Any:
    """A loss of targets of which some are missing: the mean over the outputs, to which these add 0, ``[batch, …]``.

    Args:
        loss: From `build_loss`.
        targets: ``[batch, …, outputs]``, NaN where missing.
        predictions: As the loss takes them.
    """
    missing = keras.ops.isnan(targets)
    targets = keras.ops.where(missing, keras.ops.zeros_like(targets), targets)
    losses = _losses_of_outputs(loss, targets, predictions)
    return keras.ops.mean(keras.ops.where(missing, keras.ops.zeros_like(losses), losses), axis=-1)


def _losses_of_outputs(loss: LossFunction, targets: Any, predictions: Any) -> Any:
    """The losses that a loss takes the mean of, ``[batch, …, outputs]``."""
    if isinstance(loss, WeightedLoss):
        losses = _losses_of_outputs(loss.plain, targets, predictions)
        return losses * loss.weights_of(targets, losses.dtype)
    if targets.shape[-1] > 1:  # an axis of one output each, so that the loss has nothing to average
        each = predictions.shape[-1] // targets.shape[-1]
        targets, logits = targets[..., None], getattr(predictions, "_keras_logits", None)
        predictions = keras.ops.stack(keras.ops.split(predictions, each, axis=-1), axis=-1)
        if logits is not None:
            predictions._keras_logits = logits[..., None]
        return loss(targets, predictions)
    return loss(targets, predictions)[..., None]
