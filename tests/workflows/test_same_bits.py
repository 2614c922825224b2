from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnctl.results.training import StepRecord
from rnnctl.workflows.same_bits import different_arrays, step_differences

NAN = float("nan")
STEP = StepRecord(1, 1, 0.5, 1.0, 1.0, {"a": 1.0, "b": NAN}, 0.1, 9.0, {"r/h": (1.0, 0.0, NAN)})


def _names(**changes):
    return [difference.what for difference in step_differences(STEP, replace(STEP, **changes))]


def test_every_number_of_a_step_but_its_seconds_is_compared():
    assert _names(seconds=1.0, update_ratios={"a": 1.0}) == []
    assert _names(loss=NAN, gradient_norm=2.0, clipped_norm=2.0, learning_rate=0.2) == [
        "loss",
        "gradient norm",
        "clipped norm",
        "learning rate",
    ]
    assert _names(gradient_norms={"a": 1.0, "b": 2.0}) == ["gradient norm of b"]
    assert _names(gradient_norms={"b": NAN}) == ["gradient norm of a"]


def test_norms_through_time_are_compared_at_the_last_time_step_that_differs_where_both_have_some():
    assert _names(state_gradient_norms={"r/h": (2.0, 2.0, NAN)}) == ["∂L/∂ norm of r/h at time step 2"]
    assert _names(state_gradient_norms={"r/h": (1.0, -0.0, NAN)}) == ["∂L/∂ norm of r/h at time step 2"]
    assert _names(state_gradient_norms={"r/h": (1.0, 0.0)}) == ["number of time steps of r/h"]
    assert _names(state_gradient_norms=None) == []


def test_arrays_differ_by_value_sign_of_zero_shape_or_absence_and_all_nan_are_the_same():
    then = {"nan": np.float32([NAN]), "zero": np.float32([0]), "shape": np.zeros(2), "gone": np.zeros(1)}
    now = {"nan": -np.float32([NAN]), "zero": np.float32([-0.0]), "shape": np.zeros((1, 2)), "new": np.arange(2)}
    assert different_arrays(then, now) == ("zero", "shape", "new", "gone")
