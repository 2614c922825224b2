from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from reference.rnn_reference import differentiate

from rnnctl.gradients.cells_numpy import STATES, STEPS, CellWeights
from rnnctl.gradients.forward_numpy import forward_numpy, through_time
from rnnctl.gradients.linearised import slope
from rnnctl.gradients.linearised_gated import linearise
from rnnctl.gradients.passages import Passage, layer_passages
from rnnctl.schema.model import GruLayer, LstmLayer, Model, SimpleRnnLayer

BATCH, TIME, FEATURES, UNITS = 2, 5, 3, 4
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}
LAYERS = {
    "tanh": SimpleRnnLayer(cell="simple_rnn", units=UNITS),
    "relu": SimpleRnnLayer(cell="simple_rnn", units=UNITS, activation="relu"),
    "gelu": SimpleRnnLayer(cell="simple_rnn", units=UNITS, activation="gelu"),
    "gru": GruLayer(cell="gru", units=UNITS),
    "gru before": GruLayer(cell="gru", units=UNITS, reset_after=False, activation="softsign"),
    "gru hard": GruLayer(cell="gru", units=UNITS, recurrent_activation="hard_sigmoid"),
    "lstm": LstmLayer(cell="lstm", units=UNITS),
    "lstm elu": LstmLayer(cell="lstm", units=UNITS, activation="elu", recurrent_activation="softplus"),
}
MASK = np.array([[1, 1, 1, 0, 1], [1, 0, 1, 1, 0]], bool)


def _passage(layer, mask=None, seed=0):
    rng = np.random.default_rng(seed)
    width = UNITS * GATES[layer.cell]
    two = isinstance(layer, GruLayer) and layer.reset_after
    weights = CellWeights(
        rng.normal(scale=0.6, size=(FEATURES, width)),
        rng.normal(scale=0.6, size=(UNITS, width)),
        rng.normal(scale=0.3, size=(2, width) if two else width),
    )
    inputs = rng.normal(size=(BATCH, TIME, FEATURES))
    return Passage("r", layer, weights, inputs, through_time(layer, weights, inputs, mask), mask, backwards=False)


def _state_before(passage, t):
    return np.concatenate([passage.before(name)[:, t] for name in STATES[passage.layer.cell]], axis=-1)


def _step(passage, t, state):
    names = STATES[passage.layer.cell]
    before = dict(zip(names, np.split(state, len(names), axis=-1), strict=True))
    after = STEPS[passage.layer.cell](passage.layer, passage.weights, passage.inputs[:, t], before)
    return np.concatenate([after[name] for name in names], axis=-1)


def _by_differences(passage, t, step=1e-5):
    """∂s_t/∂s_{t−1} by central differences of the cell's own equations, ``[batch, size, size]``."""
    state = _state_before(passage, t)
    columns = []
    for place in range(state.shape[1]):
        moved = np.zeros(state.shape[1])
        moved[place] = step
        columns.append((_step(passage, t, state + moved) - _step(passage, t, state - moved)) / (2 * step))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", LAYERS)
def test_every_jacobian_agrees_with_differences_of_the_equations(name):
    passage = _passage(LAYERS[name])
    linear = linearise(passage)
    for t in range(TIME):
        np.testing.assert_allclose(linear.jacobians(t), _by_differences(passage, t), rtol=1e-6, atol=1e-9)


def test_the_jacobian_of_a_simple_cell_is_its_closed_form():
    passage = _passage(LAYERS["tanh"])
    h = passage.states["h"]
    closed = np.einsum("btj,ij->btji", 1 - h**2, passage.weights.U)
    for t in range(TIME):
        np.testing.assert_allclose(linearise(passage).jacobians(t), closed[:, t], rtol=1e-12)


@pytest.mark.parametrize(("name", "masked"), list(product(LAYERS, [False, True])))
def test_pushing_forward_and_sending_back_are_products_with_the_jacobian(name, masked):
    linear = linearise(_passage(LAYERS[name], MASK if masked else None))
    rows = np.random.default_rng(1).normal(size=(BATCH, 3, linear.size))
    for t in range(TIME):
        jacobians = linear.jacobians(t)
        np.testing.assert_allclose(linear.forward(t, rows), rows @ np.swapaxes(jacobians, 1, 2), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(linear.back(t, rows), rows @ jacobians, rtol=1e-10, atol=1e-12)


def test_a_masked_time_step_has_the_identity_for_a_jacobian():
    linear = linearise(_passage(LAYERS["lstm"], MASK))
    np.testing.assert_array_equal(linear.jacobians(3)[0], np.eye(2 * UNITS))
    assert not np.allclose(linear.jacobians(3)[1], np.eye(2 * UNITS))


MODELS = {
    **{name: Model(layers=(layer,), head="dense") for name, layer in LAYERS.items()},
    "no bias": Model(layers=(GruLayer(cell="gru", units=UNITS, use_bias=False),), head="dense"),
    "stack": Model(layers=(GruLayer(cell="gru", units=3, bidirectional=True), LstmLayer(cell="lstm", units=2))),
    "every step": Model(layers=(LAYERS["lstm"], LAYERS["tanh"]), return_sequences=True),
    "both ways": Model(layers=(LstmLayer(cell="lstm", units=3, bidirectional=True),), return_sequences=True),
}


def _random_weights(model, rng, outputs=2):
    weights, width = {}, FEATURES
    for number, layer in enumerate(model.layers):
        gates = layer.units * GATES[layer.cell]
        for side in ("/forward", "/backward") if layer.bidirectional else ("",):
            path = f"recurrent_{number}{side}"
            weights[f"{path}/kernel"] = rng.normal(scale=0.5, size=(width, gates))
            weights[f"{path}/recurrent_kernel"] = rng.normal(scale=0.5, size=(layer.units, gates))
            if layer.use_bias:
                two = isinstance(layer, GruLayer) and layer.reset_after
                weights[f"{path}/bias"] = rng.normal(scale=0.2, size=(2, gates) if two else gates)
        width = layer.units * (2 if layer.bidirectional else 1)
    return weights | {"head/kernel": rng.normal(size=(width, outputs)), "head/bias": rng.normal(size=outputs)}


@pytest.mark.parametrize("name", MODELS)
def test_each_sequences_weight_gradients_agree_with_a_backward_pass_over_it_alone(name):
    # TensorFlow's own gelu rounds √2 to float32, in float64 too.
    tolerance = 1e-6 if name == "gelu" else 1e-9
    model, rng = MODELS[name], np.random.default_rng(3)
    weights = _random_weights(model, rng)
    inputs = rng.normal(size=(3, TIME, FEATURES))
    targets = rng.normal(size=(3, TIME, 2) if model.return_sequences else (3, 2))
    passages = layer_passages(model, weights, forward_numpy(model, weights, inputs))
    for sequence in range(3):
        chosen = slice(sequence, sequence + 1)
        truth = differentiate(model, weights, inputs[chosen], targets[chosen])
        for passage in passages:
            turn = np.s_[:, ::-1] if passage.backwards else np.s_[:, :]
            states = {state: truth.state_gradients[f"{passage.path}/{state}"][turn] for state in passage.states}
            own = linearise(passage.select(chosen)).weight_gradients(states)
            for weight in (path for path in weights if path.startswith(f"{passage.path}/")):
                found = own[weight.rsplit("/", 1)[1]][0]
                np.testing.assert_allclose(found, truth.gradients[weight], rtol=tolerance, atol=1e-13, err_msg=weight)


def test_a_masked_time_step_gives_no_weight_any_gradient():
    linear = linearise(_passage(LAYERS["lstm"], MASK))
    states = {name: np.zeros((BATCH, TIME, UNITS)) for name in ("h", "c")}
    states["h"][0, 3] = states["c"][0, 3] = 1.0
    assert all(not gradient.any() for gradient in linear.weight_gradients(states).values())


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "elu", "selu", "gelu", "silu", "mish", "hard_tanh"])
def test_the_slope_of_an_activation_is_its_difference_quotient(name):
    from rnnctl.gradients.activations_numpy import ACTIVATIONS

    z = np.array([-3.1, -0.7, -0.2, 0.3, 0.8, 2.9])
    quotient = (ACTIVATIONS[name](z + 1e-6) - ACTIVATIONS[name](z - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope(name, z), quotient, rtol=1e-6, atol=1e-9)
