from __future__ import annotations

import numpy as np
import tensorflow as tf

from rnnctl.gradients.norms import global_norm, mean_state_norms, weight_norms

RNG = np.random.default_rng(2)


def test_norms_of_weights_are_square_roots_of_sums_of_squares():
    gradients = [RNG.normal(size=shape) for shape in [(3, 4), (4,), (2, 5)]]
    norms = weight_norms([tf.constant(gradient) for gradient in gradients])
    np.testing.assert_allclose(norms, [np.linalg.norm(gradient.ravel()) for gradient in gradients], rtol=1e-14)
    together = np.concatenate([gradient.ravel() for gradient in gradients])
    np.testing.assert_allclose(global_norm(norms), np.linalg.norm(together), rtol=1e-14)


def test_one_element_that_is_not_finite_shows_in_its_weight_and_in_the_whole():
    for wrong in (np.nan, np.inf):
        norms = weight_norms([tf.constant([1.0, wrong]), tf.constant([3.0, 4.0])])
        assert not np.isfinite(norms[0])
        assert norms[1] == 5
        assert not np.isfinite(global_norm(norms))


def test_a_state_norm_is_the_mean_over_the_real_sequences():
    norms = np.abs(RNG.normal(size=(5, 4)))
    norms[:, 3] = 0  # the padding of a batch of three
    found = mean_state_norms({"recurrent_0": {"h": tf.constant(norms)}}, tf.constant(3))
    np.testing.assert_allclose(found["recurrent_0/h"], norms[:, :3].mean(axis=1), rtol=1e-14)


def test_states_are_named_as_people_read_them_and_unused_ones_are_left_out():
    one = tf.ones([2, 2])
    found = mean_state_norms(
        {"recurrent_0/forward_recurrent_0": {"h": one, "c": one}, "recurrent_1": {"h": one}, "other": {"h": None}}, 2
    )
    assert list(found) == ["recurrent_0/forward/h", "recurrent_0/forward/c", "recurrent_1/h"]
