"""Norms of gradients: per weight, over all weights, and of the state gradients through time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from rnnctl.model.weights import state_path


def weight_norms(gradients: Sequence[Any]) -> Any:
    """L2 norm of each gradient, ``[weights]``."""
    # A product of the gradient with itself: XLA keeps the order of a sum, and so does not vectorise it.
    flat = [tf.reshape(gradient, [-1]) for gradient in gradients]
    return tf.stack([tf.sqrt(tf.tensordot(each, each, 1)) for each in flat])


def global_norm(norms: Any) -> Any:
    """L2 norm over all weights, from the norm of each, ``[weights]``: √Σ‖g_i‖²."""
    return tf.sqrt(tf.reduce_sum(tf.square(norms)))


def mean_state_norms(norms: Mapping[str, Mapping[str, Any]], count: Any, mask: Any = None) -> dict[str, Any]:
    """Mean over the batch of each sequence's ‖∂L/∂h_t‖, ``[time]``, by path such as ``recurrent_0/h``.

    Args:
        norms: By layer and state, ``[time, batch]``, as the tape gives them for the probes of
            ``watch_states(tape, norms=True)``; None where the loss does not depend on a layer.
        count: Sequences in the batch, a scalar; those beyond it (padding of an epoch's last batch) have zero gradients.
        mask: ``[batch, time]``, bool, False at padding; None for none.
    """
    return {
        state_path(layer, state): mean_over_sequences(each, count, mask)
        for layer, states in norms.items()
        for state, each in states.items()
        if each is not None
    }


def mean_over_sequences(norms: Any, count: Any, mask: Any = None) -> Any:
    """Mean of the sequences' norms at each time step, ``[time]``: what training records and an examination shows.

    A sequence counts as 0 at the time steps that it does not have: what passes through padding depends on nothing that
    the sequence holds, and would make the norms depend on how far a batch happens to be padded.

    Args:
        norms: ``[time, batch]``.
        count: Sequences, a scalar.
        mask: ``[batch, time]``, bool, False at padding; None for none.
    """
    if mask is not None:
        norms = tf.where(tf.transpose(mask), norms, tf.zeros_like(norms))
    # As a product with ones, which XLA vectorises as it does not a sum.
    sums = tf.linalg.matvec(norms, tf.ones([norms.shape[1] or tf.shape(norms)[1]], norms.dtype))
    return sums / tf.cast(count, norms.dtype)
