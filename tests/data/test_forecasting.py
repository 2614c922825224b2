"""Windows, splits and scaling of series against brute force on small tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.series_cases import Case, brute_force, cases, split_of
from hypothesis import given, settings, strategies as st

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data import Dataset, Sequences
from rnnctl.data.missing_values import Gaps
from rnnctl.data.sequence_cutting import cut_windows
from rnnctl.data.splits import RowSplits
from rnnctl.errors import DataError
from rnnctl.schema.table_keys import Window
from rnnctl.scoring import scores


def contents(part: Sequences | None) -> list[tuple[list[Any], list[Any]]]:
    """What a split's windows hold."""
    if part is None:
        return []
    batch = part.gather(np.arange(len(part)))
    assert batch.mask is None
    targets = np.where(np.isnan(batch.targets), None, batch.targets)
    return list(zip(batch.inputs.tolist(), targets.tolist(), strict=True))


@settings(max_examples=250, deadline=None)
@given(case=cases())
def test_windows_are_exactly_those_that_brute_force_finds(case: Case, load: Any) -> None:
    expected = brute_force(case)
    asked_for = [name for name in ("validation", "test") if case.split[name]]
    try:
        dataset: Dataset = load(case.text, features=case.features, return_sequences=case.each, **case.settings)
    except DataError as error:
        constant = "so there is nothing to learn" in str(error) or "in the training rows; remove it" in str(error)
        assert constant or not expected["train"] or any(not expected[name] for name in asked_for)
        return
    assert contents(dataset.train) == expected["train"]
    assert contents(dataset.validation) == expected["validation"]
    assert contents(dataset.test) == expected["test"]


@settings(max_examples=60, deadline=None)
@given(case=cases(), scale=st.sampled_from(["standard", "minmax", "robust"]))
def test_scaling_uses_the_training_rows_alone(case: Case, scale: str, load: Any) -> None:
    inside = [split == "train" for rows in case.series for split in split_of(case, rows)]
    try:
        dataset: Dataset = load(case.text, features=["x", "y"], scale=scale, **case.settings)
    except DataError:
        return
    table, known = case.seen, case.seen[inside]
    if scale == "standard":
        center = np.nanmean(known, axis=0)
        spread = np.sqrt(np.nanmean(np.square(known - center), axis=0))
    elif scale == "minmax":
        center = np.nanmin(known, axis=0)
        spread = np.nanmax(known, axis=0) - center
    else:
        low, center, high = np.nanpercentile(known, [25, 50, 75], axis=0)
        spread = high - low
    np.testing.assert_allclose(dataset.train.values[:, :2], (table - center) / spread, rtol=1e-5, atol=1e-6)
    assert dataset.target_scaler is not None
    np.testing.assert_allclose(dataset.target_scaler.center, center[1:], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dataset.target_scaler.scale, spread[1:], rtol=1e-12)
    np.testing.assert_allclose(dataset.target_scaler.inverse(dataset.train.targets)[:, 0], table[:, 1], atol=1e-4)


def test_large_numbers_keep_their_differences_because_scaling_is_done_in_float64(load: Any) -> None:
    values = 1e9 + np.arange(8)
    dataset = load("y\n" + "\n".join(f"{value:.1f}" for value in values), scale="minmax")
    np.testing.assert_allclose(dataset.train.values[:, 0], np.arange(8) / 7, rtol=1e-6)


@pytest.mark.parametrize("difference", [0, 1])
def test_features_that_are_the_targets_share_one_array(difference: int, load: Any) -> None:
    assert (shared := load("y\n1\n2\n4\n8\n", difference=difference).train).values is shared.targets


def test_levels_are_kept_beside_changes_alone(load: Any) -> None:
    text = "x,y\n7,1\n8,2\n9,\n5,8\n6,9\n3,7\n4,6\n"
    assert load(text, missing="drop", window={"length": 1}).levels is None
    levels = load(text, missing="drop", features=["x"], difference=1, window={"length": 1}).levels
    assert levels.dtype == np.float64
    np.testing.assert_array_equal(levels, [[1], [2], [np.nan], [8], [9], [7], [6]])


def test_changes_of_large_numbers_are_taken_in_float64(load: Any) -> None:
    values = 1e9 + np.arange(8) ** 2 / 4
    dataset = load("y\n" + "\n".join(f"{value:.2f}" for value in values), difference=1)
    np.testing.assert_allclose(dataset.train.values[1:, 0], np.diff(np.arange(8) ** 2 / 4))


def test_rows_out_of_order_are_differenced_in_the_order_of_time(load: Any) -> None:
    dataset = load("t,y\n3,9\n1,1\n4,16\n2,4\n", time="t", difference=1, window={"length": 1})
    assert dataset.train.gather([0, 1]).inputs[..., 0].tolist() == [[3], [5]]


def test_several_targets_and_horizons_stand_side_by_side_horizon_by_horizon(load: Any) -> None:
    dataset = load(
        "a,b\n1,10\n2,20\n3,30\n4,40\n", target=["b", "a"], features=["a"], window={"length": 2, "horizon": 2}
    )
    batch = dataset.train.gather([0])
    assert batch.inputs.tolist() == [[[1], [2]]]
    assert batch.targets.tolist() == [[30, 3, 40, 4]]
    assert dataset.train.outputs == 4


def test_all_series_are_split_at_the_same_time(load: Any) -> None:
    long = "".join(f"a,{time},{time}\n" for time in range(10))
    late = "".join(f"b,{time},{time}\n" for time in range(5, 10))
    dataset = load(
        "s,t,y\n" + long + late, time="t", series="s", split={"validation": 0, "test": 2}, window={"length": 1}
    )
    assert dataset.facts["test_from"] == "8"
    assert sorted(dataset.test.last_targets()[:, 0]) == [8, 8, 9, 9]
    assert dataset.train.last_targets().max() == 7


def test_without_a_time_column_each_series_is_split_by_its_own_rows(load: Any) -> None:
    rows = "".join(f"a,{value}\n" for value in range(10)) + "".join(f"b,{value}\n" for value in range(100, 120))
    dataset = load("s,y\n" + rows, series="s", split={"validation": 0, "test": 0.2}, window={"length": 1})
    assert dataset.test.last_targets()[:, 0].tolist() == [8, 9, 116, 117, 118, 119]


def test_series_too_short_for_a_window_are_left_out_and_counted(load: Any) -> None:
    dataset = load("s,y\na,1\na,2\na,3\nb,9\n", series="s")
    assert dataset.train.starts.tolist() == [0]
    assert dataset.facts["series_without_training_window"] == 1
    (note,) = dataset.notes
    assert note.endswith(
        "1 of 2 series too short to train on: series 'b' has 1 row, 1 of them for training; one window needs 3 "
        "(data.window.length 2 + data.window.horizon 1)"
    )


def test_what_was_done_to_the_rows_is_told(load: Any) -> None:
    dataset = load("t,y\n2,1\n1,4\n3,2\n5,1\n4,\n6,3\n7,9\n", time="t", missing="drop")
    order, gaps = (note.split(".csv: ")[1] for note in dataset.notes)
    assert order == "rows were not in time order and were sorted by 't'"
    # Of the five windows of two rows and the one after them, those that hold the fourth row.
    assert gaps == (
        "1 missing value; 3 of 5 windows (60 %) are left out: an input or every target is missing (data.missing: drop)"
    )


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "one short series": (
        "y\n1\n2\n",
        {},
        "FILE: the training split has no window: the file has 2 rows, 2 of them for training, and one window needs 3 "
        "(data.window.length 2 + data.window.horizon 1); add rows, or hold out fewer (data.split), or make the window "
        "smaller",
    ),
    "short series": (
        "s,y\na,1\na,5\na,6\nb,2\n",
        {"series": "s", "split": {"validation": 1, "test": 0}},
        "FILE: the training split has no window: series 'a' has 3 rows, 2 of them for training; series 'b' has 1 row, "
        "0 of them for training, and one window needs 3 (data.window.length 2 + data.window.horizon 1); add rows, or "
        "hold out fewer (data.split), or make the window smaller",
    ),
    "nothing left": (
        "y\n1\n2\n3\n",
        {"split": {"validation": 2, "test": 1}},
        "data.split: validation takes 2 and test 1 of 3 rows, which leaves none for training; make "
        "data.split.validation or data.split.test smaller",
    ),
    "short test": (
        "y\n" + "1\n2\n" * 5,
        {"split": {"validation": 0, "test": 1}, "window": {"length": 2, "horizon": 2}},
        "FILE: the test split has no window: it has 1 row, and a forecast needs data.window.horizon 2 after "
        "data.window.length 2 rows before it; add rows, or make data.split.test larger, or make the window smaller",
    ),
    "gaps everywhere": (
        "y\n1\n\n2\n\n3\n\n4\n",
        {"missing": "drop"},
        "FILE: every window of the training split misses an input or all its targets; fill values in, or set "
        "data.missing: interpolate, forward or mask, or make data.window.length (2) smaller",
    ),
    "no row for a change": (
        "y\n1\n2\n5\n",
        {"difference": 1},
        "FILE: the training split has no window: the file has 3 rows, 3 of them for training, and one window needs 4 "
        "(data.window.length 2 + data.window.horizon 1 + data.difference 1); add rows, or hold out fewer (data.split), "
        "or make the window smaller",
    ),
    "constant change": (
        "y\n1\n3\n5\n7\n",
        {"difference": 1},
        "FILE: column 'y': the change from row to row is 2 in all 3 training rows, so there is nothing to learn; "
        "choose another data.target or another data.split",
    ),
    "mostly the same change": (
        "y\n0\n1\n2\n3\n4\n9\n",
        {"difference": 1, "scale": "robust"},
        "FILE: column 'y': the middle half of the training rows has one change from row to row (1), so data.scale: "
        "robust has nothing to divide by; set data.scale: standard",
    ),
    "no change at all": (
        "x,y\n1,1\n,5\n1,3\n,1\n1,5\n",
        {"difference": 1, "features": ["y"], "target": ["x"], "missing": "drop", "window": {"length": 1}},
        "FILE: column 'x' has no change from row to row in the training rows; remove it, or hold out fewer rows "
        "(data.split)",
    ),
    "constant feature": (
        "x,y\n7,1\n7,2\n7,3\n",
        {"features": ["x", "y"], "scale": "standard"},
        "FILE: column 'x': the value is 7 in all 3 training rows, so it cannot be scaled and tells the model nothing; "
        "remove it from data.features, or set data.scale: none",
    ),
    "constant target": (
        "y\n5\n5\n5\n",
        {},
        "FILE: column 'y': the value is 5 in all 3 training rows, so there is nothing to learn; choose another "
        "data.target or another data.split",
    ),
    "mostly zero": (
        "y\n0\n0\n0\n0\n0\n9\n",
        {"scale": "robust"},
        "FILE: column 'y': the middle half of the training rows has one value (0), so data.scale: robust has nothing "
        "to divide by; set data.scale: standard",
    ),
}


@pytest.mark.parametrize(("text", "settings", "message"), REFUSED.values(), ids=REFUSED)
def test_series_that_cannot_be_used_are_refused_with(
    text: str, settings: dict[str, Any], message: str, refuse: Any
) -> None:
    assert refuse(text, **settings) == message


def test_a_constant_feature_is_let_through_unscaled(load: Any) -> None:
    assert load("x,y\n7,1\n7,2\n7,3\n", features=["x"]).train.values.tolist() == [[7], [7], [7]]


def test_forty_six_test_years_of_sunspots_give_forty_six_forecasts_and_the_known_naive_error(root: Path) -> None:
    data = {
        "kind": "csv",
        "path": str(root / "data" / "sunspots.csv"),
        "time": "year",
        "target": ["sunspots"],
        "window": {"length": 24},
    }
    dataset = load_dataset(Config.model_validate({"data": data}))
    assert dataset.test is not None
    assert dataset.validation is not None
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [217 - 24, 46, 46]
    years = np.loadtxt(root / "data" / "sunspots.csv", delimiter=",", skiprows=1)[:, 1]
    by_hand = np.abs(np.diff(years[-47:])).mean()
    metrics = scores.score(np.zeros((46, 1)), dataset, dataset.test, dataset).flat()
    assert metrics["naive_mae"] == pytest.approx(by_hand, rel=1e-6)
    assert round(by_hand, 1) == 22.5
    assert metrics["test_mae"] == pytest.approx(np.abs(years[-46:] - years[:217].mean()).mean(), rel=1e-6)


def test_windows_take_no_more_memory_than_their_starts() -> None:
    rows = 1_000_000
    begin, end = np.array([0]), np.array([rows])
    splits = RowSplits(begin, end, end, end)
    windows = cut_windows(splits, Window(length=100), Gaps(0), per_step=False)
    assert windows.spans["train"][0].nbytes == 8 * (rows - 100)
    assert windows.spans["train"][0].base is None
