"""The loop over time gives the same results written out and looped, forwards and backwards."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from rnnctl.model.recurrent import GRU, scan as scanning
from rnnctl.model.recurrent.scan import scan

VALUES = np.random.default_rng(0).normal(size=(6, 2, 3)).astype("float32")


def cumulative(**options):
    """A running sum whose results are the sum and its double."""

    def step(carry, rows):
        total = carry[0] + rows["values"]
        return (total,), {"sums": total, "doubles": tf.concat([total, total], 1), "unused": total}

    inputs = {"values": tf.constant(VALUES), "absent": None}
    return scan(step, (tf.zeros((2, 3)),), inputs, {"sums": 3, "doubles": 6}, **options)


@pytest.mark.parametrize("limit", [0, 16], ids=["looped", "written out"])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_results_keep_their_place_in_time_whichever_way_the_scan_runs(monkeypatch, limit, compiled, reverse):
    monkeypatch.setattr(scanning, "UNROLL_LIMIT", limit)
    monkeypatch.setattr(scanning, "UNROLL_FROM", 1)
    run = tf.function(cumulative, autograph=False) if compiled else cumulative
    (final,), kept = run(reverse=reverse)
    expected = np.cumsum(VALUES[::-1], axis=0)[::-1] if reverse else np.cumsum(VALUES, axis=0)
    np.testing.assert_allclose(kept["sums"], expected, rtol=1e-6)
    np.testing.assert_allclose(kept["doubles"], np.concatenate([expected, expected], -1), rtol=1e-6)
    np.testing.assert_allclose(final, VALUES.sum(axis=0), rtol=1e-5)
    assert set(kept) == {"sums", "doubles"}


def test_a_step_may_be_run_without_keeping_anything():
    def step(carry, rows):
        return (carry[0] * rows["values"],), {}

    (final,), kept = scan(step, (tf.ones((2, 3)),), {"values": tf.constant(VALUES)}, {})
    np.testing.assert_allclose(final, VALUES.prod(axis=0), rtol=1e-5)
    assert kept == {}


def test_the_graph_does_not_grow_with_the_number_of_time_steps_beyond_the_limit_or_of_few_units(monkeypatch):
    monkeypatch.setattr(scanning, "UNROLL_LIMIT", 4)
    monkeypatch.setattr(scanning, "UNROLL_FROM", 3)

    def operations(time, units=3, **options):
        layer = GRU(units, **options)

        @tf.function(autograph=False)
        def run(inputs):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                loss = tf.reduce_sum(layer(inputs))
            return tape.gradient(loss, inputs)

        graph = run.get_concrete_function(tf.TensorSpec((2, time, 3))).graph.as_graph_def()
        return len(graph.node) + sum(len(function.node_def) for function in graph.library.function)

    beyond = scanning.UNROLL_LIMIT + 1
    assert operations(20 * beyond) <= operations(beyond) * 1.02
    assert operations(None) <= operations(beyond) * 1.3
    assert operations(beyond, unroll=True) > operations(beyond) * 1.5
    assert operations(4) > operations(beyond) * 1.2
    assert operations(4, units=2) <= operations(beyond) * 1.02
