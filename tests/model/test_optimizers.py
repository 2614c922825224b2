from __future__ import annotations

import keras
import numpy as np
import pytest
from pydantic import TypeAdapter

from rnnctl.model.optimizers import WarmUp, build_learning_rate, build_optimizer
from rnnctl.optimizers import OPTIMIZERS, AnyOptimizer

STOCK = {
    "sgd": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
}


def _section(value):
    return TypeAdapter(AnyOptimizer).validate_python(value)


def _rates(section, total, steps):
    rate = build_learning_rate(_section({"kind": "sgd", "learning_rate": section}).learning_rate, total)
    return [float(rate(step)) for step in steps]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_defaults_are_those_of_keras(kind):
    ours, theirs = build_optimizer(_section(kind), 10).get_config(), STOCK[kind]().get_config()
    assert type(build_optimizer(_section(kind), 10)) is STOCK[kind]
    for option in set(theirs) - {"name"}:
        assert ours[option] == pytest.approx(theirs[option]), option


@pytest.mark.parametrize(
    "section",
    [
        {"kind": "sgd", "learning_rate": 0.3, "momentum": 0.8, "nesterov": True},
        {"kind": "adam", "learning_rate": 0.3, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-5, "amsgrad": True},
        {"kind": "adamw", "learning_rate": 0.3, "beta_1": 0.8, "weight_decay": 0.1},
        {"kind": "rmsprop", "learning_rate": 0.3, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-5, "centered": True},
    ],
)
def test_what_the_config_says_reaches_keras(section):
    given = build_optimizer(_section(section), 10).get_config()
    for option, value in section.items():
        if option != "kind":
            assert given[option] == pytest.approx(value), option


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_clipping_is_left_to_the_step_so_that_nothing_is_clipped_twice(clip):
    given = build_optimizer(_section({"kind": "adam", clip: 0.5}), 10).get_config()
    assert [given[name] for name in ("clipnorm", "global_clipnorm", "clipvalue")] == [None, None, None]


def test_a_cosine_without_an_end_of_its_own_ends_with_training():
    section = {"kind": "cosine", "initial_learning_rate": 0.4, "warmup_steps": 5, "alpha": 0.25}
    steps = np.arange(5, 26)
    expected = 0.1 + 0.3 * 0.5 * (1 + np.cos(np.pi * (steps - 5) / 20))
    np.testing.assert_allclose(_rates(section, 25, steps), expected, rtol=1e-6)


def test_a_warm_up_rises_evenly_and_never_from_zero():
    section = {
        "kind": "exponential",
        "initial_learning_rate": 0.4,
        "warmup_steps": 4,
        "decay_steps": 1,
        "decay_rate": 0.5,
    }
    expected = [0.1, 0.2, 0.3, 0.4, 0.4, 0.2, 0.1]
    np.testing.assert_allclose(_rates(section, 25, range(7)), expected, rtol=1e-6)


def test_a_warm_up_longer_than_training_still_rises():
    for kind in ("cosine", "constant"):
        section = {"kind": kind, "initial_learning_rate": 1.0, "warmup_steps": 100}
        np.testing.assert_allclose(_rates(section, 10, range(10)), np.arange(1, 11) / 100, rtol=1e-6)


def test_a_constant_schedule_is_constant():
    assert _rates({"kind": "constant", "initial_learning_rate": 0.5}, 10, (0, 9, 10**6)) == [0.5] * 3


def test_a_number_is_passed_on_as_it_is():
    assert build_learning_rate(0.25, 10) == 0.25


def test_schedules_give_back_their_arguments():
    section = {"kind": "constant", "initial_learning_rate": 0.5, "warmup_steps": 3}
    schedule = build_learning_rate(_section({"kind": "sgd", "learning_rate": section}).learning_rate, 10)
    assert WarmUp(**schedule.get_config())(1) == schedule(1)
