"""Season, transform, changes and lags that a starter config chooses, on series whose form is known."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.scoring.season import confirmed_seasons
from rnnctl.starter.series_form import guess_form, spread_by_level, spread_of_changes

DRAW = np.random.default_rng(12)
PLACES = np.arange(240)
YEAR = np.sin(2 * np.pi * PLACES / 12)
WALK = DRAW.normal(size=240).cumsum()
NOISE = DRAW.normal(size=240)
GROWTH = np.exp(0.02 * PLACES + 0.3 * YEAR + 0.05 * NOISE)
COUNTS = np.maximum(0, np.round(20 * GROWTH) - 20)


def form(values, usual=(12,), horizon=1, **more):
    found = guess_form([values], usual, horizon, lowest=float(np.nanmin(values)), **more)
    return found.season, found.transform, found.difference, found.lags


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (GROWTH, ((12,), "log", 1, (12,))),
        (np.where(PLACES % 17, GROWTH, np.nan), ((12,), "log", 1, (12,))),
        (-GROWTH, ((12,), "none", 1, (12,))),
        (COUNTS, ((12,), "sqrt", 1, (12,))),
        (WALK + 100, ((), "none", 1, ())),
        (NOISE, ((), "none", 0, ())),
        (8 * YEAR + NOISE, ((12,), "none", 0, (12,))),
        (8 * YEAR + WALK, ((12,), "none", 1, (12,))),
        (PLACES * 1e300, ((), "none", 1, ())),
    ],
    ids=["growth", "with gaps", "negative", "counts", "walk", "noise", "season", "season and walk", "huge"],
)
def test_the_form_of_a_series_is_that_which_it_was_made_in(values, expected):
    assert form(np.asarray(values, dtype=np.float64)) == expected


def test_a_season_that_the_distance_suggests_is_taken_where_the_changes_confirm_it():
    slow = np.sin(2 * np.pi * PLACES / 120)  # its values are alike at 12 rows, its changes are too: not less than at 1
    assert confirmed_seasons([WALK], (12,))[0] == ()
    assert confirmed_seasons([8 * YEAR + NOISE], (7, 12))[0] == (12,)
    assert confirmed_seasons([8 * YEAR + NOISE], None)[0] == (12,)
    assert confirmed_seasons([8 * YEAR + NOISE], ())[0] == ()
    assert confirmed_seasons([slow + 8 * YEAR + NOISE], (12,))[0] == (12,)
    assert confirmed_seasons([YEAR[:23]], (12,))[0] == ()  # no two of them
    assert confirmed_seasons([YEAR[:25]] * 9, (12,))[0] == (12,)


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        (8 * YEAR + WALK, True),
        (1e300 * YEAR, True),
        (np.where(PLACES % 17, 8 * YEAR + NOISE, np.nan), True),
        (np.where(PLACES < 120, YEAR, -YEAR) + 0.05 * NOISE, False),
        (WALK, False),
    ],
    ids=["one phase", "huge", "with gaps", "turned round in the middle", "no season"],
)
def test_the_phase_of_a_season_is_seen_where_both_halves_have_the_same(values, seen):
    found = guess_form([values], (12,), 1, lowest=float(np.nanmin(values)), phase=True)
    assert ("season_phase" in found.keys, "harmonics" in found.keys) == (seen, seen)
    assert "season_phase" not in guess_form([values], (12,), 1, lowest=0.0).keys


def test_a_week_is_a_season_beside_the_day_where_its_days_differ():
    hours = np.arange(24 * 7 * 6)
    day, noise = np.sin(2 * np.pi * hours / 24), 0.05 * np.random.default_rng(3).normal(size=len(hours))
    closed = (hours // 24) % 7 < 5
    assert confirmed_seasons([day * closed + noise], (24, 168))[0] == (24, 168)
    assert confirmed_seasons([day + noise], (24, 168))[0] in {(24,), (24, 168)}
    assert form(day * closed + noise, (24, 168), horizon=48)[3] == (24, 48, 168)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_the_slope_of_spread_over_level_is_the_power_that_a_series_was_made_with(power):
    level = np.exp(np.linspace(0, 3, 3000))
    values = level + 0.05 * level**power * np.random.default_rng(1).normal(size=3000)
    assert spread_by_level([values], 6) == pytest.approx(power, abs=0.1)
    assert spread_by_level([values, 50 * values], 6) == pytest.approx(power, abs=0.1)  # within series alone


def test_changes_of_an_ar1_spread_as_its_coefficient_says():
    for phi in (0.0, 0.5, 0.9):
        values, draws = np.zeros(20_000), np.random.default_rng(5).normal(size=20_000)
        for row in range(1, 20_000):
            values[row] = phi * values[row - 1] + draws[row]
        assert spread_of_changes([values]) == pytest.approx(np.sqrt(2 * (1 - phi)), rel=0.03)
    assert spread_of_changes([np.full(9, 3.0), np.full(9, np.nan)]) == np.inf
