"""The plain NumPy forward pass against stock Keras layers in float64, and against the tests' own reference."""

from __future__ import annotations

from typing import get_args

import keras
import numpy as np
import pytest
from reference.rnn_reference import differentiate
from reference.weights import random_weights

from rnnctl.cells.activations import ACTIVATIONS
from rnnctl.cells.cell import Activation
from rnnctl.cells.table import GruLayer, LstmLayer, SimpleRnnLayer
from rnnctl.config.model import Model
from rnnctl.gradients.forward_numpy import forward_numpy, model_equations

STOCK = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}

LAYERS = {
    "simple_rnn": SimpleRnnLayer(cell="simple_rnn", units=5),
    "simple_rnn without bias": SimpleRnnLayer(cell="simple_rnn", units=5, use_bias=False, activation="relu"),
    "gru reset after": GruLayer(cell="gru", units=4),
    "gru reset before": GruLayer(cell="gru", units=4, reset_after=False, activation="softsign"),
    "gru without bias": GruLayer(cell="gru", units=4, use_bias=False, recurrent_activation="hard_sigmoid"),
    "lstm": LstmLayer(cell="lstm", units=3),
    "lstm without bias": LstmLayer(cell="lstm", units=3, use_bias=False, activation="selu"),
}


def _stock(layer, *, return_sequences):
    arguments = {"units": layer.units, "activation": layer.activation, "use_bias": layer.use_bias}
    if layer.cell != "simple_rnn":
        arguments["recurrent_activation"] = layer.recurrent_activation
    if layer.cell == "gru":
        arguments["reset_after"] = layer.reset_after
    built = STOCK[layer.cell](**arguments, return_sequences=return_sequences, dtype="float64")
    return keras.layers.Bidirectional(built, dtype="float64") if layer.bidirectional else built


def _through_keras(model, weights, inputs, mask=None):
    """Every time step's output and the final one, by stock Keras layers in float64."""
    signal = keras.ops.convert_to_tensor(inputs)
    last = None
    for number, layer in enumerate(model.layers):
        own = [value for path, value in weights.items() if path.startswith(f"recurrent_{number}/")]
        each, final = _stock(layer, return_sequences=True), _stock(layer, return_sequences=False)
        for stock in (each, final):
            stock.build(signal.shape)
            stock.set_weights(own)
        signal, last = each(signal, mask=mask), final(signal, mask=mask)
    if model.head == "dense":
        signal, last = (out @ weights["head/kernel"] + weights["head/bias"] for out in (signal, last))
    return np.asarray(signal), np.asarray(last)


def _compare(model, mask=None, batch=3, time=6):
    rng = np.random.default_rng(1)
    weights = random_weights(model, 2, 2, rng)
    inputs = rng.normal(size=(batch, time, 2))
    ours = forward_numpy(model, weights, inputs, mask)
    outputs, final = _through_keras(model, weights, inputs, mask)
    np.testing.assert_allclose(ours.outputs, outputs, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ours.prediction, outputs if model.return_sequences else final, rtol=1e-12, atol=1e-14)
    return ours


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_every_cell_and_option_gives_what_stock_keras_gives_in_float64(name, bidirectional):
    layer = LAYERS[name].model_copy(update={"bidirectional": bidirectional})
    _compare(Model(layers=(layer,), head="none"))


def test_a_stack_of_all_cells_under_a_head_gives_what_stock_keras_gives():
    layers = (LAYERS["lstm"].model_copy(update={"bidirectional": True}), LAYERS["gru reset after"])
    _compare(Model(layers=(*layers, LAYERS["simple_rnn"]), head="dense", return_sequences=True))


@pytest.mark.parametrize("name", ["simple_rnn", "gru reset before", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_is_passed_over_as_keras_passes_over_it(name, bidirectional):
    layer = LAYERS[name].model_copy(update={"bidirectional": bidirectional})
    mask = np.arange(6) < np.array([[6], [4], [1]])
    _compare(Model(layers=(layer, LAYERS["gru reset after"]), head="dense"), mask)
    _compare(Model(layers=(layer,), head="none"), mask)


@pytest.mark.parametrize("activation", get_args(Activation))
def test_every_activation_that_a_config_can_name_gives_what_keras_gives(activation):
    z = np.concatenate([np.linspace(-5, 9, 29), [-3.0, 3.0, -1.0, 1.0, 6.0, 1e-8]])
    expected = keras.activations.get(activation)(keras.ops.convert_to_tensor(z))
    # TensorFlow keeps the constants 0.2 of leaky_relu and √2 of gelu in single precision even for doubles.
    tolerance = 1e-6 if activation in {"leaky_relu", "gelu"} else 1e-12
    np.testing.assert_allclose(ACTIVATIONS[activation].value(z), np.asarray(expected), rtol=tolerance, atol=1e-15)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "silu", "mish", "elu", "selu", "gelu"])
def test_an_activation_far_from_zero_neither_overflows_nor_warns(activation):
    far = ACTIVATIONS[activation].value(np.array([-800.0, 800.0]))
    assert np.isfinite(far).all()


@pytest.mark.parametrize("name", LAYERS)
def test_the_states_over_time_are_those_of_the_independent_reference(name):
    model = Model(layers=(LAYERS[name], LAYERS["simple_rnn"]))
    rng = np.random.default_rng(2)
    weights = random_weights(model, 3, 2, rng)
    inputs = rng.normal(size=(4, 5, 3))
    ours = forward_numpy(model, weights, inputs)
    for steps in (1, 3, 5):
        prefix = differentiate(model, weights, inputs[:, :steps], np.zeros((4, 2)))
        np.testing.assert_allclose(ours.outputs[:, steps - 1], prefix.outputs, rtol=1e-12)
    states = {"recurrent_0/h", "recurrent_1/h"} | ({"recurrent_0/c"} if "lstm" in name else set())
    assert set(ours.states) == states
    assert all(over_time.shape[:2] == (4, 5) and over_time.dtype == np.float64 for over_time in ours.states.values())


def test_one_step_by_hand_is_tanh_of_the_two_products_and_the_bias():
    model = Model(layers=(SimpleRnnLayer(cell="simple_rnn", units=1),))
    weights = {
        "recurrent_0/kernel": [[0.5]],
        "recurrent_0/recurrent_kernel": [[-2.0]],
        "recurrent_0/bias": [0.1],
        "head/kernel": [[3.0]],
        "head/bias": [1.0],
    }
    passed = forward_numpy(model, weights, [[[1.0], [2.0]]])
    first = np.tanh(0.5 * 1 + 0.1)
    second = np.tanh(0.5 * 2 - 2 * first + 0.1)
    np.testing.assert_allclose(passed.outputs[0, :, 0], [3 * first + 1, 3 * second + 1], rtol=1e-15)
    np.testing.assert_allclose(passed.prediction, [[3 * second + 1]], rtol=1e-15)


def test_a_model_that_explodes_gives_infinities_without_a_warning():
    model = Model(layers=(SimpleRnnLayer(cell="simple_rnn", units=1, activation="exponential"),), head="none")
    weights = {"recurrent_0/kernel": [[1.0]], "recurrent_0/recurrent_kernel": [[9.0]]}
    assert np.isinf(forward_numpy(model, weights, np.ones((1, 5, 1))).outputs[0, -1, 0])


def test_every_activation_of_the_config_is_in_the_table():
    assert set(ACTIVATIONS) == set(get_args(Activation))


def test_the_equations_name_the_configs_own_functions():
    lines = model_equations(Model(layers=(LAYERS["simple_rnn without bias"], LAYERS["gru reset after"])))
    assert lines == {
        "recurrent_0": ("h_t = relu(x_t W + h_{t-1} U)",),
        "recurrent_1": (
            "z_t = sigmoid(x_t W_z + h_{t-1} U_z + b_z + d_z)",
            "r_t = sigmoid(x_t W_r + h_{t-1} U_r + b_r + d_r)",
            "n_t = tanh(x_t W_n + b_n + r_t ⊙ (h_{t-1} U_n + d_n))",
            "h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t",
        ),
        "head": ("y_t = h_t V + a",),
    }


def test_the_equations_of_the_other_options_differ_where_the_mathematics_does():
    before = model_equations(Model(layers=(LAYERS["gru reset before"],), head="none"))["recurrent_0"]
    assert before[0] == "z_t = sigmoid(x_t W_z + h_{t-1} U_z + b_z)"
    assert before[2] == "n_t = softsign(x_t W_n + b_n + (r_t ⊙ h_{t-1}) U_n)"
    assert model_equations(Model(layers=(LAYERS["lstm"],), head="none"))["recurrent_0"] == (
        "i_t = sigmoid(x_t W_i + h_{t-1} U_i + b_i)",
        "f_t = sigmoid(x_t W_f + h_{t-1} U_f + b_f)",
        "g_t = tanh(x_t W_c + h_{t-1} U_c + b_c)",
        "o_t = sigmoid(x_t W_o + h_{t-1} U_o + b_o)",
        "c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t",
        "h_t = o_t ⊙ tanh(c_t)",
    )
    twice = LAYERS["lstm"].model_copy(update={"bidirectional": True})
    assert "from the end" in model_equations(Model(layers=(twice,)))["recurrent_0"][-1]
