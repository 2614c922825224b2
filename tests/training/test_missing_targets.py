"""Losses of which some targets are missing, against sums over the others written out, and Keras' sample weights."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from made_data import made_config, made_dataset

from rnnctl.data.class_weights import class_weights
from rnnctl.gradients.backward import impulse_weights, loss_weights, run_backward
from rnnctl.gradients.self_check import check_gradients, numpy_loss
from rnnctl.model.build import build_model
from rnnctl.model.losses import build_loss
from rnnctl.model.optimizers import build_optimizer
from rnnctl.model.recurrent import to_stock
from rnnctl.model.weights import weight_arrays
from rnnctl.results.training import StepRecord
from rnnctl.training.buckets import BucketEpochs
from rnnctl.training.build import Built
from rnnctl.training.evaluate import Evaluator, WholeSequences
from rnnctl.training.feeds import DeviceFeed, HostFeed
from rnnctl.training.piecewise import PiecewiseRunner
from rnnctl.training.program import TrainingProgram
from rnnctl.training.schedule import BatchShape
from rnnctl.training.setup import make_loop

LENGTHS = (3, 2, 4, 2, 4, 3, 2, 4, 1, 3)
MEMBERS = [2, 0, 7, 3]

FORMULAS = {
    "mse": lambda y, p: (p - y) ** 2,
    "mae": lambda y, p: abs(p - y),
    "huber": lambda y, p: tf.where(abs(p - y) <= 1, 0.5 * (p - y) ** 2, abs(p - y) - 0.5),
    "binary_crossentropy": lambda y, p: -y * tf.math.log(p) - (1 - y) * tf.math.log(1 - p),
    "categorical_crossentropy": lambda y, p: (
        -tf.math.log(tf.gather(p, tf.cast(y, tf.int32), axis=-1, batch_dims=len(p.shape) - 1))
    ),
}
TARGETS = {"binary_crossentropy": "boolean", "categorical_crossentropy": "category"}

PLACES = [*((loss, "each") for loss in FORMULAS), ("mse", "sequence"), ("binary_crossentropy", "sequence")]
CASES = [
    *((*place, None) for place in PLACES),
    ("binary_crossentropy", "sequence", np.array([[0.5, 3.0], [2.0, 0.25]])),
    ("categorical_crossentropy", "each", np.array([[1.0, 0.5, 3.0, 0.25]])),
]


class Made:
    """A dataset of which a third of the targets are missing, and a model for it."""

    def __init__(self, loss="mse", placement="each", lengths=LENGTHS, weights=None):
        target = TARGETS.get(loss, "number")
        data = made_dataset(lengths, "numbers", target, placement)
        train = data.train
        valid = np.random.default_rng(5).random(train.targets.shape) > 1 / 3
        # What is not valid is never looked at, be it NaN or a number that was filled in.
        train.targets[~valid & (np.arange(len(valid)) % 2 == 0)[:, None]] = np.nan
        self.data = replace(data, train=replace(train, valid=valid))
        self.config = made_config(target, placement, loss=loss)
        self.model = build_model(self.config, data.signature)
        self.loss, self.weights = build_loss(self.config.loss, weights), weights

    def reference(self, members):
        """The mean over the targets that there are, and its gradients, by stock layers and each formula written out."""
        train, stock = self.data.train, to_stock(self.model)
        with tf.GradientTape() as tape:
            losses = []
            for member in members:
                batch = train.gather([member])
                given = [batch.inputs, np.ones(batch.inputs.shape[:2], np.bool_)]
                outputs = tf.cast(stock(given if len(stock.inputs) > 1 else batch.inputs), tf.float64)
                there = ~np.isnan(batch.targets)
                targets = np.where(there, batch.targets, 1).astype(np.float64)
                each = FORMULAS[self.config.loss.kind](targets, outputs)
                if self.weights is not None:
                    each *= self.weights[np.arange(targets.shape[-1]), targets.astype(int)]
                losses.append(tf.boolean_mask(each, there))
            total = tf.reduce_mean(tf.concat(losses, axis=0))
        gradients = tape.gradient(total, [weight.value for weight in stock.trainable_variables])
        return float(total), [np.asarray(tf.convert_to_tensor(one), np.float64) for one in gradients]

    def row(self, members, feed=DeviceFeed, shape=None, **options):
        """The first step's row of a program."""
        return self.rows([members], feed, shape, **options)[0]

    def rows(self, batches, feed=DeviceFeed, shape=None, **options):
        """A program's row for each batch, from the same weights."""
        before = self.model.get_weights()
        optimizer, shape = build_optimizer(self.config.optimizer, 1), shape or BatchShape((4,), masked=True)
        fed = feed(self.data.train, 4, shape) if feed is HostFeed else feed(self.data.train, shape)
        program = TrainingProgram(
            self.model, self.loss, optimizer, self.config.optimizer, fed, batch_size=4, even=False, **options
        )
        rows = []
        for members in batches:
            self.model.set_weights(before)
            indices = np.full((1, 4), members[0], np.int32)
            indices[0, : len(members)] = members
            rows.append(program.run(program.prepare(indices, np.array([len(members)], np.int32)))[0])
        return rows


@pytest.mark.parametrize(("loss", "placement", "weights"), CASES)
def test_a_steps_loss_and_gradients_are_of_the_mean_over_the_targets_that_there_are(loss, placement, weights):
    made = Made(loss, placement, weights=weights)
    expected, gradients = made.reference(MEMBERS)
    row = made.row(MEMBERS)
    assert row[0] == pytest.approx(expected, rel=3e-6)
    np.testing.assert_allclose(
        row[4 : 4 + len(gradients)], [np.linalg.norm(one) for one in gradients], rtol=2e-5, atol=1e-7
    )


@pytest.mark.parametrize("options", [{"feed": HostFeed}, {"parts": 2}], ids=["host", "two parts"])
def test_neither_the_feed_nor_parts_make_a_difference_to_a_full_or_partial_batch(options):
    made, batches = Made(), [MEMBERS, [9, 1, 4]]
    references = [made.reference(members) for members in batches]
    for row, (expected, gradients) in zip(made.rows(batches, **options), references, strict=True):
        assert row[0] == pytest.approx(expected, rel=3e-6)
        np.testing.assert_allclose(row[4 : 4 + len(gradients)], [np.linalg.norm(one) for one in gradients], rtol=2e-5)


def test_a_batch_without_any_target_gives_a_loss_and_a_gradient_of_zero():
    made = Made()
    made.data.train.valid[:] = False
    row = made.row(MEMBERS)
    assert (row[0], row[1]) == (0, 0)


@pytest.mark.parametrize(("loss", "placement", "weights"), CASES)
def test_an_examination_has_the_same_loss_and_gradients_and_differences_agree(loss, placement, weights):
    made = Made(loss, placement, weights=weights)
    expected, gradients = made.reference(MEMBERS)
    batch = made.data.train.gather(MEMBERS)
    means = loss_weights(batch, sequences=placement == "each")
    found = run_backward(made.model, made.loss, batch, means)
    assert found.loss == pytest.approx(expected, rel=3e-6)
    for one, other in zip(found.gradients.values(), gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-6)
    arrays = weight_arrays(made.model)

    def in_numpy(moved):
        model, section, signature = made.config.model, made.config.loss, made.data.signature
        return numpy_loss(model, section, batch, means, signature, moved, class_weights=weights)

    assert in_numpy(arrays) == pytest.approx(expected, rel=3e-6)
    checked = check_gradients(in_numpy, arrays, dict(zip(arrays, gradients, strict=True)), count=12)
    assert checked is not None
    assert checked.largest_relative_error < 1e-3


def test_the_impulse_is_of_the_last_time_steps_targets_that_there_are():
    made = Made()
    batch = made.data.train.gather(MEMBERS)
    last = batch.mask.sum(axis=1) - 1
    there = ~np.isnan(batch.targets[np.arange(4), last])
    outputs = np.asarray(made.model([batch.inputs, batch.mask]), np.float64)[np.arange(4), last]
    errors = np.square(outputs - batch.targets[np.arange(4), last])[there]
    assert run_backward(made.model, made.loss, batch, impulse_weights(batch)).loss == pytest.approx(errors.mean())


@pytest.mark.parametrize(
    ("loss", "last_only"), [*((loss, False) for loss in FORMULAS), ("mse", True), ("categorical_crossentropy", True)]
)
def test_the_loss_of_a_split_is_the_mean_over_its_targets_whole_and_piece_by_piece(loss, last_only, monkeypatch):
    monkeypatch.setattr("rnnctl.training.evaluate.BATCH", 3)
    monkeypatch.setattr("rnnctl.training.piecewise.PIECE", 2)
    made = Made(loss, lengths=(3,) * 10)
    train = made.data.train
    batch = train.gather(range(10))
    outputs = np.asarray(made.model(batch.inputs), np.float64)
    there = ~np.isnan(batch.targets)
    losses = np.asarray(FORMULAS[loss](np.where(there, batch.targets, 1).astype(np.float64), outputs))
    if last_only:
        losses, there = losses[:, -1], there[:, -1]
    for make in (WholeSequences, PiecewiseRunner):
        runner = make(made.model, made.loss, train, last_only)
        assert runner.loss() == pytest.approx(losses[there].mean(), rel=3e-6)
    assert isinstance(Evaluator(made.model, made.loss, train)._runner, WholeSequences)


def test_pieces_of_sequences_have_the_mean_over_their_own_targets():
    made = Made(lengths=(5, 2, 6, 3))
    still, training = {"kind": "sgd", "learning_rate": 1e-30}, {"epochs": 1, "truncate": 2, "shuffle": False}
    config = made.config.model_copy(update=dict(made_config(optimizer=still, training={**training, "batch_size": 4})))
    batch = made.data.train.gather(range(4))
    errors = np.square(np.asarray(made.model([batch.inputs, batch.mask]), np.float64) - batch.targets)
    errors[~batch.mask] = np.nan
    loop = make_loop(Built.of(config, made.data, made.model))
    found = [record.loss for record in loop if isinstance(record, StepRecord)]
    np.testing.assert_allclose(found, [np.nanmean(errors[:, at : at + 2]) for at in (0, 2, 4)], rtol=3e-6)


@pytest.mark.parametrize("placement", ["each", "sequence"])
def test_batches_of_about_one_length_have_the_mean_over_their_own_targets(placement):
    made = Made(placement=placement, lengths=tuple(np.random.default_rng(3).integers(1, 30, 14).tolist()))
    still, training = {"kind": "sgd", "learning_rate": 1e-30}, {"epochs": 2, "batch_size": 4}
    config = made.config.model_copy(update=dict(made_config(optimizer=still, training=training)))
    loop = make_loop(Built.of(config, made.data, made.model))
    assert isinstance(loop.schedule.epochs, BucketEpochs)
    records = [record for record in loop if isinstance(record, StepRecord)]
    assert len(records) == 8
    for done, record in enumerate(records):
        indices, sizes = loop.schedule.batches(done, 1)
        expected, gradients = made.reference(indices[0, : sizes[0]].tolist())
        assert record.loss == pytest.approx(expected, rel=3e-6)
        norms = [np.linalg.norm(one) for one in gradients]
        np.testing.assert_allclose(list(record.gradient_norms.values()), norms, rtol=5e-5, atol=1e-7)


def test_a_step_is_that_of_keras_fit_with_the_targets_that_there_are_as_sample_weights():
    made = Made(lengths=(3,) * 10)
    batch, stock = made.data.train.gather(MEMBERS), to_stock(made.model)
    there = ~np.isnan(batch.targets)
    # Keras weights whole places, so each output becomes a place of its own.
    apart = keras.layers.Reshape((6, 1))(stock.outputs[0])
    fitted = keras.Model(stock.inputs, apart)
    loss = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
    fitted.compile(keras.optimizers.SGD(0.1), loss)
    targets = np.nan_to_num(batch.targets).reshape(4, 6, 1)
    stock_loss = fitted.train_on_batch(batch.inputs, targets, there.reshape(4, 6).astype(np.float32))
    row = made.row(MEMBERS, shape=BatchShape((3,), masked=False))
    assert row[0] == pytest.approx(float(stock_loss), rel=3e-6)
    for one, other in zip(made.model.get_weights(), fitted.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("target", "placement", "lengths", "asked"),
    [
        ("boolean", "sequence", (3,) * 10, {"yes": 5.0}),
        ("category", "each", LENGTHS, "balanced"),
    ],
)
def test_steps_with_class_weights_are_those_of_keras(target, placement, lengths, asked):
    data = made_dataset(lengths, "numbers", target, placement, outputs=1)
    training = {"epochs": 2, "batch_size": 4, "class_weights": asked}
    config = made_config(target, placement, cell="gru", outputs=1, training=training)
    model = build_model(config, data.signature)
    stock, loop = to_stock(model), make_loop(Built.of(config, data, model))
    losses = {"boolean": keras.losses.BinaryCrossentropy(), "category": keras.losses.SparseCategoricalCrossentropy()}
    stock.compile(keras.optimizers.SGD(0.1), losses[target], jit_compile=False)
    (weights,) = class_weights(data, asked, "made")
    steps = [record for record in loop if isinstance(record, StepRecord)]
    assert len(steps) == 6
    for done in range(len(steps)):
        indices, sizes = loop.schedule.batches(done, 1)
        batch = data.train.gather(indices[0, : sizes[0]], masked=True if len(stock.inputs) > 1 else None)
        given = batch.inputs if batch.mask is None else [batch.inputs, batch.mask]
        if placement == "sequence":
            stock.train_on_batch(given, batch.targets, class_weight=dict(enumerate(weights.tolist())))
        else:  # Keras has class weights of whole samples alone; it masks by itself
            stock.train_on_batch(given, batch.targets, weights[batch.targets[..., 0].astype(int)].astype(np.float32))
    for one, other in zip(model.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)
