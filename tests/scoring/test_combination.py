"""Networks combined with naive forecasts, against loops over the rows and sums written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.results.evaluation import Combination
from rnnctl.scoring.combination import WEIGHTS, held_out

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


def windows(dataset, values, rows):
    """``[windows, horizon, targets]`` of two targets of a series: the last row seen of each, by row in its series."""
    both = np.stack([np.array(values), 2 - np.array(values)], axis=1)
    return np.stack([both[last + 1 : last + 1 + HORIZON] for last in rows])


def scaled(dataset, levels, before):
    """Outputs ``[windows, horizon · targets]`` that mean levels ``[windows, horizon, targets]``."""
    changes = np.diff(levels, axis=1, prepend=before[:, None]) if dataset.difference else levels
    return ((changes - dataset.target_scaler.center) / dataset.target_scaler.scale).reshape(len(levels), -1)


LAST = range(6, 9)  # the last rows seen before the forecasts of the validation rows, 7 to 10


def validation(dataset):
    truth = np.concatenate([windows(dataset, values, LAST) for values in SERIES.values()])
    naive = np.concatenate([windows(dataset, values, [last - 1 for last in LAST])[:, :1] for values in SERIES.values()])
    return truth, naive


def test_held_out_rows_are_given_in_own_units_by_window_row_ahead_and_target(forecast):
    truth, last = validation(forecast)
    said = truth + np.arange(truth.size).reshape(truth.shape)
    found = held_out(scaled(forecast, said, last[:, 0]), forecast, forecast.validation)
    np.testing.assert_allclose(found.truth, truth)
    np.testing.assert_allclose(found.forecasts, said, rtol=1e-9)
    for weight in WEIGHTS:
        both = held_out(scaled(forecast, said, last[:, 0]), forecast, forecast.validation, Combination(weight))
        np.testing.assert_allclose(both.forecasts, (1 - weight) * said + weight * last, rtol=1e-9)
        if weight == 1:
            np.testing.assert_array_equal(both.forecasts, np.broadcast_to(last, truth.shape))
