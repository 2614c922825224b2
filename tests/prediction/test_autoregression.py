"""Series continued by models that are formulas, against the same formulas on plain lists."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.prediction.autoregression import continue_series
from rnnctl.prediction.future_rows import add_future_rows
from rnnctl.prediction.new_data import phase_notes, read_unlabelled, wholly_seen
from rnnctl.results.evaluation import Combination

LEFT = [3.0, 5, 4, 8, 7, 9, 6, 11, 12, 10]
RIGHT = [30.0, 28, 35, 31, 36, 33, 40, 38, 41, 39]


def table(path: Path, names: str, rows: list[str]) -> Path:
    path.write_text("\n".join([names, *rows]) + "\n")
    return path


@pytest.fixture
def trained(tmp_path):
    """A config's dataset on a file of two series; the file to predict from is another one."""

    def _trained(**settings):
        rows = [f"{s},{t},{y},{10 * t}" for s, values in (("l", LEFT), ("r", RIGHT)) for t, y in enumerate(values)]
        path = table(tmp_path / "trained.csv", "s,t,y,x", rows)
        data = {"kind": "csv", "path": str(path), "time": "t", "series": "s", "target": ["y"]}
        data |= {"split": {"validation": 0, "test": 0}, "window": {"length": 3}}
        config = Config.model_validate({"data": data | settings})
        return config, load_dataset(config).preparation

    return _trained


def ahead_of(config, known, path, steps):
    return add_future_rows(config, read_unlabelled(config.data.with_file(path))[0], known, steps)


@pytest.mark.parametrize(("weight", "season"), [(0, None), (0.25, None), (0.5, 3), (1, None), (1, 3)])
@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize("difference", [0, 1, 2])
@pytest.mark.parametrize("horizon", [1, 2])
def test_forecasts_are_fed_back_as_if_they_had_come_true(
    trained, tmp_path, horizon, difference, transform, weight, season
):
    window, lags = {"length": 3, "horizon": horizon}, [2, 3]
    config, known = trained(window=window, difference=difference, transform=transform, lags=lags)
    path = table(
        tmp_path / "new.csv", "t,y,s", [f"{t},{y},{s}" for t in range(10) for s, y in (("b", RIGHT[t]), ("a", LEFT[t]))]
    )
    weights = np.array([[0.2, 0.3], [0.1, -0.4], [0.6, 0.5]])[:, :horizon]
    backs = [lag - lead for lag in lags for lead in range(1, horizon + 1)]  # rows before the newest one seen
    more = np.arange(1, 1 + len(backs))[:, None] * weights[:1] / 4
    ahead = ahead_of(config, known, path, 5)
    found = continue_series(
        *(ahead, lambda inputs, lengths: inputs[:, :, 0] @ weights + inputs[:, -1, 1:] @ more + 0.1, 5),
        seen=3, combination=Combination(weight, season),
    )  # fmt: skip
    center, scale = known.scales["y"]
    for place, values in enumerate((RIGHT, LEFT)):
        own = list(values)
        while len(own) < 16:
            levels = list(np.log(own) if transform == "log" else own)
            seen = np.array(levels)
            seen = (seen[difference:] - seen[: len(seen) - difference] if difference else seen) / scale - center / scale
            said = seen[-3:] @ weights + seen[[-1 - back for back in backs]] @ more + 0.1
            for change in said * scale + center:
                levels.append(levels[-difference] + change if difference else change)
            network = np.array(np.exp(levels[-horizon:]) if transform == "log" else levels[-horizon:])
            naive = [own[-1]] * horizon if season is None else own[-season:][:horizon]
            own += ((1 - weight) * network + weight * np.array(naive)).tolist()
        assert found.values[place, :, 0] == pytest.approx(own[10:15], rel=1e-5)
        if weight == 1:
            repeated = values[-1:] * 5 if season is None else (values[-3:] * 2)[:5]
            assert found.values[place, :, 0].tolist() == repeated
    assert [ahead.dataset.order.names[series] for series in ahead.series] == ["b", "a"]
    assert ahead.dataset.order.times.gather(ahead.origin + 5).to_list() == [14, 14]


def test_known_features_come_from_the_rows_whose_target_is_empty(trained, tmp_path):
    config, known = trained(features=["y", "x"], known=["x"], window={"length": 3, "horizon": 2}, scale="none")
    rows = [f"a,{t},{'' if t > 9 else LEFT[t]},{t * t}" for t in range(14)]
    ahead = ahead_of(config, known, table(tmp_path / "new.csv", "s,t,y,x", rows), 3)
    assert ahead.dataset.feature_names == ("y", "x", "x (1 ahead)", "x (2 ahead)")
    shown = []

    def answer(inputs, lengths):
        shown.append(inputs[0].tolist())
        return inputs[:, -1, 2:4]

    found = continue_series(ahead, answer, 3, seen=3)
    assert found.values[0, :, 0].tolist() == [100, 121, 144]
    assert shown[0] == [[LEFT[t], t * t, (t + 1) ** 2, (t + 2) ** 2] for t in (7, 8, 9)]
    assert shown[1] == [[LEFT[9], 81, 100, 121], [100, 100, 121, 144], [121, 121, 144, 169]]


def test_a_known_feature_that_ends_too_early_is_named_with_its_series_and_time(trained, tmp_path):
    config, known = trained(features=["y", "x"], known=["x"], window={"length": 3, "horizon": 2})
    rows = [f"a,{t},{'' if t > 9 else LEFT[t]},{t * t if t < 12 else ''}" for t in range(13)]
    with pytest.raises(DataError) as raised:
        ahead_of(config, known, table(tmp_path / "new.csv", "s,t,y,x", rows), 3)
    assert str(raised.value).endswith(
        "new.csv: column 'x' of series 'a': 4 future rows are needed, because its future must be known (data.known); "
        "missing from 3 rows after the last one that is known (the file's rows end at 12): add rows with it filled in "
        "and the target left empty"
    )


def test_other_features_are_needed_only_where_predictions_are_fed_back(trained, tmp_path):
    config, known = trained(features=["y", "x"], window={"length": 3, "horizon": 2})
    path = table(tmp_path / "new.csv", "s,t,y,x", [f"a,{t},{LEFT[t]},{t}" for t in range(10)])
    assert len(ahead_of(config, known, path, 2).origin) == 1
    with pytest.raises(
        DataError,
        match=r"'x' of series 'a': 2 future rows .*horizon 2 are fed back, .*horizon: 4 in the config",
    ):
        ahead_of(config, known, path, 3)
    rows = [f"a,{t},{LEFT[t] if t < 10 else ''},{t}" for t in range(12)]
    more = ahead_of(config, known, table(tmp_path / "more.csv", "s,t,y,x", rows), 3)
    assert more.dataset.order.times[int(more.origin[0])] == 9


def test_without_times_rows_go_on_at_the_end_of_each_series(trained, tmp_path):
    config, known = trained(time=None, scale="none")
    rows = [f"a,{y}" for y in LEFT[:4]] + [f"b,{y}" for y in RIGHT[:6]] + ["a,99"]
    ahead = ahead_of(config, known, table(tmp_path / "new.csv", "s,y", rows), 4)
    found = continue_series(ahead, lambda inputs, lengths: inputs[:, -1] + 1, 4, seen=3)
    assert found.values[:, :, 0].tolist() == [[100, 101, 102, 103], [34, 35, 36, 37]]


WEEKS = [date.fromordinal(date(2024, 1, 1).toordinal() + 7 * week) for week in range(8)]


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        ([date(2024, 1, 1 + day) for day in range(0, 28, 3)], [date(2024, 1, 31), date(2024, 2, 3)]),
        ([date(2024, month, 1) for month in range(1, 9)], [date(2024, 9, 1), date(2024, 10, 1)]),
        (WEEKS, [date(2024, 2, 26), date(2024, 3, 4)]),
        ([0.5, 1.0, 1.5, 2.0], [2.5, 3.0]),
    ],
)
def test_times_go_on_at_the_distance_of_the_others(trained, tmp_path, days, wanted):
    rows = [f"a,{day},{number}" for number, day in enumerate(days)]
    config, known = trained()
    ahead = ahead_of(config, known, table(tmp_path / "new.csv", "s,t,y", rows), 2)
    at = int(ahead.origin[0])
    assert ahead.dataset.order.times[at + 1 : at + 3].to_list() == wanted


def test_one_row_tells_no_distance(clicks, tmp_path):
    config, known, _ = clicks
    config = config.model_copy(update={"data": config.data.model_copy(update={"time": "t"})})
    with pytest.raises(DataError, match="no series has two rows, so nothing tells the time from one row to the next"):
        ahead_of(config, known, table(tmp_path / "new.csv", "s,c,t", ["u,a,2024-01-01"]), 1)


def test_static_columns_stay_and_calendars_go_on(tmp_path):
    rows = [f"{s},2024-01-{day:02},{day},{size}" for s, size in (("l", 7), ("r", 9)) for day in range(1, 29)]
    path = table(tmp_path / "trained.csv", "s,t,y,size", rows)
    data = {"kind": "csv", "path": str(path), "time": "t", "series": "s", "target": ["y"], "features": ["y", "size"]}
    data |= {"static": ["size"], "calendar": ["weekday"], "window": {"length": 2}, "scale": "none"}
    config = Config.model_validate({"data": data | {"split": {"validation": 0, "test": 0}}})
    ahead = ahead_of(config, load_dataset(config).preparation, path, 3)
    continue_series(ahead, lambda inputs, lengths: inputs[:, -1, 2:3] + 1, 3, seen=2)
    names = ahead.dataset.feature_names
    assert names == ("t: weekday (sine)", "t: weekday (cosine)", "y", "size")
    at = ahead.origin[1]
    # 29 January 2024 is a Monday.
    assert ahead.dataset.train.values[at + 1] == pytest.approx([0, 1, 29, 9], abs=1e-6)
    assert ahead.dataset.train.values[at + 2] == pytest.approx([np.sin(2 * np.pi / 7), np.cos(2 * np.pi / 7), 30, 9])


@pytest.mark.parametrize(
    ("time", "times", "places"),
    [
        (None, lambda first: [""] * 14, lambda first: np.arange(16)),
        ("t", lambda first: [str(2 * (first + k)) for k in range(14)], lambda first: first + np.arange(16)),
        ("t", lambda first: [str(k * k) for k in range(14)], lambda first: np.arange(16)),  # along no grid
        (
            "t",
            lambda first: [f"{2000 + (first + k) // 12}-{(first + k) % 12 + 1:02}-01" for k in range(14)],
            lambda first: first + np.arange(16),  # January 2000 is 360 months after 1970 began
        ),
    ],
    ids=["no times", "whole numbers", "squares", "months"],
)
def test_the_phase_of_a_season_goes_on_and_is_the_same_in_series_that_begin_apart(tmp_path, time, times, places):
    def file(name, begins):
        lines = [f"{s},{t},{k % 5}" for s, first in begins.items() for k, t in enumerate(times(first))]
        return table(tmp_path / name, "s,t,y", lines)

    path = file("trained.csv", {"l": 3, "r": 7})
    data = {"kind": "csv", "path": str(path), "time": time, "series": "s", "target": ["y"], "window": {"length": 2}}
    data |= {"season": [3, 5], "season_phase": True, "harmonics": 2, "scale": "none", "lags": 3}
    config = Config.model_validate({"data": data | {"split": {"validation": 2, "test": 2, "per_series": True}}})
    trained = load_dataset(config)
    names = [f"season of {rows} ({wave})" for rows in (3, 5) for wave in ("sine", "cosine", "sine 2", "cosine 2")]
    assert trained.feature_names[:6] == (*names[:2], *names[4:])
    new = file("new.csv", {"a": 10, "b": 1})
    ahead = ahead_of(config, trained.preparation, new, 2)
    continue_series(ahead, lambda inputs, lengths: inputs[:, -1, 6:7] + 1, 2, seen=2)
    for dataset, begins, rows in ((trained, (3, 7), 14), (ahead.dataset, (10, 1), 16)):
        place = np.concatenate([places(first)[:rows] for first in begins])
        angles = [2 * np.pi / season * harmonic * place for season, harmonic in ((3, 1), (5, 1), (5, 2))]
        expected = np.stack([wave(angle) for angle in angles for wave in (np.sin, np.cos)], axis=1)
        np.testing.assert_allclose(dataset.train.values[:, :6], expected, atol=1e-6)
    told = [*phase_notes(config.data.with_file(new).table, trained.preparation)]
    assert len(told) == (1 if places(3)[0] == 0 else 0)
    assert all("let each begin at the same place of its season as in the run's own file" in note for note in told)


def test_a_file_that_is_too_short_is_an_error_where_no_column_tells_series_apart(tmp_path):
    data = {"kind": "csv", "target": ["y"], "window": {"length": 3}, "split": {"validation": 0, "test": 0}}
    path = table(tmp_path / "trained.csv", "y,x", [f"{t},0" for t in range(12)])
    config = Config.model_validate({"data": data | {"path": str(path)}})
    short = table(tmp_path / "new.csv", "y,x", ["1,0", "2,0"])
    with pytest.raises(DataError, match="too short to predict from: the file; a prediction needs 3 known rows"):
        ahead_of(config, load_dataset(config).preparation, short, 1)


def test_series_that_are_too_short_are_left_out_with_a_word_and_none_at_all_is_an_error(trained, tmp_path):
    config, known = trained()
    rows = [f"a,{t},{t}" for t in range(5)] + ["b,0,1", "b,1,2"]
    ahead = ahead_of(config, known, table(tmp_path / "new.csv", "s,t,y", rows), 1)
    assert ahead.series.tolist() == [0]
    assert "1 series too short and left out: series 'b'; a prediction needs 3 known rows" in ahead.notes[-1]
    with pytest.raises(DataError, match="too short to predict from: series 'b'"):
        ahead_of(config, known, table(tmp_path / "new.csv", "s,t,y", rows[5:]), 1)
    with pytest.raises(DataError, match="no row holds 'y', so there is nothing to predict from"):
        ahead_of(config, known, table(tmp_path / "new.csv", "s,t,y", ["a,0,", "a,1,"]), 1)


def test_yes_and_no_are_fed_back_as_they_are_told(tmp_path):
    path = table(tmp_path / "t.csv", "y", ["yes", "no", "no", "yes", "yes", "no", "yes"])
    data = {"kind": "csv", "path": str(path), "target": ["y"], "columns": {"y": "boolean"}, "window": {"length": 2}}
    config = Config.model_validate({"data": data | {"split": {"validation": 0, "test": 0}}})
    ahead = ahead_of(config, load_dataset(config).preparation, path, 3)
    # Says 0.7 after a no and 0.2 after a yes.
    found = continue_series(ahead, lambda inputs, lengths: 0.7 - 0.5 * inputs[:, -1], 3, seen=2)
    assert found.values[0, :, 0].tolist() == [0, 1, 0]
    assert found.probability[0, :, 0] == pytest.approx([0.2, 0.7, 0.2])


@pytest.fixture
def clicks(tmp_path):
    rows = [f"{s},{c}" for s, word in (("u", "abcabc"), ("v", "abab")) for c in word]
    path = table(tmp_path / "t.csv", "s,c", rows)
    data = {"kind": "csv", "path": str(path), "series": "s", "target": ["c"], "columns": {"c": "category"}}
    config = Config.model_validate({"data": data | {"task": "next_step", "split": {"validation": 0, "test": 0}}})
    return config, load_dataset(config).preparation, path


def chances(inputs, lengths):
    """a b c go round; the last one seen decides, and the unknown token has the highest chance of all."""
    last = inputs[np.arange(len(inputs)), lengths - 1, 0].astype(int)
    table = np.array([[1, 0, 0, 0], [0.4, 0.1, 0.3, 0.2], [0.4, 0.2, 0.1, 0.3], [0.4, 0.3, 0.2, 0.1]])
    return table[last]


def test_the_likeliest_token_follows_and_never_the_unknown_one(clicks):
    config, known, path = clicks
    ahead = ahead_of(config, known, path, 4)
    classes = ahead.dataset.classes
    assert classes == ("<unknown>", "a", "b", "c")
    found = continue_series(ahead, chances, 4, seen=None)
    told = ["".join(classes[code] for code in codes) for codes in found.values[:, :, 0].astype(int)]
    assert told == ["abca", "cabc"]
    assert found.probability[0, :, 0] == pytest.approx([0.3, 0.3, 0.3, 0.3])


def test_drawn_tokens_come_as_often_as_their_chances_say(clicks):
    config, known, path = clicks
    counts = np.zeros(4)
    ahead = ahead_of(config, known, path, 3000)
    found = continue_series(
        ahead, lambda inputs, lengths: np.tile([0.4, 0.1, 0.2, 0.3], (2, 1)), 3000, seen=1, temperature=1, seed=5
    )
    counts = np.bincount(found.values.reshape(-1).astype(int), minlength=4) / found.values.size
    assert counts == pytest.approx([0, 1 / 6, 2 / 6, 3 / 6], abs=0.02)
    again = continue_series(
        ahead, lambda inputs, lengths: np.tile([0.4, 0.1, 0.2, 0.3], (2, 1)), 3000, seen=1, temperature=1, seed=5
    )
    assert (again.values == found.values).all()
    cold = continue_series(
        ahead, lambda inputs, lengths: np.tile([0.4, 0.1, 0.2, 0.3], (2, 1)), 3000, seen=1, temperature=0.5, seed=5
    )
    counts = np.bincount(cold.values.reshape(-1).astype(int), minlength=4) / cold.values.size
    assert counts == pytest.approx([0, 1 / 14, 4 / 14, 9 / 14], abs=0.02)


def test_a_model_is_shown_each_series_from_its_beginning_or_its_last_rows_alone(clicks):
    config, known, path = clicks
    shown = []

    def answer(inputs, lengths):
        shown.append([inputs[row, : lengths[row], 0].astype(int).tolist() for row in range(2)])
        return chances(inputs, lengths)

    continue_series(ahead_of(config, known, path, 2), answer, 2, seen=None)
    assert shown == [[[1, 2, 3, 1, 2, 3], [1, 2, 1, 2]], [[1, 2, 3, 1, 2, 3, 1], [1, 2, 1, 2, 3]]]
    shown.clear()
    continue_series(ahead_of(config, known, path, 2), answer, 2, seen=2)
    assert shown == [[[2, 3], [1, 2]], [[3, 1], [2, 3]]]


def test_a_series_that_misses_a_value_among_the_rows_shown_is_left_out_by_name(trained, tmp_path):
    config, known = trained()
    rows = [f"{s},{t},{'' if (s, t) == ('b', 7) else t * t}" for s in "ab" for t in range(10)]
    ahead = ahead_of(config, known, table(tmp_path / "new.csv", "s,t,y", rows), 1)
    usable, notes = wholly_seen(ahead.dataset, ahead.origin - 2, ahead.origin + 1, "new.csv")
    told = "new.csv: a value is missing among the last rows, which the network is shown: column 'y' at 7 of series 'b'"
    assert usable.tolist() == [True, False]
    assert notes == (f"{told}; 1 series not predicted; fill it in to predict there too",)
    assert ahead.only(usable, notes).series.tolist() == [0]
    usable, notes = wholly_seen(ahead.dataset, ahead.origin - 1, ahead.origin + 1, "new.csv")
    assert usable.all()
    assert not notes
    with pytest.raises(DataError) as raised:
        wholly_seen(ahead.dataset, ahead.origin[1:] - 2, ahead.origin[1:] + 1, "new.csv")
    assert str(raised.value) == f"{told}; fill it in"
