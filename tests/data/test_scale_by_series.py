"""Scales of each series: from its own training rows, back again, stored, and used for other data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from data.tabled import make, settings_of
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.config.load import load_config
from rnnctl.data.dataset import Preparation
from rnnctl.errors import ConfigError
from rnnctl.prediction.autoregression import continue_series
from rnnctl.prediction.future_rows import add_future_rows
from rnnctl.prediction.new_data import load_new_data, read_unlabelled
from rnnctl.runs.run_schema import checked_as
from rnnctl.scoring.entries import scored_entries
from rnnctl.scoring.scores import score
from rnnctl.scoring.units import own_units

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
    np.testing.assert_allclose(own_units(dataset.test.last_targets(), entries.dataset, entries.row), truth, rtol=1e-6)
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


def _loaded(folder, panel, new, **more):
    """New rows, as a run that was trained on a panel loads them: the run's dataset, and that of the rows."""
    own = {**SETTINGS, "scale": "standard", "split": {"validation": 0, "test": 4}, **more}
    dataset = make(folder, _text(**panel), **own)
    known = checked_as(Preparation, json.loads(json.dumps(dataset.preparation.to_json())), folder)
    assert known == dataset.preparation
    (folder / "new.csv").write_text(_text(**new))
    return dataset, load_new_data(settings_of(folder / "table.csv", **own), folder / "new.csv", known)


PANEL = {"large": LARGE, "small": SMALL}
NEW = [1000.0, 1010, 1004, 990, 1002, 1007, 995, 1001, 1012, 999, 1003, 5000]


def test_new_data_is_scaled_as_its_series_were(tmp_path):
    dataset, found = _loaded(tmp_path, PANEL, {"small": SMALL[::-1], "large": LARGE[::-1]})
    np.testing.assert_array_equal(found.test.values[:10], dataset.train.values[19:9:-1])
    np.testing.assert_array_equal(found.test.values[10:], dataset.train.values[9::-1])
    assert found.notes == ()


@pytest.mark.parametrize("difference", [0, 1])
@pytest.mark.parametrize("scale", SPREADS)
def test_a_new_series_is_scaled_by_its_rows_before_the_first_forecast(scale, difference, tmp_path):
    more = {"scale": scale, "difference": difference, "window": {"length": 8, "horizon": 1}}
    long = {name: values * 2 for name, values in PANEL.items()}
    _, found = _loaded(tmp_path, long, {"new": NEW, "small": SMALL}, **more)
    seen = np.diff(NEW) if difference else np.array(NEW)
    center, spread = SPREADS[scale](seen[:8])
    scaled = found.test.values[difference : len(NEW), 0]
    np.testing.assert_allclose(scaled, (seen - center) / spread, rtol=1e-5, atol=1e-6)
    entries = scored_entries(found, found.test)
    np.testing.assert_allclose(
        own_units(found.test.last_targets(), entries.dataset, entries.row), entries.truth, rtol=1e-6
    )
    (note,) = found.notes
    assert note.endswith(
        "column 'y': 1 of 2 series had no training rows ('new'; data.scale_by: series): scaled by their own rows "
        "before the first forecast"
    )
    # What comes after the first forecast's origin changes nothing before it.
    _, other = _loaded(tmp_path, long, {"new": [*NEW[: 8 + difference], 7, 1e6, -3], "small": SMALL}, **more)
    np.testing.assert_array_equal(other.test.values[: 8 + difference], found.test.values[: 8 + difference])
    np.testing.assert_array_equal(other.target_scaler.center, found.target_scaler.center)


def test_what_was_filled_in_from_later_rows_is_not_learnt_from(tmp_path):
    more = {"window": {"length": 10, "horizon": 1}, "missing": "interpolate"}
    gap = [*NEW[:9], "", *NEW[10:]]
    long = {name: values * 2 for name, values in PANEL.items()}
    _, found = _loaded(tmp_path, long, {"new": gap}, **more)
    np.testing.assert_allclose(found.target_scaler.center, [[np.mean(NEW[:9])]])
    np.testing.assert_allclose(found.target_scaler.scale, [[np.std(NEW[:9])]])


def test_of_too_few_rows_or_all_alike_the_level_is_known_and_not_the_spread(tmp_path):
    dataset, found = _loaded(tmp_path, PANEL, {"new": [50, 60, 80, 90], "flat": [7] * 10})
    whole = dataset.preparation.scales["y"][1]
    np.testing.assert_array_equal(found.target_scaler.center[:, 0], [55, 7])
    np.testing.assert_array_equal(found.target_scaler.scale[:, 0], [whole, whole])
    (note,) = found.notes
    assert "2 of 2 series had no training rows ('new', 'flat'; data.scale_by: series): centered by their own" in note
    assert note.endswith("tell no spread; give more rows, or train on rows of these series")


def test_a_series_that_begins_after_the_training_rows_is_scaled_by_its_first_rows(tmp_path):
    rows = [(day, name, value) for name, values in PANEL.items() for day, value in enumerate(values * 2)]
    rows += [(10 + day, "late", value) for day, value in enumerate(NEW)]
    text = "day,id,y\n" + "".join(f"{day},{name},{value}\n" for day, name, value in rows)
    window = {"length": 8, "horizon": 1}
    own = {**SETTINGS, "time": "day", "window": window, "scale": "standard", "split": {"validation": 0, "test": 12}}
    dataset = make(tmp_path, text, **own)
    assert set(dataset.preparation.series_scales["y"]) == set(PANEL)
    np.testing.assert_allclose(dataset.target_scaler.center[2], [np.mean(NEW[:8])])
    assert any("scaled by their own rows before the first forecast" in note for note in dataset.notes)


def test_a_forecast_of_a_new_series_at_a_level_of_1000_is_near_1000(tmp_path):
    own = {**SETTINGS, "scale": "standard", "split": {"validation": 0, "test": 4}}
    dataset = make(tmp_path, _text(**PANEL), **own)
    config = settings_of(tmp_path / "new.csv", **own)
    (tmp_path / "new.csv").write_text(_text(new=[*NEW[:11], "", ""], small=SMALL))
    table, _ = read_unlabelled(config.data.table)
    extended = add_future_rows(config, table, dataset.preparation, 2)
    found = continue_series(extended, lambda values, lengths: np.zeros((len(values), 2)), 2, seen=2)
    # A network that says 0 says the series' own mean, of all of its rows that are known.
    names = [extended.dataset.order.names[place] for place in extended.series]
    np.testing.assert_allclose(found.values[names.index("new"), :, 0], np.mean(NEW[:11]), rtol=1e-6)
    assert found.values[names.index("small"), 0, 0] == pytest.approx(np.mean(SMALL[:6]))


def test_labels_of_new_series_are_of_features_scaled_by_all_of_their_rows(tmp_path):
    rows = [(name, value, int(name > "b")) for name in "abcd" for value in (SMALL if name < "d" else NEW)]
    text = "id,y,label\n" + "".join(f"{name},{value},{label}\n" for name, value, label in rows)
    more = {"task": "per_sequence", "target": ["label"], "features": ["y"], "window": None, "scale": "standard"}
    dataset = make(tmp_path, text, **{**SETTINGS, **more}, split={"validation": 0, "test": 1})
    new = np.array(NEW)
    np.testing.assert_allclose(dataset.train.values[30:, 0], (new - new.mean()) / new.std(), rtol=1e-5)
    assert not any("scale" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("more", "told"),
    [("series: null", "name the column that tells series apart"), ("series: s, scale: none", "scales nothing")],
)
def test_what_cannot_be_scaled_by_series_is_refused(more, told, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(f"data: {{kind: csv, path: a.csv, target: [y], window: {{length: 2}}, scale_by: series, {more}}}\n")
    with pytest.raises(ConfigError, match=told):
        load_config(path)
