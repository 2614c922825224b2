"""State gradients are total derivatives: held against finite differences, a closed form and a plain unrolled tape."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnctl.model import recurrent
from rnnctl.model.recurrent import GRU, LSTM, SimpleRNN, watch_states

BATCH, TIME, FEATURES, UNITS = 2, 4, 3, 2
MASKS = {
    "none": np.ones((BATCH, TIME), bool),
    "right": np.array([[1, 1, 0, 0], [1, 1, 1, 1]], bool),
    "left": np.array([[0, 1, 1, 1], [0, 0, 0, 1]], bool),
    "scattered": np.array([[1, 0, 1, 0], [0, 0, 0, 0]], bool),
}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def cell_step(cell: str, x: np.ndarray, states: list[np.ndarray], weights: list[np.ndarray], bump: Any) -> Any:
    """One time step of a Keras cell at its defaults, in NumPy, with the perturbation of c added before h is formed."""
    kernel, recurrent_kernel, bias = weights
    hidden = states[0]
    if cell == "SimpleRNN":
        return [np.tanh(x @ kernel + bias + hidden @ recurrent_kernel)]
    if cell == "GRU":
        outer = np.split(x @ kernel + bias[0], 3, axis=1)
        inner = np.split(hidden @ recurrent_kernel + bias[1], 3, axis=1)
        update, reset = sigmoid(outer[0] + inner[0]), sigmoid(outer[1] + inner[1])
        return [update * hidden + (1 - update) * np.tanh(outer[2] + reset * inner[2])]
    i, f, candidate, o = np.split(x @ kernel + bias + hidden @ recurrent_kernel, 4, axis=1)
    carry = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(candidate) + bump["c"]
    return [sigmoid(o) * np.tanh(carry), carry]


def run_stack(layers: list[tuple[str, list[np.ndarray]]], x: np.ndarray, mask: np.ndarray, bumps: Any) -> np.ndarray:
    """The outputs `[batch, time, units]` of stacked layers whose states are perturbed by `bumps[layer][state]`."""
    for (cell, weights), bump in zip(layers, bumps, strict=True):
        states = [np.zeros((BATCH, UNITS)) for _ in bump]
        output, outputs = np.zeros((BATCH, UNITS)), []
        for time in range(TIME):
            here = {name: values[time] for name, values in bump.items()}
            keep = mask[:, time, np.newaxis]
            new = cell_step(cell, x[:, time], states, weights, here)
            copies = [states[0], *([states[1] + here["c"]] if cell == "LSTM" else [])]
            states = [np.where(keep, one, other) for one, other in zip(new, copies, strict=True)]
            states[0] = states[0] + here["h"]
            output = np.where(mask[:, : time + 1].any(axis=1)[:, np.newaxis], states[0], 0)
            outputs.append(output)
        x = np.stack(outputs, axis=1)
    return x


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())
@pytest.mark.parametrize("stack", [("SimpleRNN",), ("GRU",), ("LSTM",), ("LSTM", "SimpleRNN"), ("GRU", "LSTM")])
def test_state_gradients_are_finite_differences_with_respect_to_every_state(stack, mask):
    random = np.random.default_rng(0)
    layers = [getattr(recurrent, cell)(UNITS, return_sequences=True, name=f"at_{at}") for at, cell in enumerate(stack)]
    model = keras.Sequential([keras.Input((TIME, FEATURES)), *layers])
    for layer in layers:
        layer.set_weights([random.normal(size=weight.shape) for weight in layer.get_weights()])
    x, importance = random.normal(size=(BATCH, TIME, FEATURES)), random.normal(size=(BATCH, TIME, UNITS))
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        outputs = tf.constant(x)
        for layer in model.layers:
            outputs = layer(outputs, mask=tf.constant(mask))
        loss = tf.reduce_sum(tf.sin(outputs) * importance)
    measured = tape.gradient(loss, watched.probes)

    plain = [(cell, layer.get_weights()) for cell, layer in zip(stack, layers, strict=True)]
    bumps = [{name: np.zeros((TIME, BATCH, UNITS)) for name in layer.state_names} for layer in layers]

    def numpy_loss() -> float:
        return float(np.sum(np.sin(run_stack(plain, x, mask, bumps)) * importance))

    assert numpy_loss() == pytest.approx(float(loss), rel=1e-12)
    for layer, bump in zip(layers, bumps, strict=True):
        for name, values in bump.items():
            differences = np.zeros_like(values)
            for place in np.ndindex(values.shape):
                sides = []
                for change in (1e-5, -1e-5):
                    values[place] = change
                    sides.append(numpy_loss())
                values[place] = 0.0
                differences[place] = (sides[0] - sides[1]) / 2e-5
            np.testing.assert_allclose(measured[layer.path][name], differences, rtol=1e-7, atol=1e-9)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("factor", [0.5, 1.0, -0.9, 1.5])
def test_a_linear_scalar_recurrence_has_the_closed_form_w_to_the_power_of_the_steps_left(factor):
    layer = SimpleRNN(1, activation=None)
    layer.build((1, 12, 1))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), factor), np.zeros(1)])
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(layer(tf.ones((1, 12, 1))))
    gradient = tape.gradient(loss, watched.probes)[layer.path]["h"]
    np.testing.assert_allclose(np.ravel(gradient), factor ** np.arange(11.0, -1, -1), rtol=1e-13)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "softmax"], ids=["fused", "probed"])
def test_state_gradients_are_those_of_a_plain_tape_over_keras_cell_unrolled(cell, backwards, activation, sequences):
    layer = getattr(recurrent, cell)(UNITS, activation=activation, go_backwards=backwards)
    inputs = sequences(time=6)
    layer.build(inputs.shape)
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(tf.sin(layer(inputs)))
    measured = tape.gradient(loss, watched.probes)[layer.path]["h"]

    states = [tf.zeros((2, UNITS), tf.float64) for _ in layer.state_names]
    hidden = {}
    with tf.GradientTape() as tape:
        for time in reversed(range(6)) if backwards else range(6):
            _, states = layer.cell(inputs[:, time], states)
            tape.watch(states[0])
            hidden[time] = states[0]
        loss = tf.reduce_sum(tf.sin(states[0]))
    expected = tape.gradient(loss, [hidden[time] for time in range(6)])
    np.testing.assert_allclose(measured, np.stack(expected), rtol=1e-12)


@pytest.mark.usefixtures("float64")
def test_the_gradient_passes_a_masked_step_unchanged_where_the_loss_reads_nothing(cell, sequences):
    layer = getattr(recurrent, cell)(UNITS)
    mask = np.array([[1, 1, 0, 0, 0], [1, 0, 0, 1, 1]], bool)
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(tf.sin(layer(sequences(), mask=mask)))
    gradients = tape.gradient(loss, watched.probes)[layer.path]
    for masked, sequence in [(2, 0), (3, 0), (4, 0), (1, 1), (2, 1)]:
        np.testing.assert_array_equal(gradients["h"][masked - 1, sequence], gradients["h"][masked, sequence])
    if cell == "LSTM":
        # c is not read at a masked time step, and c_{t-1} of an unmasked one is read once more, by its own h.
        np.testing.assert_array_equal(gradients["c"][2:, 0], np.zeros((3, UNITS)))
        np.testing.assert_array_equal(gradients["c"][1, 1], gradients["c"][2, 1])
        assert np.all(gradients["c"][0, 1] != gradients["c"][1, 1])


@pytest.mark.parametrize(("mode", "time"), [("function", 20), ("xla", 3), ("xla", 20)])
def test_compiled_state_gradients_equal_eager_ones(cell, mode, time, sequences):
    keras.utils.set_random_seed(1)  # the same weights whichever tests came before
    model = keras.Sequential(
        [getattr(recurrent, cell)(3, return_sequences=True), getattr(recurrent, cell)(2), keras.layers.Dense(1)]
    )
    inputs = sequences(time=time)
    model(inputs)

    def run():
        with tf.GradientTape() as tape, watch_states(tape) as watched:
            loss = tf.reduce_sum(model(inputs, training=True) ** 2)
        return tape.gradient(loss, watched.probes)

    eager, compiled = run(), tf.function(run, jit_compile=mode == "xla", autograph=False)()
    assert eager.keys() == compiled.keys()
    assert len(eager) == 2
    for path, states in eager.items():
        for name, gradient in states.items():
            # What cancels to almost nothing has the rounding of what was added up: float32's, of the largest one.
            rounding = 5e-6 * float(np.abs(gradient).max())
            np.testing.assert_allclose(compiled[path][name], gradient, rtol=1e-5, atol=rounding)


@pytest.mark.usefixtures("float64")
def test_watching_changes_neither_outputs_nor_weight_gradients(cell, mask, sequences):
    layer = getattr(recurrent, cell)(UNITS, return_sequences=True)
    layer.build((2, 5, 3))
    found = []
    for watch in (False, True):
        with tf.GradientTape() as tape:
            if watch:
                with watch_states(tape):
                    outputs = layer(sequences(), mask=mask)
            else:
                outputs = layer(sequences(), mask=mask)
            loss = tf.reduce_sum(outputs**2)
        found.append([outputs, *tape.gradient(loss, [weight.value for weight in layer.weights])])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("float64")
def test_the_halves_of_a_bidirectional_layer_each_have_their_own_in_the_time_order_of_the_inputs(sequences):
    wrapped = keras.layers.Bidirectional(LSTM(UNITS, name="lstm"), name="both")
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(wrapped(sequences(time=6)))
    gradients = tape.gradient(loss, watched.probes)
    assert list(gradients) == ["both/forward_lstm", "both/backward_lstm"]
    # Both halves end with h, on whose every unit the loss has derivative one: forwards at the last time step of
    # the inputs, backwards at the first.
    np.testing.assert_array_equal(gradients["both/forward_lstm"]["h"][5], np.ones((2, UNITS)))
    np.testing.assert_array_equal(gradients["both/backward_lstm"]["h"][0], np.ones((2, UNITS)))


@pytest.mark.parametrize("name", ["shared", "shared@home"])
def test_a_layer_called_twice_has_one_entry_a_call(sequences, name):
    layer = GRU(3, name=name, return_sequences=True)
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        loss = tf.reduce_sum(layer(layer(sequences())))
    gradients = tape.gradient(loss, watched.probes)
    assert list(gradients) == [name, f"{name}@2"]
    assert all(tf.reduce_any(states["h"] != 0) for states in gradients.values())


def test_building_a_model_inside_the_block_leaves_no_probe_of_its_tracing_behind(sequences):
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        model = keras.Sequential([SimpleRNN(3, return_sequences=True), SimpleRNN(2)])
        loss = tf.reduce_sum(model(sequences()))
    assert len(watched.probes) == 2
    assert all(gradient is not None for gradient in tf.nest.flatten(tape.gradient(loss, watched.probes)))


def test_a_call_inside_another_compiled_function_is_not_watched_and_still_works(sequences):
    layer = SimpleRNN(3)
    inner = tf.function(layer, autograph=False)
    with tf.GradientTape() as tape, watch_states(tape) as watched:
        inner(sequences())
    assert watched.probes == {}


def test_blocks_nest_and_the_inner_one_watches(sequences):
    layer = SimpleRNN(3)
    with tf.GradientTape() as outer_tape, watch_states(outer_tape) as outer:
        with tf.GradientTape() as inner_tape, watch_states(inner_tape) as inner:
            layer(sequences())
        layer(sequences())
    assert list(inner.probes) == list(outer.probes) == [layer.path]


def test_nothing_is_computed_for_a_watch_that_is_not_there(sequences):
    """Without a watcher the compiled step holds no more operations than before: no probe is made at all."""
    layer = GRU(3)
    inputs = sequences()
    layer(inputs)

    def operations(watch: bool) -> int:
        @tf.function(autograph=False)
        def run():
            with tf.GradientTape() as tape:
                if watch:
                    with watch_states(tape):
                        loss = tf.reduce_sum(layer(inputs))
                else:
                    loss = tf.reduce_sum(layer(inputs))
            return tape.gradient(loss, [weight.value for weight in layer.weights])

        return len(run.get_concrete_function().graph.get_operations())

    assert operations(watch=False) < operations(watch=True)
