"""Batches of sequences of different lengths, held against each sequence alone, which needs no padding."""

from __future__ import annotations

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

LONGEST, WIDER = 7, 18


class Bench:
    """A program whose batches can be padded to two widths, and its rows for batches from the same weights."""

    def __init__(self, *made, feed="device", layers=None, batch_sizes=(), **options):
        columns, target, placement = made
        self.data = made_dataset(columns=columns, target=target, placement=placement)
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

    def row(self, members, width=LONGEST):
        """The first step's row for a batch."""
        self.model.set_weights(self._before)
        indices = np.full((1, 4), members[0], np.int32)
        indices[0, : len(members)] = members
        prepared = self.program.prepare(indices, np.array([len(members)], np.int32), time_steps=width)
        return self.program.run(prepared)[0]

    def alone(self, members):
        """The same row, from each sequence alone, without padding, eagerly; gradients by stock layers."""
        self.model.set_weights(self._before)
        loss_of, train = build_loss(self.config.loss), self.data.train
        stock = to_stock(self.model)
        states = self.program.layout.states
        each = train.placement == "each"
        share = 1 / train.lengths[members].sum() if each else 1 / len(members)
        total, gradients, norms = 0.0, None, np.zeros((len(states), WIDER))
        for member in members:
            batch = train.gather([member])
            given = [batch.inputs, np.ones(batch.inputs.shape[:2], np.bool_)]
            with tf.GradientTape() as tape:
                value = share * tf.reduce_sum(loss_of(batch.targets, stock(given, training=True)))
            own = tape.gradient(value, [variable.value for variable in stock.trainable_variables])
            own = [np.asarray(tf.convert_to_tensor(one), np.float64) for one in own]
            gradients = own if gradients is None else [a + b for a, b in zip(gradients, own, strict=True)]
            total += float(value)
            with tf.GradientTape() as tape, watch_states(tape) as watched:
                value = share * tf.reduce_sum(loss_of(batch.targets, self.model(given, training=True)))
            for layer, probes in tape.gradient(value, watched.probes).items():
                for state, gradient in probes.items():
                    place = states.index(state_path(layer, state))
                    norms[place, : len(gradient)] += np.linalg.norm(gradient[:, 0], axis=-1) / len(members)
        weights = [np.linalg.norm(gradient) for gradient in gradients]
        return total, weights, norms


def _check(bench, members, width):
    row = bench.row(members, width)
    loss, weights, norms = bench.alone(members)
    first = 4 + len(weights)
    assert row[0] == pytest.approx(loss, rel=2e-6)
    np.testing.assert_allclose(row[4:first], weights, rtol=1e-5, atol=1e-7)
    assert row[1] == pytest.approx(np.linalg.norm(weights), rel=1e-5)
    np.testing.assert_allclose(row[first:].reshape(norms.shape), norms, rtol=1e-5, atol=1e-8)


LAYERS = [{"cell": "lstm", "units": 3, "bidirectional": True}, {"cell": "gru", "units": 2}]
CASES = {
    "numbers, a number at each time step": ("numbers", "number", "each", None),
    "tokens, a class at each time step": ("tokens", "category", "each", [{"cell": "gru", "units": 3}]),
    "statics, a class": ("statics", "category", "sequence", [{"cell": "lstm", "units": 3}]),
    "all, yes or no, both directions, two layers": ("all", "boolean", "sequence", LAYERS),
    "all, a class at each time step, two layers": ("all", "category", "each", LAYERS),
    "numbers, the row after the last": ("numbers", "number", "last", None),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def bench(request):
    columns, target, placement, layers = request.param
    return Bench(columns, target, placement, layers=layers)


@pytest.mark.parametrize("members", [[2, 0, 8, 3], [7, 1], [8]], ids=["full batch", "partial batch", "one time step"])
def test_a_padded_batch_is_its_sequences_and_nothing_else(bench, members):
    _check(bench, members, LONGEST)


def test_results_do_not_depend_on_the_padding(bench):
    narrow, wide = bench.row([2, 0, 8, 3]), bench.row([2, 0, 8, 3], WIDER)
    np.testing.assert_allclose(wide, narrow, rtol=1e-6, atol=1e-8)


@pytest.fixture(scope="module")
def many():
    return Bench("tokens", "category", "each", layers=[{"cell": "gru", "units": 3}])


@settings(deadline=None, max_examples=25)
@given(members=st.lists(st.integers(0, 9), min_size=1, max_size=4), width=st.sampled_from([LONGEST, WIDER]))
def test_no_mix_of_lengths_and_no_width_makes_a_difference(many, members, width):
    _check(many, members, width)


def test_batches_from_the_host_are_those_gathered_on_the_device(many):
    hosted = Bench("tokens", "category", "each", layers=[{"cell": "gru", "units": 3}], feed="host")
    for members, width in (([2, 0, 8, 3], LONGEST), ([7, 1], WIDER)):
        np.testing.assert_allclose(hosted.row(members, width), many.row(members, width), rtol=1e-6)


def test_a_padded_batch_in_two_parts_is_the_same_batch(many):
    halves = Bench("tokens", "category", "each", layers=[{"cell": "gru", "units": 3}], parts=2)
    for members in ([2, 0, 8, 3], [7, 1, 4], [8]):
        np.testing.assert_allclose(halves.row(members), many.row(members), rtol=2e-6, atol=1e-8)


@pytest.mark.parametrize("options", [{}, {"feed": "host"}, {"parts": 2}], ids=["device", "host", "two parts"])
def test_a_width_whose_batches_hold_fewer_sequences_sees_these_alone(many, options):
    layers = [{"cell": "gru", "units": 3}]
    fewer = Bench("tokens", "category", "each", layers=layers, batch_sizes=(4, 2), **options)
    for members in ([2, 0], [8]):
        _check(fewer, members, WIDER)
        np.testing.assert_allclose(fewer.row(members, WIDER), many.row(members, WIDER), rtol=2e-6, atol=1e-8)
    _check(fewer, [7, 1, 4], LONGEST)
