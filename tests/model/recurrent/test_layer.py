"""Every argument that Keras' layers take means the same here, and gives the same numbers.

Of cell, option and mask every two values meet, not every three. Where Keras' own wrapper or loop does the rest, and
with initializers, the other arguments alternate.
"""

from __future__ import annotations

import inspect
from itertools import cycle

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnctl.model import recurrent
from rnnctl.model.recurrent import scan

OPTIONS = {
    "defaults": {},
    "sequences": {"return_sequences": True},
    "sequences and states": {"return_sequences": True, "return_state": True},
    "states": {"return_state": True},
    "backwards": {"go_backwards": True},
    "backwards sequences": {"go_backwards": True, "return_sequences": True, "return_state": True},
    "unrolled": {"unroll": True, "return_sequences": True},
    "zero output": {"zero_output_for_mask": True, "return_sequences": True},
    "zero last output": {"zero_output_for_mask": True, "return_state": True},
}


CELLS = ("SimpleRNN", "GRU", "LSTM")
MASKS = ("none", "right", "left", "scattered", "one sequence fully", "all")


def states_of(cell: str, batch: int, units: int = 4) -> list[tf.Tensor]:
    random = np.random.default_rng(3)
    count = 2 if cell == "LSTM" else 1
    return [tf.constant(random.normal(size=(batch, units)), keras.config.floatx()) for _ in range(count)]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("cell", "name", "mask"),
    [(CELLS[(one + two) % 3], name, mask) for one, name in enumerate(OPTIONS) for two, mask in enumerate(MASKS)],
    indirect=["cell", "mask"],
)
def test_every_option_with_every_mask_agrees_with_keras(cell, name, mask, pair, sequences, assert_equal_results):
    ours, stock = pair(cell, **OPTIONS[name])
    assert_equal_results(ours, stock, sequences(), mask=mask)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_initial_states_and_their_gradients_agree_where_the_first_steps_are_masked(
    cell, options, pair, sequences, assert_equal_results
):
    ours, stock = pair(cell, **options)
    mask = np.array([[0, 0, 1, 0, 1], [0, 0, 0, 0, 0]], bool)
    assert_equal_results(ours, stock, sequences(), mask=mask, initial_state=states_of(cell, 2))


@pytest.mark.parametrize(
    ("mode", "time", "masked"),
    [("function", 5, True), ("function", 23, False), ("xla", 5, False), ("xla", 23, True)],
)
def test_compiled_calls_agree_with_keras_in_float32_written_out_and_looped(
    cell, mode, time, masked, pair, sequences, assert_equal_results, monkeypatch
):
    monkeypatch.setattr(scan, "UNROLL_FROM", 1)
    ours, stock = pair(cell, return_sequences=True, return_state=True)
    mask = np.random.default_rng(5).random((2, time)) < 0.7 if masked else None
    assert_equal_results(ours, stock, sequences(time=time), mode, mask=mask)


@pytest.mark.usefixtures("float64")
def test_calls_compiled_by_xla_agree_with_keras_in_float64(cell, pair, sequences, assert_equal_results):
    ours, stock = pair(cell, go_backwards=True)
    assert_equal_results(ours, stock, sequences(time=18), "xla", initial_state=states_of(cell, 2))


@pytest.mark.parametrize("jit", [False, True])
def test_batch_size_and_length_may_be_unknown_when_traced(cell, jit, pair, sequences):
    ours, stock = pair(cell, return_sequences=True)
    signature = [tf.TensorSpec([None, None, 3]), tf.TensorSpec([None, None], tf.bool)]

    @tf.function(input_signature=signature, jit_compile=jit, autograph=False)
    def run(inputs, mask):
        return results_of(ours, inputs, mask)

    def results_of(layer, inputs, mask):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, mask=mask)
            loss = tf.reduce_sum(outputs**2)
        return outputs, *tape.gradient(loss, [layer.cell.recurrent_kernel.value, inputs])

    for batch, time in [(3, 20)] if jit else [(1, 1), (2, 5), (3, 20)]:
        inputs = sequences(batch=batch, time=time)
        mask = tf.constant(np.random.default_rng(6).random((batch, time)) < 0.8)
        for one, other in zip(run(inputs, mask), results_of(stock, inputs, mask), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("batch", "time"), [(1, 5), (2, 1), (1, 1)])
def test_one_sequence_and_one_time_step_agree(cell, batch, time, pair, sequences, assert_equal_results):
    ours, stock = pair(cell, return_sequences=True, return_state=True, batch=batch)
    assert_equal_results(ours, stock, sequences(batch=batch, time=time))
    assert_equal_results(ours, stock, sequences(batch=batch, time=time), mask=np.zeros((batch, time), bool))


def test_a_static_batch_may_meet_unknown_states_and_the_reverse(cell, pair, sequences):
    ours, stock = pair(cell)
    inputs, states = sequences(batch=2, time=20), states_of(cell, 2)
    for inputs_shape, states_shape in [((2, 20, 3), (None, 4)), ((None, 20, 3), (2, 4))]:
        signature = [tf.TensorSpec(inputs_shape), [tf.TensorSpec(states_shape) for _ in states]]

        @tf.function(input_signature=signature, autograph=False)
        def run(inputs, states):
            return ours(inputs, initial_state=states), stock(inputs, initial_state=states)

        mine, theirs = run(inputs, states)
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("float64")
def test_one_initial_state_is_shared_by_the_batch_as_keras_does_unrolled(cell, pair, sequences, assert_equal_results):
    ours, stock = pair(cell, unroll=True)
    assert_equal_results(ours, stock, sequences(), initial_state=states_of(cell, 1))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("dropout", [0.4, 1.0])
@pytest.mark.parametrize("implementation", [1, 2])
def test_dropout_draws_the_same_masks_as_keras(cell, dropout, implementation, pair, sequences, assert_equal_results):
    # Keras' default use_cudnn="auto" cannot take implementation=1 with dropout at all.
    extra = {} if cell == "SimpleRNN" else {"implementation": implementation, "use_cudnn": False}
    ours, stock = pair(cell, dropout=dropout, seed=11, **extra)
    for _ in range(2):
        assert_equal_results(ours, stock, sequences(), training=True)
    assert_equal_results(ours, stock, sequences(), training=False)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("cell", "mask"), [*zip(cycle(CELLS), MASKS, strict=False)], indirect=True)
def test_recurrent_dropout_is_left_to_keras_and_agrees(cell, pair, sequences, mask, assert_equal_results):
    ours, stock = pair(cell, dropout=0.2, recurrent_dropout=0.4, seed=11, return_sequences=True)
    assert_equal_results(ours, stock, sequences(), training=True, mask=mask)
    assert_equal_results(ours, stock, sequences(), training=False, mask=mask)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("initializer", "use_bias"),
    [
        ("zeros", True),
        ("ones", False),
        ("glorot_normal", True),
        ("he_uniform", False),
        ("lecun_normal", True),
        ("orthogonal", False),
        ("random_normal", True),
    ],
)
def test_initializers_draw_the_same_weights_and_results(cell, use_bias, initializer, sequences, assert_equal_results):
    layers = []
    for home in (recurrent, keras.layers):
        keras.utils.set_random_seed(4)
        layers.append(
            getattr(home, cell)(4, use_bias=use_bias, kernel_initializer=initializer, bias_initializer="uniform")
        )
        layers[-1].build((2, 5, 3))
    ours, stock = layers
    for mine, theirs in zip(ours.weights, stock.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
        assert mine.path == theirs.path.replace(stock.name, ours.name)
    assert_equal_results(ours, stock, sequences())


@pytest.mark.usefixtures("float64")
def test_stateful_layers_carry_their_states_from_call_to_call(cell, pair, sequences, assert_equal_results):
    ours, stock = pair(cell, stateful=True)
    for seed in range(3):
        assert_equal_results(ours, stock, sequences(seed=seed), mask=np.array([[1, 1, 0, 1, 0]] * 2, bool))
    for layer in (ours, stock):
        layer.reset_state()
    assert_equal_results(ours, stock, sequences())


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("merge_mode", "return_sequences", "mask"),
    [(mode, mode != "sum", mask) for mode, mask in zip(cycle(["concat", "sum", None]), MASKS, strict=False)],
    indirect=["mask"],
)
def test_bidirectional_layers_agree(cell, merge_mode, return_sequences, mask, sequences, assert_equal_results):
    wrapped = []
    for home in (recurrent, keras.layers):
        inner = getattr(home, cell)(4, return_sequences=return_sequences)
        wrapped.append(keras.layers.Bidirectional(inner, merge_mode=merge_mode))
        wrapped[-1].build((2, 5, 3))
    ours, stock = wrapped
    assert type(ours.forward_layer) is type(ours.backward_layer) is getattr(recurrent, cell)
    stock.set_weights(ours.get_weights())
    assert_equal_results(ours, stock, sequences(), mask=mask)


@pytest.mark.usefixtures("float64")
def test_masks_of_numbers_and_of_rank_three_mean_what_they_mean_to_keras(cell, pair, sequences, assert_equal_results):
    ours, stock = pair(cell, return_sequences=True, unroll=True)
    mask = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 1]], "float32")
    assert_equal_results(ours, stock, sequences(), mask=mask)
    assert_equal_results(ours, stock, sequences(), mask=mask[..., np.newaxis].astype(bool))


def test_a_masked_step_hides_even_inputs_that_are_not_numbers(cell, pair, sequences):
    ours, _ = pair(cell, return_sequences=True)
    inputs = sequences().numpy()
    inputs[0, 1] = np.nan
    mask = np.array([[1, 0, 1, 1, 1], [1, 1, 1, 1, 1]], bool)
    clean = np.nan_to_num(inputs)
    np.testing.assert_array_equal(ours(inputs, mask=mask), ours(clean, mask=mask))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_goes_keras_way_to_the_bit(cell, policy, pair, sequences):
    ours, stock = pair(cell, dtype=policy)
    np.testing.assert_array_equal(ours(sequences()), stock(sequences()))


@pytest.mark.usefixtures("float64")
def test_whole_numbers_as_inputs_are_taken_as_keras_takes_them(cell, pair):
    ours, stock = pair(cell)
    inputs = np.arange(30).reshape(2, 5, 3) % 4
    np.testing.assert_array_equal(ours(inputs), stock(inputs))


@pytest.mark.parametrize("states", ["float16", "float64"])
@pytest.mark.parametrize("inputs", ["float16", "float64"])
@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_float16"])
def test_mixed_number_types_come_to_what_they_come_to_in_keras(cell, policy, inputs, states, pair):
    ours, stock = pair(cell, dtype=policy, return_sequences=True)
    random = np.random.default_rng(5)
    values = tf.constant(random.normal(size=(2, 5, 3)), inputs)
    initial = [tf.constant(random.normal(size=(2, 4)), states)] * (2 if cell == "LSTM" else 1)
    found, expected = ours(values, initial_state=initial), stock(values, initial_state=initial)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-12 if policy == "float64" else 2e-6)


@pytest.mark.parametrize("mode", ["eager", "function", "xla"])
def test_sequences_without_a_time_step_are_told_with_their_shape(cell, mode):
    layer = getattr(recurrent, cell)(3, name="layer")
    layer.build((2, None, 3))
    run = layer if mode == "eager" else tf.function(layer, autograph=False, jit_compile=mode == "xla")
    with pytest.raises(ValueError, match=r"layer was given sequences of 0 time steps \(shape \(2, 0, 3\)"):
        run(tf.zeros((2, 0, 3)))


@pytest.mark.usefixtures("float64")
def test_regularizers_and_constraints_act_as_in_keras(cell, pair, sequences, assert_equal_results):
    options = {"kernel_regularizer": "l2", "recurrent_regularizer": "l1", "kernel_constraint": "max_norm"}
    ours, stock = pair(cell, activity_regularizer="l2", **options)
    assert_equal_results(ours, stock, sequences())
    np.testing.assert_allclose(ours.losses, stock.losses, rtol=1e-12)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("mode", ["eager", "function"])
def test_second_derivatives_agree_with_keras(cell, mode, pair, sequences):
    inputs = sequences()

    def second(layer):
        def run():
            with tf.GradientTape() as outer:
                outer.watch(inputs)
                with tf.GradientTape() as inner:
                    inner.watch(inputs)
                    loss = tf.reduce_sum(tf.sin(layer(inputs)))
                slope = inner.gradient(loss, inputs)
                squared = tf.reduce_sum(slope**2)
            return outer.gradient(squared, [inputs, *(weight.value for weight in layer.trainable_weights)])

        return (tf.function(run, autograph=False) if mode == "function" else run)()

    for mine, theirs in zip(*map(second, pair(cell)), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("optimizer", "dtype"), [("sgd", "float32"), ("adam", "float64")])
def test_stacked_models_train_to_the_weights_that_keras_trains_to(cell, optimizer, dtype, sequences):
    trained = []
    inputs = tf.cast(sequences(batch=8), dtype)
    targets = tf.reduce_sum(inputs, [1, 2])[:, tf.newaxis]
    for home in (recurrent, keras.layers):
        keras.utils.set_random_seed(2)
        layer = getattr(home, cell)
        model = keras.Sequential(
            [layer(4, return_sequences=True, dtype=dtype), layer(3, dtype=dtype), keras.layers.Dense(1, dtype=dtype)]
        )
        model.compile(
            keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": 0.05}}), "mse", run_eagerly=True
        )
        for start in (0, 4, 0, 4, 0):
            model.train_on_batch(inputs[start : start + 4], targets[start : start + 4])
        trained.append(model.get_weights())
    for mine, theirs in zip(*trained, strict=True):
        assert np.linalg.norm(mine - theirs) <= {"float32": 1e-6, "float64": 1e-12}[dtype] * np.linalg.norm(theirs)


def test_arguments_defaults_names_and_configs_are_those_of_keras(cell):
    ours, stock = getattr(recurrent, cell), getattr(keras.layers, cell)
    assert inspect.signature(ours) == inspect.signature(stock)
    assert issubclass(ours, stock)
    mine, theirs = ours(4, name="layer"), stock(4, name="layer")
    assert mine.get_config().keys() == theirs.get_config().keys() | {"seed"}  # which Keras leaves out of one of them
    assert ours(4, seed=5).from_config(ours(4, seed=5).get_config()).cell.seed == 5
    assert ours.from_config(mine.get_config()).get_config() == mine.get_config()
    assert ours(4).name.rstrip("_0123456789") == stock(4).name.rstrip("_0123456789")
    assert type(mine.cell) is type(theirs.cell)


def test_cudnn_asked_for_by_name_is_keras_affair(cell, sequences):
    if cell == "SimpleRNN":
        pytest.skip("has no such argument")
    layer = getattr(recurrent, cell)(4, use_cudnn=True, use_bias=False)
    with pytest.raises(ValueError, match="cuDNN is not supported"):
        layer(sequences())
    assert getattr(recurrent, cell)(4).supports_jit
