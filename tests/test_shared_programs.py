"""Programs are shared between tests only where they are equal in all that they compute."""

from __future__ import annotations

import numpy as np
import pytest
import shared_programs
import tensorflow as tf
from shared_programs import compiled_anew
from small import small_config

from rnnctl import backend
from rnnctl.model.weights import weight_arrays
from rnnctl.workflows.train import train_steps

backend.start()


def program(factor=2.0, kind=tf.float32, start=1.0, jit=True):
    """A loop that multiplies a variable, and its variable."""
    state = tf.Variable(start, dtype=kind)

    def run(times):
        _, product = tf.while_loop(lambda at, _: at < times, lambda at, now: (at + 1, now * factor), (0, state))
        state.assign(product)
        return product

    return tf.function(run, jit_compile=jit, autograph=False), state


def name_of(function):
    return function.get_concrete_function(tf.constant(3)).inference_fn.name


def test_equal_programs_are_one_and_each_has_its_own_variables():
    with compiled_anew():
        (one, first), (other, second) = program(), program(start=5.0)
        assert [float(function(tf.constant(3))) for function in (one, other, one)] == [8.0, 40.0, 64.0]
        assert [float(first), float(second)] == [64.0, 40.0]
        assert name_of(one) == name_of(other)


@pytest.mark.parametrize("change", [{"factor": 3.0}, {"factor": 2.0 + 2**-22}, {"kind": tf.float64}, {"jit": False}])
def test_programs_that_differ_in_a_constant_or_a_kind_are_two(change):
    with compiled_anew():
        (one, _), (other, _) = program(), program(**change)
        assert float(one(tf.constant(3))) == 8.0
        assert float(other(tf.constant(3))) == pytest.approx(change.get("factor", 2.0) ** 3, rel=1e-7)
        assert name_of(one) != name_of(other)


def test_a_shared_program_can_be_called_in_another_one_when_the_first_is_gone():
    with compiled_anew():
        one, _ = program()
        one(tf.constant(3))
        del one
        other, _ = program()
        whole = tf.function(lambda times: other(times) + 1.0, autograph=False)
        assert [float(whole(tf.constant(times))) for times in (3, 2)] == [9.0, 33.0]


def test_training_that_takes_a_compiled_program_gives_the_bits_of_training_that_compiles_its_own():
    """Another start and another rate of learning, so that the second run differs from what was compiled for."""
    config = small_config(optimizer={"kind": "adam", "learning_rate": 0.1})
    list(train_steps(config))
    known = set(shared_programs._known)
    shared = train_steps(small_config(optimizer={"kind": "adam", "learning_rate": 0.1}, seed=4))
    losses = [record.loss for record in shared]
    assert set(shared_programs._known) == known
    with compiled_anew():
        own = train_steps(small_config(optimizer={"kind": "adam", "learning_rate": 0.1}, seed=4))
        assert [record.loss for record in own] == losses
        assert shared_programs._known
    for path, weight in weight_arrays(own.model).items():
        np.testing.assert_array_equal(weight, weight_arrays(shared.model)[path])
