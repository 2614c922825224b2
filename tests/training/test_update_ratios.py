from __future__ import annotations

import numpy as np
import pytest
from small import small_config

from rnnctl.model.weights import weight_arrays
from rnnctl.results.training import StepRecord
from rnnctl.training.update_ratios import CLOSEST, OCTAVE, UpdateRatios, ratio
from rnnctl.workflows.train import TrainRun


class Variable:
    def __init__(self, *values):
        self.array = np.array(values, np.float32)

    @property
    def value(self):
        return self

    def numpy(self):
        return self.array


def test_a_ratio_is_the_norm_of_the_change_over_that_of_the_weight():
    weights = {"a": Variable(3.0, 4.0), "b": Variable(0.0, 0.0), "c": Variable(0.0)}
    updates = UpdateRatios(weights)
    before = updates.values()
    weights["a"].array = np.array([3.0, 4.5], np.float32)
    weights["b"].array = np.array([0.0, 1.0], np.float32)
    assert updates.since(before) == {"a": pytest.approx(0.1), "b": np.inf, "c": 0.0}
    assert ratio(np.full(2, 1e-30, np.float32), np.full(2, 2e-30, np.float32)) == pytest.approx(1.0)


@pytest.mark.parametrize("call", [1, 3, 300])
def test_measured_steps_are_few_and_alone_in_their_call_whatever_the_calls(call):
    updates = UpdateRatios({})
    total = 3000
    measured, done = [], 0
    while done < total:
        count = updates.bound(done, min(call, total - done))
        inside = [step for step in range(done + 1, done + count + 1) if updates.due(step)]
        assert count == 1 or not inside
        assert 1 <= count <= call
        measured += inside
        done += count
    assert measured == [step for step in range(1, total + 1) if updates.due(step)]
    assert measured[:4] == [1, 9, 17, 25]
    gaps = np.diff(measured)
    assert (np.diff(gaps) >= 0).all()
    assert gaps.min() == CLOSEST
    for start in (1, 300, 1500):
        assert sum(start < step <= 2 * start for step in measured) <= OCTAVE


def test_an_update_of_sgd_is_the_learning_rate_times_the_clipped_gradient():
    config = small_config(optimizer={"kind": "sgd", "learning_rate": 0.1, "global_clipnorm": 0.2})
    run = TrainRun(config, None, ())
    before = weight_arrays(run.model)
    first = next(event for event in run.events() if isinstance(event, StepRecord))
    assert first.gradient_norm > 0.2
    for path, weight in before.items():
        step = 0.1 * first.gradient_norms[path] * 0.2 / first.gradient_norm
        size = float(np.linalg.norm(weight.astype(np.float64)))
        expected = step / size if size else np.inf
        assert first.update_ratios[path] == pytest.approx(expected, rel=1e-4)


def test_measuring_changes_no_bit():
    config = small_config()
    told, untold = [], []
    for found, measured in ((told, True), (untold, False)):
        run = TrainRun(config, None, ())
        if not measured:
            run._loop.updates = None
        found += [(record.loss, record.gradient_norm, record.update_ratios) for record in run]
    assert [row[:2] for row in told] == [row[:2] for row in untold]
    assert [bool(row[2]) for row in told] == [step % 8 == 0 for step in range(len(told))]
    assert not any(row[2] for row in untold)
