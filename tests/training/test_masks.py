"""Batches of sequences of different lengths, held against each sequence alone, which needs no padding.

The cases cover each kind of column, target and placement, each cell and both directions, not their products. Each is
run at a width that is written out; one case of each placement, among them every cell, is run at one that is looped too.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from made_data import made_config, made_dataset

from rnnctl.model.build import build_model
from rnnctl.model.losses import build_loss
from rnnctl.model.optimizers import build_optimizer
from rnnctl.model.recurrent import to_stock, watch_states
from rnnctl.model.weights import state_path
from rnnctl.training.feeds import DeviceFeed, HostFeed
from rnnctl.training.program import TrainingProgram
from rnnctl.training.schedule import BatchShape

LENGTHS = (3, 2, 4, 2, 4, 3, 2, 4, 1, 3)
LONGEST, WIDER = 4, 18


class Bench:
    """A program whose batches can be padded to two widths, and its rows for batches from the same weights."""

    def __init__(self, columns, target, placement, layers=None, *, feed="device", batch_sizes=(), **options):
        self.data = made_dataset(LENGTHS, columns, target, placement)
        self.config = made_config(target, placement, layers=layers or [{"cell": "simple_rnn", "units": 3}])
        self.model = build_model(self.config, self.data.signature)
        optimizer = build_optimizer(self.config.optimizer, 1)
        shape = BatchShape((LONGEST, WIDER), masked=True, batch_sizes=batch_sizes)
        feed = DeviceFeed(self.data.train, shape) if feed == "device" else HostFeed(self.data.train, 4, shape)
        loss = build_loss(self.config.loss)
        self.program = TrainingProgram(
            self.model, loss, optimizer, self.config.optimizer, feed, batch_size=4, even=False, **options
        )
        self._before = self.model.get_weights()
        self._alone = {}

    def row(self, members, width=LONGEST):
        """The first step's row for a batch."""
        self.model.set_weights(self._before)
        indices = np.full((1, 4), members[0], np.int32)
        indices[0, : len(members)] = members
        prepared = self.program.prepare(indices, np.array([len(members)], np.int32), time_steps=width)
        return self.program.run(prepared)[0]

    def alone(self, members):
        """The same row, from each sequence alone."""
        each = self.data.train.placement == "each"
        share = 1 / self.data.train.lengths[members].sum() if each else 1 / len(members)
        totals, gradients, norms = zip(*map(self._sums_of, members), strict=True)
        weights = [np.linalg.norm(share * sum(one)) for one in zip(*gradients, strict=True)]
        return share * sum(totals), weights, share / len(members) * sum(norms)

    def _sums_of(self, member):
        """One sequence's sum of losses, its gradients by stock layers, and its norms; without padding, eagerly."""
        if member in self._alone:
            return self._alone[member]
        self.model.set_weights(self._before)
        loss_of, states = build_loss(self.config.loss), self.program.layout.states
        stock, norms = to_stock(self.model), np.zeros((len(states), WIDER))
        batch = self.data.train.gather([member])
        given = [batch.inputs, np.ones(batch.inputs.shape[:2], np.bool_)]
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(loss_of(batch.targets, stock(given, training=True)))
        gradients = tape.gradient(value, [variable.value for variable in stock.trainable_variables])
        gradients = [np.asarray(tf.convert_to_tensor(one), np.float64) for one in gradients]
        with tf.GradientTape() as tape, watch_states(tape) as watched:
            own = tf.reduce_sum(loss_of(batch.targets, self.model(given, training=True)))
        for layer, probes in tape.gradient(own, watched.probes).items():
            for state, gradient in probes.items():
                place = states.index(state_path(layer, state))
                norms[place, : len(gradient)] = np.linalg.norm(gradient[:, 0], axis=-1)
        self._alone[member] = float(value), gradients, norms
        return self._alone[member]


def _check(bench, members, width):
    row = bench.row(members, width)
    loss, weights, norms = bench.alone(members)
    first = 4 + len(weights)
    assert row[0] == pytest.approx(loss, rel=2e-6)
    np.testing.assert_allclose(row[4:first], weights, rtol=1e-5, atol=1e-7)
    assert row[1] == pytest.approx(np.linalg.norm(weights), rel=1e-5)
    np.testing.assert_allclose(row[first:].reshape(norms.shape), norms, rtol=1e-5, atol=1e-8)


LAYERS = [{"cell": "lstm", "units": 3, "bidirectional": True}, {"cell": "gru", "units": 2}]
BOTH = [{"cell": "simple_rnn", "units": 3, "bidirectional": True}, {"cell": "simple_rnn", "units": 2}]
CASES = {
    "numbers, a number at each time step": ("numbers", "number", "each", [{"cell": "gru", "units": 3}]),
    "tokens, a class at each time step": ("tokens", "category", "each", None),
    "statics, a class": ("statics", "category", "sequence", [{"cell": "lstm", "units": 3}]),
    "all, yes or no, both directions, two layers": ("all", "boolean", "sequence", LAYERS),
    "all, a class at each time step, both directions, two layers": ("all", "category", "each", BOTH),
    "numbers, the row after the last": ("numbers", "number", "last", None),
}
LOOPED = [
    "tokens, a class at each time step",
    "all, yes or no, both directions, two layers",
    "numbers, the row after the last",
]


@cache
def _bench(case):
    """Compiling it is what takes the time."""
    return Bench(*CASES[case])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("members", [[2, 0, 8, 3], [7, 1], [8]], ids=["full batch", "partial batch", "one time step"])
def test_a_padded_batch_is_its_sequences_and_nothing_else(case, members):
    _check(_bench(case), members, LONGEST)


@pytest.mark.parametrize("case", LOOPED)
def test_results_do_not_depend_on_the_padding(case):
    bench = _bench(case)
    narrow, wide = bench.row([2, 0, 8, 3]), bench.row([2, 0, 8, 3], WIDER)
    np.testing.assert_allclose(wide, narrow, rtol=1e-6, atol=1e-8)


MANY = "tokens, a class at each time step"


@settings(deadline=None, max_examples=25)
@given(members=st.lists(st.integers(0, 9), min_size=1, max_size=4), width=st.sampled_from([LONGEST, WIDER]))
def test_no_mix_of_lengths_and_no_width_makes_a_difference(members, width):
    _check(_bench(MANY), members, width)


@pytest.mark.parametrize("options", [{}, {"feed": "host"}, {"parts": 2}], ids=["device", "host", "two parts"])
def test_any_feed_any_parts_and_a_width_whose_batches_hold_fewer_sequences_see_these_alone(options):
    many, fewer = _bench(MANY), Bench(*CASES[MANY], batch_sizes=(4, 2), **options)
    for members, width in (
        ([2, 0, 8, 3], LONGEST),
        ([7, 1, 4], LONGEST),
        ([8], LONGEST),
        ([2, 0], WIDER),
        ([8], WIDER),
    ):
        _check(fewer, members, width)
        np.testing.assert_allclose(fewer.row(members, width), many.row(members, width), rtol=2e-6, atol=1e-8)
