"""The floor's list of parts is the step's arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from bench.peers.floor import Elementwise, Floor, Product, parts_of_step
from bench.peers.products import Products
from small import small_config

from rnnctl import backend
from rnnctl.bench.task import make_task
from rnnctl.training.build import prepare

B, T, F, U, O = 5, 7, 3, 4, 2  # noqa: E741
DATA = {"kind": "dummy", "sequences": B, "length": T, "features": F, "outputs": O}
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}


def task_of(layers, **more):
    backend.start()
    config = small_config(
        data=DATA, model={"layers": layers, **more}, training={"steps": 1, "batch_size": B}, optimizer="sgd"
    )
    return make_task(prepare(config))


def flops(task):
    return sum(part.flops for part in parts_of_step(task) if isinstance(part, Product))


@pytest.mark.parametrize("cell", GATES)
def test_products_of_a_cell_are_its_closed_form(cell):
    gates = GATES[cell]
    # Two products with W (forward, its gradient), three with U (forward, back in time, its gradient), three for V.
    recurrent = 2 * B * T * (2 * F * gates * U + 3 * U * gates * U)
    assert flops(task_of([{"cell": cell, "units": U}])) == recurrent + 3 * 2 * B * U * O


def test_a_second_layer_sends_its_gradient_down_too_and_a_head_may_stand_at_every_time_step():
    one = 2 * B * T * (2 * F * 3 * U + 3 * U * 3 * U)
    two = 2 * B * T * (3 * U * 4 * 6 + 3 * 6 * 4 * 6)
    task = task_of([{"cell": "gru", "units": U}, {"cell": "lstm", "units": 6}], return_sequences=True)
    assert flops(task) == one + two + 3 * 2 * B * T * 6 * O


def test_both_directions_count():
    layer = {"cell": "gru", "units": U}
    head = 3 * 2 * B * O
    once = flops(task_of([layer])) - head * U
    assert flops(task_of([{**layer, "bidirectional": True}])) == 2 * once + head * 2 * U


@pytest.mark.parametrize(("cell", "values"), [("simple_rnn", U), ("gru", 3 * U), ("lstm", 5 * U)])
def test_every_gate_and_state_has_its_activation(cell, values):
    parts = [part for part in parts_of_step(task_of([{"cell": cell, "units": U}])) if isinstance(part, Elementwise)]
    assert sum(part.rows * part.columns * part.times for part in parts) == B * T * values


def test_every_part_is_timed_and_summed(monkeypatch):
    monkeypatch.setattr("bench.peers.floor._SAMPLE", 1e-4)
    floor = Floor(task_of([{"cell": "simple_rnn", "units": U}]))
    assert floor.prepare() == ()
    assert floor.time_step(1) > 0
    assert "MFLOP a step" in floor.settings

    calls = []
    floor._runs = [(lambda repeats, part=part: calls.append((part, repeats)), 2, 3) for part in range(4)]
    monkeypatch.setattr("bench.peers.floor._seconds", lambda run, repeats: run(repeats) or 0.5)
    assert floor.time_step(1) == 4 * 3 * 0.5
    assert calls == [(part, 2) for part in range(4)]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_products_alone_are_those_of_the_step_on_every_thread_at_once(monkeypatch, threads):
    monkeypatch.setattr("bench.peers.products._SAMPLE", 1e-4)
    task = task_of([{"cell": "gru", "units": U}])
    products = Products(task, threads)
    assert products.prepare() == ()
    assert products.time_step(1) > 0
    assert products.flops == flops(task)
    share = -(-B // threads)
    assert sum(part.flops for part in products.parts) == products.flops // B * share
    ran = []
    products._chosen = [([lambda repeats, part=part: ran.append((part, repeats))] * threads, 2, 3) for part in "ab"]
    products.time_step(1)
    assert sorted(ran) == [("a", 2)] * threads + [("b", 2)] * threads


def test_a_compiled_loop_and_blas_do_the_product_they_are_named_for():
    from bench.peers.floor import blas_loop, loop_of

    for part in (Product("tall", 50, 3, 2), Product("wide", 2, 3, 50)):
        random = np.random.default_rng(0)
        shapes = (part.rows, part.inner), (part.inner, part.columns)
        left, right = (random.standard_normal(shape, dtype=np.float32) for shape in shapes)
        expected = [[sum(a * b for a, b in zip(row, column, strict=True)) for column in right.T] for row in left]
        for loop in (loop_of, blas_loop):
            np.testing.assert_allclose(loop(part, np.random.default_rng(0))(3), expected, rtol=1e-5, atol=1e-6)
