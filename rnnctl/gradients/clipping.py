"""Clipping by the three rules that Keras' optimizers know, outside the optimizer so that its effect can be shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from rnnctl.gradients.norms import global_norm, weight_norms
from rnnctl.optimizers import OptimizerBase


def clip_gradients(section: OptimizerBase, gradients: Sequence[Any], norms: Any, total: Any) -> list[Any]:
    """Clips gradients as the config says.

    - ``clipnorm`` c: each g_i becomes g_i · min(1, c / ‖g_i‖).
    - ``global_clipnorm`` c: every g_i becomes g_i · min(1, c / √Σ‖g_j‖²) (Pascanu et al. 2013, arXiv 1211.5063).
    - ``clipvalue`` c: each element is cut off at ±c.

    Args:
        norms: L2 norm of each gradient, ``[weights]``.
        total: L2 norm over all, a scalar.
    """
    if section.clipnorm is not None:
        return [gradient * _shrink(norms[place], section.clipnorm) for place, gradient in enumerate(gradients)]
    if section.global_clipnorm is not None:
        factor = _shrink(total, section.global_clipnorm)
        return [gradient * factor for gradient in gradients]
    if section.clipvalue is not None:
        return [tf.clip_by_value(gradient, -section.clipvalue, section.clipvalue) for gradient in gradients]
    return list(gradients)


def clipped_norm(section: OptimizerBase, clipped: Sequence[Any], norms: Any, total: Any) -> Any:
    """L2 norm over all weights after clipping; to the last bit the norm before it where nothing was clipped.

    Norms and total are those before clipping, as for ``clip_gradients``.
    """
    if section.global_clipnorm is not None:
        return total * _shrink(total, section.global_clipnorm)
    if section.clipnorm is not None:
        within = tf.reduce_all(norms <= tf.constant(section.clipnorm, norms.dtype))
        return tf.where(within, total, global_norm(norms * _shrink(norms, section.clipnorm)))
    if section.clipvalue is not None:
        largest = tf.reduce_max(tf.stack([tf.reduce_max(tf.abs(gradient)) for gradient in clipped]))
        reached = largest >= tf.constant(section.clipvalue, largest.dtype)
        return tf.where(reached, global_norm(weight_norms(clipped)), total)
    return total


def _shrink(norm: Any, limit: float) -> Any:
    """min(1, limit / norm), and exactly 1 where the norm is within the limit (or zero)."""
    bound = tf.constant(limit, norm.dtype)  # a cast would round the limit to float32 first
    return bound / tf.maximum(norm, bound)
