from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from small import small_config

from rnnctl.data import Batch, Signature
from rnnctl.gradients.backward import loss_weights, run_backward
from rnnctl.gradients.self_check import check_gradients, difference_quotient, numpy_loss
from rnnctl.model.build import build_model, float64_copy
from rnnctl.model.losses import build_loss
from rnnctl.model.weights import weight_arrays

LAYERS = {
    "simple": {"cell": "simple_rnn", "units": 3},
    "relu": {"cell": "simple_rnn", "units": 3, "activation": "relu"},
    "gru": {"cell": "gru", "units": 3, "bidirectional": True},
    "gru before": {"cell": "gru", "units": 3, "reset_after": False},
    "lstm": {"cell": "lstm", "units": 3},
}


def _batch(sequences=False):
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(3, 4, 2) if sequences else (3, 2))
    return Batch(rng.normal(size=(3, 4, 2)).astype(np.float32), targets.astype(np.float32), None)


def _checked(config, *, spoil=None, count=24):
    """Checks the gradients of a float64 twin; ``spoil`` may change them first."""
    sequences = config.model.return_sequences
    model, batch = build_model(config, Signature.of_numbers(2, 2, 4)), _batch(sequences)
    weights = loss_weights(batch, sequences=sequences)
    found = run_backward(
        float64_copy(config, model, Signature.of_numbers(2, 2, 4)),
        build_loss(config.loss),
        batch,
        weights,
        dtype="float64",
    )
    gradients = {path: np.array(gradient) for path, gradient in found.gradients.items()}
    assert all(gradient.dtype == np.float64 for gradient in gradients.values())
    if spoil:
        spoil(gradients)
    arrays = weight_arrays(model)
    loss = partial(numpy_loss, config.model, config.loss, batch, weights, None)
    assert loss(arrays) == pytest.approx(found.loss, rel=1e-12)
    return check_gradients(loss, arrays, gradients, count=count)


@pytest.mark.parametrize("loss", ["mse", "mae", {"kind": "huber", "delta": 0.3}])
@pytest.mark.parametrize("name", LAYERS)
def test_the_gradients_of_every_cell_and_loss_agree_with_differences(name, loss):
    checked = _checked(small_config(model={"layers": [LAYERS[name]]}, loss=loss))
    assert checked.checked >= 15
    # The Huber loss bends where an error crosses delta; a quotient across that place is a little off.
    assert checked.largest_relative_error < (1e-6 if isinstance(loss, dict) else 1e-9)


def test_many_to_many_stacks_agree_too():
    model = {"layers": [LAYERS["lstm"], LAYERS["gru"]], "return_sequences": True}
    assert _checked(small_config(model=model)).largest_relative_error < 1e-9


def test_a_wrong_gradient_is_found_and_its_weight_named():
    def spoil(gradients):
        gradients["recurrent_0/recurrent_kernel"] *= 1.001

    checked = _checked(small_config("gru"), spoil=spoil, count=100)
    assert checked.where == "recurrent_0/recurrent_kernel"
    assert checked.largest_relative_error == pytest.approx(1e-3, rel=0.1)


def test_the_weights_are_left_as_they_were():
    config = small_config()
    arrays, batch = weight_arrays(build_model(config, Signature.of_numbers(2, 2, 4))), _batch()
    before = {path: array.copy() for path, array in arrays.items()}
    zeros = {path: np.zeros(array.shape) for path, array in arrays.items()}
    loss = partial(numpy_loss, config.model, config.loss, batch, np.full(3, 1 / 3), None)
    check_gradients(loss, arrays, zeros, count=5)
    for path, array in before.items():
        np.testing.assert_array_equal(arrays[path], array)


@pytest.mark.parametrize(
    ("function", "slope"), [(np.exp, np.exp), (np.sin, np.cos), (lambda x: x**3, lambda x: 3 * x**2)]
)
def test_the_quotient_of_a_smooth_function_is_its_derivative(function, slope):
    for at in (-1.3, 0.2, 2.0):
        assert difference_quotient(function, at) == pytest.approx(slope(at), rel=1e-10)


def test_a_steep_function_is_followed_with_smaller_steps():
    assert difference_quotient(lambda x: float(np.sin(3000 * x)), 0.1) == pytest.approx(3000 * np.cos(300), rel=1e-4)


@pytest.mark.parametrize("kink", [0.1, 0.1 + 1e-7, 0.1 - 1e-6])
def test_a_kink_nearby_is_skipped(kink):
    assert difference_quotient(lambda x: max(x - kink, 0.0), 0.1) is None


def test_what_is_not_finite_or_drowns_in_rounding_is_skipped():
    assert difference_quotient(lambda x: float("inf"), 0.1) is None
    assert difference_quotient(lambda x: 1e20 + x, 0.1) is None
    assert difference_quotient(lambda x: 0.0 * x, 0.1) == 0
