"""Training piece by piece, held against whole sequences unrolled by stock cells with stopped gradients.

Each stack of layers, each kind of columns and target, and each kind of lengths occurs, not their products.
"""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from made_data import made_config, made_dataset

from rnnctl.model.build import build_model
from rnnctl.model.losses import build_loss
from rnnctl.model.recurrent import to_stock
from rnnctl.results.training import StepRecord
from rnnctl.training.build import Built
from rnnctl.training.setup import make_loop

LENGTHS = (7, 3, 8, 5)
PIECE = 3
LAYERS = {
    "simple_rnn": [{"cell": "simple_rnn", "units": 3}],
    "gru": [{"cell": "gru", "units": 3}],
    "lstm": [{"cell": "lstm", "units": 3}],
    "lstm and gru": [{"cell": "lstm", "units": 3}, {"cell": "gru", "units": 2}],
}
STILL = {"kind": "sgd", "learning_rate": 1e-30}


def _loop(lengths, columns, target, placement, truncate, layers="simple_rnn", *, optimizer=STILL, **training):
    data = made_dataset(lengths, columns, target, placement)
    training = {"epochs": 1, "batch_size": 4, "truncate": truncate, "shuffle": False, **training}
    config = made_config(target, placement, layers=LAYERS[layers], optimizer=optimizer, training=training)
    model = build_model(config, data.signature)
    return config, data, model, make_loop(Built.of(config, data, model))


def _steps(loop):
    return [record for record in loop if isinstance(record, StepRecord)]


class Unrolled:
    """A model's stock layers, called time step by time step on one sequence."""

    def __init__(self, model):
        self.stock = to_stock(model)
        names = [layer.name for layer in self.stock.layers]
        self.cells = [layer.cell for layer in self.stock.layers if isinstance(layer, keras.layers.RNN)]
        states = [name for name in names if name.startswith("state_")]
        outputs = [self.stock.get_layer(name).output for name in ("features", *states) if name in names]
        self.front = keras.Model(self.stock.inputs, outputs) if outputs else None

    def __call__(self, inputs, stops):
        """Outputs after each time step of ``inputs [1, time, columns]``; no gradient passes time steps ``stops``."""
        mask = np.ones(inputs.shape[:2], np.bool_)
        given = [inputs, mask] if len(self.stock.inputs) > 1 else inputs
        seen, *first = keras.tree.flatten(self.front(given)) if self.front else [tf.constant(inputs)]
        states = [[tf.zeros([1, size]) for size in keras.tree.flatten(cell.state_size)] for cell in self.cells]
        states[0] = first or states[0]
        outputs = []
        for time in range(inputs.shape[1]):
            if time in stops:
                states = [[tf.stop_gradient(state) for state in each] for each in states]
            hidden = seen[:, time]
            for place, cell in enumerate(self.cells):
                hidden, states[place] = cell(hidden, states[place])
            outputs.append(self.stock.get_layer("head")(hidden))
        return tf.stack(outputs, axis=1)

    def norms(self, tape, loss):
        """Norm of the gradient of each weight, in the model's order."""
        weights = [variable.value for variable in self.stock.trainable_variables]
        gradients = tape.gradient(loss, weights, unconnected_gradients="zero")
        return [float(tf.norm(tf.convert_to_tensor(gradient))) for gradient in gradients]


@pytest.mark.parametrize(
    ("columns", "target", "layers"),
    [("numbers", "number", "simple_rnn"), ("numbers", "number", "gru"), ("all", "category", "lstm and gru")],
)
def test_a_piece_begins_where_the_one_before_ended_and_gets_no_gradient_across(columns, target, layers):
    config, data, model, loop = _loop(LENGTHS, columns, target, "each", PIECE, layers)
    unrolled, loss_of = Unrolled(model), build_loss(config.loss)
    steps = _steps(loop)
    assert len(steps) == loop.schedule.steps_per_epoch == 3
    batches = [data.train.gather([member]) for member in range(len(LENGTHS))]
    with tf.GradientTape(persistent=True) as tape:
        losses = [loss_of(batch.targets, unrolled(batch.inputs, (PIECE, 2 * PIECE)))[0] for batch in batches]
        of_pieces = [
            tf.reduce_mean(tf.concat([each[first : first + PIECE] for each in losses], axis=0))
            for first in (0, PIECE, 2 * PIECE)
        ]
    for step, loss in zip(steps, of_pieces, strict=True):
        assert step.loss == pytest.approx(float(loss), rel=1e-5)
        np.testing.assert_allclose(list(step.gradient_norms.values()), unrolled.norms(tape, loss), rtol=2e-5, atol=1e-7)
        assert all(len(norms) == PIECE for norms in step.state_gradient_norms.values())


def test_a_sequence_that_is_over_after_whole_pieces_takes_no_part_in_the_ones_after_it():
    config, data, model, loop = _loop((4, 2, 6, 2), "numbers", "number", "each", 2)
    steps = _steps(loop)
    assert len(steps) == 3
    _check_losses(config, model, data.train, steps, 2)


def _check_losses(config, model, sequences, steps, length):
    """Each step's loss is the mean over one piece of the four sequences, run whole."""
    unrolled, loss_of = Unrolled(model), build_loss(config.loss)
    batches = [sequences.gather([member]) for member in range(4)]
    losses = [loss_of(batch.targets, unrolled(batch.inputs, ()))[0] for batch in batches]
    for piece, step in enumerate(steps):
        own = [each[length * piece : length * (piece + 1)] for each in losses]
        assert step.loss == pytest.approx(float(tf.reduce_mean(tf.concat(own, axis=0))), rel=1e-5)


@pytest.mark.parametrize(
    ("layers", "lengths"),
    [("simple_rnn", LENGTHS), ("lstm and gru", LENGTHS), ("gru", (7, 7, 7))],
    ids=["simple_rnn, different lengths", "lstm and gru, different lengths", "gru, one length"],
)
def test_with_a_target_at_the_end_the_gradient_comes_back_over_the_last_time_steps_alone(layers, lengths):
    columns = "all" if len(lengths) == 4 else "numbers"
    config, data, model, loop = _loop(lengths, columns, "category", "sequence", PIECE, layers)
    unrolled, loss_of = Unrolled(model), build_loss(config.loss)
    (step,) = _steps(loop)
    with tf.GradientTape() as tape:
        losses = []
        for member, length in enumerate(lengths):
            batch = data.train.gather([member])
            outputs = unrolled(batch.inputs, [length - PIECE] if length > PIECE else [])
            losses.append(loss_of(batch.targets, outputs[:, -1])[0])
        loss = tf.reduce_mean(tf.stack(losses))
    assert step.loss == pytest.approx(float(loss), rel=1e-5)
    np.testing.assert_allclose(list(step.gradient_norms.values()), unrolled.norms(tape, loss), rtol=2e-5, atol=1e-7)
    assert all(len(norms) == PIECE for norms in step.state_gradient_norms.values())


def test_at_the_end_targets_that_are_missing_count_nowhere():
    data = made_dataset(LENGTHS, target="number", placement="sequence")
    valid = np.array([[True, True], [True, False], [False, True], [True, True]])
    data.train.targets[~valid] = np.nan
    data = replace(data, train=replace(data.train, valid=valid))
    training = {"epochs": 1, "batch_size": 4, "truncate": 4, "shuffle": False}
    config = made_config("number", "sequence", optimizer=STILL, training=training)
    model = build_model(config, data.signature)
    (step,) = _steps(make_loop(Built.of(config, data, model)))
    unrolled = Unrolled(model)
    with tf.GradientTape() as tape:
        errors = []
        for member, length in enumerate(LENGTHS):
            outputs = unrolled(data.train.gather([member]).inputs, [length - 4] if length > 4 else [])[0, -1]
            targets = np.nan_to_num(data.train.targets[member])  # a missing one would make all gradients NaN
            errors.append(tf.boolean_mask(tf.square(outputs - targets), valid[member]))
        loss = tf.reduce_mean(tf.concat(errors, axis=0))
    assert step.loss == pytest.approx(float(loss), rel=1e-5)
    np.testing.assert_allclose(list(step.gradient_norms.values()), unrolled.norms(tape, loss), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("placement", ["each", "sequence"])
def test_where_a_piece_holds_the_longest_sequence_nothing_is_truncated(placement):
    lengths = (3, 2, 4, 2)
    truncated = _loop(lengths, "numbers", "category", placement, 4)[-1]
    whole = _loop(lengths, "numbers", "category", placement, None)[-1]
    assert truncated.schedule.shape.piece is None
    for one, other in zip(_steps(truncated), _steps(whole), strict=True):
        assert (one.loss, one.gradient_norms, one.state_gradient_norms) == (
            other.loss,
            other.gradient_norms,
            other.state_gradient_norms,
        )


def test_one_long_series_is_trained_on_in_as_many_streams_as_a_batch_holds():
    config, _, model, loop = _loop((21,), "numbers", "number", "each", 2)
    streams = loop.schedule.sequences
    assert streams.starts.tolist() == [0, 5, 10, 16]
    assert streams.lengths.tolist() == [5, 5, 6, 5]
    schedule = loop.schedule
    assert (schedule.steps_per_epoch, schedule.batch_size, schedule.total_steps) == (3, 4, 3)
    steps = _steps(loop)
    assert len(steps) == 3
    _check_losses(config, model, streams, steps, 2)


def test_streams_exactly_as_long_as_a_piece_are_trained_on_as_single_pieces():
    config, _, model, loop = _loop((8,), "numbers", "number", "each", 2)
    assert (loop.schedule.sequences.lengths.tolist(), loop.schedule.shape.padded_lengths) == ([2, 2, 2, 2], (2,))
    steps = _steps(loop)
    assert len(steps) == 1
    _check_losses(config, model, loop.schedule.sequences, steps, 2)


def test_every_time_step_of_every_sequence_is_learned_from_once_an_epoch():
    lengths = np.random.default_rng(0).integers(1, 40, 23)
    *_, loop = _loop(lengths, "numbers", "number", "each", 6, epochs=2, shuffle=True)
    schedule = loop.schedule
    assert schedule.total_steps == 2 * schedule.steps_per_epoch
    for epoch in range(2):
        seen = []
        for step in range(epoch * schedule.steps_per_epoch, (epoch + 1) * schedule.steps_per_epoch):
            indices, sizes = schedule.batches(step, 1)
            piece = int(schedule.pieces(step, 1)[0])
            for member in indices[0, : sizes[0]]:
                seen += [(int(member), time) for time in range(6 * piece, min(6 * piece + 6, lengths[member]))]
        assert len(seen) == len(set(seen)) == lengths.sum()
    batches = []
    for epoch in range(2):
        indices, _ = schedule.batches(epoch * schedule.steps_per_epoch, schedule.steps_per_epoch)
        batches.append(set(map(tuple, indices.tolist())))
    assert batches[0] != batches[1]


def test_pieces_of_one_batch_follow_each_other_without_another_batch_between():
    _, _, _, loop = _loop((20,) * 9, "numbers", "number", "each", 6, shuffle=True)
    indices, _ = loop.schedule.batches(0, loop.schedule.steps_per_epoch)
    pieces = loop.schedule.pieces(0, loop.schedule.steps_per_epoch)
    assert pieces.tolist() == [0, 1, 2, 3] * 3
    for first in (0, 4, 8):
        assert (indices[first : first + 4] == indices[first]).all()


def test_pieces_come_alike_from_the_host_and_in_two_parts(monkeypatch):
    from rnnctl.training import feeds, setup

    optimizer = {"kind": "sgd", "learning_rate": 0.1}

    def make():
        return _loop((5, 2, 6, 3), "numbers", "number", "each", 2, "lstm", optimizer=optimizer)

    plain = _steps(make()[-1])
    monkeypatch.setattr(feeds, "LARGEST_TABLE", 0)
    hosted = make()[-1]
    assert hosted.program.feed.way == "host"
    monkeypatch.setattr(setup, "choose_parts", lambda *_: 2)
    parts = make()[-1]
    for others in (_steps(hosted), _steps(parts)):
        for one, other in zip(plain, others, strict=True):
            assert other.loss == pytest.approx(one.loss, rel=1e-5)
            assert other.gradient_norms == pytest.approx(one.gradient_norms, rel=1e-4, abs=1e-7)
