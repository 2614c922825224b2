from __future__ import annotations

import numpy as np
import pytest

from rnnctl.gradients.noise import NoiseSums


def _sums(gradients, parts=1):
    sums = NoiseSums()
    for part in np.array_split(gradients, parts):
        sums.add({"w": part})
    return sums


def test_the_noise_scale_of_gradients_with_a_known_covariance_is_its_trace_over_the_signals_square():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(6, 6))
    signal = rng.normal(size=6)
    gradients = signal + rng.normal(size=(200_000, 6)) @ root.T
    truth = np.trace(root @ root.T) / (signal @ signal)
    sums = _sums(gradients, parts=7)
    assert sums.noise_scale() == pytest.approx(truth, rel=0.02)
    assert sums.signal_to_noise("w") == pytest.approx(truth**-0.5, rel=0.01)


def test_the_estimate_is_unbiased_for_few_sequences():
    """Both parts of the ratio, each averaged over many small samples, come to the truth."""
    rng = np.random.default_rng(1)
    signal, spread, count = np.array([0.6, 0.8]), 1.0, 4
    found = []
    for _ in range(4000):
        squared, noise = _sums(signal + rng.normal(scale=spread, size=(count, 2))).signal_and_noise("w")
        found.append((squared - noise / count, noise))
    assert np.mean(found, axis=0) == pytest.approx([1.0, 2 * spread**2], rel=0.1)


def test_the_formulas_agree_with_numpys_covariance():
    gradients = np.random.default_rng(2).normal(loc=0.5, size=(9, 5))
    squared, noise = _sums(gradients, parts=3).signal_and_noise("w")
    assert noise == pytest.approx(np.trace(np.cov(gradients.T)))
    assert squared == pytest.approx((gradients.mean(axis=0) ** 2).sum())


def test_the_scale_is_over_all_weights_together():
    gradients = np.random.default_rng(3).normal(loc=1.0, size=(20, 6))
    sums = NoiseSums()
    sums.add({"a": gradients[:, :2], "b": gradients[:, 2:].reshape(20, 2, 2)})
    assert sums.noise_scale() == pytest.approx(_sums(gradients).noise_scale())
    total, squares, count = sums.sums["b"]
    np.testing.assert_allclose(total, gradients[:, 2:].sum(axis=0).reshape(2, 2))
    assert (squares, count) == (pytest.approx(np.square(gradients[:, 2:]).sum()), 20)


def test_gradients_without_noise_have_a_scale_of_zero():
    sums = _sums(np.full((4, 3), 0.5))
    assert sums.noise_scale() == 0
    assert sums.signal_to_noise("w") is None


def test_noise_without_a_signal_has_an_infinite_scale():
    gradients = np.random.default_rng(4).normal(size=(8, 50))
    assert _sums(gradients - gradients.mean(axis=0)).noise_scale() == np.inf


def test_one_sequence_and_gradients_that_are_not_finite_have_no_scale():
    assert np.isnan(_sums(np.ones((1, 3))).noise_scale())
    assert _sums(np.ones((1, 3))).signal_to_noise("w") is None
    assert np.isnan(_sums(np.array([[1.0], [np.nan]])).noise_scale())
    assert np.isnan(_sums(np.array([[1.0], [np.inf]])).noise_scale())


def test_the_signal_may_be_of_more_sequences_than_the_noise():
    """Σ from 32 gradients, ḡ from 4,096: what is measured comes close to the truth, which 32 alone do not tell."""
    rng = np.random.default_rng(5)
    gradients = 0.1 + rng.normal(size=(4096, 40))
    sums = _sums(gradients[:32])
    sums.widen({"w": gradients.mean(axis=0)}, 4096)
    assert sums.sequences == 4096
    assert sums.noise_scale() == pytest.approx(40 / 0.4, rel=0.1)
    assert sums.signal_to_noise("w") == pytest.approx(0.1, rel=0.1)
    squared, noise = sums.signal_and_noise("w")
    assert sums.noise_scale() == pytest.approx(noise / (squared - noise / 4096))
