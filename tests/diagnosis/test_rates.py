"""Learning rates: schedules against Keras' own, and the rate that a test recommends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small import small_config

from rnnctl.config.overrides import with_changes
from rnnctl.diagnosis.courses import careful, peak_rate
from rnnctl.diagnosis.evidence import one_net
from rnnctl.diagnosis.reference import reference_changes
from rnnctl.diagnosis.search import usual_settings

SCHEDULES = [
    {"kind": "constant", "initial_learning_rate": 0.02, "warmup_steps": 7},
    {"kind": "exponential", "initial_learning_rate": 0.5, "decay_steps": 4, "decay_rate": 0.7},
    {"kind": "exponential", "initial_learning_rate": 0.5, "decay_steps": 4, "decay_rate": 0.7, "staircase": True},
    {"kind": "cosine", "initial_learning_rate": 0.1, "alpha": 0.05, "warmup_steps": 5},
    {"kind": "cosine", "initial_learning_rate": 0.1, "decay_steps": 9},
]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_rates_of_a_schedule_are_keras(schedule):
    from rnnctl.model.optimizers import build_optimizer

    section = small_config(optimizer={"kind": "sgd", "learning_rate": schedule}).optimizer
    optimizer = build_optimizer(section, 30)
    keras = []
    for step in range(30):
        optimizer.iterations.assign(step)
        keras.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(section.learning_rate.rates(30), keras, rtol=1e-5, atol=1e-9)


def test_the_smallest_rate_that_is_as_good_as_the_best_is_recommended():
    losses = {1e-4: 0.98, 1e-3: 0.6, 1e-2: 0.15, 3e-2: 0.1, 1e-1: 0.12}
    assert careful([(loss, rate) for rate, loss in losses.items()], first=1.0) == 1e-2
    assert careful([(0.5, 0.1)], first=math.nan) == 0.1


def test_an_ensemble_that_is_combined_and_trained_again_is_compared_as_one_net():
    schedule = {"kind": "cosine", "initial_learning_rate": 0.005}
    config = small_config(
        data={"kind": "sine", "sequences": 40, "length": 6},
        model={"layers": [{"cell": "gru", "units": 4}]},
        optimizer={"kind": "adamw", "learning_rate": schedule},
        training={"epochs": 3, "members": 3, "refit": True, "naive_weight": "auto", "smoothing": True},
    )
    alone = one_net(config)
    assert alone.net_seed == config.net_seed
    changes = [reference_changes(alone), usual_settings(alone), {"optimizer.learning_rate": peak_rate(alone)}]
    for one in changes:
        changed = with_changes(alone, one)  # raises where the two do not go together
        assert (changed.training.members, changed.training.refit, changed.training.naive_weight) == (1, False, 0.0)
    for one in changes[1:]:
        assert with_changes(config, one).training.members == 3  # what is recommended is put into the config as it is
