"""What the tests of the recurrent core share: pairs of layers with equal weights, and the comparison of the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnctl.model import recurrent

FEATURES, UNITS = 3, 4
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
MODES: dict[str, Callable[[Any], Any]] = {
    "eager": lambda function: function,
    "function": lambda function: tf.function(function, autograph=False),
    "xla": lambda function: tf.function(function, autograph=False, jit_compile=True),
}


@contextmanager
def default_dtype(name: str) -> Iterator[None]:
    """Everything built inside has this dtype."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(name)
    keras.config.set_dtype_policy(name)  # Keras remembers the first policy it was asked for, whatever floatx says
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.fixture(autouse=True)
def _float32() -> Iterator[None]:
    """Tests begin in float32, whatever ran before them."""
    with default_dtype("float32"):
        yield


@pytest.fixture
def float64(_float32: None) -> Iterator[None]:
    """Everything built in the test is float64."""
    with default_dtype("float64"):
        yield


@pytest.fixture
def pair() -> Callable[..., tuple[Any, Any]]:
    """Makes one of our layers and Keras' own with the same arguments and the same, random, weights."""

    def make(cell: str, units: int = UNITS, *, features: int = FEATURES, batch: int = 2, **options: Any) -> Any:
        made = []
        for home in (recurrent, keras.layers):
            layer = getattr(home, cell)(units, **options)
            layer.build((batch, None, features))
            made.append(layer)
        random = np.random.default_rng(7)
        weights = [random.normal(scale=0.6, size=weight.shape) for weight in made[0].get_weights()]
        for layer in made:
            layer.set_weights(weights)
        return tuple(made)

    return make


@pytest.fixture
def sequences() -> Callable[..., tf.Tensor]:
    """Draws sequences `[batch, time, features]` in the current float type."""

    def draw(batch: int = 2, time: int = 5, features: int = FEATURES, seed: int = 0) -> tf.Tensor:
        values = np.random.default_rng(seed).normal(size=(batch, time, features))
        return tf.constant(values, keras.config.floatx())

    return draw


def weighted(outputs: tf.Tensor) -> tf.Tensor:
    """A loss to which every output counts differently at every place, so that no two errors can cancel."""
    weights = tf.reshape(tf.linspace(tf.constant(1.0, outputs.dtype), 2.0, tf.size(outputs)), tf.shape(outputs))
    return tf.reduce_sum(tf.sin(outputs) * weights)


def results(layer: Any, inputs: tf.Tensor, mode: str = "eager", **call: Any) -> list[np.ndarray]:
    """Runs a layer and lists its outputs and the gradients of its weights, inputs and initial states."""
    states = call.pop("initial_state", [])

    def run() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([inputs, *states])
            outputs = tf.nest.flatten(layer(inputs, **call, **({"initial_state": list(states)} if states else {})))
            loss = tf.add_n([weighted(each) for each in outputs])
        sources = [weight.value for weight in layer.trainable_weights] + [inputs, *states]
        return outputs, tape.gradient(loss, sources, unconnected_gradients="zero")

    return [np.asarray(each) for each in tf.nest.flatten(MODES[mode](run)())]


def relative_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The norm of the difference relative to the norm of the reference."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    size = float(np.linalg.norm(theirs))
    return float(np.linalg.norm(ours - theirs)) / (size if size > 0 else 1.0)


@pytest.fixture
def assert_equal_results() -> Callable[..., None]:
    """Checks that two layers agree in outputs and gradients to what their dtype allows."""

    def check(ours: Any, stock: Any, inputs: tf.Tensor, mode: str = "eager", **call: Any) -> None:
        tolerance = TOLERANCE[inputs.dtype.name]
        # Stock layers give the truth whichever way they are run; XLA takes seconds to compile them.
        way = "function" if mode == "xla" else mode
        pairs = zip(results(ours, inputs, mode, **call), results(stock, inputs, way, **call), strict=True)
        errors = [relative_error(mine, theirs) for mine, theirs in pairs]
        assert max(errors) <= tolerance, f"relative errors of outputs and gradients: {errors}"

    return check


def masks(batch: int = 2, time: int = 5) -> dict[str, np.ndarray | None]:
    """Masks `[batch, time]` by what they look like."""
    steps = np.arange(time)
    lengths = np.array([time - 2, time])[:batch, np.newaxis]
    scattered = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 1]], bool)[:batch, :time]
    return {
        "none": None,
        "right": steps < lengths,
        "left": steps >= time - lengths,
        "scattered": scattered,
        "one sequence fully": np.array([np.zeros(time), np.ones(time)], bool)[:batch],
        "all": np.zeros((batch, time), bool),
    }


@pytest.fixture(params=list(masks()))
def mask(request: pytest.FixtureRequest) -> np.ndarray | None:
    """Each kind of mask in turn."""
    return masks()[request.param]


@pytest.fixture(params=["SimpleRNN", "GRU", "LSTM"])
def cell(request: pytest.FixtureRequest) -> str:
    """Each kind of layer in turn."""
    return request.param
