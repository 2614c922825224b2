"""A backward pass of the real model, without dropout: gradients of weights, states and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.data import Batch
from rnnctl.model.inputs import encode
from rnnctl.model.losses import LossFunction, masked_losses
from rnnctl.model.recurrent import watch_states
from rnnctl.model.weights import state_path, weight_paths

Array = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Backward:
    """What one backward pass gave.

    Attributes:
        states: Total ∂L/∂h_t and ∂L/∂c_t by path, ``[batch, time, units]``, in the inputs' time order.
        immediate: By path of the cell, the part of ∂L/∂h_t that does not come through another time step of the same
            cell, ``[batch, time, units]``: the gradient with respect to the layer's own output at t.
        predictions: ∂L/∂prediction, ``[batch, outputs]`` or ``[batch, time, outputs]``; with a softmax or sigmoid on
            the head, or quantiles that are made to ascend after it, by what stands before these.
    """

    loss: float
    gradients: Mapping[str, Array]
    states: Mapping[str, Array]
    immediate: Mapping[str, Array]
    predictions: Array


def loss_weights(batch: Batch, *, sequences: bool) -> npt.NDArray[np.float64]:
    """Weights of the losses in their mean, ``[batch]``, or ``[batch, time]`` with zeros where masked.

    They sum to 1, but for missing targets: the mean is over those that are there, and a loss counts these alone.
    """
    if not sequences:
        return _over_targets(np.ones(len(batch.inputs)), batch)
    mask = np.ones(batch.inputs.shape[:2]) if batch.mask is None else batch.mask.astype(np.float64)
    return _over_targets(mask, batch)


def _over_targets(weights: npt.NDArray[np.float64], batch: Batch) -> npt.NDArray[np.float64]:
    """Divides weights of 1 and 0 by their sum, each counting as the share of its targets that are there."""
    there = 1.0 - np.isnan(batch.targets).mean(axis=-1)
    total = float((weights * there).sum())
    return np.asarray(weights / total) if total else np.zeros_like(weights)


def impulse_weights(batch: Batch) -> npt.NDArray[np.float64]:
    """Weights ``[batch, time]`` of the loss at the last unmasked time step alone; see `loss_weights`."""
    count, time = batch.inputs.shape[:2]
    weights = np.zeros((count, time))
    weights[np.arange(count), last_steps(batch)] = 1.0
    return _over_targets(weights, batch)


def last_steps(batch: Batch) -> npt.NDArray[np.intp]:
    """``[batch]``: the last unmasked time step of each sequence, from 0; padding stands at the end."""
    count, time = batch.inputs.shape[:2]
    return np.full(count, time - 1) if batch.mask is None else time - 1 - batch.mask[:, ::-1].argmax(axis=1)


def run_backward(
    model: keras.Model, loss: LossFunction, batch: Batch, weights: npt.NDArray[np.float64], *, dtype: str = "float32"
) -> Backward:
    """Runs the model, built in ``dtype``, forward and back, eagerly: compiling would take longer than running once."""
    mask = None if batch.mask is None else tf.constant(batch.mask)
    outputs = {}
    with tf.GradientTape() as tape:
        with watch_states(tape) as watched:
            hidden, initial = encode(model, tf.constant(batch.inputs, dtype), mask)
            for layer in _chain(model):
                if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
                    arguments = {} if initial is None else {"initial_state": initial}
                    hidden, initial = layer(hidden, **arguments, mask=mask, training=False), None
                else:
                    hidden = layer(hidden)
                # Keras keeps what stands before a softmax or sigmoid, and takes cross-entropies of that.
                outputs[layer.name] = getattr(hidden, "_keras_logits", hidden)
            if model.operations[-1] is not layer:  # what makes quantiles ascend
                hidden = keras.Model(layer.output, model.output).call(hidden)
        targets = tf.constant(batch.targets, dtype)
        losses = masked_losses(loss, targets, hidden) if np.isnan(batch.targets).any() else loss(targets, hidden)
        total = tf.reduce_sum(losses * tf.constant(weights, losses.dtype))
    sources = ([variable.value for variable in model.trainable_variables], watched.probes, outputs)
    gradients, probes, of_outputs = tape.gradient(total, sources, unconnected_gradients="zero")
    gradients = [np.asarray(tf.convert_to_tensor(gradient)) for gradient in gradients]
    immediate: dict[str, Array] = {}
    for layer in _chain(model):
        immediate |= _of_cells(layer, np.asarray(of_outputs[layer.name]), batch)
    return Backward(
        loss=float(total),
        gradients=dict(zip(weight_paths(model), gradients, strict=True)),
        states={
            state_path(layer, state): np.swapaxes(np.asarray(gradient), 0, 1)
            for layer, states in probes.items()
            for state, gradient in states.items()
        },
        immediate=immediate,
        predictions=np.asarray(of_outputs[_chain(model)[-1].name]),
    )


def _chain(model: keras.Model) -> list[Any]:
    """The recurrent layers and the head, each fed by the one before."""
    return [layer for layer in model.layers if layer.name.startswith("recurrent_") or layer.name == "head"]


def run_in_parts(
    model: keras.Model,
    loss: LossFunction,
    batch: Batch,
    weights: npt.NDArray[np.float64],
    *,
    part: int,
    dtype: str = "float32",
) -> Backward:
    """Runs a large batch a part at a time, so that memory holds only a part's states.

    What has a batch axis is the first part's; loss and gradients are of the whole batch.
    """
    first = run_backward(model, loss, cut(batch, slice(0, part)), weights[:part], dtype=dtype)
    total, gradients = first.loss, dict(first.gradients)
    for begin in range(part, len(batch.inputs), part):
        chosen = slice(begin, begin + part)
        more = run_backward(model, loss, cut(batch, chosen), weights[chosen], dtype=dtype)
        total += more.loss
        gradients = {path: gradient + more.gradients[path] for path, gradient in gradients.items()}
    return Backward(total, gradients, first.states, first.immediate, first.predictions)


def cut(batch: Batch, chosen: slice) -> Batch:
    """Some of a batch's sequences."""
    return Batch(batch.inputs[chosen], batch.targets[chosen], None if batch.mask is None else batch.mask[chosen])


def cut_time(batch: Batch, chosen: slice) -> Batch:
    """Some time steps of a batch's sequences, with their targets."""
    targets = batch.targets[:, chosen] if batch.targets.ndim == 3 else batch.targets
    return Batch(batch.inputs[:, chosen], targets, None if batch.mask is None else batch.mask[:, chosen])


def _of_cells(layer: Any, gradient: Array, batch: Batch) -> dict[str, Array]:
    """Lays a layer's output gradient out over time, for each of its cells."""
    if not isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
        return {}
    twice = isinstance(layer, keras.layers.Bidirectional)
    paths = (f"{layer.name}/forward", f"{layer.name}/backward") if twice else (layer.name,)
    parts = zip(paths, np.split(gradient, len(paths), axis=-1), (False, True), strict=False)
    return {path: _over_time(part, batch, backwards=backwards) for path, part, backwards in parts}


def _over_time(gradient: Array, batch: Batch, *, backwards: bool) -> Array:
    """A layer that gives only its final output has it at the last time step that it runs through and that is there."""
    if gradient.ndim == 3:
        return gradient
    last = np.zeros(len(gradient), np.intp) if backwards else last_steps(batch)
    spread: Array = np.zeros((*batch.inputs.shape[:2], gradient.shape[-1]), gradient.dtype)
    spread[np.arange(len(gradient)), last] = gradient
    return spread
