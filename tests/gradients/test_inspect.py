from __future__ import annotations

import numpy as np
import pytest
from reference.rnn_reference import differentiate
from small import small_config

from rnnctl.data import Batch
from rnnctl.gradients.inspect import inspect_batch
from rnnctl.model.build import build_model
from rnnctl.model.losses import build_loss
from rnnctl.model.weights import state_paths, weight_arrays, weight_paths

CONFIG = small_config(
    model={"layers": [{"cell": "lstm", "units": 3, "bidirectional": True}, {"cell": "gru", "units": 2}]}
)


def _batch(size, seed=0):
    rng = np.random.default_rng(seed)
    inputs, targets = rng.normal(size=(size, 4, 2)), rng.normal(size=(size, 2))
    return Batch(inputs.astype(np.float32), targets.astype(np.float32), None)


@pytest.fixture(scope="module")
def inspected():
    model = build_model(CONFIG, 2, 2, 4)
    batch = _batch(5)
    report = inspect_batch("small", model, build_loss(CONFIG.loss), batch, values=True)
    return model, report, differentiate(CONFIG.model, weight_arrays(model), batch.inputs, batch.targets)


def test_every_number_agrees_with_a_backward_pass_written_by_hand(inspected):
    model, report, truth = inspected
    assert report.name == "small"
    assert report.loss == pytest.approx(truth.loss, rel=1e-5)
    assert report.gradient_norm == pytest.approx(truth.norm(), rel=1e-5)
    assert tuple(weight.path for weight in report.weights) == weight_paths(model)
    for weight in report.weights:
        gradient = truth.gradients[weight.path]
        assert weight.shape == gradient.shape
        assert weight.norm == pytest.approx(np.linalg.norm(gradient), rel=1e-5), weight.path
        assert weight.mean == pytest.approx(gradient.mean(), rel=1e-4, abs=1e-7), weight.path
        assert weight.std == pytest.approx(gradient.std(), rel=1e-5), weight.path
        assert weight.largest == pytest.approx(np.abs(gradient).max(), rel=1e-5), weight.path
        assert weight.zeros == 0


def test_the_state_gradients_of_every_layer_and_direction_are_measured(inspected):
    model, report, truth = inspected
    assert tuple(report.state_gradient_norms) == state_paths(model)
    for path, norms in truth.state_norms().items():
        assert report.state_gradient_norms[path] == pytest.approx(norms.tolist(), rel=1e-5), path


def test_values_are_text_as_numpy_prints_them(inspected):
    _, report, truth = inspected
    bias = next(weight for weight in report.weights if weight.path == "head/bias")
    found = np.array(bias.values.strip("[]").split(), float)
    np.testing.assert_allclose(found, truth.gradients["head/bias"], rtol=1e-5)


def test_large_values_are_abbreviated_and_none_are_given_unasked():
    config = small_config(model={"layers": [{"cell": "simple_rnn", "units": 40}]})
    model, loss = build_model(config, 2, 2, 4), build_loss(config.loss)
    shown = {weight.path: weight.values for weight in inspect_batch("a", model, loss, _batch(2), values=True).weights}
    assert "..." in shown["recurrent_0/recurrent_kernel"]
    assert len(shown["recurrent_0/recurrent_kernel"]) < 2000
    assert all(weight.values is None for weight in inspect_batch("a", model, loss, _batch(2)).weights)


def test_the_share_of_exact_zeros_shows_units_that_are_dead():
    layer = {"cell": "simple_rnn", "units": 4, "activation": "relu", "recurrent_initializer": "zeros"}
    config = small_config(model={"layers": [{**layer, "bias_initializer": {"kind": "constant", "value": -100.0}}]})
    report = inspect_batch("a", build_model(config, 2, 2, 4), build_loss(config.loss), _batch(3))
    zeros = {weight.path: weight.zeros for weight in report.weights}
    assert zeros == {
        "recurrent_0/kernel": 1,
        "recurrent_0/recurrent_kernel": 1,
        "recurrent_0/bias": 1,
        "head/kernel": 1,
        "head/bias": 0,
    }


def test_the_model_is_left_as_it_was(inspected):
    model, _, _ = inspected
    fresh = weight_arrays(build_model(CONFIG, 2, 2, 4))
    for path, weight in weight_arrays(model).items():
        np.testing.assert_array_equal(weight, fresh[path])
