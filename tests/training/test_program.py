from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference.rnn_reference import differentiate
from small import small_config

from rnnctl.config.dataset import load_dataset
from rnnctl.data import Signature
from rnnctl.model.build import build_model
from rnnctl.model.losses import build_loss
from rnnctl.model.optimizers import build_optimizer
from rnnctl.model.weights import weight_arrays
from rnnctl.training import program as program_module
from rnnctl.training.feeds import STEPS_A_CALL, DeviceFeed, HostFeed
from rnnctl.training.program import TrainingProgram
from rnnctl.training.schedule import make_schedule
from rnnctl.training.step_results import ResultLayout

FEEDS = {"device": lambda split, batch: DeviceFeed(split), "host": HostFeed}


def _rows(bench, indices, sizes):
    return bench.program.run(bench.program.prepare(indices, sizes))


class Bench:
    """A program that can be put back to its beginning, so that it is compiled once for many tests."""

    def __init__(self, config, *, feed="device", **options):
        self.config = config
        dataset = load_dataset(config)
        self.split = dataset.train
        self.model = build_model(config, Signature.of_numbers(2, 2, 4))
        self.schedule = make_schedule(config, dataset)
        self.optimizer = build_optimizer(config.optimizer, self.schedule.total_steps)
        self.program = TrainingProgram(
            self.model,
            build_loss(config.loss),
            self.optimizer,
            config.optimizer,
            FEEDS[feed](self.split, self.schedule.batch_size),
            batch_size=self.schedule.batch_size,
            even=self.schedule.even,
            **options,
        )
        self.program.warm_up()
        self._variables = [*self.model.variables, *self.optimizer.variables]
        self._beginning = [np.asarray(variable).copy() for variable in self._variables]

    def state(self):
        return [np.asarray(variable).copy() for variable in self._variables]

    def reset(self):
        for variable, value in zip(self._variables, self._beginning, strict=True):
            variable.assign(value)
        return self

    def run(self, *counts):
        """Takes steps in calls of these many, from the beginning; gives all rows and the final state."""
        self.reset()
        rows, done = [], 0
        for count in counts:
            rows.append(_rows(self, *self.schedule.batches(done, count)))
            done += count
        return np.concatenate(rows), self.state()


def _same(first, second):
    np.testing.assert_array_equal(first[0], second[0])
    for one, other in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def plain():
    return Bench(small_config())


@pytest.fixture(scope="module")
def rich():
    """Dropout, momentum, a schedule and clipping: everything that carries state from step to step."""
    rate = {"kind": "cosine", "initial_learning_rate": 0.1, "warmup_steps": 2}
    layer = {"cell": "simple_rnn", "units": 3, "dropout": 0.3}
    optimizer = {"kind": "adam", "learning_rate": rate, "global_clipnorm": 0.2}
    return Bench(small_config(model={"layers": [layer]}, optimizer=optimizer))


@pytest.fixture(scope="module")
def halves():
    return Bench(small_config(), parts=2)


@pytest.fixture(scope="module")
def hosted():
    return Bench(small_config(), feed="host")


def test_batches_from_the_host_train_as_those_gathered_on_the_device(plain, hosted):
    np.testing.assert_allclose(hosted.run(9)[0], plain.run(9)[0], rtol=1e-6)


def test_warming_up_takes_no_step(plain):
    for before, after in zip(plain._beginning, plain.reset().state(), strict=True):
        np.testing.assert_array_equal(before, after)
    plain.program.warm_up()
    for before, after in zip(plain._beginning, plain.state(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("bench", ["plain", "rich", "halves", "hosted"])
def test_many_steps_a_call_give_the_same_bits_as_one_step_a_call(bench, request):
    bench = request.getfixturevalue(bench)
    at_once = bench.run(9)
    assert len(at_once[0]) == 9
    _same(at_once, bench.run(*[1] * 9))
    _same(at_once, bench.run(2, 0, 4, 3))


@pytest.mark.parametrize("bench", ["plain", "rich"])
def test_a_second_run_gives_the_same_bits(bench, request):
    bench = request.getfixturevalue(bench)
    _same(bench.run(9), bench.run(9))


def test_the_largest_call_is_as_large_as_promised(plain):
    rows, _ = plain.run(STEPS_A_CALL)
    assert len(rows) == STEPS_A_CALL
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("bench", ["plain", "halves"])
@pytest.mark.parametrize("step", [0, 2], ids=["full batch", "partial batch"])
def test_a_step_sees_the_real_sequences_of_its_batch_alone(bench, step, request):
    bench = request.getfixturevalue(bench)
    bench.run(step)
    indices, sizes = bench.schedule.batches(step, 1)
    assert sizes[0] == (4 if step == 0 else 2)
    batch = bench.split.gather(indices[0, : sizes[0]])
    before = weight_arrays(bench.model)

    layer = keras.layers.SimpleRNN(3)
    stock = keras.Sequential([keras.Input((4, 2)), layer, keras.layers.Dense(2)])
    stock.set_weights(list(before.values()))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.mean_squared_error(batch.targets, stock(batch.inputs, training=True)))
    gradients = tape.gradient(loss, [variable.value for variable in stock.trainable_variables])
    norms = [float(tf.norm(gradient)) for gradient in gradients]

    row = _rows(bench, indices, sizes)[0]
    assert row[0] == pytest.approx(float(loss), rel=1e-5)
    assert row[1] == pytest.approx(np.linalg.norm(norms), rel=1e-5)
    np.testing.assert_allclose(row[4:9], norms, rtol=1e-5)
    truth = differentiate(bench.config.model, before, batch.inputs, batch.targets)
    np.testing.assert_allclose(row[9:], truth.state_norms()["recurrent_0/h"], rtol=1e-5)
    for weight, gradient, after in zip(before.values(), gradients, weight_arrays(bench.model).values(), strict=True):
        np.testing.assert_allclose(after, weight - 0.1 * gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_batch_in_two_parts_is_the_same_batch(plain, halves, size):
    indices = np.array([[7, 1, 5, 2]], np.int32)
    indices[0, size:] = indices[0, 0]
    rows = [_rows(bench.reset(), indices, np.array([size], np.int32)) for bench in (plain, halves)]
    np.testing.assert_allclose(*rows, rtol=2e-6)


def test_a_row_holds_loss_norms_rate_and_norms_through_time(rich):
    layout = rich.program.layout
    assert layout.weights[0] == "recurrent_0/kernel"
    assert layout.states == ("recurrent_0/h",)
    rows, _ = rich.run(6)
    assert rows.shape == (6, layout.width) == (6, 4 + 5 + 4)
    np.testing.assert_allclose(np.sqrt((rows[:, 4:9] ** 2).sum(axis=1)), rows[:, 1], rtol=1e-6)
    np.testing.assert_allclose(rows[:, 2], np.minimum(rows[:, 1], 0.2), rtol=1e-6)
    np.testing.assert_allclose(rows[:3, 3], [0.05, 0.1, 0.1], rtol=1e-6)
    assert (rows[:, 1] > 0.2).any()


def test_a_clip_limit_that_is_never_reached_shows_no_clipping_to_the_last_bit():
    bench = Bench(small_config(optimizer={"kind": "sgd", "learning_rate": 0.1, "clipnorm": 1e6}))
    rows, _ = bench.run(30)
    np.testing.assert_array_equal(rows[:, 1], rows[:, 2])


@pytest.mark.parametrize("cuts", [(20,), (1,) * 20, (3, 17)], ids=["one call", "step by step", "two calls"])
def test_a_call_that_meets_nan_stops_at_that_step_and_keeps_the_rows_before(plain, cuts):
    plain.reset()
    healthy, _ = plain.run(20)
    plain.reset()
    plain.optimizer.learning_rate.assign(1e25)
    rows, done = [], 0
    for count in cuts:
        rows.append(_rows(plain, *plain.schedule.batches(done, count)))
        done += len(rows[-1])
        if len(rows[-1]) < count or not np.isfinite(rows[-1][-1, :2]).all():
            break
    rows = np.concatenate(rows)
    assert len(rows) == done < 20
    assert plain.optimizer.iterations == done
    np.testing.assert_array_equal(rows[0, [0, 1]], healthy[0, [0, 1]])
    assert np.isfinite(rows[:-1, :2]).all()
    assert not np.isfinite(rows[-1, :2]).all()


def test_without_norms_through_time_the_losses_are_the_same(plain):
    bench = Bench(small_config(), through_time=False)
    assert bench.program.layout == ResultLayout(plain.program.layout.weights, (), 4)
    rows, _ = bench.run(9)
    np.testing.assert_allclose(rows, plain.run(9)[0][:, :9], rtol=1e-5)


def test_without_norms_the_losses_are_the_same(plain):
    bench = Bench(small_config(), norms=False)
    rows, _ = bench.run(9)
    assert rows.shape == (9, 4)
    np.testing.assert_allclose(rows[:, 0], plain.run(9)[0][:, 0], rtol=1e-5)


def test_a_state_whose_gradient_does_not_arrive_is_a_loud_error_and_no_zero(monkeypatch):
    monkeypatch.setattr(program_module, "state_paths", lambda _: ("recurrent_0/h", "recurrent_0/c"))
    with pytest.raises(RuntimeError, match="expected gradients of the states"):
        Bench(small_config())


def test_the_program_is_compiled_once_for_calls_of_all_sizes(plain):
    before = plain.program._calls[4]._function.experimental_get_tracing_count()
    plain.run(1, 5, 2)
    assert plain.program._calls[4]._function.experimental_get_tracing_count() == before == 1
