"""Time steps at which a whole batch is masked are skipped, and nothing that anyone can see is changed by that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from rnnctl.model import recurrent
from rnnctl.model.recurrent import scan as scanning, tensors, watch_states
from rnnctl.model.recurrent.scan import scan

BATCH, TIME, UNITS = 3, 44, 4

counting = tf.function(
    lambda mask, reverse: scan(
        lambda carry, rows: ((carry[0] + 1.0,), {"run": carry[0] + 1.0}),
        (tf.zeros((BATCH, 1)),),
        {"mask": mask},
        {"run": 1},
        idle=lambda carry, rows: (carry, {}),
        reverse=reverse,
    ),
    autograph=False,
)
"""Counts the steps that are run, and writes the count where one is."""


@settings(max_examples=30, deadline=None)
@given(
    mask=hnp.arrays(bool, (TIME, BATCH, 1), elements=st.booleans(), fill=st.just(value=False)), reverse=st.booleans()
)
def test_what_is_run_reaches_from_the_first_to_the_last_time_step_at_which_any_sequence_is_not_masked(mask, reverse):
    (count,), kept = counting(tf.constant(mask), reverse)
    busy = np.flatnonzero(mask.any(axis=(1, 2)))
    first, last = (busy[0], busy[-1]) if len(busy) else (TIME - 1, TIME - 1) if reverse else (0, 0)
    expected = np.zeros(TIME)
    steps = np.arange(1, last - first + 2)
    expected[first : last + 1] = steps[::-1] if reverse else steps
    np.testing.assert_array_equal(kept["run"][:, 0, 0], expected)
    assert float(count[0, 0]) == last - first + 1


@pytest.mark.parametrize(
    ("time", "width", "loops"),
    [(scanning.ONE_LOOP_LIMIT, 1, 1), (scanning.ONE_LOOP_LIMIT + 1, 1, 3), (20, scanning.UNROLL_FROM, 3)],
)
def test_a_short_loop_of_few_units_is_one_loop(time, width, loops):
    def count(mask: tf.Tensor) -> Any:
        (total,), kept = scan(
            lambda carry, rows: ((carry[0] + tf.cast(rows["mask"], tf.float32),), {"run": carry[0]}),
            (tf.zeros((BATCH, width)),),
            {"mask": mask},
            {"run": width},
            idle=lambda carry, rows: (carry, {}),
        )
        return total, kept["run"]

    call = tf.function(count, autograph=False).get_concrete_function(tf.TensorSpec((time, BATCH, 1), tf.bool))
    mask = np.arange(time)[:, None, None] < np.array([2, 0, time // 2])[:, None]
    assert sum(node.op.endswith("While") for node in call.graph.as_graph_def().node) == loops
    np.testing.assert_array_equal(call(tf.constant(mask))[0][:, 0], mask[..., 0].sum(axis=0))


def masks() -> dict[str, np.ndarray]:
    """Masks `[batch, time]` that leave time steps idle at the end, at the start, at both, everywhere and nowhere."""
    times = np.arange(TIME)
    scattered = np.zeros((BATCH, TIME), bool)
    scattered[[0, 0, 1, 2], [7, 11, 9, 7]] = True
    return {
        "right": times < np.array([[3], [9], [6]]),
        "left": times >= TIME - np.array([[4], [1], [0]]),
        "scattered": scattered,
        "all masked": np.zeros((BATCH, TIME), bool),
        "none masked": np.ones((BATCH, TIME), bool),
    }


def everything(layer: Any, mode: str, sequences: Any, norms: bool) -> Any:
    """Compiles a call that gives outputs, final states, all gradients and the state gradients."""

    def run(mask: tf.Tensor) -> Any:
        inputs = sequences(BATCH, TIME)
        states = [sequences(BATCH, TIME, UNITS, seed=3)[:, at] for at in range(len(layer.state_names))]
        with tf.GradientTape() as tape, watch_states(tape, norms=norms) as watched:
            tape.watch([inputs, *states])
            outputs = layer(inputs, mask=mask, initial_state=states)
            loss = tf.add_n([tf.reduce_sum(tf.sin(each) * (1.0 + at)) for at, each in enumerate(outputs)])
        weights = [weight.value for weight in layer.weights]
        return outputs, tape.gradient(loss, [*weights, inputs, *states, watched.probes[layer.path]])

    return tf.function(run, autograph=False, jit_compile=mode == "xla").get_concrete_function(
        tf.TensorSpec((BATCH, TIME), tf.bool)
    )


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("options", "norms"),
    [({}, False), ({"return_sequences": True, "go_backwards": True}, True)],
    ids=["last", "all"],
)
def test_results_are_those_of_the_loop_that_skips_nothing(monkeypatch, cell, options, norms, sequences):
    mode = "xla" if norms and cell == "SimpleRNN" else "function"
    layer = getattr(recurrent, cell)(UNITS, return_state=True, **options)
    layer.build((BATCH, TIME, 3))
    monkeypatch.setattr(tensors, "STRETCH", 5)
    skipping = everything(layer, mode, sequences, norms)
    monkeypatch.setattr(tensors, "STRETCH", TIME)
    monkeypatch.setattr(scanning, "_stretches", lambda step, idle, inputs, reverse: [(step, tf.constant(TIME))])
    plain = everything(layer, mode, sequences, norms)
    for kind, mask in masks().items():
        pairs = zip(tf.nest.flatten(skipping(mask)), tf.nest.flatten(plain(mask)), strict=True)
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14, err_msg=kind)


kernel_gradient = {jit: tf.function(tensors.kernel_gradient, autograph=False, jit_compile=jit) for jit in (False, True)}


@settings(max_examples=30, deadline=None)
@given(
    busy=hnp.arrays(bool, (TIME, BATCH, 1), elements=st.booleans(), fill=st.just(value=False)),
    seed=st.integers(0, 99),
    jit=st.booleans(),
)
def test_a_kernels_gradient_does_not_look_at_stretches_of_time_at_which_all_is_masked(busy, seed, jit):
    stretch, rest = 5, TIME % 5
    rng = np.random.default_rng(seed)
    rows, deltas = rng.normal(size=(TIME, BATCH, UNITS)), rng.normal(size=(TIME, BATCH, 2)) * busy
    expected = np.einsum("tbu,tbw->uw", rows, deltas)
    wanted = np.flatnonzero(busy[rest:].reshape(-1, stretch * BATCH).any(axis=1))
    first, end = (wanted[0], wanted[-1] + 1) if len(wanted) else (0, 0)
    rows[rest : rest + first * stretch] = np.nan  # what is looked at nevertheless spoils the sum
    rows[rest + end * stretch :] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensors, "STRETCH", stretch)
        found = kernel_gradient[jit](*map(tf.constant, (rows, deltas, busy)))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_a_batch_of_unknown_size_may_be_masked_altogether(cell, sequences):
    layer = getattr(recurrent, cell)(UNITS, return_sequences=True)
    layer.build((None, TIME, 3))
    run = tf.function(lambda inputs, mask: layer(inputs, mask=mask), autograph=False)
    call = run.get_concrete_function(tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None), tf.bool))
    np.testing.assert_array_equal(call(sequences(2, TIME), np.zeros((2, TIME), bool)), np.zeros((2, TIME, UNITS)))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("cell", "mode"), [("SimpleRNN", "xla"), ("GRU", "function"), ("LSTM", "function")])
def test_second_derivatives_pass_idle_time_steps(monkeypatch, cell, mode, sequences):
    monkeypatch.setattr(tensors, "STRETCH", 5)
    layer = getattr(recurrent, cell)(UNITS)
    layer.build((BATCH, TIME, 3))
    mask = tf.constant(masks()["right"])

    def run() -> Any:
        inputs = sequences(BATCH, TIME)
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                loss = tf.reduce_sum(layer(inputs, mask=mask) ** 3)
            first = inner.gradient(loss, inputs)
            square = tf.reduce_sum(first**2)
        return outer.gradient(square, inputs)

    found = tf.function(run, autograph=False, jit_compile=mode == "xla")()
    np.testing.assert_allclose(found, run(), rtol=1e-9, atol=1e-12)
    assert np.all(np.asarray(found)[~mask.numpy()] == 0)
