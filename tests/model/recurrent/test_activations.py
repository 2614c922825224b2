"""Every activation that the written-out passes cover has the values and the derivative that Keras' own has."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnctl.model.recurrent.activations import ACTIVATIONS, find_activation

LEFT_TO_KERAS = {"softmax", "log_softmax", "sparsemax", "glu", "threshold"}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_derivatives_are_those_of_keras_at_the_kinks_too(name, dtype):
    kinks = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -3.0, 6.0]
    before = tf.constant(np.concatenate([kinks, np.linspace(-4, 7, 45)]), dtype)
    with tf.GradientTape() as tape:
        tape.watch(before)
        expected = keras.activations.get(name)(before)
    slope = tape.gradient(expected, before)
    entry = ACTIVATIONS[name]
    after = entry.apply(before)
    np.testing.assert_array_equal(after, expected)
    epsilon = np.finfo(dtype).eps
    np.testing.assert_allclose(entry.slope(before if entry.of_input else after), slope, rtol=50 * epsilon, atol=epsilon)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", sorted({*ACTIVATIONS, *LEFT_TO_KERAS} - {"glu", "threshold"}))
def test_layers_with_every_activation_agree_with_keras(name, cell, pair, sequences, assert_equal_results):
    options = {"activation": name}
    if cell != "SimpleRNN" and name != "exponential":  # gates without bound overflow in Keras as well
        options["recurrent_activation"] = name
    ours, stock = pair(cell, return_sequences=True, **options)
    mask = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 1]], bool)
    inputs = sequences() * 0.3
    assert_equal_results(ours, stock, inputs, mask=mask)


@pytest.mark.usefixtures("float64")
def test_units_that_receive_nothing_at_all_have_keras_gradient(cell, pair, assert_equal_results):
    for name in ("relu", "elu", "selu", "leaky_relu", "hard_sigmoid", "softsign", "celu"):
        ours, stock = pair(cell, activation=name, use_bias=False)
        assert_equal_results(ours, stock, tf.zeros((2, 4, 3), tf.float64))


@pytest.mark.usefixtures("float64")
def test_functions_of_the_users_own_are_left_to_keras_and_agree(cell, pair, sequences, assert_equal_results):
    ours, stock = pair(cell, activation=lambda z: tf.sin(z) * 0.5)
    assert_equal_results(ours, stock, sequences(), mask=np.array([[0, 1, 0, 1, 1]] * 2, bool))


def test_every_activation_of_keras_is_covered_or_named_here_as_left_to_keras():
    names = {name for name, entry in vars(keras.activations).items() if callable(entry)}
    known = {*ACTIVATIONS, *LEFT_TO_KERAS, "deserialize", "get", "serialize"}
    assert names <= known | {"hard_swish", "swish"}


def test_what_is_no_keras_activation_is_not_found():
    class Unhashable:
        __hash__ = None

        def __call__(self, values):
            return values

    assert find_activation(keras.activations.get(None)) is ACTIVATIONS["linear"]
    assert find_activation(keras.activations.get("swish")) is ACTIVATIONS["silu"]
    assert find_activation(lambda values: values) is None
    assert find_activation(Unhashable()) is None
