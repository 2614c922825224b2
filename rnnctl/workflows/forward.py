"""The forward pass through time, in plain NumPy beside Keras. Knows nothing of the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.config.model_schema import GruLayer, Layer, LstmLayer, Model
from rnnctl.data import Batch, Sequences
from rnnctl.gradients.equations import model_equations
from rnnctl.gradients.forward_numpy import forward_numpy
from rnnctl.model.describe import describe_cells
from rnnctl.records import ForwardReport, ForwardStep
from rnnctl.training.plan import make_plan
from rnnctl.workflows.build import Built, build

Array = npt.NDArray[np.floating]
Weights = Mapping[str, Array]


def forward(config: Config) -> ForwardReport:
    """Runs the first training batch through the model twice, and compares the output at every time step.

    Once in plain NumPy, float64, one equation after the other; once through Keras' own layers with the same weights,
    in float32. Where the model gives only its last output, Keras' layers are asked for those before it too. The
    prediction of the model that rnnctl trains is compared as well. Dropout is off.

    Args:
        config: The config.

    Returns:
        The outputs at every time step of the batch's first sequence, and the largest differences over the batch.

    Raises:
        DataError: The data cannot be used as the config asks.
        ConfigError: Model and data do not fit together.
    """
    return compare(config, build(config))


def compare(config: Config, built: Built) -> ForwardReport:
    """Does what ``forward`` does with data and a model that are there already.

    Args:
        config: The config.
        built: Its data and model.
    """
    from rnnctl.model.weights import weight_arrays

    batch = _first_batch(config, built.dataset.train)
    weights = weight_arrays(built.model)
    by_numpy = forward_numpy(config.model, weights, batch.inputs, batch.mask)
    by_keras = keras_outputs(config.model, weights, batch)
    prediction = np.asarray(built.model(batch.inputs, mask=batch.mask, training=False))

    steps = compare_steps(by_numpy.outputs, by_keras)
    differences = [step.difference for step in steps] + [_largest(by_numpy.prediction, prediction)]
    difference, largest = float(np.max(differences)), float(np.max(np.abs(by_numpy.outputs)))
    return ForwardReport(
        name=config.name,
        steps=steps,
        difference=difference,
        relative_difference=difference / largest if largest else None,
        model=describe_cells(config),
        equations=model_equations(config.model),
    )


def keras_outputs(model: Model, weights: Weights, batch: Batch) -> Array:
    """Runs a batch through Keras' own layers, and gives the output at every time step.

    Args:
        model: The config's ``model`` section; its ``return_sequences`` is taken as true.
        weights: Every weight by its path.
        batch: The batch; its targets are not used.

    Returns:
        ``[batch, time, outputs]``, float32.
    """
    import keras

    from rnnctl.model.weights import weight_paths

    inputs = keras.Input((None, batch.inputs.shape[-1]))
    hidden = inputs
    for number, section in enumerate(model.layers):
        hidden = _stock_layer(section, f"recurrent_{number}")(hidden)
    if model.head == "dense":
        hidden = keras.layers.Dense(weights["head/kernel"].shape[-1], name="head")(hidden)
    stock = keras.Model(inputs, hidden)
    for path, variable in zip(weight_paths(stock), stock.trainable_variables, strict=True):
        variable.assign(weights[path])
    return np.asarray(stock(batch.inputs, mask=batch.mask, training=False))


def compare_steps(by_numpy: Array, by_keras: Array) -> tuple[ForwardStep, ...]:
    """Sets two outputs beside each other, time step by time step.

    Args:
        by_numpy: ``[batch, time, outputs]``.
        by_keras: ``[batch, time, outputs]``.

    Returns:
        One entry per time step: the first sequence's outputs, and the largest difference over the batch.
    """
    return tuple(
        ForwardStep(
            time_step=t + 1,
            numpy=tuple(by_numpy[0, t].tolist()),
            keras=tuple(by_keras[0, t].tolist()),
            difference=_largest(by_numpy[:, t], by_keras[:, t]),
        )
        for t in range(by_numpy.shape[1])
    )


def _first_batch(config: Config, train: Sequences) -> Batch:
    """The batch of the first training step."""
    indices, sizes = make_plan(config.training, len(train), config.seed).batches(0, 1)
    return train.gather(indices[0, : sizes[0]])


def _stock_layer(section: Layer, name: str) -> Any:
    import keras

    stock = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    arguments: dict[str, Any] = {
        "units": section.units,
        "activation": section.activation,
        "use_bias": section.use_bias,
        "return_sequences": True,
        "name": name,
    }
    if isinstance(section, GruLayer | LstmLayer):
        arguments["recurrent_activation"] = section.recurrent_activation
    if isinstance(section, GruLayer):
        arguments["reset_after"] = section.reset_after
    layer = stock[section.cell](**arguments)
    return keras.layers.Bidirectional(layer, name=name) if section.bidirectional else layer


def _largest(one: Array, other: Array) -> float:
    """Largest absolute difference; NaN where one of them is not a number, or both are the same infinity."""
    with np.errstate(invalid="ignore"):
        return float(np.max(np.abs(one.astype(np.float64) - other.astype(np.float64))))
