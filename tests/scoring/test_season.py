"""Seasons that are put into a series are found again, and none is found where there is none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.data.time_grid import Grid
from rnnctl.scoring.season import autocorrelation, strongest_lag, usual_season

TIMES = np.arange(400)


@given(period=st.integers(4, 40), noise=st.floats(0, 0.4), seed=st.integers(0, 100))
@settings(max_examples=30, deadline=None)
def test_the_period_of_a_noisy_sine_is_found(period, noise, seed):
    # With more noise than 0.4, 8 rows may correlate more than a period of 4.
    places = np.arange(20 * period)
    values = np.sin(2 * np.pi * places / period) + noise * np.random.default_rng(seed).normal(size=len(places))
    lag, correlation = strongest_lag([values])
    assert lag == pytest.approx(period, abs=max(1, 0.15 * period))
    assert 0.2 < correlation <= 1


def test_the_autocorrelation_is_its_definition():
    values = np.random.default_rng(5).normal(size=50).cumsum()
    left = values - np.polyval(np.polyfit(np.arange(50), values, 1), np.arange(50))
    expected = [(left[: 50 - k] * left[k:]).sum() / (left**2).sum() for k in range(20)]
    found, rows = autocorrelation([values], 18)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert rows == 50


@pytest.mark.parametrize("rows", [4, 7, 12, 24, 52, 100])
@pytest.mark.parametrize("trend", [0.0, 0.05])
def test_the_period_of_a_noisy_wave_is_its_season_whatever_its_trend(rows, trend):
    noise = np.random.default_rng(rows).normal(0, 0.3, len(TIMES))
    found, _ = strongest_lag([np.sin(2 * np.pi * TIMES / rows) + trend * TIMES + noise])
    assert found == pytest.approx(rows, abs=1 if rows > 20 else 0)


def test_the_lags_are_those_of_the_textbook_formula_where_values_are_missing():
    random = np.random.default_rng(2)
    values = np.tile(random.normal(size=9), 20) + random.normal(0, 0.4, 180)
    values[random.random(180) < 0.2] = np.nan
    assert strongest_lag([values])[0] == 9


def test_several_series_of_one_rhythm_show_it_though_each_is_short():
    random = np.random.default_rng(3)
    pattern = np.sin(2 * np.pi * np.arange(36) / 6)
    series = [100 * number + number * (pattern + random.normal(0, 0.8, 36)) for number in range(1, 20)]
    assert strongest_lag(series)[0] == 6


def test_noise_and_random_walks_have_none():
    random = np.random.default_rng(4)
    assert [strongest_lag([random.normal(size=300)])[0] for _ in range(50)].count(0) >= 49
    assert [strongest_lag([random.normal(size=300).cumsum()])[0] for _ in range(50)].count(0) >= 40
    draws = [np.random.default_rng(seed).normal(size=400) for seed in range(40)]
    assert sum(strongest_lag([each])[0] > 0 for draw in draws for each in (draw, draw.cumsum())) <= 6


def test_a_straight_line_a_constant_and_nothing_at_all_have_none():
    assert strongest_lag([np.arange(50.0)])[0] == 0
    assert strongest_lag([np.full(50, 3.0), np.full(50, np.nan)])[0] == 0
    assert strongest_lag([])[0] == 0


@pytest.mark.parametrize(("grid", "season"), [
    (Grid("1h"), 24), (Grid("1d"), 7), (Grid("1b"), 5), (Grid("1mo", day="31"), 12), (Grid("3s"), None),
    (Grid("1d", ("Mon-Sat",)), 6), (Grid("1h", ("09:00-17:00",)), 9), (Grid("1h", ("Mon-Fri 22:00-03:00",)), 30),
    (Grid("1h", ("Mon-Fri 09:00-17:00", "Sat 10:00-14:00")), 50), (Grid("1h", ("Mon-Fri 09:00",)), 5),
    (Grid("30m", ("Mon-Thu 08:15-11:45",)), 8),
])  # fmt: skip
def test_where_nothing_stands_out_the_distance_of_the_rows_speaks(grid, season):
    assert usual_season(grid, 15 * 60 * 10**6 if grid.every == "30m" else 0) == season


def test_sunspots_go_by_eleven_years_and_carbon_dioxide_by_the_year(root):
    sunspots = pl.read_csv(root / "data/sunspots.csv")["sunspots"].to_numpy()
    co2 = pl.read_csv(root / "data/co2.csv")["co2"].cast(pl.Float64).to_numpy()
    assert strongest_lag([sunspots[:217]])[0] in {10, 11}
    assert strongest_lag([co2[:1600]])[0] in {52, 53}


def test_values_whose_squares_no_float_holds_have_the_season_of_smaller_ones():
    wave = np.sin(np.arange(200) * 2 * np.pi / 12)
    lag, strength = strongest_lag([wave])
    assert lag == 12
    for factor in (1e160, 1e300):
        found = strongest_lag([wave * factor])
        assert found[0] == lag
        assert found[1] == pytest.approx(strength, abs=1e-9)
    assert strongest_lag([np.where(np.arange(200) == 7, np.inf, wave)])[0] == 12
