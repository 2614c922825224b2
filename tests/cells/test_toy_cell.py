"""A cell that is added from here alone, by nothing but an entry in `CELLS`, goes through every command.

The IndRNN (Li et al. 2018, arXiv 1803.04831): h_t = φ(x_t W + u ⊙ h_{t−1} + b), each unit seeing its own state alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import every_command, run, write_config

from rnnctl.cells import CELLS, Cell, LayerBase
from rnnctl.cells.activations import ACTIVATIONS, Doubles
from rnnctl.cells.numpy_cell import CellWeights, NumpyCell, State, Trajectory, linearise
from rnnctl.config import load_config
from rnnctl.gradients.forward_numpy import through_time
from rnnctl.model.recurrent import watch_states
from rnnctl.model.recurrent.activations import Activation
from rnnctl.model.recurrent.layer import FusedRecurrence
from rnnctl.model.recurrent.passes import Passes
from rnnctl.model.recurrent.scan import Named, Tensors
from rnnctl.schema.initializers import Initializer, Uniform
from rnnctl.training.build import build
from rnnctl.util.registry import UnknownEntryError
from rnnctl.workflows.examine import examine

BATCH, TIME, FEATURES, UNITS = 3, 6, 2, 4
LAYER = "model: {layers: [{cell: indrnn, units: 4}]}"


class IndRnnLayer(LayerBase):
    """h_t = activation(x_t W + u ⊙ h_{t-1} + b)."""

    cell: Literal["indrnn"]
    recurrent_initializer: Initializer = Uniform(kind="random_uniform", minval=-0.9, maxval=0.9)


class NumpyIndRnn(NumpyCell):
    """J_t = diag(φ′(z_t) ⊙ u)."""

    def __init__(self, trajectory: Trajectory) -> None:
        super().__init__(trajectory)
        w = trajectory.weights
        z = trajectory.inputs @ w.W + trajectory.before("h") * w.U + w.b
        self.slopes = ACTIVATIONS[trajectory.layer.activation].slope(z)

    @staticmethod
    def step(layer: LayerBase, weights: CellWeights, x_t: Doubles, before: State) -> State:
        value = ACTIVATIONS[layer.activation].value
        return {"h": value(x_t @ weights.W + before["h"] * weights.U + weights.b)}

    def _forward(self, t: int, rows: Doubles) -> Doubles:
        return rows * self.trajectory.weights.U * self.slopes[:, t, None]

    _back = _forward

    def weight_gradients(self, state_gradients: State) -> dict[str, Doubles]:
        deltas = self._masked(state_gradients["h"] * self.slopes)
        recurrent = (self.trajectory.before("h") * deltas).sum(axis=1)
        return self._products(deltas) | {"recurrent_kernel": recurrent}


@keras.saving.register_keras_serializable(package="toy")
class IndRNNCell(keras.layers.Layer):
    """The cell in Keras' own operations, for Keras' own loop."""

    def __init__(self, units: int, activation: Any = "tanh", use_bias: bool = True, **initializers: Any) -> None:
        names = ("kernel_initializer", "recurrent_initializer", "bias_initializer")
        made = {name: keras.initializers.get(initializers.pop(name, "zeros")) for name in names}
        super().__init__(**initializers)
        self.units = self.state_size = self.output_size = units
        self.activation = keras.activations.get(activation)
        self.use_bias, self.initializers = use_bias, made
        self.dropout = self.recurrent_dropout = 0.0
        self.bias = None

    def build(self, shape: Any) -> None:
        first, second, third = self.initializers.values()
        self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer=first, name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(self.units,), initializer=second, name="recurrent_kernel")
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.units,), initializer=third, name="bias")

    def get_config(self) -> dict[str, Any]:
        initializers = {name: keras.initializers.serialize(one) for name, one in self.initializers.items()}
        own = {"units": self.units, "activation": keras.activations.serialize(self.activation)}
        return super().get_config() | own | {"use_bias": self.use_bias} | initializers

    def call(self, inputs: Any, states: Any, training: Any = False) -> Any:
        z = keras.ops.matmul(inputs, self.kernel) + states[0] * self.recurrent_kernel
        h = self.activation(z if self.bias is None else z + self.bias)
        return h, [h]


@keras.saving.register_keras_serializable(package="toy")
class KerasIndRNN(keras.layers.RNN):
    """What a user of Keras alone would write."""

    def __init__(self, units: int, *, dropout: float = 0.0, recurrent_dropout: float = 0.0, **more: Any) -> None:
        own = ("activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer")
        more.pop("seed", None)
        arguments = {name: more.pop(name) for name in own if name in more}
        super().__init__(IndRNNCell(units, **arguments, dtype=more.get("dtype")), **more)

    def get_config(self) -> dict[str, Any]:
        own = self.cell.get_config()
        more = {name: value for name, value in super().get_config().items() if name != "cell"}
        return {name: own[name] for name in own if name not in ("name", "trainable", "dtype")} | more

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        return cls(**config)


class IndRNNPasses(Passes):
    """δ_t = g_t ⊙ φ′(z_t), g_{t−1} = direct_{t−1} + δ_t ⊙ u, ∂L/∂u = Σ_t h_{t−1} ⊙ δ_t."""

    def __init__(self, weights: Tensors, activation: Activation) -> None:
        super().__init__(weights)
        self.activation = activation

    def widths(self) -> dict[str, int]:
        return {"before": self.units}

    def forward_step(self, states: Tensors, projected: tf.Tensor) -> tuple[Tensors, Named]:
        before = projected + states[0] * self.kernel
        return (self.activation.apply(before),), {"before": before}

    def saved(self, stacks: Named, previous: Named) -> dict[str, tf.Tensor | None]:
        return {"before": stacks["before"], "after": stacks["h"]}

    def backward_kernels(self) -> Tensors:
        return (self.kernel,)

    def backward_step(self, gradients: Tensors, rows: Named, *kernels: tf.Tensor) -> tuple[tf.Tensor, Tensors, Tensors]:
        delta = gradients[0] * self.activation.slope(rows["before" if self.activation.of_input else "after"])
        return delta, gradients, (delta * kernels[0],)

    def weight_gradients(self, stacks: Named, previous: Named, deltas: tf.Tensor, mask: tf.Tensor | None) -> Tensors:
        return (tf.reduce_sum(previous["h"] * deltas, axis=[0, 1]),)


@keras.saving.register_keras_serializable(package="toy")
class IndRNN(FusedRecurrence, KerasIndRNN):
    """The layer with its passes written out."""

    cell_class = IndRNNCell

    def passes(self, weights: Tensors) -> IndRNNPasses:
        return IndRNNPasses(weights, *self.activations())


INDRNN = Cell(
    word="indrnn",
    title="IndRNN",
    section=IndRnnLayer,
    numpy=f"{__name__}:NumpyIndRnn",
    keras=f"{__name__}:IndRNN",
    why="each unit carries its own state by a factor of its own",
    equations=lambda layer: (f"h_t = {layer.activation}(x_t W + u ⊙ h_{{t-1}} + b)",),
    diagonal=True,
)


@pytest.fixture(scope="module", autouse=True)
def _added() -> Iterator[None]:
    with CELLS.extended(INDRNN):
        yield


def test_every_command_takes_it(tmp_path: Path) -> None:
    config = write_config(tmp_path, "toy", LAYER)
    every_command(config, "IndRNN 4")
    assert "h_t = tanh(x_t W + u ⊙ h_{t-1} + b)" in run("forward", config)


def test_the_examination_agrees_with_difference_quotients(tmp_path: Path) -> None:
    layers = "model: {layers: [{cell: indrnn, units: 3, bidirectional: true}, {cell: indrnn, units: 4}]}"
    config = load_config(write_config(tmp_path, "toy", layers), [])
    found = examine(build(config))
    assert found.self_check is not None
    assert found.self_check.largest_relative_error < 1e-7
    changed = {key for verdict in found.verdicts for advice in verdict.advice for key in advice.changes}
    assert not any(key.endswith("recurrent_initializer") for key in changed)  # what is advised is for matrices


def test_the_written_out_passes_give_what_kerass_own_loop_gives(tmp_path: Path) -> None:
    mask = np.arange(TIME) < np.array([[6], [4], [5]])
    inputs = tf.constant(np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)))
    results = []
    for layer_class in (IndRNN, KerasIndRNN):
        layer = layer_class(UNITS, return_sequences=True, dtype="float64")
        layer.build((BATCH, TIME, FEATURES))
        rng = np.random.default_rng(1)
        layer.set_weights([rng.normal(scale=0.8, size=weight.shape) for weight in layer.get_weights()])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, mask=mask)
            loss = tf.reduce_sum(tf.sin(outputs) * tf.reshape(tf.range(72.0, dtype=tf.float64), outputs.shape))
        weights = [weight.value for weight in layer.trainable_weights]
        results.append([outputs, *tape.gradient(loss, [*weights, inputs])])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def test_the_state_gradients_are_those_of_the_recursion_in_numpy() -> None:
    layer = IndRNN(UNITS, dtype="float64")
    inputs = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES))
    layer.build(inputs.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(scale=0.8, size=weight.shape) for weight in layer.get_weights()])
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(tf.sin(layer(tf.constant(inputs))))
    (found,) = (states["h"] for states in tape.gradient(loss, watched.probes).values())
    section, weights = IndRnnLayer(cell="indrnn", units=UNITS), CellWeights(*layer.get_weights())
    states = through_time(section, weights, inputs)
    linear = linearise(Trajectory("r", section, weights, inputs, states, None, backwards=False))
    gradient = np.cos(states["h"][:, -1])
    for t in range(TIME - 1, -1, -1):
        np.testing.assert_allclose(found[t], gradient, rtol=1e-12)
        gradient = linear.back(t, gradient[:, None])[:, 0]


def test_an_unknown_cell_stands_for_no_other(tmp_path: Path) -> None:
    config = write_config(tmp_path, "toy", "model: {layers: [{cell: indrn}]}")
    assert "did you mean indrnn?" in run("check", config, code=2)
    with pytest.raises(UnknownEntryError, match="no cell is called 'indrn'"):
        CELLS["indrn"]
