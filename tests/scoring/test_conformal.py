"""Conformal intervals and the CRPS, against counts of cases, closed forms and integrals."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest

from rnnctl.errors import ConfigError
from rnnctl.scoring.conformal import SAMPLE, Errors, crps, fewest, highest, interval_levels


def errors_of(values):
    """Those of one output."""
    truth = np.asarray(values, dtype=np.float64)[:, None]
    return Errors.of(truth, np.zeros_like(truth))


@pytest.mark.parametrize("level", [50, 80, 90, 95, 97.5, 99])
def test_of_the_places_between_n_errors_an_interval_holds_the_share_that_is_asked_for(level):
    share = 1 - Fraction(str(level)) / 100
    for count in range(1, 130):
        # Half of the errors are negative, so that a new one is as likely to be the largest in size as any other.
        values = [(-1) ** place * (place + 1) for place in range(count)]
        (low,), (high,) = errors_of(values).interval(level)
        least = math.floor((count + 1) * share)  # cases that may lie outside
        assert np.isnan(low) == np.isnan(high) == (least < 1) == (count < fewest(level))
        if least < 1:
            continue
        if least == 1:
            assert (low, high) == (-count, count)
            continue
        edges = sorted(values)
        new = [edges[0] - 1, *[(a + b) / 2 for a, b in pairwise(edges)], edges[-1] + 1]
        inside = [low <= value <= high for value in new]
        assert sum(inside) == count + 1 - least
        below, above = inside.index(True), inside[::-1].index(True)
        assert 0 <= below - above <= 1


NOISE = {
    "gaussian": lambda random, *size: random.normal(size=size),
    "skewed": lambda random, *size: random.exponential(size=size) - 1,
    "heteroscedastic": lambda random, *size: random.normal(size=size) * (0.2 + 3 * random.random(size)),
    "heavy tails": lambda random, *size: random.standard_t(2, size=size),
}


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("count", [20, 39, 100, 365])
def test_intervals_cover_what_they_promise_whatever_the_noise_is_like(noise, count):
    random, draw = np.random.default_rng(count), NOISE[noise]
    found = Errors.of(draw(random, count, 4000) + 0.5, np.zeros((count, 4000)))  # a forecast that is too low, besides
    new = draw(random, 4000) + 0.5
    for level in (80, 95):
        low, high = found.interval(level)
        assert 100 * ((low <= new) & (new <= high)).mean() == pytest.approx(level, abs=3)


def test_tails_of_skewed_noise_are_cut_alike():
    random = np.random.default_rng(0)
    low, high = Errors.of(random.exponential(size=(199, 4000)), np.ones((199, 4000))).interval(80)
    new = random.exponential(size=4000) - 1
    assert [100 * (new < low).mean(), 100 * (new > high).mean()] == pytest.approx([10, 10], abs=1.5)


def test_each_output_has_errors_of_its_own_and_what_is_missing_is_none():
    truth = np.stack([np.arange(1.0, 10), np.arange(10.0, 100, 10)], axis=1)
    truth[3:, 1] = np.nan
    found = Errors.of(truth, np.zeros_like(truth))
    assert found.counts.tolist() == [9, 3]
    np.testing.assert_array_equal(found.interval(80), [[0, np.nan], [9, np.nan]])
    np.testing.assert_array_equal(found.interval(75)[1], [9, 30])


def test_a_forecast_that_is_no_number_is_wrong_in_both_directions():
    values = [*range(-9, 10)]
    whole, (low, high) = errors_of(values).interval(80), errors_of([*values, np.inf]).interval(80)
    assert whole == (np.array([-8]), np.array([8]))
    assert (low, high) == (np.array([-9]), np.array([9]))
    assert np.isnan(errors_of([*values, np.inf, np.inf]).interval(80)).all()
    assert errors_of([*values, np.inf]).counts.tolist() == [20]


def test_an_interval_holds_the_forecast_itself():
    for sign in (-1, 1):
        ends = errors_of([sign * value for value in range(1, 30)]).interval(80)
        assert sorted(float(end[0]) for end in ends) == sorted((0, sign * 27))


def test_the_advice_on_levels_can_be_followed():
    for count in range(1, 150):
        found, level = errors_of(range(count)), highest(count)
        assert not np.isnan(found.interval(level)).any()
        assert np.isnan(found.interval(level + 1)).all() or level == 99


def test_rows_further_ahead_are_appended():
    near = Errors.of(np.arange(8.0).reshape(4, 2, 1), np.zeros((4, 2, 1)))
    far = Errors.of(np.arange(18.0).reshape(6, 3, 1), np.zeros((6, 3, 1)))
    whole = near.then(far.after(2))
    assert whole.counts[:, 0].tolist() == [4, 4, 6]
    np.testing.assert_array_equal(whole.interval(60)[1][:, 0], [6, 7, 17])
    assert near.then(Errors.of(*np.empty((2, 0, 1, 1)))).counts[:, 0].tolist() == [4, 4, 0]


def test_crps_is_the_integral_of_the_squared_distance_of_the_distribution_functions():
    random = np.random.default_rng(3)
    sample, truth = np.sort(random.exponential(size=7)), np.array([-0.4, 0.3, 5.0])
    x = np.linspace(-2, 8, 400_001)
    steps = (sample[:, None] <= x).mean(axis=0)
    by_sum = [np.trapezoid(np.square(steps - (x >= one)), x) for one in truth]
    assert crps(truth, np.repeat(sample[:, None], 3, axis=1)) == pytest.approx(by_sum, abs=1e-4)
    assert crps(truth, np.full((1, 3), 0.5)) == pytest.approx(np.abs(truth - 0.5))


def test_crps_of_many_gaussian_errors_is_that_of_the_closed_form():
    normal, count = NormalDist(), 20 * SAMPLE
    values = [2 * normal.inv_cdf((place + 0.5) / count) for place in range(count)]
    sample, truth = errors_of(values).sample(), np.array([-3.0, 0.0, 0.7, 9.0])
    assert sample.shape == (SAMPLE, 1)
    z = truth / 2
    phi, cdf = np.vectorize(normal.pdf)(z), np.vectorize(normal.cdf)(z)
    closed = 2 * (z * (2 * cdf - 1) + 2 * phi - 1 / math.sqrt(math.pi))
    assert crps(truth, np.repeat(sample, 4, axis=1)) == pytest.approx(closed, rel=0.01)


def test_levels_are_numbers_in_percent_each_once():
    assert interval_levels(80) == (80,)
    assert interval_levels(["95", " 80 ", "80%", 97.5]) == (80, 95, 97.5)
    assert interval_levels(()) == interval_levels(None) == ()
    assert interval_levels(np.int64(80)) == interval_levels(np.array([80])) == (80,)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("0", "found 0: expected a number from 1 to below 100, such as --interval 80"),
        ("100", "found 100: no interval holds what comes in all cases; expected less, such as --interval 99"),
        ("nan", "found nan: expected a number from 1 to below 100"),
        (-5, "found -5: expected a number from 1 to below 100"),
        ("wide", "found wide: expected a number"),
        (None, "found None: expected a number"),
        (0.8, "found 0.8: levels are in percent: for 80 % of the cases give --interval 80"),
        ("80,95", "found 80,95: give each level an option of its own, such as --interval 80 --interval 95"),
    ],
)
def test_levels_that_are_none_are_named(given, told):
    with pytest.raises(ConfigError) as raised:
        interval_levels([given, 80])
    assert f"--interval: {told}" in str(raised.value)
