"""With ``norms=True`` the probes' gradients are the norms of the state gradients, on every path and for every width."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnctl.model import recurrent
from rnnctl.model.recurrent import LSTM, SimpleRNN, watch_states
from rnnctl.model.recurrent.watching import folded_squares, folded_width, roots


def own_tanh(x: tf.Tensor) -> tf.Tensor:
    """A function that is not Keras' own, so that the layer takes the slower path."""
    return tf.tanh(x)


def watched_gradients(layer: Any, inputs: tf.Tensor, mask: Any, *, norms: bool, compiled: bool = False) -> Any:
    """What the tape gives for the probes of one call, by state."""

    def run() -> Any:
        with tf.GradientTape() as tape, watch_states(tape, norms=norms) as watched:
            outputs = layer(inputs, mask=mask)
            loss = tf.reduce_sum(
                tf.sin(outputs) * tf.cast(tf.reshape(tf.range(tf.size(outputs)), outputs.shape), "double")
            )
        return tape.gradient(loss, watched.probes)[layer.path]

    return {
        name: np.asarray(values)
        for name, values in (tf.function(run, autograph=False, jit_compile=True) if compiled else run)().items()
    }


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("activation", ["tanh", own_tanh], ids=["fused", "probed"])
@pytest.mark.parametrize("options", [{}, {"return_sequences": True, "go_backwards": True}], ids=["plain", "backwards"])
def test_norms_are_those_of_the_gradients_of_every_sequence_at_every_time_step(
    cell, activation, options, mask, sequences
):
    layer = getattr(recurrent, cell)(3, activation=activation, **options)
    layer.build((2, 5, 3))
    gradients = watched_gradients(layer, sequences(), mask, norms=False)
    norms = watched_gradients(layer, sequences(), mask, norms=True)
    assert list(norms) == list(layer.state_names)
    for name, values in norms.items():
        assert values.shape == (5, 2)
        np.testing.assert_allclose(values, np.linalg.norm(gradients[name], axis=-1), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("units", [1, 7, 15, 16, 24, 33, 64, 100])
def test_every_number_of_units_is_summed_completely(units):
    gradients = np.random.default_rng(units).normal(size=(3, 2, units))
    kept = tf.stack([folded_squares(tf.constant(gradient)) for gradient in gradients])
    assert folded_width(units) == kept.shape[-1]
    np.testing.assert_allclose(roots(kept), np.linalg.norm(gradients, axis=-1), rtol=1e-14)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("time", [3, 18], ids=["written out", "looped"])
def test_norms_compiled_by_xla_are_those_taken_eagerly(cell, time, sequences):
    layer = getattr(recurrent, cell)(24)
    layer.build((2, time, 3))
    eager = watched_gradients(layer, sequences(time=time), None, norms=True)
    compiled = watched_gradients(layer, sequences(time=time), None, norms=True, compiled=True)
    for name, values in compiled.items():
        np.testing.assert_allclose(values, eager[name], rtol=1e-11)


@pytest.mark.usefixtures("float64")
def test_a_norm_is_the_derivative_by_a_distance_in_the_direction_of_steepest_ascent():
    """What `watching` says of such a probe, by a central difference along g/‖g‖ at one time step of a linear layer."""
    layer = SimpleRNN(4, activation=None, use_bias=False)
    layer.build((1, 6, 2))
    inputs = tf.random.stateless_normal((1, 6, 2), (1, 2), dtype=tf.float64)
    kernel, recurrent_kernel = layer.get_weights()

    def loss_with(bump: np.ndarray) -> float:
        state = np.zeros((1, 4))
        for time in range(6):
            state = inputs[:, time].numpy() @ kernel + state @ recurrent_kernel + (bump if time == 2 else 0)
        return float(np.sum(np.sin(state)))

    found = []
    for norms in (False, True):
        with tf.GradientTape() as tape, watch_states(tape, norms=norms) as watched:
            loss = tf.reduce_sum(tf.sin(layer(inputs)))
        found.append(tape.gradient(loss, watched.probes)[layer.path]["h"].numpy()[2, 0])
    gradient, norm = found
    direction = gradient / np.linalg.norm(gradient)
    difference = (loss_with(1e-6 * direction) - loss_with(-1e-6 * direction)) / 2e-6
    assert norm == pytest.approx(difference, rel=1e-8)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_has_a_norm_that_is_not(wrong):
    layer = LSTM(20)
    layer.build((2, 17, 1))
    with tf.GradientTape() as tape, watch_states(tape, norms=True) as watched:
        outputs = layer(tf.ones((2, 17, 1)))
        loss = tf.reduce_sum(outputs * tf.constant([[wrong], [1.0]]))
    norms = tape.gradient(loss, watched.probes)[layer.path]["h"].numpy()
    assert not np.isfinite(norms[-1, 0])
    assert np.isfinite(norms[:, 1]).all()


def test_the_halves_of_a_bidirectional_layer_each_have_theirs(sequences):
    wrapped = keras.layers.Bidirectional(LSTM(2, name="lstm"), name="both")
    with tf.GradientTape() as tape, watch_states(tape, norms=True) as watched:
        loss = tf.reduce_sum(wrapped(sequences(time=6)))
    norms = tape.gradient(loss, watched.probes)
    np.testing.assert_allclose(norms["both/forward_lstm"]["h"][5], np.full(2, np.sqrt(2)), rtol=1e-6)
    np.testing.assert_allclose(norms["both/backward_lstm"]["h"][0], np.full(2, np.sqrt(2)), rtol=1e-6)
