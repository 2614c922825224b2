"""NumPy against Keras for trained networks of every kind, and which of both runs how much work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings, strategies as st
from made_data import KINDS, made_config, made_dataset

from rnnctl.cells import CELLS
from rnnctl.cells.cell import Activation
from rnnctl.config.model import Model
from rnnctl.data import Signature
from rnnctl.engines import numpy_network
from rnnctl.engines.choosing import LITTLE, Engines
from rnnctl.engines.keras_network import KerasNetwork
from rnnctl.engines.numpy_network import CALL, NumpyNetwork, multiply_adds, rows_of_a_batch
from rnnctl.engines.table import ENGINES, Engine
from rnnctl.errors import ConfigError, RunError
from rnnctl.model.build import build_model
from rnnctl.model.inputs import with_mask
from rnnctl.model.weights import weight_arrays
from rnnctl.runs.trained_run import TrainedRun
from rnnctl.scoring.split_outputs import plain_mean

PLACE = Path("runs/made-1")

LAYERS = st.builds(
    lambda cell, units, activation, gate, more, both: {
        **{"cell": cell, "units": units, "activation": activation, "bidirectional": both},
        **({"recurrent_activation": gate} if CELLS[cell].gates else {}),
        **({"reset_after": more} if cell == "gru" else {"use_bias": more}),
    },
    st.sampled_from(sorted(CELLS)),
    st.integers(1, 4),
    st.sampled_from(get_args(Activation)),
    st.sampled_from(("sigmoid", "hard_sigmoid", "softsign")),
    st.booleans(),
    st.booleans(),
)


def _runs(config, signature, count):
    """So many nets of a config, and the model, which has the last one's weights."""
    nets = []
    for number in range(1, count + 1):
        config = config.model_copy(update={"seed": number})
        model = build_model(config, signature)
        rng = np.random.default_rng(number)
        for variable in model.trainable_variables:  # biases that are not zero
            variable.assign_add(rng.normal(scale=0.1, size=variable.shape))
        nets.append(TrainedRun(PLACE, config, weight_arrays(model), None))
    return nets, model


@settings(max_examples=12, derandomize=True, phases=[Phase.generate])
@given(
    layers=st.lists(LAYERS, min_size=1, max_size=2),
    columns=st.sampled_from(sorted(KINDS)),
    target=st.sampled_from(("number", "boolean", "category", "quantiles")),
    placement=st.sampled_from(("sequence", "each")),
    lengths=st.sampled_from(((5, 3, 7, 2, 1), (4, 4, 4, 4, 4))),
    rows=st.sampled_from((1, 2, 256)),
)
def test_numpy_gives_what_keras_gives(layers, columns, target, placement, lengths, rows):
    loss = {"kind": "quantile"} if target == "quantiles" else None
    kind = "number" if target == "quantiles" else target
    dataset = made_dataset(lengths, columns, kind, placement)
    config = made_config(kind, placement, layers=layers, **({"loss": loss} if loss else {}))
    dataset = replace(dataset, quantiles=config.loss.levels)
    (run,), model = _runs(config, dataset.signature, 1)
    network, split = NumpyNetwork.of(run, dataset.signature), dataset.train
    batch = split.gather(range(len(split)), masked=True)
    expected = np.asarray(model(with_mask(model, batch.inputs, tf.constant(batch.mask)), training=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numpy_network, "ROWS", (rows, rows))
        found = network.outputs(dataset, split)
        (ask,) = network.each()
        last = ask(batch.inputs, split.lengths)
    assert found.dtype == last.dtype == np.float32
    there = batch.mask if placement == "each" else np.ones(len(split), bool)
    assert np.isnan(found[~there]).all()
    np.testing.assert_allclose(found[there], expected[there], rtol=2e-6, atol=2e-6 * np.abs(expected[there]).max())
    ends = found[np.arange(len(found)), split.lengths - 1] if placement == "each" else found
    np.testing.assert_allclose(last, ends, rtol=1e-6)


def _ensemble():
    """Three nets that were trained anew, as they are then and as they were chosen, and their forecasts' dataset."""
    lengths = (4,) * 6
    dataset = made_dataset(lengths, "numbers", "number", "each", horizon=2, test=2)
    config = made_config(layers=[{"cell": "gru", "units": 3}], horizon=2)
    nets, _ = _runs(config, dataset.signature, 3)
    refits = tuple(replace(net, weights={path: array / 2 for path, array in net.weights.items()}) for net in nets)
    return dataset, replace(nets[0], members=tuple(nets[1:]), refits=refits)


def test_an_ensemble_is_the_same_network_by_either_engine_and_says_the_same_bits_again():
    dataset, run = _ensemble()
    one, other = (engine.network_class.of(run, dataset.signature) for engine in ENGINES.values())
    assert (type(one), type(other)) == (NumpyNetwork, KerasNetwork)
    for ours, theirs in ((one, other), (one.as_chosen(), other.as_chosen())):
        found, expected = (each.over(dataset.test, plain_mean).predict() for each in (ours, theirs))
        assert found.shape == (2, 4, 4)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)
        np.testing.assert_array_equal(found, ours.over(dataset.test, plain_mean).predict())
    for each in (one, other):  # what is in memory after training is what is read from its folder
        held = type(each).holding(run.config, dataset.signature, other.model)
        for ours, theirs in ((each, held), (each.as_chosen(), held.as_chosen())):
            np.testing.assert_array_equal(ours.outputs(dataset, dataset.test), theirs.outputs(dataset, dataset.test))
    assert np.abs(one.outputs(dataset, dataset.test) - one.as_chosen().outputs(dataset, dataset.test)).max() > 1e-3
    inputs, lengths = dataset.test.gather([0, 1]).inputs, np.array([4, 3])
    for ours, theirs in zip(one.each(), other.each(), strict=True):
        np.testing.assert_allclose(ours(inputs, lengths), theirs(inputs, lengths), rtol=2e-6, atol=1e-6)


def test_the_mean_of_classes_is_that_of_their_probabilities_at_the_same_places():
    dataset = made_dataset((5, 3, 7, 2, 1), "all", "category", "each")
    nets, _ = _runs(made_config("category"), dataset.signature, 2)
    network = NumpyNetwork.of(replace(nets[0], members=(nets[1],)), dataset.signature)
    each = [NumpyNetwork.of(net, dataset.signature).outputs(dataset, dataset.train) for net in nets]
    there = ~np.isnan(each[0][..., 0])
    mean = np.mean(each, axis=0, dtype=np.float64)
    np.testing.assert_allclose(network.outputs(dataset, dataset.train)[there], mean[there], rtol=1e-12)
    np.testing.assert_array_equal(network.said(dataset, dataset.train).predicted[there], mean[there].argmax(axis=-1))


def test_weights_that_do_not_fit_are_the_same_error_by_either_engine():
    dataset, run = _ensemble()
    run = replace(run, members=(), refits=())
    wrong = {path: array for path, array in run.weights.items() if path != "head/bias"}
    wrong |= {"head/kernel": np.zeros((3, 5), np.float32), "other": np.zeros(1, np.float32)}
    told = []
    for engine in ENGINES.values():
        with pytest.raises(RunError) as error:
            engine.network_class.of(replace(run, weights=wrong), dataset.signature)
        told.append(str(error.value))
    assert (
        told
        == [
            f"{PLACE}: these weights do not fit the run's config: head/bias is missing; "
            "head/kernel is float32 [3, 5] where the config makes float32 [3, 4]; other is not one of the config's"
        ]
        * 2
    )
    # A checkpoint holds other variables too.
    state = {"seed_generator/state": np.zeros(2, np.uint32)}
    checkpoint = replace(run, weights={**run.weights, **state}, step=7)
    found = NumpyNetwork.of(checkpoint, dataset.signature).outputs(dataset, dataset.test)
    np.testing.assert_array_equal(found, NumpyNetwork.of(run, dataset.signature).outputs(dataset, dataset.test))


def test_the_work_is_counted_as_by_hand():
    layers = [{"cell": "gru", "units": 8, "bidirectional": True}, {"cell": "simple_rnn", "units": 4}]
    model = Model.model_validate({"layers": layers})
    signature, lengths = Signature.of_numbers(5, 3, None), np.array([10, 30, 20] * 100)
    assert rows_of_a_batch(model, signature, 30) == 256
    gru = 2 * (5 * 24 + 8 * 24 + 2 * 24)
    rnn = 16 * 4 + 4 * 4 + 4
    values = 16 * (2 * 24 + 4)
    head = 300 * (4 * 3 + 3)
    # A batch of 256 whose longest has 30 time steps, and one of 44 of 10; seven blocks at each.
    calls = (30 + 10) * (2 * 3 + 1) * CALL
    assert multiply_adds(model, signature, lengths) == 6000 * (gru + rnn + values) + head + calls
    dear = Model.model_validate({"layers": [{**layers[0], "activation": "gelu"}, layers[1]]})
    assert multiply_adds(dear, signature, lengths) > 2 * multiply_adds(model, signature, lengths)


class _Loaded:
    """In place of networks: who was asked for one."""

    @classmethod
    def of(cls, run, signature):
        return SimpleNamespace(run=run, signature=signature)


def test_little_work_is_numpys_and_much_is_tensorflows_unless_one_is_asked_for():
    dataset, run = _ensemble()
    model, signature = run.config.model, dataset.signature
    lengths = np.full(100, 4)
    times = int(LITTLE // (3 * multiply_adds(model, signature, lengths)))
    fakes = [Engine(word, engine.title, f"{__name__}:_Loaded") for word, engine in ENGINES.items()]

    def ran(*of, asked="auto"):
        engines = Engines(asked)
        for work in of:
            engines.load(run, signature, lengths, work)
        return engines.ran

    with ENGINES.extended(*fakes):
        assert [ran(times), ran(times + 1)] == ["NumPy", "TensorFlow"]
        assert ran(times, 2 * times, times) == "NumPy and TensorFlow"
        assert [ran(1, asked="tensorflow"), ran(9 * times, asked="numpy")] == ["TensorFlow", "NumPy"]
    with pytest.raises(ConfigError, match="there is no engine 'torch'; give auto, numpy or tensorflow"):
        Engines("torch")
