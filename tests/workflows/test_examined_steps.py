"""Steps before an examination: stopped before one that is not finite, with the network as it was there."""

from __future__ import annotations

import numpy as np
import pytest
from small import small_config

from rnnctl.model.weights import weight_arrays
from rnnctl.training.build import build
from rnnctl.workflows.examined_steps import take_steps

CONFIG = small_config(
    model={"layers": [{"cell": "simple_rnn", "units": 8, "activation": "linear", "dropout": 0.4}]},
    optimizer={"kind": "sgd", "learning_rate": 1e12},
    training={"steps": 9, "batch_size": 4},
)


def test_past_a_step_that_is_not_finite_the_network_is_the_one_before_it():
    far = build(CONFIG)
    trained = take_steps(far, 9)
    assert 0 < trained.done < 9
    assert not np.isfinite(trained.records[-1].loss + trained.records[-1].gradient_norm)
    near = build(CONFIG)
    again = take_steps(near, trained.done)
    assert [record.loss for record in again.records] == [record.loss for record in trained.records[: trained.done]]
    for path, weight in weight_arrays(near.model).items():
        np.testing.assert_array_equal(weight_arrays(far.model)[path], weight)
    seeds = [[one.numpy() for one in built.model.non_trainable_variables] for built in (near, far)]
    assert len(seeds[0]) > 0
    np.testing.assert_array_equal(*seeds)
    assert (
        trained.state
        == f"after {trained.done} step{'s' * (trained.done > 1)}, before step {trained.done + 1}, which is not finite"
    )


@pytest.mark.parametrize("steps", [0, 2])
def test_steps_that_are_finite_are_all_taken(steps):
    trained = take_steps(build(small_config()), steps)
    assert (trained.done, len(trained.records)) == (steps, steps)
