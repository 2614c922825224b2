"""Validation windows continued beyond the horizon, against the same formula on plain lists."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.prediction.autoregression import continue_series
from rnnctl.prediction.held_out_rows import windows_apart
from rnnctl.scoring.entries import scored_entries

ROWS, VALIDATION, TEST, STEPS = 40, 12, 6, 5
RANDOM = np.random.default_rng(4)
SERIES = {"a": 10 + RANDOM.normal(size=ROWS), "b": 500 + 40 * RANDOM.normal(size=ROWS)}
WEIGHTS = np.array([[0.2, 0.3], [0.1, -0.4], [0.6, 0.5]])
FIRST, LAST = ROWS - TEST - VALIDATION, ROWS - TEST - 1  # of the validation rows


def text():
    return "s,t,y,x\n" + "".join(
        f"{s},{t},{float(values[t])!r},{t % 5}\n" for s, values in SERIES.items() for t in range(ROWS)
    )


@pytest.fixture(params=[{"difference": 0}, {"difference": 1}, {"difference": 3, "lags": [4]}], ids=str)
def data(request, load):
    return load(
        text(), time="t", series="s", target=["y"], features=["y", "x"], known=["x"], scale="standard",
        scale_by="series", window={"length": 3, "horizon": 2}, split={"validation": VALIDATION, "test": TEST},
        **request.param,
    )  # fmt: skip


def answer(inputs, lengths):
    assert inputs.shape[1:2] == (3,)
    assert (lengths == 3).all()
    return inputs[:, :, 0] @ WEIGHTS + 0.1 + 0.01 * inputs[:, -1, 1:].sum(axis=1, keepdims=True)


def by_hand(data, name, origin):
    """What follows a row of a series, row by row, from levels up to it."""
    series = data.order.names.index(name)
    center, scale = (float(of[series, 0]) for of in (data.target_scaler.center, data.target_scaler.scale))
    seen, lag = data.train.values[data.order.begin[series] :][:, 1:], data.difference
    levels = SERIES[name][: origin + 1].tolist()
    columns = [(place, one.back) for place, one in enumerate(data.inputs[1:]) if one.back is not None]

    def learnt(row):
        return (levels[row] - (levels[row - lag] if lag else 0) - center) / scale

    for done in range(0, STEPS, 2):
        row = origin + done
        others = seen[row].astype(float)
        for place, back in columns:
            others[place] = learnt(row - back)
        said = np.array([learnt(row - 2), learnt(row - 1), learnt(row)]) @ WEIGHTS + 0.1 + 0.01 * others.sum()
        for value in said * scale + center:
            levels.append(value + (levels[-lag] if lag else 0))
    return levels[origin + 1 : origin + 1 + STEPS]


def test_each_window_is_continued_by_itself_and_nothing_after_the_split_is_seen_as_true(data):
    before = data.train.values.copy(), data.own.copy()
    extended, truth = windows_apart(scored_entries(data, data.validation), STEPS, data.difference)
    found = continue_series(extended, answer, STEPS, seen=3).values[:, :, 0]
    origins = [(name, origin) for name in SERIES for origin in range(FIRST - 1, LAST - 2)]
    assert len(found) == len(origins)
    for place, (name, origin) in enumerate(origins):
        assert found[place] == pytest.approx(by_hand(data, name, origin), rel=1e-5), (name, origin)
        known = SERIES[name][origin + 1 : LAST + 1][:STEPS]
        np.testing.assert_array_equal(truth[place, :, 0], [*known, *[np.nan] * (STEPS - len(known))])
    for array, kept in zip((data.train.values, data.own), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_many_windows_are_thinned_and_a_table_without_longer_ones_gives_none(data, monkeypatch):
    entries = scored_entries(data, data.validation)
    monkeypatch.setattr("rnnctl.prediction.held_out_rows.MOST", 4)
    extended, _ = windows_apart(entries, STEPS, data.difference)
    assert len(extended.origin) == 4
    monkeypatch.setattr("rnnctl.prediction.held_out_rows.CELLS", 10)
    assert windows_apart(entries, STEPS, data.difference) is None
