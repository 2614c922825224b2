from __future__ import annotations

import numpy as np
import pytest
from reference.rnn_reference import differentiate
from small import small_config

from rnnctl.config import FIRST_STEP
from rnnctl.config.dataset import load_dataset
from rnnctl.data import Signature, epoch_order
from rnnctl.errors import ConfigError, DataError, RunError
from rnnctl.model.build import build_model
from rnnctl.model.weights import weight_arrays
from rnnctl.workflows.inspect_gradients import inspect_gradients
from rnnctl.workflows.train import train_steps


def test_the_first_batch_is_examined_at_the_initial_weights():
    config = small_config("lstm")
    report = inspect_gradients(config)
    split = load_dataset(config).train
    batch = split.gather(epoch_order(len(split), config.seed, 1)[: config.training.batch_size])
    weights = weight_arrays(build_model(config, Signature.of_numbers(2, 2, 4)))
    truth = differentiate(config.model, weights, batch.inputs, batch.targets)
    assert report.name == "small"
    assert report.loss == pytest.approx(truth.loss, rel=1e-5)
    assert {weight.path: weight.norm for weight in report.variables} == pytest.approx(truth.norms(), rel=1e-5)
    for path, norms in truth.state_norms().items():
        layer, state = path.rsplit("/", 1)
        assert layer == report.layers[0].path
        assert report.layers[0].state_gradient_norms[state] == pytest.approx(norms.tolist(), rel=1e-5)
    assert all(weight.values is None for weight in report.variables)


def test_a_batch_larger_than_the_data_holds_the_data_once():
    config = small_config(training={"batch_size": 64})
    split = load_dataset(config).train
    everything = split.gather(np.arange(10))
    weights = weight_arrays(build_model(config, Signature.of_numbers(2, 2, 4)))
    truth = differentiate(config.model, weights, everything.inputs, everything.targets)
    assert inspect_gradients(config).gradient_norm == pytest.approx(truth.norm(), rel=1e-5)


def test_the_first_example_has_the_shapes_that_it_promises():
    report = inspect_gradients(FIRST_STEP, values=True)
    assert {weight.path: weight.shape for weight in report.variables} == {
        "recurrent_0/kernel": (32, 64),
        "recurrent_0/recurrent_kernel": (64, 64),
        "recurrent_0/bias": (64,),
    }
    assert all(weight.values.startswith("[") for weight in report.variables)
    norms = report.layers[0].state_gradient_norms["h"]
    assert len(norms) == 10
    assert list(norms) == sorted(norms)


def test_a_model_that_does_not_fit_the_data_is_a_config_error():
    data = {"kind": "copy", "symbols": 3}
    layer = {"cell": "gru", "units": 2}
    config = small_config(data=data, model={"layers": [layer], "head": "none", "return_sequences": True})
    with pytest.raises(ConfigError, match="gives 2 values and the data has 4 targets"):
        inspect_gradients(config)


def test_a_run_is_examined_at_its_final_weights(tmp_path):
    config = small_config(training={"steps": 2, "batch_size": 10})
    run = train_steps(config, out=tmp_path)
    list(run)
    found = inspect_gradients(run.folder)
    batch = load_dataset(config).train.gather(np.arange(10))
    truth = differentiate(config.model, weight_arrays(run.model), batch.inputs, batch.targets)
    assert found.state == "run small-1"
    assert found.loss == pytest.approx(truth.loss, rel=1e-5)
    assert {weight.path: weight.norm for weight in found.variables} == pytest.approx(truth.norms(), rel=1e-5)
    with pytest.raises(RunError, match=r"recurrent_0/bias is float32 \[3\] where the config makes float32 \[5\]"):
        inspect_gradients(run.folder, ["model.layers.0.units=5"])


def test_steps_are_taken_before_the_examination():
    config = small_config(training={"steps": 3, "batch_size": 10})
    run = train_steps(config)
    losses = [record.loss for record in run]
    found = inspect_gradients(config, steps=2)
    assert found.state == "after 2 steps"
    assert found.loss == pytest.approx(losses[2], rel=1e-5)
    assert len(found.history["recurrent_0/h"]) == 2


def test_more_sequences_than_there_are_is_a_data_error():
    with pytest.raises(DataError, match="11 sequences were asked for and the training split has 10"):
        inspect_gradients(small_config(), sequences=11)


def test_what_is_advised_is_tried():
    found = inspect_gradients(small_config(training={"steps": 2, "batch_size": 10}), try_advice=True)
    assert found.trials[0].label == "as it is"
    assert {"cell: gru", "cell: lstm"} <= {trial.label for trial in found.trials}
    assert found.recommendation
