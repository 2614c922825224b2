"""The reference itself is checked: every gradient by central differences."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from reference.activation_reference import ACTIVATIONS
from reference.rnn_reference import differentiate
from reference.weights import random_weights

from rnnctl.cells.cell import Activation
from rnnctl.cells.table import GruLayer, LstmLayer, SimpleRnnLayer
from rnnctl.config.model import Model

EPSILON = 1e-6

MODELS = {
    "simple_rnn": Model(layers=(SimpleRnnLayer(cell="simple_rnn", units=4),), head="none"),
    "gru reset after": Model(layers=(GruLayer(cell="gru", units=3),)),
    "gru reset before": Model(layers=(GruLayer(cell="gru", units=3, reset_after=False),)),
    "lstm": Model(layers=(LstmLayer(cell="lstm", units=3),), return_sequences=True),
    "no bias": Model(layers=(GruLayer(cell="gru", units=3, use_bias=False),), head="none"),
    "stacked": Model(
        layers=(
            LstmLayer(cell="lstm", units=3),
            GruLayer(cell="gru", units=2, activation="softsign", recurrent_activation="silu"),
            SimpleRnnLayer(cell="simple_rnn", units=2, activation="gelu"),
        )
    ),
    "bidirectional, last": Model(layers=(LstmLayer(cell="lstm", units=2, bidirectional=True),)),
    "bidirectional, each": Model(layers=(GruLayer(cell="gru", units=2, bidirectional=True),), return_sequences=True),
}


def _problem(model, seed=0):
    rng = np.random.default_rng(seed)
    outputs = 2 if model.head == "dense" else model.layers[-1].units * (2 if model.layers[-1].bidirectional else 1)
    inputs = rng.normal(size=(3, 4, 2))
    targets = rng.normal(size=(3, 4, outputs) if model.return_sequences else (3, outputs))
    return random_weights(model, 2, 2, rng), inputs, targets


@pytest.mark.parametrize(("name", "loss"), [*((name, "mse") for name in MODELS), ("lstm", "mae"), ("lstm", "huber")])
def test_every_gradient_of_a_weight_agrees_with_central_differences(name, loss):
    model = MODELS[name]
    weights, inputs, targets = _problem(model)
    truth = differentiate(model, weights, inputs, targets, loss=loss, delta=0.5)
    assert set(truth.gradients) == set(weights)
    for path, weight in weights.items():
        numeric = np.empty_like(weight)
        for place in np.ndindex(weight.shape):
            ends = []
            for sign in (1, -1):
                moved = weight.copy()
                moved[place] += sign * EPSILON
                ends.append(differentiate(model, weights | {path: moved}, inputs, targets, loss=loss, delta=0.5).loss)
            numeric[place] = (ends[0] - ends[1]) / (2 * EPSILON)
        np.testing.assert_allclose(truth.gradients[path], numeric, rtol=1e-6, atol=1e-9, err_msg=path)


@pytest.mark.parametrize("activation", get_args(Activation))
def test_the_slope_of_every_activation_agrees_with_central_differences(activation):
    z = np.array([-7.1, -3.3, -2.2, -0.7, -0.1, 0.2, 0.9, 1.7, 2.9, 3.4, 6.2])
    function = ACTIVATIONS[activation]
    numeric = (function(z + EPSILON)[0] - function(z - EPSILON)[0]) / (2 * EPSILON)
    np.testing.assert_allclose(function(z)[1], numeric, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_every_total_state_gradient_is_what_a_push_on_that_state_does_to_the_loss(name):
    model = MODELS[name]
    weights, inputs, targets = _problem(model)
    truth = differentiate(model, weights, inputs, targets)
    for path, total in truth.state_gradients.items():
        numeric = np.empty_like(total)
        for place in np.ndindex(total.shape):
            ends = []
            for sign in (1, -1):
                push = np.zeros_like(total)
                push[place] = sign * EPSILON
                ends.append(differentiate(model, weights, inputs, targets, pushes={path: push}).loss)
            numeric[place] = (ends[0] - ends[1]) / (2 * EPSILON)
        np.testing.assert_allclose(total, numeric, rtol=1e-6, atol=1e-9, err_msg=path)


def test_a_state_gradient_is_known_for_every_state_of_every_layer():
    truth = differentiate(MODELS["stacked"], *_problem(MODELS["stacked"]))
    assert set(truth.state_gradients) == {"recurrent_0/h", "recurrent_0/c", "recurrent_1/h", "recurrent_2/h"}
    assert all((norms > 0).all() for norms in truth.state_norms().values())
