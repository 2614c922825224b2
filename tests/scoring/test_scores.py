"""Scores of whole datasets against sums written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from data.series_cases import Case, cases, split_of
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.scoring import scores
from rnnctl.scoring.training_rows import TrainingRows
from rnnctl.scoring.units import own_units

POWERS = "a,b\n" + "".join(f"{n * n},{n**3}\n" for n in range(1, 11))
SQUARES = "a,b\n" + "".join(f"{n * n},{-10 * n}\n" for n in range(1, 11))


@pytest.mark.parametrize("each", [False, True])
def test_metrics_are_in_the_columns_own_units_over_all_horizons_and_targets(each: bool, load: Any) -> None:
    settings = {"window": {"length": 3, "horizon": 2}, "split": {"validation": 0, "test": 3}, "scale": "standard"}
    dataset = load(SQUARES, target=["a", "b"], return_sequences=each, **settings)
    assert dataset.test is not None
    wanted = np.array([[[64, -80], [81, -90]], [[81, -90], [100, -100]]], dtype=np.float64)
    naive = np.array([[[49, -70], [49, -70]], [[64, -80], [64, -80]]], dtype=np.float64)
    off = np.array([[1.0, 2.0], [3.0, -4.0]])
    scaled = ((wanted + off - dataset.target_scaler.center) / dataset.target_scaler.scale).reshape(2, 4)
    if each:
        scaled = np.stack([np.full_like(scaled, 1e6), np.full_like(scaled, 1e6), scaled], axis=1)
    found = scores.score(scaled, dataset, dataset.test, dataset, parts=True)
    assert not {"test_mae", "test_rmse", "naive_mae"} & set(found.flat())  # a and b are in units of their own
    off = np.broadcast_to(off, wanted.shape)
    for place, part in enumerate(found.by_target):
        assert (part.target, part.series, part.ahead, part.values) == ("ab"[place], None, None, 4)
        told = part.metrics | {f"naive_{name}": value for name, value in part.baselines["naive"].items()}
        for who, error in (("", off), ("naive_", naive - wanted)):
            mine, truth = error[..., place], wanted[..., place]
            assert told[f"{who}mae"] == pytest.approx(np.abs(mine).mean(), rel=1e-5)
            assert told[f"{who}rmse"] == pytest.approx(np.sqrt(np.square(mine).mean()), rel=1e-5)
            share = 1 - np.square(mine).sum() / np.square(truth - truth.mean()).sum()
            assert told[f"{who}r2"] == pytest.approx(share, rel=1e-4)
    assert found.metrics["r2"] == pytest.approx(np.mean([part.metrics["r2"] for part in found.by_target]))
    assert found.metrics["mase"] == pytest.approx(np.mean([part.metrics["mase"] for part in found.by_target]))
    assert [(part.target, part.ahead) for part in found.by_step] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    for part in found.by_step:
        mine = (naive - wanted)[:, part.ahead - 1, "ab".index(part.target)]
        assert part.baselines["naive"]["mae"] == pytest.approx(np.abs(mine).mean(), rel=1e-12)
    np.testing.assert_allclose(own_units(dataset.test.last_targets(), dataset), wanted.reshape(2, 4), rtol=1e-5)


def test_tasks_that_are_no_forecast_are_scored_at_every_time_step_beside_the_row_before() -> None:
    model = {"return_sequences": True}
    dataset = load_dataset(Config.model_validate({"data": {"kind": "copy", "sequences": 20}, "model": model}))
    targets = dataset.train.gather(np.arange(len(dataset.train))).targets
    predictions = targets.copy()
    predictions[:, 0] += 3
    metrics = scores.score(predictions, dataset, dataset.train, dataset).flat()
    assert {name: metrics[name] for name in ("test_mae", "test_rmse")} == pytest.approx(
        {"test_mae": 3 / 30, "test_rmse": 3 / np.sqrt(30)}
    )
    assert "test_mase" not in metrics
    # The row before's values, and the training rows' mean where a sequence begins.
    before = np.concatenate([np.tile(targets.mean(axis=(0, 1)), (len(targets), 1, 1)), targets[:, :-1]], axis=1)
    assert metrics["previous_mae"] == pytest.approx(np.abs(before - targets).mean(), rel=1e-5)
    assert "naive_mae" not in metrics


@pytest.mark.parametrize("difference", [0, 1])
def test_the_naive_error_leaves_out_sequences_whose_last_value_is_missing(difference: int, load: Any) -> None:
    # Rows 7 to 9 are the test; the target is missing in row 7, which the forecast of row 8 would repeat.
    rows = [(n, n * n) for n in range(10)]
    text = "x,y\n" + "".join(f"{x},{'' if x == 7 else y}\n" for x, y in rows)
    settings = {"window": {"length": 2}, "split": {"validation": 0, "test": 3}, "missing": "drop"}
    dataset = load(text, features=["x"], target=["y"], difference=difference, **settings)
    assert dataset.test is not None
    wanted = dataset.test.last_targets()
    metrics = scores.score(wanted, dataset, dataset.test, dataset).flat()
    assert metrics["test_mae"] == pytest.approx(0, abs=1e-4)
    # Of the forecasts of rows 8 and 9 (with changes: of 9 alone, as row 8's change is missing) only 64 → 81 is known.
    assert metrics["naive_mae"] == pytest.approx(17, rel=1e-5)


def test_without_any_last_value_there_is_no_naive_error(load: Any) -> None:
    text = "x,y\n" + "".join(f"{n},{n * n if n != 8 else ''}\n" for n in range(10))
    dataset = load(
        text, features=["x"], target=["y"], window={"length": 2}, split={"validation": 0, "test": 1}, missing="drop"
    )
    assert dataset.test is not None
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset).flat()
    assert set(found) == {"test_mae", "test_rmse", "test_mase", "mean_mae", "mean_rmse", "mean_mase"}


def test_what_was_filled_in_is_no_truth_and_says_nothing_of_the_past(load: Any) -> None:
    values: list[int | None] = [3, 5, None, 9, 4, 8, 2, 7, None, 6]
    text = "y\n" + "".join(f"{'' if value is None else value}\n" for value in values)
    text += "\n"  # an empty cell is an empty line, and those at the end are no rows
    dataset = load(
        text,
        task="next_step",
        window=None,
        missing="forward",
        return_sequences=True,
        split={"validation": 0, "test": 4},
    )
    assert dataset.test is not None
    found = scores.score(dataset.test.gather([0]).targets + 1, dataset, dataset.test, dataset)
    # Row 8 is no truth; 7 and 6 are, and before them stand 2 and, as the last one seen, 7.
    assert found.entries == 2
    assert found.metrics["mae"] == pytest.approx(1)
    assert found.baselines["naive"]["mae"] == pytest.approx((5 + 1) / 2)
    assert found.baselines["mean"]["mae"] == pytest.approx(np.abs(np.array([7, 6]) - np.mean([3, 5, 9, 4, 8])).mean())
    # Of the training rows 3 5 – 9 4 8 three neighbours are known: |5−3|, |4−9|, |8−4|.
    assert found.metrics["mase"] == pytest.approx(1 / np.mean([2, 5, 4]))


@pytest.mark.parametrize("missing", ["drop", "forward", "interpolate"])
def test_of_changes_every_level_that_the_file_holds_counts(missing: str, load: Any) -> None:
    values: list[int | None] = [3, 5, None, 9, 4, 8, 2, 7, 1, 6, 9, 7]
    text = "y\n" + "".join(f"{'NA' if value is None else value}\n" for value in values)
    dataset = load(text, difference=1, missing=missing, window={"length": 1}, split={"validation": 0, "test": 4})
    assert dataset.test is not None
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset)
    # Row 2 itself says nothing; all other training rows count, whether a window holds them or not.
    mean = np.mean([3, 5, 9, 4, 8, 2, 7])
    assert found.baselines["mean"]["mae"] == pytest.approx(np.abs(np.array([1, 6, 9, 7]) - mean).mean())


def test_a_split_of_which_every_truth_is_missing_is_refused_and_the_advice_helps(load: Any) -> None:
    def loaded(known: int, test: int) -> Any:
        text = "x,y\n" + "".join(f"{row},{row * row % 7 if row < known else ''}\n" for row in range(12))
        settings = {"task": "per_step", "features": ["x"], "window": None, "missing": "forward"}
        return load(text, **settings, return_sequences=True, split={"validation": 0, "test": test})

    with pytest.raises(DataError, match=r"of every sequence of the test split the target is missing; fill it in, or "):
        loaded(8, 4)
    for dataset, entries in ((loaded(9, 4), 1), (loaded(8, 6), 2)):
        predictions = dataset.test.gather([0]).targets
        found = scores.score(np.nan_to_num(predictions), dataset, dataset.test, dataset)
        assert (found.entries, found.metrics["mae"]) == (entries, 0)


def test_a_season_is_found_though_windows_that_hold_a_gap_are_left_out(load: Any) -> None:
    random = np.random.default_rng(1)
    wave = np.tile(random.normal(size=9), 30) + random.normal(0, 0.3, 270)
    gone = set(random.choice(240, 30, replace=False).tolist())
    text = "y\n" + "".join(f"{'NA' if row in gone else value}\n" for row, value in enumerate(wave))
    dataset = load(text, missing="drop", window={"length": 1}, split={"validation": 0, "test": 20})
    assert TrainingRows(dataset).season() == 9


def test_predictions_of_another_shape_are_a_defect() -> None:
    dataset = load_dataset(Config.model_validate({"data": {"kind": "adding"}}))
    with pytest.raises(ValueError, match=r"predictions have shape \(800, 2\), and their targets \(800, 1\)"):
        scores.score(np.zeros((800, 2)), dataset, dataset.train, dataset).flat()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases(), target=st.permutations(["x", "y"]), seed=st.integers(0, 99))
def test_predicted_changes_are_scored_as_levels_summed_up_from_the_last_value_seen(
    case: Case, target: list[str], seed: int, load: Any
) -> None:
    case.difference = max(1, case.difference)
    options = {"target": target, "features": case.features, "scale": "standard", "return_sequences": case.each}
    try:
        dataset = load(case.text, **case.settings | options)
    except DataError:
        assume(condition=False)
    inside = [split == "train" for rows in case.series for split in split_of(case, rows)]
    columns = ["xy".index(name) for name in target]
    training = case.seen[inside][:, columns]
    center, spread = np.nanmean(training, axis=0), np.nanstd(training, axis=0)
    length, horizon = case.window["length"], case.window["horizon"]
    random = np.random.default_rng(seed)
    for part in (part for part in (dataset.train, dataset.validation, dataset.test) if part is not None):
        changes = random.normal(size=(len(part), length, 2 * horizon))
        errors, naive = [], []
        for start, forecast in zip(part.starts, changes[:, -1], strict=True):
            seen = case.numbers[start + length - 1, columns]
            levels = list(case.numbers[start + length - case.difference : start + length, columns])
            for ahead in range(horizon):
                change = center + spread * forecast[2 * ahead : 2 * ahead + 2]
                levels.append(levels[-case.difference] + change)
                actual = case.numbers[start + length + ahead, columns]
                errors.append(levels[-1] - actual)
                naive.append(seen - np.where(np.isnan(levels[-1]), np.nan, actual))
        found = scores.score(changes if case.each else changes[:, -1], dataset, part, dataset, parts=True)
        for place, one in enumerate(found.by_target):
            for told, errs in ((one.metrics, errors), (one.baselines.get("naive", {}), naive)):
                error = np.array(errs)[:, place]
                error = error[~np.isnan(error)]
                if not len(error):
                    assert told == {}
                    continue
                mae, rmse = np.abs(error).mean(), np.sqrt(np.square(error).mean())
                assert (told["mae"], told["rmse"]) == pytest.approx((mae, rmse), rel=1e-4, abs=1e-4)


def test_a_model_that_predicts_every_change_exactly_has_no_error_however_far_the_trend_has_gone(load: Any) -> None:
    settings = {"window": {"length": 3, "horizon": 2}, "split": {"validation": 0, "test": 3}, "scale": "minmax"}
    dataset = load(POWERS, target=["a", "b"], difference=1, **settings)
    exact = dataset.test.last_targets()
    found = scores.score(exact, dataset, dataset.test, dataset, parts=True).by_target
    assert [part.metrics["mae"] for part in found] == pytest.approx([0, 0], abs=1e-4)
    naive = [np.mean([15, 32, 17, 36]), np.mean([169, 386, 217, 488])]
    assert [part.baselines["naive"]["mae"] for part in found] == pytest.approx(naive)
    levels = own_units(exact, dataset, dataset.test.last_rows())
    np.testing.assert_allclose(levels, [[64, 512, 81, 729], [81, 729, 100, 1000]], rtol=1e-6)


def test_levels_of_forecasts_at_every_time_step_start_from_the_row_of_each(load: Any) -> None:
    dataset = load(SQUARES, target=["a"], difference=1, return_sequences=True, window={"length": 3})
    targets = dataset.train.gather([0]).targets
    assert own_units(targets, dataset, np.array([[1, 2, 3]])).tolist() == [[[9], [16], [25]]]


def test_changes_without_the_rows_that_they_start_from_are_a_defect(load: Any) -> None:
    dataset = load(SQUARES, target=["a"], difference=1)
    with pytest.raises(ValueError, match="pass rows"):
        own_units(dataset.train.last_targets(), dataset)
