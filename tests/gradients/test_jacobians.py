from __future__ import annotations

import numpy as np
import pytest

from rnnctl.cells.numpy_cell import CellWeights, Trajectory, linearise
from rnnctl.cells.table import LstmLayer, SimpleRnnLayer
from rnnctl.gradients import jacobians
from rnnctl.gradients.forward_numpy import through_time
from rnnctl.gradients.jacobians import (
    impulse_norms,
    kernel_spectrum,
    lyapunov_exponents,
    predicted_decay,
    sent_back,
    singular_values,
)
from rnnctl.gradients.through_time import aligned_mean


def _linear_net(kernel, time=200, batch=2, activation="linear", mask=None, inputs_scale=0.0):
    """A simple cell whose Jacobian is Uᵀ at every time step."""
    units = len(kernel)
    layer = SimpleRnnLayer(cell="simple_rnn", units=units, activation=activation)
    weights = CellWeights(np.ones((1, units)), np.asarray(kernel, np.float64), np.zeros(units))
    inputs = inputs_scale * np.random.default_rng(5).normal(size=(batch, time, 1))
    states = through_time(layer, weights, inputs, mask)
    return linearise(Trajectory("r", layer, weights, inputs, states, mask, backwards=False))


def _orthogonal(size, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]


def test_exponents_of_a_linear_map_are_the_log_moduli_of_its_eigenvalues():
    directions = np.random.default_rng(1).normal(size=(4, 4))
    values = np.array([1.1, 0.8, 0.5, 0.2])
    kernel = directions @ np.diag(values) @ np.linalg.inv(directions)
    np.testing.assert_allclose(lyapunov_exponents(_linear_net(kernel)), np.log(values), atol=1e-6)


def test_exponents_of_a_map_that_turns_and_shrinks_are_those_of_its_complex_eigenvalues():
    kernel = np.array([[0.9, -0.3, 0.0], [0.3, 0.9, 0.0], [0.1, 0.4, 0.5]])
    moduli = np.sort(np.abs(np.linalg.eigvals(kernel)))[::-1]
    np.testing.assert_allclose(lyapunov_exponents(_linear_net(kernel, time=800)), np.log(moduli), atol=2e-3)


@pytest.mark.parametrize("time", [1, 2, 10, 100])
def test_exponents_of_a_random_orthogonal_map_are_zero(time):
    exponents = lyapunov_exponents(_linear_net(_orthogonal(20), time))
    assert len(exponents) == 16
    np.testing.assert_allclose(exponents, 0.0, atol=1e-12)


def test_the_sum_of_all_exponents_is_the_mean_log_determinant():
    rng = np.random.default_rng(2)
    linear = _linear_net(rng.normal(scale=0.5, size=(3, 3)), 40, activation="tanh", inputs_scale=1.0)
    logs = [np.log(np.abs(np.linalg.det(linear.jacobians(t)))).mean() for t in range(8, 40)]
    assert lyapunov_exponents(linear).sum() == pytest.approx(np.mean(logs))


def test_a_direction_that_is_lost_has_an_exponent_of_minus_infinity():
    assert lyapunov_exponents(_linear_net(np.diag([0.5, 0.0]))).tolist() == [pytest.approx(np.log(0.5)), -np.inf]


def test_masked_time_steps_count_neither_as_growth_nor_as_time():
    mask = np.ones((2, 50), bool)
    mask[0, 20:] = mask[1, ::2] = False
    net = _linear_net(0.7 * _orthogonal(4), 50, mask=mask)
    np.testing.assert_allclose(lyapunov_exponents(net), np.log(0.7), atol=1e-12)
    assert predicted_decay(net).per_step == pytest.approx(0.7)


def test_singular_values_are_those_of_the_jacobians_over_time():
    linear = _linear_net(np.random.default_rng(3).normal(size=(5, 5)), 6, activation="tanh", inputs_scale=1.0)
    at, largest, smallest = singular_values(linear)
    assert at.tolist() == list(range(6))
    for t in range(6):
        truth = [np.linalg.svd(one, compute_uv=False) for one in linear.jacobians(t)]
        assert largest[t] == pytest.approx(np.mean([values[0] for values in truth]))
        assert smallest[t] == pytest.approx(np.mean([values[-1] for values in truth]))


def test_large_states_are_measured_at_a_few_time_steps_the_first_and_last_among_them(monkeypatch):
    monkeypatch.setattr(jacobians, "_SVD_WORK", 5 * 4**3)
    at, largest, _ = singular_values(_linear_net(0.5 * np.eye(4), 41))
    assert at.tolist() == [0, 10, 20, 30, 40]
    assert largest.tolist() == pytest.approx([0.5] * 5)


def test_jacobians_that_are_not_finite_have_no_singular_values_and_no_exponents():
    linear = _linear_net(np.array([[np.nan, 0.0], [0.0, 1.0]]), 4)
    assert np.isnan(singular_values(linear)[1]).all()
    assert np.isnan(lyapunov_exponents(linear)).all()
    assert np.isnan(kernel_spectrum(np.array([[np.inf]]))).all()


@pytest.mark.parametrize("radius", [0.3, 0.62, 0.95, 1.0, 1.2])
def test_the_decay_predicted_for_a_linear_net_is_its_spectral_radius(radius):
    kernel = np.random.default_rng(4).normal(size=(16, 16))
    kernel *= radius / np.abs(np.linalg.eigvals(kernel)).max()
    line = predicted_decay(_linear_net(kernel, 2000, batch=1))
    assert line.per_step == pytest.approx(radius, rel=0.01)


def test_the_spectrum_of_a_kernel_is_its_largest_eigenvalue_and_singular_value():
    assert kernel_spectrum(np.array([[0.0, 4.0], [1.0, 0.0]])) == pytest.approx((2.0, 4.0))


def test_what_is_sent_back_is_the_product_of_the_jacobians_long_after_floats_would_underflow():
    linear = _linear_net(1e-3 * _orthogonal(3), 300, batch=1)
    logs = sent_back(linear, np.array([[[3.0, 0.0, 4.0]]]))
    np.testing.assert_allclose(logs[0, 0], np.log(5.0) + np.log(1e-3) * np.arange(300)[::-1])


def test_a_gradient_of_zero_stays_zero_all_the_way():
    assert (sent_back(_linear_net(np.eye(2), 4), np.zeros((2, 1, 2))) == -np.inf).all()


def test_the_impulse_response_starts_from_the_last_unmasked_time_step_alone():
    mask = np.array([[1, 1, 1, 1, 0], [1, 1, 0, 0, 0]], bool)
    linear = _linear_net(0.5 * np.eye(2), 5, mask=mask)
    immediate = np.zeros((2, 5, 2))
    immediate[:, :, 0] = [[9.0, 9.0, 9.0, 2.0, 0.0], [9.0, 4.0, 0.0, 0.0, 0.0]]
    found = impulse_norms(linear, immediate)
    np.testing.assert_allclose(found, [[0.25, 0.5, 1.0, 2.0, 2.0], [2.0, 4.0, 4.0, 4.0, 4.0]])
    np.testing.assert_allclose(aligned_mean(found, mask), [0.25, 0.5, 1.5, 3.0])


def test_an_lstms_gradient_returns_through_the_memory_where_the_output_is_cut_off():
    units = 2
    layer = LstmLayer(cell="lstm", units=units, activation="linear")
    weights = CellWeights(np.ones((1, 4 * units)), np.zeros((units, 4 * units)), np.repeat([0.0, 2.0, 0.0, 0.0], units))
    inputs = np.zeros((1, 6, 1))
    linear = linearise(
        Trajectory("r", layer, weights, inputs, through_time(layer, weights, inputs), None, backwards=False)
    )
    forget = 1 / (1 + np.exp(-2.0))
    exponents = lyapunov_exponents(linear)
    np.testing.assert_allclose(exponents[:units], np.log(forget), atol=1e-12)
    assert (exponents[units:] < -30).all()  # lost but for rounding
