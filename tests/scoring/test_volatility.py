"""The size of errors to come, foretold by how much values have moved, on noise of which this is known."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.scoring.entries import scored_entries
from rnnctl.scoring.intervals import Calibration, interval_scores
from rnnctl.scoring.volatility import FEWEST, Volatility, volatility_of

ROWS = 900
TIME = np.arange(ROWS)
SEASON = 50 + 10 * np.sin(2 * np.pi * TIME / 12)
SIZES = {
    "steady": (1 + 0 * TIME, 0, 0),
    "by the season": (1 + 1.5 * (np.sin(2 * np.pi * TIME / 12) > 0), 0, 0),
    "growing": (0.5 + 3 * TIME / ROWS, 0.5, 1),
    "in stretches": (np.where(TIME // 150 % 2, 4.0, 1.0), 0.5, 1),
}


def series(load, values, names=("y",), **settings):
    """A dataset of targets ``[rows, targets]``."""
    lines = "\n".join(",".join(map(repr, row)) for row in values.tolist())
    return load(
        ",".join(names) + "\n" + lines + "\n", target=[*names], window={"length": 24, "horizon": 2},
        split={"validation": 200, "test": 200}, **settings,
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_errors_are_compared_by_what_moved_before_where_that_tells_something(load, size):
    sizes, least, most = SIZES[size]
    random = np.random.default_rng(1)
    noises = [random.normal(size=ROWS), random.exponential(size=ROWS) - 1]
    data = series(load, np.stack([SEASON + noise * sizes for noise in noises], axis=1), ("y", "z"))
    found = volatility_of(data)
    assert found.lag == 12
    assert (found.shares >= least).all()
    assert (found.shares <= most).all()
    held, test = (scored_entries(data, split) for split in (data.validation, data.test))

    def said(entries):
        return np.repeat(SEASON[entries.row[:, None] + [1, 2]], 2, axis=1)

    missed = {}
    for who, volatility in (("with", found), ("without", None)):
        scores = interval_scores(
            test, {who: said(test)}, {who: Calibration.of_entries(held, said(held), volatility)}, (80, 95)
        )
        missed[who] = [100 * one.coverage - one.level for one in scores if one.ahead is None]
    if size == "growing":  # chance moves both alike
        assert found.lately.tolist() == [60, 60]
        assert np.mean(missed["with"]) > np.mean(missed["without"]) + 1.5
    if size != "in stretches":  # which begin all of a sudden
        assert np.abs(missed["with"]).max() < 4


def test_series_of_different_sizes_have_intervals_of_their_own_size(load):
    random = np.random.default_rng(2)
    lines = [
        f"{name},{float(value)!r}\n"
        for name, size in (("s", 1), ("l", 1e4))
        for value in size * random.normal(size=200)
    ]
    data = load(
        "s,y\n" + "".join(lines), series="s", target=["y"], window={"length": 5}, split={"validation": 40, "test": 0}
    )
    found = volatility_of(data)
    assert found.shares.tolist() == [1]
    small, large = found.at(data, data.order.end - 1)[:, 0]
    assert large / small == pytest.approx(1e4, rel=0.5)


def test_what_moved_is_the_mean_change_of_the_last_rows_of_the_own_series(load):
    values = np.array([3.0, 5, 4, 9, 9, 2, 8, 1, 6, 6, 7, 12, 3, 4, 1])
    text = "s,y\na,100\n" + "".join(f"b,{value}\n" for value in values) + "c,7\nc,7\n" + "c,8\n" * 9
    data = load(
        text, series="s", target=["y"], window={"length": 2}, split={"validation": 0, "test": 0}, missing="drop"
    )
    rows = np.arange(len(data.own))
    sizes = Volatility(1, np.full(1, 15), np.ones(1), np.full(1, 77.0)).at(data, rows)[:, 0]
    known = [np.abs(np.diff(values[: row + 1]))[-15:] for row in range(len(values))]
    expected = [77, *(np.mean(each) if len(each) >= FEWEST and np.mean(each) else 77 for each in known)]
    np.testing.assert_allclose(sizes[: 1 + len(values)], expected)
    assert sizes[-1] == pytest.approx(1 / 10)
    np.testing.assert_array_equal(Volatility(1, np.full(1, 60), np.zeros(1), np.ones(1)).at(data, rows), 1)
