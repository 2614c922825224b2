"""Scales of each series: from its own training rows, back again, stored, and used for other data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from data.tabled import make, settings_of
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.config.load import load_config
from rnnctl.errors import ConfigError
from rnnctl.prediction.new_data import load_new_data
from rnnctl.runs.run_schema import checked_preparation
from rnnctl.scoring.entries import scored_entries
from rnnctl.scoring.scores import score

LARGE = [115_800_000 + 7 * row * row for row in range(10)]
SMALL = [3.5, 4.0, 2.5, 6.0, 3.0, 4.5, 2.0, 5.0, 3.5, 7.0]
SPREADS = {
    "standard": lambda x: (x.mean(), x.std()),
    "minmax": lambda x: (x.min(), np.ptp(x)),
    "robust": lambda x: (np.median(x), np.subtract(*np.percentile(x, [75, 25]))),
}
SETTINGS = {"series": "id", "target": ["y"], "scale_by": "series", "window": {"length": 2, "horizon": 2}}


def _text(**series):
    return "id,y\n" + "".join(f"{name},{value}\n" for name, values in series.items() for value in values)


def _panel(folder, **more):
    split = {"validation": 0, "test": 4}
    return make(folder, _text(large=LARGE, small=SMALL), **{**SETTINGS, "split": split, "scale": "standard", **more})


@pytest.mark.parametrize("difference", [0, 1])
@pytest.mark.parametrize("scale", SPREADS)
def test_each_series_is_scaled_by_its_own_training_rows_and_forecasts_are_scaled_back(scale, difference, tmp_path):
    dataset = _panel(tmp_path, scale=scale, difference=difference)
    for place, values in enumerate((LARGE, SMALL)):
        seen = np.diff(values) if difference else np.array(values)
        center, spread = SPREADS[scale](seen[: 6 - difference])
        found = dataset.train.values[10 * place + difference : 10 * place + 10, 0]
        np.testing.assert_allclose(found, (seen - center) / spread, rtol=1e-5, atol=1e-6)
        stored = dataset.preparation.series_scales["y"][("large", "small")[place]]
        np.testing.assert_allclose(stored, (center, spread), rtol=1e-9)
    entries = scored_entries(dataset, dataset.test)
    truth = [[values[row + 1], values[row + 2]] for values in (LARGE, SMALL) for row in (5, 6, 7)]
    np.testing.assert_array_equal(entries.truth, truth)
    # What the model would have to say for these, in float32, comes back to within its resolution.
    np.testing.assert_allclose(entries.own_units(dataset.test.last_targets()), truth, rtol=1e-6)
    assert score(dataset.test.last_targets(), dataset, dataset.test, dataset).metrics["mae"] < 1


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=12), min_size=2, max_size=4))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_held_out_rows_change_no_scale(tmp_path, series):
    def scales(panel):
        split = {"validation": 0, "test": 3}
        dataset = make(tmp_path, _text(**panel), **{**SETTINGS, "split": split, "scale": "standard"})
        return dataset.preparation.series_scales, dataset.train.gather(range(len(dataset.train))).inputs

    rows = {f"s{place}": [*values[:-3], 1.0 + place] for place, values in enumerate(series)}
    before = scales({name: [*values, 1, 2, 3] for name, values in rows.items()})
    after = scales({name: [*values, 1e7, -5, 1e7] for name, values in rows.items()})
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])


def test_a_series_that_never_changes_keeps_its_level_and_takes_the_scale_of_all(tmp_path):
    dataset = _panel(tmp_path)
    flat = make(
        tmp_path, _text(large=LARGE, flat=[7] * 10), **SETTINGS, scale="standard", split={"validation": 0, "test": 4}
    )
    assert flat.preparation.series_scales["y"]["flat"] == (7, flat.preparation.scales["y"][1])
    np.testing.assert_array_equal(flat.train.values[10:], 0)
    assert flat.preparation.series_scales["y"]["large"] == dataset.preparation.series_scales["y"]["large"]


def test_what_is_one_value_in_each_series_is_scaled_by_all(tmp_path):
    text = "id,y,size\n" + "".join(
        f"{name},{row * row},{size}\n" for name, size in (("a", 1), ("b", 3)) for row in range(9)
    )
    more = {"features": ["y", "size"], "static": ["size"], "scale": "standard"}
    dataset = make(tmp_path, text, **SETTINGS, **more)
    assert dataset.train.values[[0, 9], 1].tolist() == [-1, 1]
    assert set(dataset.preparation.series_scales) == {"y"}


def test_new_data_is_scaled_as_its_series_were_and_a_new_series_as_all_together_which_is_told(tmp_path):
    dataset = _panel(tmp_path)
    plain = json.loads(json.dumps(dataset.preparation.to_json()))
    known = checked_preparation(plain, tmp_path)
    assert known == dataset.preparation
    path = tmp_path / "new.csv"
    path.write_text(_text(small=SMALL[::-1], new=[50, 60, 80, 90], large=LARGE[::-1]))
    config = settings_of(tmp_path / "table.csv", **SETTINGS, scale="standard")
    found = load_new_data(config, path, known)
    np.testing.assert_array_equal(found.test.values[:10], dataset.train.values[19:9:-1])
    np.testing.assert_array_equal(found.test.values[14:], dataset.train.values[9::-1])
    center, spread = dataset.preparation.scales["y"]
    np.testing.assert_allclose(found.test.values[10:14, 0], (np.array([50, 60, 80, 90]) - center) / spread, rtol=1e-6)
    (note,) = found.notes
    told = "column 'y': 1 of 3 series had no training rows and is scaled as all together: 'new' (data.scale_by: series)"
    assert note.endswith(f"{told}; the values of 'new' differ by less than a tenth of that scale, so that predictions "
                         "there say little; train on rows of these series")  # fmt: skip
    entries = scored_entries(found, found.test)
    back = entries.own_units(found.test.last_targets())
    # The new series is as exact as a float32 at the scale of all.
    np.testing.assert_allclose(back, entries.truth, rtol=1e-6, atol=spread * np.finfo(np.float32).eps)
    known_series = entries.dataset.order.series_of(entries.row) != 1
    np.testing.assert_allclose(back[known_series], entries.truth[known_series], rtol=1e-6)


def test_a_new_series_like_the_others_is_told_without_a_warning(tmp_path):
    like = {**SETTINGS, "scale": "standard", "split": {"validation": 0, "test": 0}}
    dataset = make(tmp_path, _text(one=[1, 5, 2, 4, 3, 6], two=[8, 3, 9, 4, 7, 2]), **like)
    path = tmp_path / "new.csv"
    path.write_text(_text(new=[2, 6, 3, 5, 9]))
    (note,) = load_new_data(settings_of(tmp_path / "table.csv", **like), path, dataset.preparation).notes
    assert note.endswith("scaled as all together: 'new' (data.scale_by: series)")


@pytest.mark.parametrize(
    ("more", "told"),
    [("series: null", "name the column that tells series apart"), ("series: s, scale: none", "scales nothing")],
)
def test_what_cannot_be_scaled_by_series_is_refused(more, told, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(f"data: {{kind: csv, path: a.csv, target: [y], window: {{length: 2}}, scale_by: series, {more}}}\n")
    with pytest.raises(ConfigError, match=told):
        load_config(path)
