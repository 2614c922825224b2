"""Where the written-out passes do not apply, real probes in Keras' own cells give the same state gradients."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from rnnctl.model import recurrent
from rnnctl.model.recurrent import watch_states

UNITS = 2


def own_tanh(x: tf.Tensor) -> tf.Tensor:
    """A function that is not Keras' own, so that the layer takes the slower path."""
    return tf.tanh(x)


@pytest.mark.usefixtures("float64")
def test_fused_and_probed_paths_agree_with_masks_and_options(cell, mask, sequences):
    """The same numbers from the written-out pass and from TensorFlow's derivative of Keras' cell with real probes."""
    options = {"return_sequences": True, "return_state": True, "go_backwards": True, "name": "layer"}
    fused = getattr(recurrent, cell)(UNITS, **options)
    probed = getattr(recurrent, cell)(UNITS, activation=own_tanh, **options)
    gradients = []
    for layer in (fused, probed):
        layer.build((2, 5, 3))
        layer.set_weights(fused.get_weights())
        with tf.GradientTape() as tape, watch_states(tape) as watched:
            outputs = layer(sequences(), mask=mask)
            loss = tf.add_n([tf.reduce_sum(tf.sin((1.0 + at) * each)) for at, each in enumerate(outputs)])
        gradients.append(tape.gradient(loss, watched.probes)["layer"])
    for name in fused.state_names:
        np.testing.assert_allclose(gradients[0][name], gradients[1][name], rtol=1e-11, atol=1e-14)


def test_half_precision_layers_have_state_gradients_too(cell, sequences):
    layer = getattr(recurrent, cell)(3, dtype="mixed_bfloat16", name="half")
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(layer(sequences()))
    gradient = tape.gradient(loss, watched.probes)["half"]["h"]
    assert gradient.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(gradient[-1], tf.float32), np.ones((2, 3)))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("options", [{"recurrent_dropout": 0.4}, {"activation": "softmax"}], ids=["dropout", "softmax"])
def test_watching_the_slower_path_changes_neither_outputs_nor_weight_gradients(cell, options, mask, pair, sequences):
    ours, stock = pair(cell, dropout=0.2, seed=9, return_sequences=True, **options)
    found = []
    for layer in (ours, stock):
        with tf.GradientTape() as tape, watch_states(tape):
            outputs = layer(sequences(), mask=mask, training=True)
            loss = tf.reduce_sum(outputs**2)
        found.append([outputs, *tape.gradient(loss, [weight.value for weight in layer.weights])])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("mode", ["function", "xla"])
def test_the_slower_path_compiles(cell, mode, sequences):
    layer = getattr(recurrent, cell)(UNITS, activation=own_tanh)
    inputs = sequences(time=18)
    layer(inputs)

    def run():
        with tf.GradientTape() as tape, watch_states(tape) as watched:
            loss = tf.reduce_sum(layer(inputs))
        return tape.gradient(loss, watched.probes)[layer.path]["h"]

    compiled = tf.function(run, jit_compile=mode == "xla", autograph=False)()
    np.testing.assert_allclose(compiled, run(), rtol=1e-11, atol=1e-14)
