"""What `check` says of series that hardly vary where all are scaled together; its advice helps."""

from __future__ import annotations

import re

import numpy as np
import pytest
from data_check.test_examination import about, examined

from rnnctl.data.scaling import DROWNED, drowned
from rnnctl.workflows.init import starter_config

ROWS = 100
SETTINGS = {"time": "t", "series": "id", "target": ["y"], "window": {"length": 5}}


def panel(**series):
    """A table of the series ``[ROWS]``."""
    return {
        "t": [*range(ROWS)] * len(series),
        "id": np.repeat([*series], ROWS).tolist(),
        "y": np.concatenate([*series.values()]).tolist(),
    }


def noise(seed, level=0.0, spread=1.0):
    return (level + spread * np.random.default_rng(seed).normal(size=ROWS)).round(6)


def told(folder, table, **data):
    return about(examined(folder, table, **(SETTINGS | data)), "scale")


def shares(*series):
    """The standard deviation of each series' training rows, divided by that of all together."""
    training = [one[: ROWS - 30] for one in series]
    return [one.std() / np.concatenate(training).std() for one in training]


def test_a_series_that_drowns_is_named_with_its_share_and_steps_and_the_advice_helps(tmp_path):
    big, small = noise(0, 1e9, 1e7), noise(1, 50, 3)
    (found,) = told(tmp_path, panel(Big=big, Small=small))
    large, share = shares(big, small)
    training = np.concatenate([big[:70], small[:70]])
    scaled = ((small[:70] - training.mean()) / training.std()).astype(np.float32)
    step = 2.0 ** (np.floor(np.log2(abs(scaled[0]))) - 23)  # a float32 has 24 bits
    assert len(set(scaled.tolist())) < 10  # of 70 values that all differ in the file
    steps = max(1, round(share / step))
    assert found.level == "warning"
    assert found.columns == ("y",)
    assert found.message == (
        "column 'y': the values of 2 of 2 series hardly vary beside those of the others, with which they share one "
        f"scale: of the standard deviation of all, 'Small' by {share:.1e} ({steps} step of float32), 'Big' by "
        f"{large:.2g}; set data.scale_by: series"
    )
    assert told(tmp_path, panel(Big=big, Small=small), scale_by="series") == []


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
@pytest.mark.parametrize(("spread", "warned"), [(0.05, True), (0.2, False)])
def test_less_than_a_tenth_of_the_spread_of_all_is_told_under_every_scale(tmp_path, scale, spread, warned):
    series = noise(0), noise(1), noise(2, 0, spread)
    assert bool(shares(*series)[2] < DROWNED) is warned
    found = told(tmp_path, panel(a=series[0], b=series[1], c=series[2]), scale=scale)
    assert [re.findall("1 of 3 series.*'c' by", one.message) != [] for one in found] == [True] * warned


@pytest.mark.parametrize(
    "more", [{}, {"scale": "none"}, {"difference": 1}], ids=["like levels", "not scaled", "changes"]
)
def test_a_panel_of_like_levels_has_no_warning(tmp_path, more):
    assert told(tmp_path, panel(a=noise(0, 10), b=noise(1, 11, 2), c=noise(2, 8, 0.5)), **more) == []


def test_a_still_series_is_no_fault_of_the_scale(tmp_path):
    assert told(tmp_path, panel(a=noise(0, 10), b=np.full(ROWS, 7.0))) == []
    # Its changes of 0.1 differ by rounding alone.
    assert told(tmp_path, panel(a=noise(0, 10), b=(0.1 * np.arange(ROWS)).round(1)), difference=1) == []


def test_changes_are_judged_by_their_own_spread(tmp_path):
    large, small = noise(0, 0, 1e5).cumsum().round(3), noise(1, 1e4, 1).cumsum().round(3)
    (found,) = told(tmp_path, panel(Large=large, Small=small), difference=1)
    assert "the changes of 1 of 2 series hardly vary" in found.message
    inner = [np.diff(one[:70]) for one in (large, small)]
    share = inner[1].std() / np.concatenate(inner).std()
    assert f"'Small' by {share:.1e}" in found.message
    assert told(tmp_path, panel(Large=large, Small=small), difference=1, scale_by="series") == []


def test_a_feature_that_drowns_is_told_too(tmp_path):
    table = panel(a=noise(0), b=noise(1))
    table["x"] = np.concatenate([noise(2, 0, 1000), noise(3)]).tolist()
    (found,) = told(tmp_path, table, features=["x", "y"])
    assert found.columns == ("x",)
    assert told(tmp_path, table, features=["x", "y"], scale_by="series") == []


def test_few_of_many_series_are_exceptions_and_a_mean_of_fewer_windows_is_no_surer_than_what_drowned_ones_add():
    spreads = np.array([1.0] * 19 + [0.05])
    assert drowned(spreads, 1.0).tolist() == []
    assert drowned(np.append(spreads[1:], 0.02), 1.0).tolist() == [18, 19]
    errors = np.random.default_rng(0).normal(size=(200, 20_000)) ** 2
    assert errors.mean(axis=1).std() == pytest.approx(DROWNED**2, rel=0.2)


def test_init_and_check_agree(tmp_path):
    for spread in (0.02, 0.5):
        table = panel(a=noise(0), b=noise(1), c=noise(2, 0, spread))
        (tmp_path / "x.csv").unlink(missing_ok=True)
        found = told(tmp_path, table)
        text = starter_config(tmp_path / "x.csv", tmp_path, target="y", time="t", series="id")
        assert bool(found) == ("scale_by: series" in text) == (spread == 0.02)
