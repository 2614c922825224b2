from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rnnctl.gradients.layers import mean_norms
from rnnctl.gradients.through_time import (
    aligned_mean,
    fit_decay,
    fit_logs,
    fit_sequences,
    placement,
    reach,
    response,
    sequence_norms,
)


def _geometric(factor, steps=20, last=0.37):
    """Norms that change by ``factor`` with every time step back."""
    return last * factor ** np.arange(steps)[::-1]


@given(st.floats(0.3, 3.0), st.floats(1e-6, 1e6))
def test_an_exact_geometric_sequence_is_fitted_exactly(factor, last):
    line = fit_decay(_geometric(factor, last=last))
    assert line.per_step == pytest.approx(factor, rel=1e-9)
    assert line.fit == pytest.approx(1.0, abs=1e-6)


def test_the_half_life_is_the_time_over_which_the_norm_halves():
    assert fit_decay(_geometric(0.5)).half_life == pytest.approx(1.0)
    assert fit_decay(_geometric(0.5**0.1)).half_life == pytest.approx(10.0)
    assert fit_decay(_geometric(1.0)).half_life is None
    assert fit_decay(_geometric(1.1)).half_life is None


def test_norms_that_do_not_change_are_fitted_perfectly():
    assert fit_decay(_geometric(1.0)).fit == 1.0


def test_the_fit_agrees_with_a_polynomial_of_degree_one_through_noisy_logarithms():
    logs = np.log(_geometric(0.8, 30)) + np.random.default_rng(0).normal(scale=0.3, size=30)
    slope, start = np.polyfit(-np.arange(30), logs, 1)
    rest = logs - (start - slope * np.arange(30))
    line = fit_decay(np.exp(logs))
    assert line.per_step == pytest.approx(np.exp(slope))
    assert line.fit == pytest.approx(1 - (rest**2).sum() / ((logs - logs.mean()) ** 2).sum())
    assert line.fit < 0.999


def test_zero_tiny_and_non_finite_norms_are_left_out():
    norms = _geometric(0.5, 10)
    norms[[0, 3, 4, 5]] = [0.0, np.nan, np.inf, 1e-40]
    assert fit_decay(norms).per_step == pytest.approx(0.5)


@pytest.mark.parametrize("norms", [[1.0], [1.0, 2.0], [0.0, 0.0, 0.0, 1.0], [np.nan] * 9])
def test_fewer_than_three_usable_time_steps_have_no_decay(norms):
    line = fit_decay(np.array(norms))
    assert (line.per_step, line.fit, line.half_life) == (None, None, None)


def test_logarithms_far_beyond_the_range_of_floats_are_fitted():
    assert fit_logs(np.arange(50) * 100.0).per_step == pytest.approx(np.exp(-100.0))
    assert fit_logs(np.arange(50) * -1000.0).per_step == np.inf


@pytest.mark.parametrize(
    ("factor", "steps", "arrived"),
    [
        (0.5, 20, 7),  # 0.5^6 = 1.6 % is above 1 %, 0.5^7 = 0.8 % is not
        (0.009, 20, 1),
        (0.9, 20, 20),
        (1.0, 5, 5),
        (3.0, 20, 20),  # an exploding gradient does arrive
        (0.5, 1, 1),
    ],
)
def test_reach_counts_the_time_steps_above_one_percent(factor, steps, arrived):
    assert reach(_geometric(factor, steps)) == arrived


def test_reach_ends_where_the_norm_first_falls_under_one_percent_of_its_largest_so_far():
    assert reach(np.array([5.0, 0.001, 20.0, 1.0])) == 2
    assert reach(np.array([1.0, np.nan, 1.0, 1.0])) == 2


def test_a_gradient_that_is_zero_or_not_finite_at_the_loss_reaches_nothing():
    assert reach(np.array([1.0, 1.0, 0.0])) == 0
    assert reach(np.array([1.0, 1.0, np.nan])) == 0
    assert reach(np.array([])) == 0


def test_norms_do_not_underflow_where_float32_squares_would():
    gradients = np.full((2, 3, 4), 1e-25, np.float32)
    assert sequence_norms(gradients) == pytest.approx(np.full((2, 3), 2e-25), rel=1e-6)
    assert mean_norms(gradients, None) == pytest.approx(np.full(3, 2e-25), rel=1e-6)


def test_sequences_are_lined_up_at_their_last_unmasked_time_step():
    values = np.array([[1.0, 2.0, 3.0, 9.0], [10.0, 9.0, 30.0, 50.0]])
    mask = np.array([[1, 1, 1, 0], [1, 0, 1, 1]], bool)
    assert aligned_mean(values, mask).tolist() == [5.5, 16.0, 26.5]
    assert aligned_mean(values, None).tolist() == [5.5, 5.5, 16.5, 29.5]


def test_sequences_of_different_lengths_keep_the_longest():
    values, mask = np.array([[1.0, 2.0, 3.0], [7.0, 9.0, 9.0]]), np.array([[1, 1, 1], [1, 0, 0]], bool)
    assert aligned_mean(values, mask).tolist() == [1.0, 2.0, 5.0]


def test_a_response_does_not_jump_where_a_short_sequence_ends():
    mask = np.arange(6) < np.array([6, 3])[:, None]
    norms = np.stack([0.5 ** np.arange(6)[::-1], np.r_[100 * 0.5 ** np.arange(3)[::-1], 7.0, 7.0, 7.0]])
    np.testing.assert_allclose(response(norms, mask), 50.5 * 0.5 ** np.arange(6)[::-1])
    assert response(norms, None).tolist() == norms.mean(axis=0).tolist()
    assert response(np.zeros((2, 6)), mask).tolist() == [0] * 6


def test_a_line_through_sequences_of_different_sizes_and_lengths_is_the_one_they_share():
    mask = np.arange(9) < np.array([9, 4, 0, 6])[:, None]
    logs = np.log(0.5) * np.arange(9)[::-1] * np.ones((4, 1)) + np.array([0.0, 9.0, 3.0, -np.inf])[:, None]
    assert fit_sequences(logs, mask).per_step == pytest.approx(0.5)
    assert fit_sequences(np.full((1, 4), -np.inf), None).per_step is None


def test_placement_sums_to_one_and_is_zero_without_any_gradient():
    assert placement(np.array([1.0, 0.0, 3.0])).tolist() == [0.25, 0.0, 0.75]
    assert placement(np.zeros(3)).tolist() == [0, 0, 0]
    assert placement(np.array([np.inf, 1.0])).tolist() == [0, 0]
