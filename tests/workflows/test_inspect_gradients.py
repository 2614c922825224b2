from __future__ import annotations

import numpy as np
import pytest
from reference.rnn_reference import differentiate
from small import small_config

from rnnctl.config import FIRST_STEP
from rnnctl.data import load_dataset
from rnnctl.errors import ConfigError
from rnnctl.model.build import build_model
from rnnctl.model.weights import weight_arrays
from rnnctl.training.plan import make_plan
from rnnctl.workflows.inspect_gradients import inspect_gradients


def test_the_first_batch_is_examined_at_the_initial_weights():
    config = small_config("lstm")
    report = inspect_gradients(config)
    split = load_dataset(config).train
    indices, _ = make_plan(config.training, len(split), config.seed).batches(0, 1)
    batch = split.gather(indices[0])
    weights = weight_arrays(build_model(config, 2, 2, 4))
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
    weights = weight_arrays(build_model(config, 2, 2, 4))
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
