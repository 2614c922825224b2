from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from reference.rnn_reference import differentiate

from rnnctl.cells import CELLS
from rnnctl.cells.activations import ACTIVATIONS
from rnnctl.cells.numpy_cell import CellWeights, Trajectory, linearise
from rnnctl.cells.table import GruLayer, LstmLayer, SimpleRnnLayer
from rnnctl.config.model import Model
from rnnctl.gradients.forward_numpy import forward_numpy, through_time

BATCH, TIME, FEATURES, UNITS = 2, 5, 3, 4
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


def _trajectory(layer, mask=None, seed=0):
    rng = np.random.default_rng(seed)
    shapes = CELLS[layer.cell].shapes(layer, FEATURES)
    scales = {"kernel": 0.6, "recurrent_kernel": 0.6, "bias": 0.3}
    weights = CellWeights(*(rng.normal(scale=scales[name], size=shape) for name, shape in shapes.items()))
    inputs = rng.normal(size=(BATCH, TIME, FEATURES))
    return Trajectory("r", layer, weights, inputs, through_time(layer, weights, inputs, mask), mask, backwards=False)


def _state_before(trajectory, t):
    return np.concatenate([trajectory.before(name)[:, t] for name in CELLS[trajectory.layer.cell].states], axis=-1)


def _step(trajectory, t, state):
    names = CELLS[trajectory.layer.cell].states
    before = dict(zip(names, np.split(state, len(names), axis=-1), strict=True))
    after = CELLS[trajectory.layer.cell].mathematics.step(
        trajectory.layer, trajectory.weights, trajectory.inputs[:, t], before
    )
    return np.concatenate([after[name] for name in names], axis=-1)


def _by_differences(trajectory, t, step=1e-5):
    """∂s_t/∂s_{t−1} by central differences of the cell's own equations, ``[batch, size, size]``."""
    state = _state_before(trajectory, t)
    columns = []
    for place in range(state.shape[1]):
        moved = np.zeros(state.shape[1])
        moved[place] = step
        columns.append((_step(trajectory, t, state + moved) - _step(trajectory, t, state - moved)) / (2 * step))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", LAYERS)
def test_every_jacobian_agrees_with_differences_of_the_equations(name):
    trajectory = _trajectory(LAYERS[name])
    linear = linearise(trajectory)
    for t in range(TIME):
        np.testing.assert_allclose(linear.jacobians(t), _by_differences(trajectory, t), rtol=1e-6, atol=1e-9)


def test_the_jacobian_of_a_simple_cell_is_its_closed_form():
    trajectory = _trajectory(LAYERS["tanh"])
    h = trajectory.states["h"]
    closed = np.einsum("btj,ij->btji", 1 - h**2, trajectory.weights.U)
    for t in range(TIME):
        np.testing.assert_allclose(linearise(trajectory).jacobians(t), closed[:, t], rtol=1e-12)


@pytest.mark.parametrize(("name", "masked"), list(product(LAYERS, [False, True])))
def test_pushing_forward_and_sending_back_are_products_with_the_jacobian(name, masked):
    linear = linearise(_trajectory(LAYERS[name], MASK if masked else None))
    rows = np.random.default_rng(1).normal(size=(BATCH, 3, linear.size))
    for t in range(TIME):
        jacobians = linear.jacobians(t)
        np.testing.assert_allclose(linear.forward(t, rows), rows @ np.swapaxes(jacobians, 1, 2), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(linear.back(t, rows), rows @ jacobians, rtol=1e-10, atol=1e-12)


def test_a_masked_time_step_has_the_identity_for_a_jacobian():
    linear = linearise(_trajectory(LAYERS["lstm"], MASK))
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
        for side in ("/forward", "/backward") if layer.bidirectional else ("",):
            for name, shape in CELLS[layer.cell].shapes(layer, width).items():
                weights[f"recurrent_{number}{side}/{name}"] = rng.normal(scale=0.4, size=shape)
        width = layer.width
    return weights | {"head/kernel": rng.normal(size=(width, outputs)), "head/bias": rng.normal(size=outputs)}


@pytest.mark.parametrize("name", MODELS)
def test_each_sequences_weight_gradients_agree_with_a_backward_pass_over_it_alone(name):
    # TensorFlow's own gelu rounds √2 to float32, in float64 too.
    tolerance = 1e-6 if name == "gelu" else 1e-9
    model, rng = MODELS[name], np.random.default_rng(3)
    weights = _random_weights(model, rng)
    inputs = rng.normal(size=(3, TIME, FEATURES))
    targets = rng.normal(size=(3, TIME, 2) if model.return_sequences else (3, 2))
    trajectorys = forward_numpy(model, weights, inputs).trajectories
    for sequence in range(3):
        chosen = slice(sequence, sequence + 1)
        truth = differentiate(model, weights, inputs[chosen], targets[chosen])
        for trajectory in trajectorys:
            turn = np.s_[:, ::-1] if trajectory.backwards else np.s_[:, :]
            states = {state: truth.state_gradients[f"{trajectory.path}/{state}"][turn] for state in trajectory.states}
            own = linearise(trajectory.select(chosen)).weight_gradients(states)
            for weight in (path for path in weights if path.startswith(f"{trajectory.path}/")):
                found = own[weight.rsplit("/", 1)[1]][0]
                np.testing.assert_allclose(found, truth.gradients[weight], rtol=tolerance, atol=1e-13, err_msg=weight)


def test_a_masked_time_step_gives_no_weight_any_gradient():
    linear = linearise(_trajectory(LAYERS["lstm"], MASK))
    states = {name: np.zeros((BATCH, TIME, UNITS)) for name in ("h", "c")}
    states["h"][0, 3] = states["c"][0, 3] = 1.0
    assert all(not gradient.any() for gradient in linear.weight_gradients(states).values())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_of_an_activation_is_its_difference_quotient(name):
    z = np.array([-3.1, -0.7, -0.2, 0.3, 0.8, 2.9])
    quotient = (ACTIVATIONS[name].value(z + 1e-6) - ACTIVATIONS[name].value(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(ACTIVATIONS[name].slope(z), quotient, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_at_a_kink_the_slope_is_tensorflows(name):
    import tensorflow as tf

    from rnnctl.model.recurrent.activations import ACTIVATIONS as IN_TENSORFLOW

    z = np.array([-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0])
    entry, at = IN_TENSORFLOW[name], tf.constant(z)
    expected = entry.slope(at if entry.of_input else entry.apply(at))
    np.testing.assert_allclose(ACTIVATIONS[name].slope(z), expected, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_range_and_the_steepest_slope_of_an_activation_are_those_of_its_values(name):
    entry, z = ACTIVATIONS[name], np.linspace(-60.0, 60.0, 24_001)
    values = entry.value(z)
    for bound, found in ((entry.low, values.min()), (entry.high, values.max())):
        # Softsign comes near its ends slowly; what has no bound here is bounded loosely or not at all.
        assert np.isinf(bound) or found == pytest.approx(bound, abs=0.02)
    assert entry.low <= values.min()
    assert values.max() <= entry.high
    ends = max(entry.slope(z)[0], entry.slope(z)[-1])
    assert entry.saturates == (np.isfinite([entry.low, entry.high]).all() and name != "relu6" and ends < 1e-3)
    if entry.saturates:
        assert entry.steepest == pytest.approx(entry.slope(z).max(), rel=1e-4)
