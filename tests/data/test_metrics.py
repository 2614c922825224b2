"""Metrics against sums written out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnnctl.config.schema import Config
from rnnctl.data import load_dataset
from rnnctl.data.metrics import forecast_metrics, own_units

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
    metrics = forecast_metrics(scaled, dataset, dataset.test)
    assert metrics["test_mae"] == pytest.approx(2.5, rel=1e-5)
    assert metrics["test_rmse"] == pytest.approx(np.sqrt(30 / 4), rel=1e-5)
    assert metrics["naive_mae"] == pytest.approx(np.abs(naive - wanted).mean(), rel=1e-5)
    assert metrics["naive_rmse"] == pytest.approx(np.sqrt(np.square(naive - wanted).mean()), rel=1e-5)
    np.testing.assert_allclose(own_units(dataset.test.last_targets(), dataset), wanted.reshape(2, 4), rtol=1e-5)


def test_tasks_that_are_no_forecast_have_no_naive_error_and_are_scored_at_every_time_step() -> None:
    model = {"return_sequences": True}
    dataset = load_dataset(Config.model_validate({"data": {"kind": "copy", "sequences": 20}, "model": model}))
    targets = dataset.train.gather(np.arange(len(dataset.train))).targets
    predictions = targets.copy()
    predictions[:, 0] += 3
    metrics = forecast_metrics(predictions, dataset, dataset.train)
    assert metrics == pytest.approx({"test_mae": 3 / 30, "test_rmse": 3 / np.sqrt(30)})


def test_predictions_of_another_shape_are_a_defect() -> None:
    dataset = load_dataset(Config.model_validate({"data": {"kind": "adding"}}))
    with pytest.raises(ValueError, match=r"predictions have shape \(800, 2\), and their targets \(800, 1\)"):
        forecast_metrics(np.zeros((800, 2)), dataset, dataset.train)
