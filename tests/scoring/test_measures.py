"""The words of scores, and who is better than whom."""

from __future__ import annotations

import math

from rnnctl.scoring.measures import best_baseline, by_baseline, ruling, unbeaten

FLAT = {
    "test_mae": 2.0,
    "test_r2": 0.5,
    "naive_mae": 3.0,
    "naive_r2": 0.5,
    "seasonal_naive_mae": 1.5,
    "seasonal_naive_r2": 0.6,
}


def test_a_summary_is_taken_apart_though_one_baseline_ends_in_anothers_name():
    metrics, baselines = by_baseline(FLAT)
    assert metrics == {"mae": 2.0, "r2": 0.5}
    assert baselines == {"naive": {"mae": 3.0, "r2": 0.5}, "seasonal_naive": {"mae": 1.5, "r2": 0.6}}


def test_errors_are_better_when_lower_and_shares_when_higher_and_a_tie_is_no_win():
    metrics, baselines = by_baseline(FLAT)
    assert best_baseline("mae", baselines) == "seasonal_naive"
    assert best_baseline("r2", baselines) == "seasonal_naive"
    assert unbeaten(metrics, baselines) == {"mae": ("seasonal_naive",), "r2": ("naive", "seasonal_naive")}
    assert unbeaten({"mae": math.nan}, baselines) == {"mae": ("naive", "seasonal_naive")}


def test_one_metric_rules_each_task():
    assert ruling({"r2": 0.5, "rmse": 1, "mae": 2}) == "mae"
    assert ruling({"crossentropy": 0.5, "accuracy": 1}) == "accuracy"
    assert ruling({"crossentropy": 0.5, "accuracy": 1, "bits": 2}) == "bits"
    assert ruling({}) is None
