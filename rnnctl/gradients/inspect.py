"""The gradients of one batch in numbers that a person reads."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data import Batch
from rnnctl.gradients.norms import global_norm, state_norms, weight_norms
from rnnctl.model.losses import LossFunction
from rnnctl.model.recurrent import watch_states
from rnnctl.model.weights import weight_paths
from rnnctl.records import GradientReport, WeightGradient


def inspect_batch(
    name: str, model: keras.Model, loss: LossFunction, batch: Batch, *, values: bool = False
) -> GradientReport:
    """Takes one backward pass and measures every gradient.

    Args:
        name: Name of the config.
        model: The model, at whatever weights it has.
        loss: From ``rnnctl.model.losses.build_loss``.
        batch: One batch.
        values: Whether the gradients' elements are given as text.

    Returns:
        The report.
    """
    weights = [variable.value for variable in model.trainable_variables]

    @tf.function
    def backward(inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            with watch_states(tape) as watched:
                predictions = model(inputs, training=True)
            total = tf.reduce_mean(loss(targets, predictions))
        gradients, through_time = tape.gradient(total, (weights, watched.probes))
        norms = weight_norms(gradients)
        return total, global_norm(norms), gradients, norms, state_norms(through_time, len(batch.inputs))

    total, whole, gradients, norms, through_time = backward(tf.constant(batch.inputs), tf.constant(batch.targets))
    return GradientReport(
        name=name,
        loss=float(total),
        gradient_norm=float(whole),
        weights=tuple(
            _measure(path, gradient.numpy(), float(norm), values=values)
            for path, gradient, norm in zip(weight_paths(model), gradients, norms, strict=True)
        ),
        state_gradient_norms={path: tuple(norm.numpy().tolist()) for path, norm in through_time.items()},
    )


def _measure(path: str, gradient: npt.NDArray[np.float32], norm: float, *, values: bool) -> WeightGradient:
    return WeightGradient(
        path=path,
        shape=gradient.shape,
        norm=norm,
        mean=float(gradient.mean(dtype=np.float64)),
        std=float(gradient.std(dtype=np.float64)),
        largest=float(np.abs(gradient).max()),
        zeros=float((gradient == 0).mean()),
        values=np.array2string(gradient) if values else None,
    )
