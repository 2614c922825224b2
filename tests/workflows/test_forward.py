"""The forward report: NumPy and Keras agree at every time step, and a difference would be seen."""

from __future__ import annotations

import numpy as np
import pytest
from reference.rnn_reference import differentiate

from rnnctl.cells.table import GruLayer, LstmLayer, SimpleRnnLayer
from rnnctl.config import FIRST_STEP
from rnnctl.config.dataset import load_dataset
from rnnctl.config.model import Model
from rnnctl.config.schema import Config
from rnnctl.data import Signature, epoch_order
from rnnctl.model.build import build_model
from rnnctl.model.weights import weight_arrays
from rnnctl.schema.training import Training
from rnnctl.sources.dummy import DummyData
from rnnctl.workflows.forward import compare_steps, forward

MODELS = {
    "gru": Model(layers=(GruLayer(cell="gru", units=4, bias_initializer={"kind": "random_normal"}),)),
    "gru reset before": Model(layers=(GruLayer(cell="gru", units=4, reset_after=False, activation="gelu"),)),
    "lstm each": Model(layers=(LstmLayer(cell="lstm", units=4, use_bias=False),), return_sequences=True),
    "bidirectional stack": Model(
        layers=(
            LstmLayer(cell="lstm", units=3, bidirectional=True),
            SimpleRnnLayer(cell="simple_rnn", units=2, bidirectional=True, dropout=0.5),
        )
    ),
}


def _config(model):
    return Config(
        name="beside",
        seed=3,
        data=DummyData(kind="dummy", sequences=7, length=5, features=2, outputs=3),
        model=model,
        training=Training(batch_size=4),
    )


@pytest.mark.parametrize("name", MODELS)
def test_numpy_and_keras_agree_at_every_time_step_to_single_precision(name):
    report = forward(_config(MODELS[name]))
    assert [step.time_step for step in report.steps] == [1, 2, 3, 4, 5]
    assert 0 < report.difference < 2e-6
    assert report.relative_difference is not None
    assert report.relative_difference < 2e-6
    for step in report.steps:
        assert len(step.numpy) == len(step.keras) == 3
        assert step.difference <= report.difference
        np.testing.assert_allclose(step.numpy, step.keras, rtol=0, atol=step.difference)
    assert list(report.equations) == [*(f"recurrent_{n}" for n in range(len(MODELS[name].layers))), "head"]


def test_the_first_example_shows_its_64_outputs_at_10_time_steps():
    report = forward(FIRST_STEP)
    assert (report.name, report.model) == ("first-step", "SimpleRNN 64")
    assert report.equations == {"recurrent_0": ("h_t = tanh(x_t W + h_{t-1} U + b)",)}
    assert [len(step.numpy) for step in report.steps] == [64] * 10
    assert report.difference < 2e-6


def test_the_output_at_a_time_step_is_what_the_model_gives_for_the_sequence_up_to_there():
    config = _config(MODELS["gru"])
    report = forward(config)
    train = load_dataset(config).train
    batch = train.gather(epoch_order(7, config.seed, 1)[:4])
    weights = weight_arrays(build_model(config, Signature.of_numbers(2, 3, 5)))
    for step in report.steps:
        prefix = differentiate(config.model, weights, batch.inputs[:, : step.time_step], np.zeros((4, 3)))
        np.testing.assert_allclose(step.numpy, prefix.outputs[0], rtol=1e-12)


def test_a_difference_is_told_beside_the_largest_output():
    # h_t = x_t W + 10 h_{t-1}: outputs of some 10,000 after five time steps.
    initializer = {"kind": "identity", "gain": 10.0}
    layer = {"cell": "simple_rnn", "units": 3, "activation": "linear", "recurrent_initializer": initializer}
    huge = SimpleRnnLayer.model_validate(layer)
    report = forward(_config(Model(layers=(huge,), head="none")))
    largest = max(abs(value) for step in report.steps for value in step.numpy)
    assert largest > 1e3
    assert report.relative_difference <= report.difference / largest
    assert report.relative_difference < 2e-6


def test_two_reports_of_one_config_are_the_same_to_the_last_digit():
    assert forward(_config(MODELS["gru"])) == forward(_config(MODELS["gru"]))


def test_a_difference_in_any_sequence_of_the_batch_is_seen_at_its_time_step():
    one = np.zeros((2, 3, 1))
    other = one.copy()
    other[1, 2, 0] = -0.25
    assert [step.difference for step in compare_steps(one, other)] == [0.0, 0.0, 0.25]
    other[1, 0, 0] = np.nan
    assert np.isnan(compare_steps(one, other)[0].difference)
