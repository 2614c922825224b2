from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from reference.optimizer_reference import clip

from rnnctl.gradients.clipping import clip_gradients, clipped_norm
from rnnctl.gradients.norms import global_norm, weight_norms
from rnnctl.optimizers import Sgd

RULES = ("clipnorm", "global_clipnorm", "clipvalue")


def _clipped(section, gradients):
    tensors = [tf.constant(gradient) for gradient in gradients]
    norms = weight_norms(tensors)
    return [np.asarray(one) for one in clip_gradients(section, tensors, norms, global_norm(norms))]


def _gradients(seed, scale, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return [(scale * rng.normal(size=shape)).astype(dtype) for shape in [(3, 4), (4,), (1, 2)]]


@settings(deadline=None, max_examples=60)
@given(
    rule=st.sampled_from(RULES),
    limit=st.floats(1e-3, 1e3),
    seed=st.integers(0, 100),
    scale=st.sampled_from([0.0, 1e-6, 1e-2, 1.0, 1e2, 1e5]),
)
def test_every_rule_is_its_formula(rule, limit, seed, scale):
    section = Sgd(kind="sgd", **{rule: limit})
    gradients = _gradients(seed, scale, np.float64)
    expected = clip(section, {str(place): gradient for place, gradient in enumerate(gradients)})
    for found, wanted in zip(_clipped(section, gradients), expected.values(), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("limit", [0.01, 1.0, 2.5])
def test_every_rule_updates_as_kerass_own_optimizer_does(rule, limit):
    gradients = _gradients(7, 1.0)
    variables = [keras.Variable(np.zeros(gradient.shape, np.float32)) for gradient in gradients]
    keras.optimizers.SGD(1.0, **{rule: limit}).apply(gradients, variables)
    for found, variable in zip(_clipped(Sgd(kind="sgd", **{rule: limit}), gradients), variables, strict=True):
        np.testing.assert_allclose(found, -np.asarray(variable), rtol=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_gradients_within_the_limit_keep_every_bit(rule):
    gradients = _gradients(1, 1.0)
    for found, gradient in zip(_clipped(Sgd(kind="sgd", **{rule: 1e3}), gradients), gradients, strict=True):
        np.testing.assert_array_equal(found, gradient)


@pytest.mark.parametrize("rule", RULES)
def test_zero_gradients_stay_zero(rule):
    for found in _clipped(Sgd(kind="sgd", **{rule: 1e-3}), _gradients(1, 0.0)):
        assert (found == 0).all()


@pytest.mark.parametrize("rule", RULES)
def test_clipping_hides_no_nan(rule):
    gradients = _gradients(1, 1.0)
    gradients[0][0, 0] = np.nan
    assert np.isnan(_clipped(Sgd(kind="sgd", **{rule: 1.0}), gradients)[0]).any()


def test_without_a_rule_the_gradients_themselves_are_given_back():
    tensors = [tf.ones([2])]
    (found,) = clip_gradients(Sgd(kind="sgd"), tensors, None, None)
    assert found is tensors[0]


def test_whether_an_optimizer_clips_is_known_from_its_config():
    assert not Sgd(kind="sgd").clips
    for rule in RULES:
        assert Sgd(kind="sgd", **{rule: 0.5}).clips


@pytest.mark.parametrize("rule", ["clipnorm", "global_clipnorm", "clipvalue"])
@pytest.mark.parametrize("limit", [0.5, 2.0, 1e6])
def test_the_norm_after_clipping_is_that_of_the_clipped_gradients(rule, limit):
    section = Sgd(kind="sgd", **{rule: limit})
    random = np.random.default_rng(0)
    tensors = [tf.constant(random.normal(size=shape)) for shape in ((3, 4), (5,))]
    norms = weight_norms(tensors)
    total = global_norm(norms)
    clipped = clip_gradients(section, tensors, norms, total)
    found = float(clipped_norm(section, clipped, norms, total))
    expected = np.sqrt(sum(np.square(np.asarray(gradient)).sum() for gradient in clipped))
    assert found == pytest.approx(expected, rel=1e-12)
    if limit == 1e6:
        assert found == float(total)
