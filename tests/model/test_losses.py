from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import TypeAdapter
from reference.rnn_reference import _loss

from rnnctl.losses import AnyLoss, CrossEntropy
from rnnctl.model.losses import build_loss

SHAPES = [(5, 3), (5, 4, 3), (1, 1), (2, 3, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("section", ["mse", "mae", "huber", {"kind": "huber", "delta": 0.25}])
def test_a_loss_is_its_formula_averaged_over_the_outputs(section, shape):
    rng = np.random.default_rng(1)
    targets, predictions = rng.normal(size=(2, *shape))
    parsed = TypeAdapter(AnyLoss).validate_python(section)
    losses = np.asarray(build_loss(parsed)(targets, predictions))
    assert losses.shape == shape[:-1]
    for place in np.ndindex(losses.shape):
        error = predictions[place] - targets[place]
        expected, _ = _loss(parsed.kind, getattr(parsed, "delta", 1.0), error)
        assert losses[place] == pytest.approx(expected, rel=1e-6)


LOGITS = np.array([[[3.0, -1.0, 0.5], [0.0, 250.0, -40.0]], [[-300.0, 2.0, 1.0], [7.0, 7.0, 7.0]]])
CODES = np.array([[2, 0], [0, 1]])
MODES = {
    "eager": lambda function: function,
    "graph": tf.function,
    "XLA": lambda function: tf.function(function, jit_compile=True),
}


@pytest.mark.parametrize("mode", MODES)
def test_categorical_crossentropy_is_taken_from_the_logits_behind_a_models_softmax_and_weighs_by_class(mode):
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax", kernel_initializer="identity")(inputs))
    loss = build_loss(CrossEntropy(kind="categorical_crossentropy"))
    codes = tf.constant(CODES[..., None], tf.float32)
    found = MODES[mode](lambda: loss(codes, model(tf.constant(LOGITS, tf.float32))))()
    shifted = LOGITS - LOGITS.max(axis=-1, keepdims=True)
    expected = np.log(np.exp(shifted).sum(axis=-1)) - np.take_along_axis(shifted, CODES[..., None], -1)[..., 0]
    assert expected.max() > 200  # beyond what a probability in float32 can tell
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    weights = np.array([[0.25, 1.0, 3.0]])
    weighted = build_loss(CrossEntropy(kind="categorical_crossentropy"), weights)
    found = MODES[mode](lambda: weighted(codes, model(tf.constant(LOGITS, tf.float32))))()
    np.testing.assert_allclose(found, expected * weights[0][CODES], rtol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_binary_crossentropy_is_taken_from_the_logits_averaged_over_the_outputs_and_weighs_by_class(mode):
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, keras.layers.Dense(3, "sigmoid", kernel_initializer="identity")(inputs))
    loss = build_loss(CrossEntropy(kind="binary_crossentropy"))
    targets = np.random.default_rng(0).integers(0, 2, LOGITS.shape).astype(np.float32)
    found = MODES[mode](lambda: loss(targets, model(tf.constant(LOGITS, tf.float32))))()
    each = np.maximum(LOGITS, 0) - LOGITS * targets + np.log1p(np.exp(-np.abs(LOGITS)))
    assert each.max() > 200
    np.testing.assert_allclose(found, each.mean(axis=-1), rtol=1e-6)
    weights = np.array([[0.5, 2.0]])  # of one target, three rows ahead
    weighted = build_loss(CrossEntropy(kind="binary_crossentropy"), weights)
    found = MODES[mode](lambda: weighted(targets, model(tf.constant(LOGITS, tf.float32))))()
    np.testing.assert_allclose(found, (each * weights[0][targets.astype(int)]).mean(axis=-1), rtol=1e-6)
