"""Whole training runs against float64 backpropagation through time written by hand, and against stock Keras' fit.

The runs cover cells, heads, directions, losses, optimizers, clipping and schedules, each value at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import keras
import numpy as np
import pytest
from reference.optimizer_reference import Optimizer, clip, learning_rate
from reference.rnn_reference import differentiate

from rnnctl.cells.table import GruLayer, LstmLayer, SimpleRnnLayer
from rnnctl.config import FIRST_STEP
from rnnctl.config.model import Model
from rnnctl.config.schema import Config
from rnnctl.data import Sequences, epoch_order
from rnnctl.losses import HuberLoss, PlainLoss
from rnnctl.model.optimizers import build_learning_rate
from rnnctl.model.weights import weight_arrays
from rnnctl.optimizers import Adam, AdamW, ConstantSchedule, CosineSchedule, ExponentialSchedule, RmsProp, Sgd
from rnnctl.results.training import StepRecord
from rnnctl.schema.training import Gradients, Training
from rnnctl.sources.dummy import DummyData
from rnnctl.workflows.train import train_steps

TOLERANCE = 5e-6
"""Rounding each weight and gradient to float32 at every step moves the norms of such runs by up to 1.2e-6."""
STEPS = 24
"""Eight epochs of three batches."""


def _rnn(units=6, **options):
    return SimpleRnnLayer(cell="simple_rnn", units=units, bias_initializer={"kind": "random_normal"}, **options)


def _gru(units=5, **options):
    return GruLayer(cell="gru", units=units, bias_initializer={"kind": "random_normal"}, **options)


def _lstm(units=4, **options):
    return LstmLayer(cell="lstm", units=units, bias_initializer={"kind": "random_normal"}, **options)


def _config(model, optimizer, loss="mse", *, length=3, **training):
    """A run on dummy data; 20 sequences in batches of 8 end every epoch with a batch of 4."""
    last = model.layers[-1]
    outputs = 3 if model.head == "dense" else last.units * (2 if last.bidirectional else 1)
    return Config(
        name="truth",
        seed=5,
        data=DummyData(kind="dummy", sequences=20, length=length, features=3, outputs=outputs),
        model=model,
        loss=HuberLoss(kind="huber", delta=0.7) if loss == "huber" else PlainLoss(kind=loss),
        optimizer=optimizer,
        training=Training(batch_size=8, **(training or {"steps": STEPS})),
        gradients=Gradients(through_time=True),
    )


COSINE = CosineSchedule(kind="cosine", initial_learning_rate=0.02, warmup_steps=4, alpha=0.1)
STAIRS = ExponentialSchedule(
    kind="exponential", initial_learning_rate=0.01, decay_steps=6, decay_rate=0.5, staircase=True
)

RUNS = {
    "the first example": FIRST_STEP,
    "simple_rnn, head at each time step, mae, nesterov, clipnorm": _config(
        Model(layers=(_rnn(activation="relu"),), return_sequences=True),
        Sgd(kind="sgd", learning_rate=0.05, momentum=0.9, nesterov=True, clipnorm=0.1),
        "mae",
        shuffle=False,
        steps=STEPS,
    ),
    "gru, head, huber, amsgrad, cosine with warm-up, global_clipnorm": _config(
        Model(layers=(_gru(),)),
        Adam(kind="adam", learning_rate=COSINE, amsgrad=True, global_clipnorm=0.3),
        "huber",
        length=4,
    ),
    "gru reset before, each state, rmsprop with momentum": _config(
        Model(layers=(_gru(reset_after=False),), head="none", return_sequences=True),
        RmsProp(kind="rmsprop", learning_rate=0.01, momentum=0.5),
        shuffle=False,
        steps=STEPS,
    ),
    "lstm, head, adamw, exponential stairs": _config(
        Model(layers=(_lstm(),)), AdamW(kind="adamw", learning_rate=STAIRS, weight_decay=0.1), length=4
    ),
    "lstm, each state, momentum, clipvalue": _config(
        Model(layers=(_lstm(),), head="none", return_sequences=True),
        Sgd(kind="sgd", learning_rate=0.2, momentum=0.8, clipvalue=0.01),
        shuffle=False,
        steps=STEPS,
    ),
    "a stack of all cells, head": _config(
        Model(layers=(_lstm(), _gru(), _rnn())), Sgd(kind="sgd", learning_rate=0.1, momentum=0.5)
    ),
    "bidirectional stack, head at the last time step, centered rmsprop": _config(
        Model(layers=(_rnn(bidirectional=True), _rnn(units=4, bidirectional=True))),
        RmsProp(kind="rmsprop", learning_rate=0.003, centered=True),
    ),
}


def _batches(config, train_split, steps):
    """The batch of every step, from the order of its epoch."""
    size, count = config.training.batch_size, len(train_split)
    per_epoch = -(-count // size)
    for step in range(steps):
        epoch, batch = divmod(step, per_epoch)
        # An epoch of a single batch has no order worth shuffling.
        order = epoch_order(count, config.seed, epoch + 1, shuffle=config.training.shuffle and per_epoch > 1)
        yield train_split.gather(order[batch * size : (batch + 1) * size])


def _shuffles(config):
    return config.training.shuffle


def _norm(gradients):
    return np.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))


@dataclass(frozen=True)
class Trained:
    """One run, kept for several tests: compiling it is what takes the time."""

    before: dict[str, np.ndarray]
    records: list[StepRecord]
    after: dict[str, np.ndarray]
    split: Sequences


@cache
def _trained(name):
    run = train_steps(RUNS[name])
    before = weight_arrays(run.model)
    return Trained(before, list(run), weight_arrays(run.model), run.dataset.train)


@pytest.mark.parametrize("name", RUNS)
def test_twenty_steps_agree_with_backpropagation_through_time_written_by_hand(name):
    config, run = RUNS[name], _trained(name)
    weights = {path: value.astype(np.float64) for path, value in run.before.items()}
    total = config.training.steps
    optimizer = Optimizer(config.optimizer, total)
    loss = {"loss": config.loss.kind, "delta": getattr(config.loss, "delta", 1.0)}
    assert len(run.records) == total >= 20
    for record, batch in zip(run.records, _batches(config, run.split, total), strict=True):
        truth = differentiate(config.model, weights, batch.inputs, batch.targets, **loss)
        near = {"rel": TOLERANCE, "abs": 1e-9}
        assert record.loss == pytest.approx(truth.loss, **near)
        assert record.gradient_norm == pytest.approx(truth.norm(), **near)
        assert record.clipped_norm == pytest.approx(_norm(clip(config.optimizer, truth.gradients)), **near)
        assert dict(record.gradient_norms) == pytest.approx(truth.norms(), **near)
        rate = learning_rate(config.optimizer.learning_rate, record.step - 1, total)
        assert record.learning_rate == pytest.approx(rate, rel=1e-6)
        assert set(record.state_gradient_norms) == set(truth.state_gradients)
        for path, norms in truth.state_norms().items():
            assert record.state_gradient_norms[path] == pytest.approx(norms.tolist(), **near), path
        weights = optimizer.update(weights, truth.gradients)
    for path, value in run.after.items():
        np.testing.assert_allclose(value, weights[path], rtol=1e-4, atol=2e-6, err_msg=path)


@pytest.mark.parametrize("name", [name for name in RUNS if "clip" in name])
def test_the_runs_that_clip_do_clip(name):
    assert any(record.clipped_norm < 0.9 * record.gradient_norm for record in _trained(name).records)


def test_one_step_of_plain_sgd_is_the_weights_minus_the_rate_times_the_gradient():
    rate = 0.5
    config = _config(Model(layers=(_rnn(),)), Sgd(kind="sgd", learning_rate=rate), steps=1)
    run = train_steps(config)
    before = weight_arrays(run.model)
    (_,) = run
    (batch,) = _batches(config, run.dataset.train, 1)
    truth = differentiate(config.model, before, batch.inputs, batch.targets)
    for path, after in weight_arrays(run.model).items():
        # To the last bits of single precision: the weight's own rounding, and the gradient's times the rate.
        bits = np.finfo(np.float32).eps * (np.abs(before[path]) + 8 * rate * np.abs(truth.gradients[path]).max())
        assert (np.abs(after - (before[path] - rate * truth.gradients[path])) <= bits).all(), path


@pytest.mark.parametrize("name", [name for name in RUNS if name == "the first example" or not _shuffles(RUNS[name])])
def test_stock_keras_fit_gives_the_same_losses_from_the_same_weights_and_batches(name):
    config, run = RUNS[name], _trained(name)
    size, sequences = config.training.batch_size, len(run.split)
    sizes = np.minimum(size, sequences - np.arange(0, sequences, size))
    everything = run.split.gather(np.arange(sequences))
    stock = _stock(config.model, everything.inputs.shape[1:], run.before)
    stock.compile(optimizer=_stock_optimizer(config.optimizer), loss=config.loss.kind)

    epochs = len(run.records) // len(sizes)
    fitted = stock.fit(*everything[:2], batch_size=size, epochs=epochs, shuffle=False, verbose=0)
    ours = np.array([record.loss for record in run.records]).reshape(epochs, -1) @ sizes / sizes.sum()
    np.testing.assert_allclose(ours, fitted.history["loss"], rtol=1e-5, atol=1e-6)
    for value, other in zip(run.after.values(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5)


def _stock(section, shape, weights):
    """Keras' own layers with the weights of our model."""
    (layer,) = section.layers
    cells = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    options = {"reset_after": layer.reset_after} if layer.cell == "gru" else {}
    layers = [
        cells[layer.cell](
            layer.units, activation=layer.activation, return_sequences=section.return_sequences, **options
        )
    ]
    if section.head == "dense":
        layers.append(keras.layers.Dense(3))
    stock = keras.Sequential([keras.Input(shape), *layers])
    stock.set_weights(list(weights.values()))
    return stock


def _stock_optimizer(section):
    """Keras' own optimizer, which clips inside."""
    classes = {"sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}
    return classes[section.kind](**section.model_dump(exclude={"kind"}))


SCHEDULES = {
    "constant with warm-up": ConstantSchedule(kind="constant", initial_learning_rate=0.3, warmup_steps=5),
    "exponential": ExponentialSchedule(kind="exponential", initial_learning_rate=0.1, decay_steps=7, decay_rate=0.9),
    "exponential stairs with warm-up": STAIRS.model_copy(update={"warmup_steps": 3}),
    "cosine to the end of training": CosineSchedule(kind="cosine", initial_learning_rate=0.1),
    "cosine that ends before training does": CosineSchedule(
        kind="cosine", initial_learning_rate=0.1, decay_steps=9, alpha=0.25
    ),
    "cosine with warm-up": COSINE,
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_its_closed_form_at_every_step(name):
    total = 30
    schedule = build_learning_rate(SCHEDULES[name], total)
    given = [float(schedule(step)) for step in range(total)]
    expected = [learning_rate(SCHEDULES[name], step, total) for step in range(total)]
    np.testing.assert_allclose(given, expected, rtol=2e-6, atol=1e-9)


def test_warm_up_ends_at_the_initial_rate_and_a_cosine_at_its_share_of_it():
    rates = [float(build_learning_rate(COSINE, STEPS)(step)) for step in (0, 3, 4, STEPS)]
    assert rates == pytest.approx([0.005, 0.02, 0.02, 0.002], rel=1e-6)
