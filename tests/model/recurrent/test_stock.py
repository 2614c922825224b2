"""What a user takes away holds Keras' own layers, with the same weights and outputs."""

from __future__ import annotations

import subprocess
import sys

import keras
import numpy as np
import pytest

from rnnctl.model import recurrent
from rnnctl.model.recurrent import GRU, LSTM, SimpleRNN, to_stock

# Keras' own writing of a file converts variables in a way that NumPy 2 warns about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
OURS = (SimpleRNN, GRU, LSTM)


def everything() -> keras.Model:
    """A model with each layer, plain, wrapped, nested and shared."""
    inputs = keras.Input((None, 3), name="inputs")
    hidden = keras.layers.Masking()(inputs)
    hidden = keras.layers.Bidirectional(LSTM(4, return_sequences=True, dropout=0.3, seed=5))(hidden)
    shared = GRU(8, return_sequences=True, reset_after=False)
    hidden = shared(shared(hidden))
    inner = keras.Sequential([keras.Input((None, 3)), SimpleRNN(3, activation="relu")], name="inner")
    return keras.Model(inputs, [inner(inputs), GRU(2, activation="gelu", go_backwards=True)(hidden)])


def test_every_layer_becomes_keras_own_and_outputs_are_the_same(sequences):
    model = everything()
    stock = to_stock(model)
    assert not any(isinstance(layer, OURS) for layer in stock._flatten_layers())
    assert [(weight.name, weight.shape) for weight in stock.weights] == [
        (weight.name, weight.shape) for weight in model.weights
    ]
    inputs = sequences().numpy()
    inputs[0, 3:] = 0
    for mine, theirs in zip(model(inputs), stock(inputs), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)
    for mine, theirs in zip(model(inputs, training=True), stock(inputs, training=True), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)


def test_a_saved_stock_model_opens_where_this_project_is_not_known(tmp_path, sequences):
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.Bidirectional(GRU(4)), keras.layers.Dense(2)])
    path = tmp_path / "model.keras"
    to_stock(model).save(path)
    np.save(tmp_path / "inputs.npy", sequences())
    program = (
        "import sys, numpy, keras\n"
        "sys.modules['rnnctl'] = None\n"
        f"model = keras.models.load_model({str(path)!r})\n"
        f"numpy.save({str(tmp_path / 'outputs.npy')!r}, model(numpy.load({str(tmp_path / 'inputs.npy')!r})))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "outputs.npy"), model(sequences()), rtol=1e-6, atol=1e-7)


def test_the_model_given_is_left_alone(sequences):
    model = keras.Sequential([SimpleRNN(3)])
    before = model(sequences())
    stock = to_stock(model)
    stock.set_weights([weight * 2 for weight in stock.get_weights()])
    np.testing.assert_array_equal(model(sequences()), before)
    assert isinstance(model.layers[0], SimpleRNN)


def test_a_compiled_models_optimizer_is_not_taken_along(sequences):
    model = keras.Sequential([LSTM(3)])
    model.compile("adam", "mse", run_eagerly=True)
    model.train_on_batch(sequences(), np.zeros((2, 3), "float32"))
    stock = to_stock(model)
    assert not stock.compiled
    np.testing.assert_allclose(stock(sequences()), model(sequences()), rtol=1e-6, atol=1e-7)


def test_states_of_stateful_layers_come_along(cell, sequences):
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), getattr(recurrent, cell)(3, stateful=True)])
    model(sequences())
    stock = to_stock(model)
    np.testing.assert_allclose(stock(sequences(seed=1)), model(sequences(seed=1)), rtol=1e-6, atol=1e-7)


def test_our_own_layers_save_and_load_as_themselves(tmp_path, sequences):
    model = everything()
    model.save(tmp_path / "ours.keras")
    loaded = keras.models.load_model(tmp_path / "ours.keras")
    kinds = [type(layer) for layer in model._flatten_layers()]
    assert [type(layer) for layer in loaded._flatten_layers()] == kinds
    for mine, theirs in zip(loaded(sequences()), model(sequences()), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_model_that_cannot_be_rebuilt_says_so():
    class Odd(keras.Model):
        def __init__(self, size):
            super().__init__()
            self.inner = SimpleRNN(size)

        def call(self, inputs):
            return self.inner(inputs)

    with pytest.raises((NotImplementedError, TypeError)):
        to_stock(Odd(object()))
