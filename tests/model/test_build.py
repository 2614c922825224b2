from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import small_config

from rnnctl.cells import CELLS
from rnnctl.config.model import Model
from rnnctl.data import Signature
from rnnctl.model.build import build_model
from rnnctl.model.inputs import with_mask
from rnnctl.model.recurrent import GRU, LSTM
from rnnctl.model.weights import weight_arrays


def _built(model, *, seed=3, name="small"):
    return build_model(small_config(model=model, seed=seed, name=name), Signature.of_numbers(2, 5, 4))


def _layer(cell="simple_rnn", units=3, **more):
    return {"cell": cell, "units": units, **more}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_model_gives_one_output_or_one_at_each_time_step(cell, bidirectional):
    width = 6 if bidirectional else 3
    for head, each in itertools.product(("dense", "none"), (False, True)):
        outputs = 5 if head == "dense" else width
        config = small_config(
            data={"kind": "dummy", "sequences": 4, "length": 4, "features": 2, "outputs": outputs},
            model={"layers": [_layer(cell, bidirectional=bidirectional)], "head": head, "return_sequences": each},
        )
        model = build_model(config, Signature.of_numbers(2, outputs, 4))
        assert model.output_shape == ((None, 4, outputs) if each else (None, outputs))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_an_earlier_output_knows_of_a_later_row_only_where_the_layer_says_so(cell, bidirectional, masked):
    section = {"layers": [_layer(cell), _layer(cell, bidirectional=bidirectional)], "return_sequences": True}
    model = _built(section)
    inputs = np.random.default_rng(2).standard_normal((3, 5, 2)).astype(np.float32)
    mask = np.array([[True] * 5, [True] * 4 + [False], [True] * 5]) if masked else None
    changed = inputs.copy()
    changed[:, 3] += 1  # a time step that every sequence has
    one, other = (np.asarray(model.call(with_mask(model, each, mask), training=False)) for each in (inputs, changed))
    assert np.abs(one[:, 3] - other[:, 3]).min(axis=-1).all()
    looks_ahead = any(layer.looks_ahead for layer in small_config(model=section).model.layers)
    assert (one[:, :3] != other[:, :3]).any() == looks_ahead == bidirectional


def test_layers_are_named_by_their_place():
    model = _built({"layers": [_layer(), _layer("lstm", bidirectional=True), _layer("gru")]})
    assert [layer.name for layer in model.layers] == ["inputs", "recurrent_0", "recurrent_1", "recurrent_2", "head"]


def test_what_the_config_says_of_a_layer_reaches_keras():
    options = {
        "units": 4,
        "activation": "relu",
        "use_bias": False,
        "dropout": 0.25,
        "recurrent_dropout": 0.5,
        "recurrent_activation": "hard_sigmoid",
    }
    gru = _built({"layers": [{"cell": "gru", "reset_after": False, **options}]}).get_layer("recurrent_0")
    lstm = _built({"layers": [{"cell": "lstm", "unit_forget_bias": False, **options}]}).get_layer("recurrent_0")
    for layer in (gru, lstm):
        given = layer.get_config()
        assert {name: given[name] for name in options} == options
    assert gru.get_config()["reset_after"] is False
    assert lstm.get_config()["unit_forget_bias"] is False


def test_defaults_of_a_layer_are_those_of_keras():
    for cell, stock in (("simple_rnn", keras.layers.SimpleRNN), ("gru", keras.layers.GRU), ("lstm", keras.layers.LSTM)):
        ours = _built({"layers": [{"cell": cell, "units": 7}]}).get_layer("recurrent_0").get_config()
        theirs = stock(7).get_config()
        assert set(ours) == set(theirs) | {"seed"}  # which Keras leaves out of one of them
        for option in set(theirs) - {"name", "seed", "dtype"}:
            mine, other = ours[option], theirs[option]
            if option.endswith("_initializer"):
                mine, other = ({"seed": None} | each["config"] | {"kind": each["class_name"]} for each in (mine, other))
                mine["seed"] = other["seed"]
            assert mine == other, option


def test_the_same_seed_gives_the_same_weights_whatever_was_drawn_before():
    section = {"layers": [_layer("gru"), _layer("lstm", bidirectional=True)]}
    first = weight_arrays(_built(section))
    np.random.random(3)
    keras.utils.set_random_seed(99)
    second = weight_arrays(_built(section))
    for path, weight in first.items():
        np.testing.assert_array_equal(weight, second[path])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_same_seed_drops_the_same_inputs_whatever_was_drawn_before(cell, bidirectional):
    section = {"layers": [_layer(cell, dropout=0.5, recurrent_dropout=0.5, bidirectional=bidirectional)]}
    states = []
    for drawn in (1, 99):
        keras.utils.set_random_seed(drawn)
        layer = _built(section).get_layer("recurrent_0")
        states.append([variable.numpy().tolist() for variable in layer.non_trainable_variables])
    assert states[0] == states[1]
    assert len({str(state) for state in states[0]}) == len(states[0]) == 1 + bidirectional


def test_another_seed_gives_other_weights():
    first, second = (weight_arrays(_built({"layers": [_layer()]}, seed=seed)) for seed in (0, 1))
    for path in ("recurrent_0/kernel", "recurrent_0/recurrent_kernel", "head/kernel"):
        assert not np.isclose(first[path], second[path]).any(), path


def test_no_two_parts_of_a_model_start_as_twins():
    normal = {"kind": "random_normal"}
    layer = _layer(
        units=2, bidirectional=True, kernel_initializer=normal, recurrent_initializer=normal, bias_initializer=normal
    )
    weights = weight_arrays(_built({"layers": [layer, {**layer, "bidirectional": False}]}))
    for (one, first), (other, second) in itertools.combinations(weights.items(), 2):
        size = min(first.size, second.size)
        if "head/bias" not in (one, other):
            assert not np.isclose(first.ravel()[:size], second.ravel()[:size]).any(), (one, other)


def test_initial_weights_are_what_their_initializers_say():
    layer = _layer(
        "lstm",
        units=6,
        recurrent_initializer={"kind": "orthogonal", "gain": 0.5},
        kernel_initializer={"kind": "constant", "value": 0.25},
    )
    weights = weight_arrays(_built({"layers": [layer]}))
    recurrent = weights["recurrent_0/recurrent_kernel"]
    np.testing.assert_allclose(recurrent @ recurrent.T, 0.25 * np.eye(6), atol=1e-6)
    assert (weights["recurrent_0/kernel"] == 0.25).all()
    np.testing.assert_array_equal(weights["recurrent_0/bias"], np.repeat([0.0, 1.0, 0.0, 0.0], 6))
    assert (weights["head/bias"] == 0).all()
    assert np.abs(weights["head/kernel"]).max() <= np.sqrt(6 / (6 + 5))  # Glorot & Bengio 2010, equation 16


@pytest.mark.parametrize("cell", CELLS)
def test_a_bidirectional_stack_gives_what_stock_keras_gives_with_the_same_weights(cell):
    section = {"layers": [_layer(cell, bidirectional=True), _layer(cell, bidirectional=True)], "head": "dense"}
    model = _built(section)
    stock_cell = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell]
    stock = keras.Sequential(
        [
            keras.Input((4, 2)),
            keras.layers.Bidirectional(stock_cell(3, return_sequences=True)),
            keras.layers.Bidirectional(stock_cell(3)),
            keras.layers.Dense(5),
        ]
    )
    stock.set_weights(list(weight_arrays(model).values()))
    inputs = np.random.default_rng(0).normal(size=(6, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(model(inputs), stock(inputs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["é", "日本", "_x", "(a) b", "x.y", "1", "R&D"])
def test_any_name_that_a_run_may_have_compiles(name):
    model = _built({"layers": [_layer(units=1)]}, name=name)
    assert tf.function(model)(tf.zeros([1, 4, 2])).shape == (1, 5)


def test_sequences_of_any_length_pass_where_the_number_of_time_steps_is_left_open():
    model = build_model(small_config(), Signature.of_numbers(2, 2, None))
    for length in (1, 7):
        inputs, mask = np.zeros((3, length, 2), np.float32), np.ones((3, length), np.bool_)
        assert model([inputs, mask]).shape == (3, 2)


@pytest.mark.parametrize("cell", CELLS)
def test_dropout_begins_from_the_configs_seed_in_both_directions(cell):
    layers = [_layer(cell, bidirectional=True, dropout=0.5)]
    begins = [
        [np.asarray(variable).tolist() for variable in _built({"layers": layers}, seed=seed).non_trainable_variables]
        for seed in (3, 3, 4)
    ]
    assert begins[0] == begins[1]
    assert len(begins[0]) == 2
    assert all(one != other for one, other in zip(begins[0], begins[2], strict=True))
    assert begins[0][0] != begins[0][1]


def test_the_model_section_alone_decides_how_many_layers_there_are():
    section = Model(layers=("lstm", "gru"))
    assert [type(layer) for layer in _built(section.model_dump()).layers[1:3]] == [LSTM, GRU]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_mask_is_heeded_without_a_warning_where_keras_layers_say_that_they_support_none(
    monkeypatch, cell, bidirectional
):
    """As `keras.layers.RNN` and `Bidirectional` do from Keras 3.16 on (keras#23235)."""
    for layer_class in (keras.layers.RNN, keras.layers.Bidirectional):
        init = layer_class.__init__

        def without_masking(self, *args, init=init, **more):
            init(self, *args, **more)
            self.supports_masking = False

        monkeypatch.setattr(layer_class, "__init__", without_masking)
    config = small_config(model={"layers": [_layer(cell, bidirectional=bidirectional), _layer(cell)]})
    model = build_model(config, Signature.of_numbers(2, 2, None))
    inputs = np.random.default_rng(0).normal(size=(2, 5, 2)).astype(np.float32)
    mask = np.arange(5) < np.array([[3], [5]])
    long, short = model([inputs, mask]), model([inputs[:1, :3], mask[:1, :3]])
    np.testing.assert_allclose(long[:1], short, rtol=1e-5, atol=1e-6)
