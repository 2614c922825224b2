"""Networks combined with naive forecasts, against loops over the rows and sums written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.results.evaluation import Combination
from rnnctl.scoring.combination import WEIGHTS, choose, held_out, own_forecasts

SERIES = {
    "p": [3.0, 5, 4, 8, 7, 9, 6, 11, 12, 10, 14, 15, 13, 18],
    "q": [100.0, 90, 110, 95, 120, 105, 130, 125, 140, 99, 98, 97, 96, 101],
}
TEXT = "s,t,y,z\n" + "".join(f"{s},{t},{y},{2 - y}\n" for s, values in SERIES.items() for t, y in enumerate(values))
SPLIT = {"validation": 4, "test": 3}
HORIZON = 2


@pytest.fixture(params=[0, 1])
def forecast(request, load):
    return load(
        TEXT, time="t", series="s", target=["y", "z"], window={"length": 3, "horizon": HORIZON}, split=SPLIT,
        scale="standard", difference=request.param,
    )  # fmt: skip


def windows(values, rows):
    """``[windows, horizon, targets]`` of two targets of a series: the last row seen of each, by row in its series."""
    both = np.stack([np.array(values), 2 - np.array(values)], axis=1)
    return np.stack([both[last + 1 : last + 1 + HORIZON] for last in rows])


def scaled(dataset, levels, before):
    """Outputs ``[windows, horizon · targets]`` that mean levels ``[windows, horizon, targets]``."""
    changes = np.diff(levels, axis=1, prepend=before[:, None]) if dataset.difference else levels
    return ((changes - dataset.target_scaler.center) / dataset.target_scaler.scale).reshape(len(levels), -1)


LAST = range(6, 9)  # the last rows seen before the forecasts of the validation rows, 7 to 10


def validation():
    truth = np.concatenate([windows(values, LAST) for values in SERIES.values()])
    naive = np.concatenate([windows(values, [last - 1 for last in LAST])[:, :1] for values in SERIES.values()])
    return truth, naive


def test_held_out_rows_are_given_in_own_units_by_window_row_ahead_and_target(forecast):
    truth, last = validation()
    said = truth + np.arange(truth.size).reshape(truth.shape)
    found = held_out(scaled(forecast, said, last[:, 0]), forecast, forecast.validation)
    np.testing.assert_allclose(found.truth, truth)
    np.testing.assert_allclose(found.forecasts, said, rtol=1e-9)
    for weight in WEIGHTS:
        both = held_out(scaled(forecast, said, last[:, 0]), forecast, forecast.validation, Combination(weight))
        np.testing.assert_allclose(both.forecasts, (1 - weight) * said + weight * last, rtol=1e-9)
        if weight == 1:
            np.testing.assert_array_equal(both.forecasts, np.broadcast_to(last, truth.shape))


def mase(said, truth):
    """Mean error of each value over the naive forecast's on its own series' training rows; the same of both targets."""
    scales = [np.abs(np.diff(values[:7])).mean() for values in SERIES.values()]
    each = np.abs(said - truth) / np.repeat(scales, len(LAST))[:, None, None]
    return each.mean()


@pytest.mark.parametrize(("slip", "weight"), [(0.5, 0), (4.0, 0.5), (100.0, 1), (np.nan, 1)])
def test_the_weight_is_the_one_of_the_least_error_on_the_held_out_rows(forecast, slip, weight):
    truth, last = validation()
    said = truth + slip * np.where(np.arange(truth.size) % 3, 1, -2.5).reshape(truth.shape)
    outputs = scaled(forecast, said, last[:, 0])
    found = choose(None, outputs, forecast, forecast.validation)
    errors = {one: mase((1 - one) * said + one * last, truth) for one in WEIGHTS}
    errors[1.0] = mase(last, truth)
    best = min(errors, key=lambda one: np.inf if np.isnan(errors[one]) else errors[one])
    assert (found.weight, found.season, found.chosen, found.metric) == (best, None, True, "mase")
    assert found.weight == weight
    told = {str(one).removesuffix(".0"): error for one, error in errors.items() if not np.isnan(error)}
    assert found.errors == pytest.approx(told)
    assert found.naive_errors == pytest.approx({"1": errors[1.0]})
    given = choose(0.3, outputs, forecast, forecast.validation)
    assert (given.weight, given.chosen, given.errors) == (0.3, False, found.errors)


def test_of_equally_good_weights_and_where_an_answer_is_no_number_the_naive_one_is_taken(forecast):
    truth, last = validation()
    outputs = scaled(forecast, np.broadcast_to(last, truth.shape), last[:, 0])
    assert choose(None, outputs, forecast, forecast.validation).weight == 1
    right = scaled(forecast, truth, last[:, 0])
    assert choose(None, right, forecast, forecast.validation).weight == 0
    right[0, 0] = np.nan  # a network that does not answer once has no share, however good it is elsewhere
    assert choose(None, right, forecast, forecast.validation).weight == 1


def seasonal(load, held=(), **settings):
    rows = np.arange(60)
    values = np.where(rows % 4 == 3, 40.0, 10.0) + rows % 5 + 0.1 * rows
    values[len(values) - len(held) :] = held
    text = "y\n" + "\n".join(f"{value:.3f}" for value in values) + "\n"
    keys = {"target": ["y"], "window": {"length": 4, "horizon": 6}, "split": {"validation": 12, "test": 10}}
    return load(text, **keys, **settings), values.round(3)


@pytest.mark.parametrize("given", [[], [4, 8]])
def test_the_better_naive_forecast_is_the_seasonal_one_where_there_is_a_season(load, given):
    dataset, values = seasonal(load, season=given)
    outputs = np.zeros((len(dataset.validation), 6))
    found = choose(1.0, outputs, dataset, dataset.validation)
    last = np.arange(37, 44)[:, None]
    ahead = np.arange(1, 7)
    back = (ahead - 1) % 4 - 3
    told = {}
    for season, before in (("1", last + 0 * ahead), ("8", last + ahead - 8), ("4", last + back)):
        if season == "8" and not given:
            continue
        told[season] = np.abs(values[before] - values[last + ahead]).mean()
    assert (found.season, found.metric) == (4, "mae")
    assert found.naive_errors == pytest.approx(told)
    rows = np.array([43, 2])
    # Where a season before lies before the first row, the last value stands in.
    wanted = [values[43 + back], np.where(2 + back < 0, values[2], values[2 + back])]
    np.testing.assert_array_equal(own_forecasts(np.zeros((2, 6)), dataset, rows, found), wanted)


def test_test_rows_have_no_part_in_the_choice(load):
    (one, _), (other, _) = (seasonal(load, held) for held in ((), np.random.default_rng(0).normal(0, 1e4, 10)))
    outputs = np.random.default_rng(1).normal(0, 1, (len(one.validation), 6))
    first, second = (choose(None, outputs, dataset, dataset.validation) for dataset in (one, other))
    assert first == second
    assert first.errors["0"] != first.errors["1"]


def test_where_a_value_is_missing_an_earlier_one_is_repeated_and_without_any_the_network_stands_alone(load):
    values = ["", "", 4, 3, 5, "", 6, "", "", 9, 10, 12]
    text = "y\n" + "\n".join(map(str, values)) + "\n"
    dataset = load(text, target=["y"], window={"length": 2}, missing="mask", split={"validation": 2, "test": 1})
    rows, said = np.array([1, 2, 5, 8]), np.array([[7.0], [8.0], [9.0], [10.0]])
    found = own_forecasts(said, dataset, rows, Combination(0.5))
    np.testing.assert_array_equal(found, [[7.0], [6.0], [7.0], [8.0]])
    # Row 9 by a season of 3 is row 6, by one of 2 row 3, since rows 7 and 5 have no value; row 3 is the last known one.
    for season, wanted in ((3, [7.0, 4.0, 3.0, 6.0]), (2, [7.0, 4.0, 5.0, 3.0])):
        np.testing.assert_array_equal(own_forecasts(said, dataset, rows, Combination(1, season))[:, 0], wanted)
