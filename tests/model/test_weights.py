from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import small_config

from rnnctl.data import Signature
from rnnctl.errors import RunError
from rnnctl.model.build import build_model
from rnnctl.model.recurrent import watch_states
from rnnctl.model.weights import assign_weights, state_path, state_paths, weight_arrays, weight_paths


def _model(*layers, head="dense"):
    sections = [{"cell": "simple_rnn", "units": 2 + place, **layer} for place, layer in enumerate(layers)]
    config = small_config(model={"layers": sections, "head": "dense"})
    model = build_model(config, Signature.of_numbers(2, 2, 4))
    return model if head == "dense" else keras.Model(model.inputs, model.layers[-2].output)


STACK = ({"cell": "lstm", "bidirectional": True}, {"cell": "gru", "use_bias": False}, {})


def test_weights_are_named_by_layer_direction_and_kind():
    assert weight_paths(_model(*STACK)) == (
        "recurrent_0/forward/kernel",
        "recurrent_0/forward/recurrent_kernel",
        "recurrent_0/forward/bias",
        "recurrent_0/backward/kernel",
        "recurrent_0/backward/recurrent_kernel",
        "recurrent_0/backward/bias",
        "recurrent_1/kernel",
        "recurrent_1/recurrent_kernel",
        "recurrent_2/kernel",
        "recurrent_2/recurrent_kernel",
        "recurrent_2/bias",
        "head/kernel",
        "head/bias",
    )


def test_without_a_head_only_the_recurrent_weights_are_named():
    assert weight_paths(_model({}, head="none")) == (
        "recurrent_0/kernel",
        "recurrent_0/recurrent_kernel",
        "recurrent_0/bias",
    )


def test_each_name_stands_where_its_variable_does():
    model = _model(*STACK, {"bidirectional": True})
    names = weight_paths(model)
    assert len(names) == len(set(names)) == len(model.trainable_variables)
    for name, variable in zip(names, model.trainable_variables, strict=True):
        layer, *side, kind = name.split("/")
        theirs = variable.path.split("/")
        assert theirs[0] == layer
        assert theirs[-1] == kind
        if side:
            assert theirs[1].startswith(side[0])


def test_names_do_not_change_with_the_number_of_models_built():
    assert weight_paths(_model(*STACK)) == weight_paths(_model(*STACK))


def test_weights_are_copied():
    model = _model({})
    before = weight_arrays(model)
    kept = {path: weight.copy() for path, weight in before.items()}
    for variable in model.trainable_variables:
        variable.assign_add(tf.ones_like(variable.value))
    for path, weight in before.items():
        np.testing.assert_array_equal(weight, kept[path])


@pytest.mark.parametrize("side", [{}, {"bidirectional": True}], ids=["one way", "both ways"])
@pytest.mark.parametrize("slow", [{}, {"recurrent_dropout": 0.5}], ids=["fused", "stepwise"])
@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "lstm"])
def test_the_states_that_are_named_are_the_states_that_arrive(cell, slow, side):
    layer = {"cell": cell, **slow, **side}
    model = _model(layer, {"cell": "simple_rnn"}, layer)
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(model(tf.ones([3, 4, 2]), training=True))
    gradients = tape.gradient(loss, watched.probes)
    arrived = [state_path(path, state) for path, states in gradients.items() for state in states]
    assert arrived == list(state_paths(model))
    for path, states in gradients.items():
        for state, gradient in states.items():
            assert float(tf.norm(gradient)) > 0, (path, state)


def test_states_are_named_by_layer_direction_and_kind():
    assert state_paths(_model(*STACK)) == (
        "recurrent_0/forward/h",
        "recurrent_0/forward/c",
        "recurrent_0/backward/h",
        "recurrent_0/backward/c",
        "recurrent_1/h",
        "recurrent_2/h",
    )


def test_weights_go_from_one_model_to_another_by_their_paths():
    model = _model(*STACK)
    wanted = {path: weight + 1 for path, weight in weight_arrays(model).items()}
    assign_weights(model, wanted, "a")
    for path, weight in weight_arrays(model).items():
        np.testing.assert_array_equal(weight, wanted[path])


def test_weights_that_do_not_fit_are_told_and_change_nothing():
    model = _model({})
    before = weight_arrays(model)
    arrays = {path: np.zeros_like(weight) for path, weight in before.items()}
    arrays["recurrent_0/kernel"] = np.zeros((7, 2), np.float32)
    arrays["head/bias"] = arrays["head/bias"].astype(np.int32)
    arrays["head/gain"] = arrays.pop("recurrent_0/bias")
    with pytest.raises(RunError) as caught:
        assign_weights(model, arrays, "runs/a-1")
    assert str(caught.value) == (
        "runs/a-1: these weights do not fit the run's config: head/bias is int32 [2] where the config makes float32 "
        "[2]; head/gain is not one of the config's; recurrent_0/bias is missing; recurrent_0/kernel is float32 [7, 2] "
        "where the config makes float32 [2, 2]"
    )
    for path, weight in weight_arrays(model).items():
        np.testing.assert_array_equal(weight, before[path])
