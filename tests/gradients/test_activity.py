from __future__ import annotations

import numpy as np
import pytest

from rnnctl.cells.numpy_cell import CellWeights, Trajectory, linearise
from rnnctl.cells.table import LstmLayer, SimpleRnnLayer
from rnnctl.gradients.activity import Activity, rank_of_gram, saturated
from rnnctl.gradients.forward_numpy import through_time


def _linear(layer, weights, inputs, mask=None):
    states = through_time(layer, weights, inputs, mask)
    return linearise(Trajectory("r", layer, weights, inputs, states, mask, backwards=False))


def _simple(activation, bias, inputs=None, mask=None, recurrent=0.0):
    units = len(bias)
    layer = SimpleRnnLayer(cell="simple_rnn", units=units, activation=activation)
    weights = CellWeights(np.zeros((1, units)), recurrent * np.eye(units), np.asarray(bias, np.float64))
    return _linear(layer, weights, np.zeros((2, 3, 1)) if inputs is None else inputs, mask)


def _activity(*linears):
    activity = Activity(linears[0].trajectory.layer.activation, linears[0].trajectory.layer.units)
    for linear in linears:
        activity.add(linear)
    return activity.findings() | {"count": activity.count}


def test_saturation_and_mean_slope_of_tanh_units_are_counted():
    activity = _activity(_simple("tanh", [0.0, 1.0, 5.0, -5.0]))
    assert activity["saturation"] == 0.5
    assert activity["mean_derivative"] == pytest.approx(np.mean(1 - np.tanh([0.0, 1.0, 5.0, -5.0]) ** 2))
    assert activity["dead_units"] == 0


def test_a_sigmoid_saturates_at_both_ends_and_an_unbounded_activation_at_none():
    assert saturated("sigmoid", np.array([0.001, 0.5, 0.995, 0.02])).tolist() == [True, False, True, False]
    assert saturated("tanh", np.array([0.001, -0.995, 0.98])).tolist() == [False, True, False]
    assert _activity(_simple("relu", [1.0]))["saturation"] is None


def test_a_unit_is_dead_only_if_its_slope_is_zero_in_every_sequence():
    inputs = np.zeros((2, 3, 1))
    inputs[1, 2] = 1.0
    layer = SimpleRnnLayer(cell="simple_rnn", units=3, activation="relu")
    weights = CellWeights(np.array([[2.0, 0.0, 0.0]]), np.zeros((3, 3)), np.array([-1.0, -1.0, 1.0]))
    assert _activity(_linear(layer, weights, inputs))["dead_units"] == pytest.approx(1 / 3)
    both = [_linear(layer, weights, inputs[chosen]) for chosen in (slice(0, 1), slice(1, 2))]
    assert _activity(*both)["dead_units"] == pytest.approx(1 / 3)
    assert _activity(both[0])["dead_units"] == pytest.approx(2 / 3)


def test_masked_time_steps_count_for_nothing():
    mask = np.array([[1, 0, 0], [1, 1, 0]], bool)
    inputs = np.zeros((2, 3, 1))
    inputs[0, 0] = inputs[~mask] = 100.0
    layer = SimpleRnnLayer(cell="simple_rnn", units=1)
    weights = CellWeights(np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1))
    activity = _activity(_linear(layer, weights, inputs, mask))
    assert activity["count"] == 3
    assert activity["saturation"] == pytest.approx(1 / 3)
    assert activity["mean_derivative"] == pytest.approx(2 / 3)


def test_gates_are_counted_shut_and_open():
    bias = np.concatenate([[-9.0, 0.0], [9.0, 9.0], [0.0, 0.0], [0.0, 2.0]])
    layer = LstmLayer(cell="lstm", units=2)
    gates = _activity(_linear(layer, CellWeights(np.zeros((1, 8)), np.zeros((2, 8)), bias), np.zeros((2, 3, 1))))[
        "gates"
    ]
    sigmoid = 1 / (1 + np.exp(-bias))
    assert set(gates) == {"input", "forget", "output"}
    assert (gates["input"].mean, gates["input"].shut, gates["input"].open) == pytest.approx(
        (sigmoid[:2].mean(), 0.5, 0)
    )
    assert (gates["forget"].mean, gates["forget"].shut, gates["forget"].open) == pytest.approx((sigmoid[2], 0, 1))
    assert (gates["output"].mean, gates["output"].shut, gates["output"].open) == pytest.approx(
        (sigmoid[6:].mean(), 0, 0)
    )


def test_the_effective_rank_of_known_spectra_is_its_closed_form():
    orthonormal = np.linalg.qr(np.random.default_rng(0).normal(size=(30, 5)))[0]
    assert rank_of_gram(orthonormal.T @ orthonormal) == pytest.approx(5.0)
    one = np.outer(np.arange(1.0, 9.0), [1.0, 2.0, 3.0])
    assert rank_of_gram(one.T @ one) == pytest.approx(1.0)
    two = orthonormal[:, :2] * [3.0, 1.0]
    assert rank_of_gram(two.T @ two) == pytest.approx(np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25))))
    assert rank_of_gram(np.zeros((3, 3))) == 0
    assert np.isnan(rank_of_gram(np.array([[np.nan]])))


def test_the_effective_rank_of_the_states_agrees_with_their_singular_values():
    inputs = np.random.default_rng(1).normal(size=(3, 8, 2))
    layer = SimpleRnnLayer(cell="simple_rnn", units=4)
    rng = np.random.default_rng(2)
    linear = _linear(layer, CellWeights(rng.normal(size=(2, 4)), rng.normal(size=(4, 4)), np.zeros(4)), inputs)
    values = np.linalg.svd(linear.trajectory.states["h"].reshape(-1, 4), compute_uv=False)
    shares = values / values.sum()
    assert _activity(linear)["effective_rank"] == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
