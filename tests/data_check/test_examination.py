"""Every finding on a small table that has it, and on one that has not."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from rnnctl.config.schema import Config
from rnnctl.data.sequences import Sequences
from rnnctl.data_check import leak_checks, report as report_module, split_rows as rows_module
from rnnctl.data_check.leak_checks import copied_share, determined_share
from rnnctl.data_check.split_checks import hash_rows, hash_sequences
from rnnctl.results.data_check import DataReport, Finding
from rnnctl.workflows import check as check_module
from rnnctl.workflows.check import check, head_operations


def noise(seed: int, rows: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=rows).round(4)


def examined(folder: Path, table: dict[str, Any], more: dict[str, Any] | None = None, /, **data: Any) -> DataReport:
    """The report of a CSV file with these columns; ``data`` is its data section, ``more`` the rest of the config."""
    pl.DataFrame(table).write_csv(folder / "x.csv")
    section = {"kind": "csv", "path": str(folder / "x.csv"), **data}
    if data.get("task", "forecast") == "forecast":
        section.setdefault("window", {"length": 5})
    return check(Config.model_validate({"data": section, **(more or {})}), "x.yaml")


def about(report: DataReport, topic: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.topic == topic]


def test_good_data_has_no_warning(tmp_path: Path) -> None:
    days = [date(2020, 1, 1) + timedelta(days=k) for k in range(200)]
    report = examined(
        tmp_path, {"day": days, "x": noise(1), "y": noise(2)}, time="day", target=["y"], features=["x", "y"]
    )
    assert [finding for finding in report.findings if finding.level != "fact"] == []
    assert [(column.name, column.missing) for column in report.columns] == [("x", 0), ("y", 0)]
    assert report.columns[0].mean == pytest.approx(noise(1).mean())
    assert report.columns[0].deviation == pytest.approx(noise(1).std())


def test_splits_are_told_with_their_own_rows_and_times(tmp_path: Path) -> None:
    days = [date(2020, 1, 1) + timedelta(days=k) for k in range(200)]
    more = {"model": {"return_sequences": True}}
    report = examined(tmp_path, {"day": days, "y": noise(2)}, more, time="day", target=["y"], window={"length": 9})
    # 30 rows each for validation and test: a forecast for each of them.
    assert [(split.name, split.sequences, split.first, split.last) for split in report.splits] == [
        ("train", 140 - 9, str(days[0]), str(days[139])),
        ("validation", 30, str(days[140]), str(days[169])),
        ("test", 30, str(days[170]), str(days[199])),
    ]


def test_a_column_that_never_changes_in_training_is_told(tmp_path: Path) -> None:
    columns = {"x": [1.0] * 150 + [2.0] * 50, "z": noise(3), "y": noise(2)}
    report = examined(tmp_path, columns, target=["y"], features=["x", "z", "y"], scale="none")
    (finding,) = about(report, "constant")
    assert finding.columns == ("x",)
    assert "columns that never change in the training rows: 'x'; take" in finding.message
    columns["z"][3] = np.nan  # a missing cell is no standstill
    columns["z"] = [None if np.isnan(cell) else float(cell) for cell in columns["z"]]
    more = {"target": ["y"], "features": ["x", "z", "y"], "scale": "none", "missing": "drop"}
    assert [found.columns for found in about(examined(tmp_path, columns, **more), "constant")] == [("x",)]


def test_columns_that_say_the_same_are_told(tmp_path: Path) -> None:
    columns = {"a": noise(1), "b": (3 * noise(1) - 7).round(3), "c": noise(3), "y": noise(2)}
    report = examined(tmp_path, columns, target=["y"], features=["a", "b", "c", "y"])
    (finding,) = about(report, "duplicate")
    assert finding.columns == ("a", "b")
    columns["b"] = columns["a"] + noise(9)
    assert about(examined(tmp_path, columns, target=["y"], features=["a", "b", "c", "y"]), "duplicate") == []


def test_large_numbers_are_told_where_they_are_not_scaled(tmp_path: Path) -> None:
    columns = {"x": noise(1, 200) + 1000, "y": noise(2)}
    (finding,) = about(examined(tmp_path, columns, target=["y"], features=["x", "y"], scale="none"), "unscaled")
    assert finding.columns == ("x",)
    assert "(root mean square 999.9)" in finding.message
    assert about(examined(tmp_path, columns, target=["y"], features=["x", "y"]), "unscaled") == []


def test_a_value_far_from_all_others_is_told_with_its_time(tmp_path: Path) -> None:
    values = noise(1, 2000)
    values[70] = 500.0
    more = {"t": range(2000), "y": values}
    (finding,) = about(examined(tmp_path, more, time="t", target=["y"]), "outlier")
    assert finding.columns == ("y",)
    assert "'y' by 37 standard deviations, at 70; " in finding.message  # 500 of 500 / √1400
    assert "set data.scale: robust" in finding.message
    (left,) = about(examined(tmp_path, more, time="t", target=["y"], scale="robust"), "outlier")
    assert (left.level, "data.scale" in left.message) == ("fact", False)
    rare = np.zeros(2000)
    rare[::400] = 1.0  # events of a column that is mostly zero are no outliers
    columns = {"x": rare, "y": noise(2, 2000)}
    assert about(examined(tmp_path, columns, target=["y"], features=["x", "y"]), "outlier") == []


def test_values_that_leave_the_training_range_are_told(tmp_path: Path) -> None:
    columns = {"y": np.arange(200) + noise(1)}
    found = about(examined(tmp_path, columns, target=["y"]), "shift")
    assert len(found) == 2
    assert all("data.difference: 1 learns changes instead" in finding.message for finding in found)
    assert about(examined(tmp_path, columns, target=["y"], difference=1), "shift") == []


def test_changes_that_leave_the_range_too_get_other_advice(tmp_path: Path) -> None:
    growing = np.exp(np.arange(200) / 30)
    for finding in about(examined(tmp_path, {"y": growing.round(4)}, target=["y"]), "shift"):
        assert "; so do their changes: data.transform: log and data.difference: 1 learn growth rates" in finding.message
    followed = examined(tmp_path, {"y": growing.round(4)}, target=["y"], transform="log", difference=1)
    assert about(followed, "shift") == []
    for finding in about(examined(tmp_path, {"y": growing.round(4)}, target=["y"], difference=1), "shift"):
        assert finding.message.endswith("; data.transform: log learns growth rates, where all values are above 0")
    beside = {"y": noise(1), "x": growing.round(4)}
    for finding in about(examined(tmp_path, beside, target=["y"], features=["y", "x"]), "shift"):
        assert finding.message.endswith("; so do their changes: put growth rates or logarithms into the file")
    rates = growing[1:] / growing[:-1] + noise(1, 199) / 100
    assert about(examined(tmp_path, {"y": rates.round(6)}, target=["y"]), "shift") == []
    for finding in about(examined(tmp_path, {"y": (np.log(growing) + noise(1) / 10).round(6)}, target=["y"]), "shift"):
        assert "data.difference: 1 learns changes instead" in finding.message


def test_numbers_of_rows_are_to_be_left_out(tmp_path: Path) -> None:
    columns = {"id": ["a"] * 100 + ["b"] * 100, "n": [*range(100)] * 2, "y": noise(1)}
    found = about(examined(tmp_path, columns, series="id", target=["y"], features=["n", "y"]), "shift")
    assert [finding.columns for finding in found] == [("n",), ("n",)]
    assert all("they change by the same at each row; take them out of data.features" in one.message for one in found)
    assert about(examined(tmp_path, columns, series="id", target=["y"]), "shift") == []


def test_missing_cells_are_told_by_column(tmp_path: Path) -> None:
    few, many = [float(x) for x in noise(1)], [float(x) for x in noise(2)]
    few[7] = few[9] = None
    many[40:170] = [None] * 130
    columns = {"few": few, "many": many, "y": noise(3)}
    data = {"target": ["y"], "features": ["few", "many", "y"], "missing": "mask"}
    warning, fact = about(examined(tmp_path, columns, **data), "missing")
    assert (warning.level, warning.columns) == ("warning", ("many",))
    assert "130 (65 %)" in warning.message
    assert (fact.level, fact.columns) == ("fact", ("few",))
    assert "'few' in 2 (1 %)" in fact.message
    assert about(examined(tmp_path, {"y": noise(3)}, target=["y"]), "missing") == []


@given(lag=st.integers(-4, 4), horizon=st.integers(1, 3), series=st.integers(1, 3), seed=st.integers(0, 50))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_feature_that_is_the_target_shifted_is_told_and_is_a_leak_where_it_is_predicted(
    tmp_path: Path, lag: int, horizon: int, series: int, seed: int
) -> None:
    rows = 150
    names, feature, target = [], [], []
    for name in "abc"[:series]:
        walk = np.random.default_rng([seed, ord(name)]).normal(size=rows + 10).cumsum().round(4)
        names += [name] * rows
        target += walk[5 : 5 + rows].tolist()
        feature += (2 * walk[5 + lag : 5 + lag + rows] + 1).round(4).tolist()
    columns = {"s": names, "x": feature, "other": noise(seed, rows * series), "y": target}
    window = {"length": 5, "horizon": horizon}
    report = examined(tmp_path, columns, series="s", target=["y"], features=["x", "other", "y"], window=window)
    found = about(report, "leak")
    if abs(lag) > horizon:
        assert found == []
        return
    (finding,) = found
    assert finding.columns == ("x", "y")
    assert finding.level == ("warning" if lag > 0 else "fact")
    word = "at the same row" if lag == 0 else f"{abs(lag)} row{'s' if abs(lag) > 1 else ''} "
    assert word + ("" if lag == 0 else "later" if lag > 0 else "earlier") in finding.message


@given(seed=st.integers(0, 200), slope=st.sampled_from([-3.0, 0.5, 1.0]), spoilt=st.integers(0, 4))
@settings(max_examples=30, deadline=None)
def test_a_copy_is_one_with_a_few_rows_spoilt_and_noise_makes_it_none(seed: int, slope: float, spoilt: int) -> None:
    draw = np.random.default_rng(seed)
    walk = draw.normal(size=100).cumsum()
    copy = slope * walk + 2
    copy[draw.integers(100, size=spoilt)] += 2
    assert copied_share(walk, copy) >= 0.95
    assert copied_share(walk, slope * walk + 0.1 * draw.normal(size=100)) < 0.5
    assert copied_share(walk, draw.normal(size=100)) == 0


def test_the_time_of_a_row_is_no_leak(tmp_path: Path) -> None:
    days = [date(2020, 1, 1) + timedelta(days=k) for k in range(200)]
    wave = [math.sin(2 * math.pi * (day.weekday() + 1) / 7) for day in days]  # the phase of the day after
    data = {"time": "day", "target": ["y"], "calendar": ["weekday"]}
    assert about(examined(tmp_path, {"day": days, "y": wave}, **data), "leak") == []


@pytest.mark.parametrize("difference", [0, 1])
def test_of_many_targets_only_the_pairs_that_go_together_are_compared(
    difference: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    whole = leak_checks.copied_share
    monkeypatch.setattr(leak_checks, "copied_share", lambda *pair: compared.append(1) or whole(*pair))
    columns = {f"y{place}": noise(place, 400) for place in range(12)}
    columns["x"] = np.roll(columns["y3"], -1) * 3 + 7
    columns["gaps"] = [None if k % 9 == 0 else k * k % 97 for k in range(400)]
    settings = {"target": [f"y{place}" for place in range(12)], "features": ["*"], "missing": "mask"}
    found = about(examined(tmp_path, columns, **settings, difference=difference), "leak")
    assert [finding.columns for finding in found] == [("x", "y3")]
    assert 0 < len(compared) < 20  # of 3 · (12 · 13 + 12) pairs


def test_columns_that_are_mostly_zero_are_no_copies_for_that() -> None:
    one, other = np.zeros(1000), np.zeros(1000)
    one[::50], other[::50] = 1, np.random.default_rng(1).normal(5, 1, size=20)
    assert copied_share(one, other) < 0.95
    assert copied_share(one, 3 * one) == 1


@pytest.mark.parametrize("scale", ["standard", "minmax", "none"])
def test_beside_a_much_larger_series_small_ones_are_no_copies_and_copies_are_found(tmp_path: Path, scale: str) -> None:
    ids = np.repeat(np.arange(31), 40)
    size = np.where(ids == 0, 1e9, 10.0)
    one, other = (size * (1 + 0.3 * np.random.default_rng(seed).normal(size=len(ids))) for seed in (1, 2))
    columns = {"s": ids, "x": one, "y": other}
    settings = {"series": "s", "target": ["y"], "features": ["x", "y"], "scale": scale}
    assert about(examined(tmp_path, columns, **settings), "leak") == []
    (finding,) = about(examined(tmp_path, columns | {"x": 3 * other + 7}, **settings), "leak")
    assert finding.columns == ("x", "y")


def test_a_word_tells_a_target_where_it_goes_with_it_nearly_always() -> None:
    words = np.tile([0.0, 1.0, 2.0], 100)
    target = (words == 1).astype(float)
    assert determined_share(words, target) == 1
    target[:6] = 1 - target[:6]
    assert determined_share(words, target) == pytest.approx(294 / 300)
    assert determined_share(np.arange(300.0), target) == 0  # every row has a value of its own
    assert determined_share(words, np.zeros(300)) == 0  # one answer is always right


def sequences(count: int, length: int = 6) -> tuple[list[int], list[int]]:
    return [k // length for k in range(count * length)], [k % length for k in range(count * length)]


def test_a_feature_from_which_the_label_of_its_row_follows_is_a_leak(tmp_path: Path) -> None:
    ids, steps = sequences(40)
    draw = np.random.default_rng(5)
    tags = draw.choice(["in", "out"], size=240)
    columns = {"s": ids, "t": steps, "x": noise(1, 240), "copy": np.where(tags == "in", "yes", "no"), "tag": tags}
    kinds = {"tag": "category", "copy": "boolean"}
    data = {"series": "s", "time": "t", "task": "per_step", "target": ["tag"], "columns": kinds}
    (finding,) = about(examined(tmp_path, columns, features=["x", "copy"], **data), "leak")
    assert (finding.level, finding.columns) == ("warning", ("copy", "tag"))
    columns["copy"] = draw.choice(["yes", "no"], size=240)
    assert about(examined(tmp_path, columns, features=["x", "copy"], **data), "leak") == []


def test_a_feature_from_which_the_label_of_its_sequence_follows_is_a_leak(tmp_path: Path) -> None:
    ids, _ = sequences(40)
    labels = ["abc"[k % 3] for k in range(40)]
    each = [labels[place] for place in ids]
    columns = {"s": ids, "x": noise(1, 240), "code": [ord(label) for label in each], "label": each}
    data = {"series": "s", "task": "per_sequence", "target": ["label"], "columns": {"label": "category"}}
    (finding,) = about(examined(tmp_path, columns, features=["x", "code"], **data), "leak")
    assert finding.columns == ("code", "label")
    assert about(examined(tmp_path, columns, features=["x"], **data), "leak") == []


def test_sequences_that_are_in_training_and_test_are_told(tmp_path: Path) -> None:
    ids, _ = sequences(40)
    values = noise(1, 240)
    columns = {"s": ids, "x": values.copy(), "label": ["ab"[place % 2] for place in ids]}
    data = {"series": "s", "task": "per_sequence", "target": ["label"], "columns": {"label": "category"}}
    data |= {"features": ["x"], "split": {"validation": 0.25, "test": 0.25}}
    assert about(examined(tmp_path, columns, **data), "overlap") == []
    columns["x"][38 * 6 : 39 * 6] = values[2 * 6 : 3 * 6]
    (finding,) = about(examined(tmp_path, columns, **data), "overlap")
    assert finding.level == "warning"
    assert "1 of 10 test sequences (10.0 %)" in finding.message
    assert "the first at row 1 of series '38'" in finding.message


def test_columns_and_sequences_that_differ_a_little_are_not_called_the_same(tmp_path: Path) -> None:
    ids, _ = sequences(40)
    values = noise(1, 240)
    x, y = values.copy(), values * (1 + 1e-9)
    x[38 * 6 : 39 * 6] = y[38 * 6 : 39 * 6] = values[2 * 6 : 3 * 6] * (1 + 1e-9)
    labels = {"s": ids, "x": x, "label": ["ab"[place % 2] for place in ids]}
    split = {"split": {"validation": 0.25, "test": 0.25}}
    data = {"series": "s", "task": "per_sequence", "target": ["label"], "columns": {"label": "category"}, **split}
    (finding,) = about(examined(tmp_path, labels, features=["x"], **data), "overlap")
    assert (
        "are in training too, alike as the model sees them (scaled, in float32), the first at row 1" in finding.message
    )
    report = examined(tmp_path, {"x": x, "y": y}, target=["y"], features=["x", "y"])
    (leak,), (duplicate,) = about(report, "leak"), about(report, "duplicate")
    assert leak.message == "'x' tells 'y' at the same row nearly exactly, which the model is not asked for"
    assert "columns say nearly the same (|r| > 0.999): 'x' and 'y'" in duplicate.message


def test_short_sequences_of_words_that_are_alike_by_chance_are_a_fact(tmp_path: Path) -> None:
    ids, steps = sequences(300, 3)
    words = np.random.default_rng(1).choice(["a", "b"], size=900)
    data = {"series": "s", "time": "t", "task": "next_step", "target": ["w"], "columns": {"w": "category"}}
    found = about(examined(tmp_path, {"s": ids, "t": steps, "w": words}, **data), "overlap")
    assert [finding.level for finding in found] == ["fact", "fact"]
    assert "among themselves" in found[0].message


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_hashes_are_equal_where_sequences_are(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 30))
    values = np.array(data.draw(st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.5]), min_size=2 * rows, max_size=2 * rows)))
    values = values.reshape(rows, 2).astype(np.float32)
    starts = np.array(data.draw(st.lists(st.integers(0, rows - 1), min_size=2, max_size=12)), dtype=np.int64)
    lengths = np.array([data.draw(st.integers(1, rows - start)) for start in starts], dtype=np.int64)
    split = Sequences(values, values, starts, lengths, "each")
    found = hash_sequences(hash_rows(values), split)
    contents = [(values[a : a + n] + 0).tobytes() for a, n in zip(starts, lengths, strict=True)]
    for one in range(len(starts)):
        for other in range(len(starts)):
            assert (found[one] == found[other]) == (contents[one] == contents[other])


def labelled(tmp_path: Path, labels: list[str], split: dict[str, Any]) -> DataReport:
    ids, _ = sequences(len(labels))
    columns = {"s": ids, "x": noise(1, len(ids)), "label": [labels[place] for place in ids]}
    data = {"series": "s", "task": "per_sequence", "target": ["label"], "columns": {"label": "category"}}
    return examined(tmp_path, columns, features=["x"], split=split, **data)


def test_classes_are_counted_by_split_and_rare_ones_told(tmp_path: Path) -> None:
    labels = ["a", "b"] * 20
    labels[3] = labels[5] = "rare"
    report = labelled(tmp_path, labels, {"validation": 10, "test": 10})
    assert [(one.name, one.counts) for one in report.classes] == [
        ("a", {"train": 10, "validation": 5, "test": 5}),
        ("b", {"train": 8, "validation": 5, "test": 5}),
        ("rare", {"train": 2, "validation": 0, "test": 0}),
    ]
    messages = [finding.message for finding in about(report, "classes")]
    assert "classes with fewer than 5 training examples: 'rare' (2)" in messages[0]
    assert "the validation split has no 'rare'" in messages[1]
    assert messages[2].endswith("no 'rare': shuffle it (data.split.shuffle), or make it larger (data.split.test)")
    shuffled = about(labelled(tmp_path, labels, {"validation": 10, "test": 10, "shuffle": True}), "classes")
    assert all("data.split.shuffle" not in finding.message for finding in shuffled)
    assert about(labelled(tmp_path, ["a", "b"] * 20, {"validation": 10, "test": 10}), "classes") == []


@pytest.mark.parametrize("task", ["per_sequence", "per_step"])
def test_few_whole_numbers_as_a_label_are_told_and_the_advice_helps(tmp_path: Path, task: str) -> None:
    ids, _ = sequences(60)
    columns = {"s": ids, "x": noise(1, 360), "grade": [place % 7 + 1 for place in ids]}
    data = {"series": "s", "task": task, "target": ["grade"], "features": ["x"]}
    more = {"model": {"return_sequences": task == "per_step"}}
    (finding,) = about(examined(tmp_path, columns, more, **data), "columns")
    assert (finding.level, finding.message) == (
        "warning",
        "'grade': its 7 whole numbers are taken for numbers with an order; data.columns: {grade: category} with loss: "
        "categorical_crossentropy takes them for classes",
    )
    more["loss"] = {"kind": "categorical_crossentropy"}
    assert about(examined(tmp_path, columns, more, columns={"grade": "category"}, **data), "columns") == []


def test_a_class_that_outweighs_all_others_is_told(tmp_path: Path) -> None:
    labels = ["b" if k % 19 == 0 else "a" for k in range(200)]  # 113 of the first 120
    report = labelled(tmp_path, labels, {"validation": 40, "test": 40})
    assert any("94.2 % of the training targets are 'a'" in finding.message for finding in about(report, "classes"))


def test_words_that_training_never_shows_are_told(tmp_path: Path) -> None:
    words = [f"the {'old' if k % 2 else 'new'} house" for k in range(40)]
    words[35] = "the burnt house"
    columns = {"text": words, "label": ["ab"[k % 2] for k in range(40)]}
    data: dict[str, Any] = {"task": "per_sequence", "target": ["label"], "features": ["text"]}
    data |= {"columns": {"text": "words", "label": "category"}, "split": {"validation": 10, "test": 10}}
    report = examined(tmp_path, columns, **data)
    (vocabulary,) = report.vocabularies
    assert vocabulary.unknown == {"train": 0.0, "validation": 0.0, "test": pytest.approx(1 / 30)}
    firsts = [f"{'one' if k % 2 else 'two'} house" for k in range(40)]
    assert about(examined(tmp_path, {**columns, "text": firsts}, **data), "leak") == []  # the only feature there is
    (finding,) = about(report, "vocabulary")
    assert (finding.level, finding.columns) == ("fact", ("text",))
    assert "3.3 % of test" in finding.message
    words[35] = words[36]
    assert about(examined(tmp_path, {**columns, "text": words}, **data), "vocabulary") == []


def test_gaps_in_time_are_told_with_their_places(tmp_path: Path) -> None:
    days = [date(2020, 1, 1) + timedelta(days=k) for k in range(210) if k not in (50, 51, 90)][:200]
    report = examined(tmp_path, {"day": days, "y": noise(1)}, time="day", target=["y"])
    (finding,) = about(report, "times")
    assert "2 gaps in 'day', where rows are otherwise 1d apart: 2020-02-19 → 2020-02-22, 2020-03-30 → 2020-04-01" in (
        finding.message
    )
    assert "data.frequency: 1d puts in the 3 missing rows" in finding.message
    assert report.times is not None
    assert (report.times.frequency, report.times.even, report.times.gaps, report.times.missing) == ("1d", False, 2, 3)
    filled = examined(
        tmp_path, {"day": days, "y": noise(1)}, time="day", target=["y"], frequency="1d", missing="forward"
    )
    assert about(filled, "times") == []


def test_gaps_between_whole_numbers_and_months_are_told(tmp_path: Path) -> None:
    years = [k for k in range(1700, 1901) if k != 1750]
    (finding,) = about(examined(tmp_path, {"year": years, "y": noise(1)}, time="year", target=["y"]), "times")
    assert "1749 → 1751" in finding.message
    assert "data.frequency: 1i puts in the 1 missing row" in finding.message
    months = [date(2000 + k // 12, k % 12 + 1, 1) for k in range(201) if k != 60]
    (finding,) = about(examined(tmp_path, {"m": months, "y": noise(1)}, time="m", target=["y"]), "times")
    assert "otherwise 1mo apart: 2004-12-01 → 2005-02-01" in finding.message


def test_uneven_times_are_a_fact(tmp_path: Path) -> None:
    days = [date(2020, 1, 1) + timedelta(days=k * k) for k in range(200)]
    (finding,) = about(examined(tmp_path, {"day": days, "y": noise(1)}, time="day", target=["y"]), "times")
    assert (finding.level, finding.message) == (
        "fact",
        "the time from row to row differs ('day'); the model sees the order alone",
    )


def test_series_too_short_to_train_on_are_a_warning_with_the_length_needed(tmp_path: Path) -> None:
    columns = {"s": ["a"] * 196 + ["b"] * 4, "y": noise(1)}
    (finding,) = about(examined(tmp_path, columns, series="s", target=["y"]), "note")
    assert finding.level == "warning"
    assert "1 of 2 series too short to train on: series 'b' has 4 rows, 2 of them for training" in finding.message
    assert "one window needs 6" in finding.message


def test_small_and_absent_held_out_splits_are_told(tmp_path: Path) -> None:
    split = {"validation": 0, "test": 3}
    (warning,) = about(examined(tmp_path, {"y": noise(1)}, target=["y"], split=split), "split")
    assert (warning.level, "the test split has 3 sequences" in warning.message) == ("warning", True)
    (fact,) = about(examined(tmp_path, {"y": noise(1)}, target=["y"], split={"validation": 0.2}), "split")
    assert (fact.level, "nothing is held out for a test" in fact.message) == ("fact", True)


def test_lengths_are_counted_and_much_padding_is_told(tmp_path: Path) -> None:
    sizes = [50] * 2 + [2] * 38
    ids = [place for place, size in enumerate(sizes) for _ in range(size)]
    columns = {"s": ids, "x": noise(1, len(ids)), "label": ["ab"[place % 2] for place in ids]}
    data = {"series": "s", "task": "per_sequence", "target": ["label"], "columns": {"label": "category"}}
    data |= {"features": ["x"], "split": {"validation": 10, "test": 10}}
    report = examined(tmp_path, columns, **data)
    lengths = report.lengths
    assert (lengths.shortest, lengths.longest, lengths.median) == (2, 50, 2)
    assert sum(lengths.counts) == 40
    assert (lengths.counts[0], lengths.counts[-1]) == (38, 2)
    assert len(lengths.edges) == len(lengths.counts) + 1
    assert lengths.padding == pytest.approx(1 - (2 * 50 + 18 * 2) / (20 * 50))  # all twenty in one batch
    (finding,) = about(report, "padding")
    assert (finding.level, "86 % of the time steps" in finding.message) == ("warning", True)
    assert about(examined(tmp_path, columns, {"training": {"batch_size": 2}}, **data), "padding") == []


def test_series_of_one_row_each_have_no_past(tmp_path: Path) -> None:
    columns = {"s": range(40), "x": noise(1, 40), "label": ["ab"[place % 2] for place in range(40)]}
    data = {"series": "s", "task": "per_sequence", "target": ["label"], "columns": {"label": "category"}}
    (finding,) = about(examined(tmp_path, columns, features=["x"], **data), "length")
    assert finding.level == "warning"
    assert "28 of 28 training sequences have one time step" in finding.message


def test_characters_of_a_text_that_training_never_shows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("abc" * 300 + "abq" * 30)
    config = {"data": {"kind": "text", "path": str(tmp_path / "x.txt"), "length": 10}}
    report = check(Config.model_validate(config))
    assert [finding.topic for finding in report.findings if finding.level == "warning"] == [
        "vocabulary",
    ]
    assert report.vocabularies[0].unknown["test"] == pytest.approx(1 / 3, abs=0.1)


def test_a_head_has_six_operations_for_each_weight_and_output_that_is_asked_for() -> None:
    data = {"kind": "dummy", "sequences": 8, "length": 5, "features": 3, "outputs": 2}
    layers = [{"cell": "gru", "units": 4}, {"cell": "lstm", "units": 5, "bidirectional": True}]
    for each, times in ((True, 5), (False, 1)):
        model = {"layers": layers, "return_sequences": each}
        assert head_operations(Config.model_validate({"data": data, "model": model}), 2, 5, 8) == 6 * 10 * 2 * times * 8
    model["head"], data["outputs"] = "none", 10
    assert head_operations(Config.model_validate({"data": data, "model": model}), 10, 5, 8) == 0


def test_too_little_memory_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert about(examined(tmp_path, {"y": noise(1)}, target=["y"]), "memory") == []
    monkeypatch.setattr(check_module, "available_bytes", lambda: 1000)
    (finding,) = about(examined(tmp_path, {"y": noise(1)}, target=["y"]), "memory")
    assert (finding.level, "1 kB are available here" in finding.message) == ("warning", True)


def test_of_large_data_a_sample_is_compared_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MOST_ROWS", 100)
    monkeypatch.setattr(rows_module, "STRETCH", 10)
    monkeypatch.setattr(report_module, "MOST_ROWS", 100)
    walk = noise(1, 2001).cumsum()
    columns = {"x": walk[1:], "y": walk[:-1]}
    report = examined(tmp_path, columns, target=["y"], features=["x", "y"])
    assert report.sampled_rows == 100
    assert any("an even sample of 100 training rows" in finding.message for finding in about(report, "note"))
    assert [finding.columns for finding in about(report, "leak")] == [("x", "y")]


def test_made_up_data_is_told_and_not_judged() -> None:
    report = check(Config.model_validate({"data": {"kind": "sine"}}), "x.yaml")
    assert report.findings == ()
    assert report.columns == ()
    assert [split.sequences for split in report.splits] == [400, 50, 50]


def of_series(grades: list[int], length: int = 4) -> dict[str, Any]:
    """As many series of ``length`` rows as there are grades, each with one grade in all of its rows."""
    rows = len(grades) * length
    return {
        "id": [k // length for k in range(rows)],
        "x": noise(1, rows),
        "grade": [grade for grade in grades for _ in range(length)],
    }


def test_halves_and_many_numbers_are_no_codes(tmp_path: Path) -> None:
    data = {"series": "id", "task": "per_sequence", "target": ["grade"], "features": ["x"]}
    halves = of_series([(k % 7 + 1) / 2 for k in range(60)])
    assert about(examined(tmp_path, halves, **data), "columns") == []
    many = of_series(list(range(60)))
    assert about(examined(tmp_path, many, **data), "columns") == []


@pytest.mark.parametrize(
    ("data", "told", "mended"),
    [
        ({"window": {"length": 139}}, "make data.window.length (139) smaller", {"window": {"length": 20}}),
        (
            {"task": "next_step"},
            "cut it into pieces with data.window: {length: 64, stride: 64}",
            {"task": "next_step", "window": {"length": 64, "stride": 64}},
        ),
    ],
)
def test_one_training_sequence_is_told_and_the_advice_helps(
    tmp_path: Path, data: dict[str, Any], told: str, mended: dict[str, Any]
) -> None:
    def lone(data: dict[str, Any]) -> list[str]:
        report = examined(tmp_path, {"y": noise(2)}, {"model": {"return_sequences": True}}, target=["y"], **data)
        return [found.message for found in about(report, "split") if "training has one sequence" in found.message]

    (message,) = lone(data)
    assert told in message
    assert lone(mended) == []
