"""Exponential smoothing against its formulas written out as loops over the rows."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.results.evaluation import Combination, Smoothing
from rnnctl.scoring.combination import choose, own_forecasts
from rnnctl.scoring.smoothing import BLOCK, REPEATED, SEASONS, best, fitted, smoothed_forecast, states

MODELS = [
    Smoothing(1, 0.3, 0.0, 0.0, 0.0),
    Smoothing(1, 0.5, 0.3, 0.0, 0.9),
    Smoothing(3, 0.4, 0.05, 0.3, 1.0),
    Smoothing(4, 0.2, 0.0, 0.5, 0.0),
]


def forecast(values, horizon, one):
    """After the last of ``values``: by loops, of the states that the first three seasons give; NaN of too few rows."""
    known = next((row for row, value in enumerate(values) if not np.isnan(value)), len(values))
    values, block = values[known:], one.season if one.season > 1 else BLOCK
    if len(values) < SEASONS * block:
        return [np.nan] * horizon
    seasons = [values[block * number : block * (number + 1)] for number in range(SEASONS)]
    trend = np.nanmean([last - first for first, last in zip(seasons[0], seasons[-1], strict=True)]) / (2 * block)
    left = [value - trend * row for row, value in enumerate(values[: SEASONS * block])]
    level, season = np.nanmean(left), [0.0] * block
    if one.season > 1:
        season = [np.nanmean(left[place::block]) - level for place in range(block)]
        season = [value - np.mean(season) for value in season]
    level, trend = level - trend, trend if one.phi else 0.0
    for row, value in enumerate(values):
        before = level + one.phi * trend
        error = 0.0 if np.isnan(value) else value - before - season[row % block]
        level, trend = before + one.alpha * error, one.phi * trend + one.beta * error
        season[row % block] += one.gamma * error
    said = []
    for ahead in range(1, horizon + 1):
        rise = sum(one.phi**power for power in range(1, ahead + 1)) * trend
        said.append(level + rise + season[(len(values) - 1 + ahead) % block])
    return said


@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize("one", MODELS)
def test_forecasts_are_those_of_the_formulas_of_each_series_and_know_of_no_later_row(load, one, transform):
    random = np.random.default_rng(3)
    series = {name: np.exp(random.normal(3, 0.3, count)) for name, count in (("a", 30), ("b", 19), ("c", 5))}
    series["a"][[0, 1, 9, 16, 17]] = np.nan
    rows = [(name, at, value) for name, values in series.items() for at, value in enumerate(values)]
    text = "s,t,y\n" + "\n".join(f"{s},{t},{'' if np.isnan(value) else repr(float(value))}" for s, t, value in rows)
    settings = {"time": "t", "series": "s", "target": ["y"], "window": {"length": 2}, "missing": "forward"}
    if transform == "log":
        settings |= {"transform": "log", "difference": 1}
    dataset = load(text.replace("a,0,\na,1,\n", ""), **settings)
    forward, inverse = dataset.transform.forward, dataset.transform.inverse
    last = np.arange(len(dataset.train.values))
    found = smoothed_forecast(dataset, last, 6, [one])
    for row in last:
        place = int(dataset.order.series_of(row))
        begin = dataset.order.begin[place]
        known = series["abc"[place]][2 if place == 0 else 0 :][: row + 1 - begin]
        np.testing.assert_allclose(found[row], inverse(forecast(forward(known), 6, one)), rtol=1e-9)
    some = random.permutation(last)[:7]
    np.testing.assert_allclose(smoothed_forecast(dataset, some, 6, [one]), found[some], rtol=1e-12)


def made(one, rows, noise, seed=0):
    """A series of which ``one`` is the truth, of a season and a trend of size 1."""
    random = np.random.default_rng(seed)
    level, trend, season = 20.0, 0.3 if one.phi else 0.0, list(np.sin(np.arange(one.season) * 6.28 / one.season) * 3)
    values = []
    for row in range(rows):
        error = random.normal(0, noise)
        before = level + one.phi * trend
        values.append(before + season[row % one.season] + error)
        level, trend = before + one.alpha * error, one.phi * trend + one.beta * error
        season[row % one.season] += one.gamma * error
    return np.array(values)


def one_ahead(values, one, first):
    """The mean squared error of forecasts of the rows from ``first`` on."""
    return np.square(states(values[:, None], one.season, np.array(one.parameters)).errors[first:]).mean()


@pytest.mark.parametrize("one", MODELS)
def test_fitted_parameters_forecast_later_rows_nearly_as_well_as_the_true_ones(one):
    values = made(one, 400, 1.0)
    found = best([values[:250]], [one.season, 7])
    assert found.season == one.season
    assert one_ahead(values, found, 250) <= 1.06 * one_ahead(values, one, 250)
    # Of several series, the same: few rows each, of which none is enough by itself.
    found = best([made(one, 40, 1.0, seed) * 10.0**seed for seed in range(1, 9)], [one.season])
    assert found.season == one.season
    assert one_ahead(values, found, 250) <= 1.1 * one_ahead(values, one, 250)


def test_what_cannot_be_smoothed_to_advantage_repeats_the_last_value():
    walk = np.random.default_rng(1).normal(0, 1, 200).cumsum()
    for series in ([walk], [np.full(50, 3.0)], [np.full(50, np.nan)], [np.arange(5.0)], [], [walk * 1e200]):
        with np.errstate(all="ignore"):
            assert best(series, [4, 100]) == REPEATED


def test_a_line_and_a_season_that_stays_are_forecast_as_they_are():
    season = np.array([5.0, -3, 0, 1, 9])
    rows = np.arange(80)
    for values, period in ((2.0 * rows, 1), (season[rows % 5] + 0.5 * rows, 5)):
        found = best([values[:60]], [5])
        assert (found.season, found.phi) == (period, 1)
        np.testing.assert_allclose(forecast(values[:60], 20, found), values[60:], rtol=1e-6)


def seasonal(load, held=()):
    values = made(Smoothing(4, 0.3, 0.0, 0.3, 0.0), 100, 1.0)
    values[len(values) - len(held) :] = held
    text = "y\n" + "\n".join(f"{value:.6f}" for value in values) + "\n"
    keys = {"target": ["y"], "window": {"length": 4, "horizon": 2}, "split": {"validation": 20, "test": 15}}
    return load(text, season=4, **keys), values.round(6)


def test_it_is_chosen_where_it_errs_least_on_the_validation_rows_and_fitted_to_the_training_rows_alone(load):
    dataset, values = seasonal(load)
    rows = dataset.validation.last_rows()
    truth = np.stack([values[row + 1 : row + 3] for row in rows])
    (one,) = fitted(dataset, [4])
    assert one == best([values[:65]], [4])
    smoothed = np.array([forecast(values[: row + 1], 2, one) for row in rows])
    said = np.random.default_rng(0).normal(20, 3, truth.shape)
    found = choose(None, said, dataset, dataset.validation, smoothing=True)
    assert (found.weight, found.season, found.smoothing, found.simple) == (1, None, (one,), "smoothing")
    assert found.naive_errors["smoothing"] == pytest.approx(np.abs(smoothed - truth).mean())
    assert set(found.naive_errors) == {"1", "4", "smoothing"}
    np.testing.assert_allclose(own_forecasts(said, dataset, rows, found), smoothed, rtol=1e-9)
    half = own_forecasts(said, dataset, rows, Combination(0.5, smoothing=found.smoothing))
    np.testing.assert_allclose(half, (said + smoothed) / 2, rtol=1e-9)
    # Where a series has too few rows, the last value is repeated.
    early = np.array([SEASONS * 4 - 2, SEASONS * 4 - 1])
    said = own_forecasts(np.zeros((2, 2)), dataset, early, found)
    np.testing.assert_array_equal(said[0], [values[early[0]]] * 2)
    np.testing.assert_allclose(said[1], forecast(values[: early[1] + 1], 2, one))
    without = choose(None, np.zeros((len(rows), 2)), dataset, dataset.validation)
    assert not without.smoothing
    assert "smoothing" not in without.naive_errors
    other, _ = seasonal(load, np.random.default_rng(2).normal(0, 1e4, 15))
    assert choose(None, np.zeros((len(rows), 2)), other, other.validation, smoothing=True) == choose(
        None, np.zeros((len(rows), 2)), dataset, dataset.validation, smoothing=True
    )


@pytest.mark.parametrize(("better", "weight"), [(0.99, 0.5), (0.4, 0.0)])
def test_a_larger_share_of_the_network_than_half_must_be_clearly_better(load, better, weight):
    dataset, values = seasonal(load)
    rows = dataset.validation.last_rows()
    truth = np.stack([values[row + 1 : row + 3] for row in rows])
    smoothed = smoothed_forecast(dataset, rows, 2, fitted(dataset, [4]))
    said = truth + better * (smoothed - truth)  # errors of the same sign: each share of the network is better
    found = choose(None, said, dataset, dataset.validation, smoothing=True)
    assert min(found.errors, key=found.errors.__getitem__) == "0"
    doubt = {one: error * (1 + max(0, 1 - 2 * float(one)) / len(rows) ** 0.5) for one, error in found.errors.items()}
    assert found.weight == float(min(doubt, key=doubt.__getitem__)) == weight
