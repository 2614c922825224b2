"""The forward pass through time, in plain NumPy beside Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.config.model import Model
from rnnctl.data import Batch, Signature
from rnnctl.gradients.forward_numpy import forward_numpy, model_equations
from rnnctl.model.describe import describe_cells
from rnnctl.results.checks import ForwardReport, ForwardStep
from rnnctl.training.build import Built, build
from rnnctl.workflows.sample import gather

Array = npt.NDArray[np.floating]
Weights = Mapping[str, Array]


def forward(config: Config) -> ForwardReport:
    """Runs the first training batch through the model twice, and compares the output at every time step.

    Once in plain NumPy, float64, one equation after the other; once through Keras' own layers with the same weights,
    in float32. Where the model gives only its last output, Keras' layers are asked for those before it too. The
    prediction of the model that rnnctl trains is compared as well. Dropout is off.

    Returns:
        The outputs at every time step of the batch's first sequence (its longest where it is padded), and the largest
        differences over the batch.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: Model and data do not fit together.
    """
    return compare(build(config))


def compare(built: Built) -> ForwardReport:
    """`forward` of data and a model that are built already."""
    from rnnctl.model.inputs import with_mask
    from rnnctl.model.weights import weight_arrays

    config, dataset, model = built.config, built.dataset, built.model
    batch = gather(built.schedule, 0, None)
    weights = weight_arrays(model)
    by_numpy = forward_numpy(config.model, weights, batch.inputs, batch.mask, dataset.signature)
    by_keras = keras_outputs(config.model, model, weights, batch, dataset.signature)
    prediction = np.asarray(model.call(with_mask(model, batch.inputs, batch.mask), training=False))
    if batch.mask is not None and config.model.return_sequences:
        prediction = np.where(batch.mask[..., None], prediction, by_numpy.prediction)

    steps = compare_steps(by_numpy.outputs, by_keras, batch.mask)
    differences = [step.difference for step in steps] + [_largest(by_numpy.prediction, prediction)]
    difference, largest = float(np.max(differences)), float(np.max(np.abs(by_numpy.outputs)))
    return ForwardReport(
        name=config.name,
        steps=steps,
        difference=difference,
        relative_difference=difference / largest if largest else None,
        model=describe_cells(config),
        equations=model_equations(config.model, dataset.signature.activation, dataset.signature.quantiles),
    )


def keras_outputs(model: Model, built: Any, weights: Weights, batch: Batch, signature: Signature) -> Array:
    """Runs a batch through Keras' own layers, and gives the output at every time step.

    Args:
        model: The config's ``model`` section; its ``return_sequences`` is taken as true.
        built: The ``keras.Model`` built from it; what it does before its first recurrent layer is Keras' own already.
        weights: Every weight by its path.
        batch: The batch; its targets are not used.
        signature: What the columns and the outputs are.

    Returns:
        ``[batch, time, outputs]``, float32.
    """
    import keras

    from rnnctl.model.build import in_order, stock_layer
    from rnnctl.model.inputs import encode
    from rnnctl.model.weights import layer_weight_paths

    layers = [stock_layer(section, f"recurrent_{number}") for number, section in enumerate(model.layers)]
    if model.head == "dense":
        layers.append(keras.layers.Dense(signature.outputs, signature.activation, name="head"))
    hidden, initial = encode(built, keras.ops.convert_to_tensor(batch.inputs), batch.mask)
    for layer in layers:
        layer.build(hidden.shape)
        for path, variable in zip(layer_weight_paths(layer), layer.trainable_variables, strict=True):
            variable.assign(weights[path])
        recurrent = layer.name != "head"
        hidden = layer(hidden, mask=batch.mask, initial_state=initial) if recurrent else layer(hidden)
        initial = None
    return np.asarray(in_order(hidden, signature.quantiles))


def compare_steps(by_numpy: Array, by_keras: Array, mask: Any = None) -> tuple[ForwardStep, ...]:
    """Sets two outputs beside each other, time step by time step.

    Args:
        by_numpy: ``[batch, time, outputs]``.
        by_keras: ``[batch, time, outputs]``.
        mask: ``[batch, time]``, bool, False at padding, where nothing is compared; None for none.

    Returns:
        One entry per time step: the first sequence's outputs (of padded ones the longest's), and the largest
        difference over the batch.
    """
    shown = 0 if mask is None else int(mask.sum(axis=1).argmax())
    if mask is not None:
        by_numpy, by_keras = (np.where(mask[..., None], each, 0.0) for each in (by_numpy, by_keras))
    return tuple(
        ForwardStep(
            time_step=t + 1,
            numpy=tuple(by_numpy[shown, t].tolist()),
            keras=tuple(by_keras[shown, t].tolist()),
            difference=_largest(by_numpy[:, t], by_keras[:, t]),
        )
        for t in range(by_numpy.shape[1])
    )


def _largest(one: Array, other: Array) -> float:
    """Largest absolute difference; NaN where one of them is not a number, or both are the same infinity."""
    with np.errstate(invalid="ignore"):
        return float(np.max(np.abs(one.astype(np.float64) - other.astype(np.float64))))
