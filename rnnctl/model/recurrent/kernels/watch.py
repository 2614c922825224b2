"""What a backward loop hands out of the state gradients that it computes anyway: nothing, all, or their norms."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

import tensorflow as tf

from rnnctl.model.recurrent.scan import Named, Tensors

_NARROWEST = 8
"""Columns below which squares are not folded any further: a vector register's worth of numbers."""


class Watch(Enum):
    """What is kept of the state gradients g_t `[batch, units]` of a backward loop.

    The norms are taken in the loop, while g_t is in the cache: stacking all g_t and reading them again costs more than
    the norms themselves.
    """

    NOTHING = auto()
    GRADIENTS = auto()
    NORMS = auto()

    @classmethod
    def asked_by(cls, probes: Tensors) -> Watch:
        """Reads from a layer's probes what is asked for: `[time, batch, units]`, `[time, batch]`, or no probes."""
        if not probes:
            return cls.NOTHING
        return cls.NORMS if probes[0].shape.rank == 2 else cls.GRADIENTS

    def keep(self, names: Sequence[str], units: int) -> dict[str, int]:
        """Names what `scan` is to keep, with its width.

        Args:
            names: The names of the states.
            units: Units of the layer.
        """
        if self is Watch.NOTHING:
            return {}
        return dict.fromkeys(names, units if self is Watch.GRADIENTS else _folded_width(units))

    def row(self, gradient: tf.Tensor) -> tf.Tensor:
        """Gives what is kept of one time step.

        Args:
            gradient: g_t, `[batch, units]`.

        Returns:
            As wide as `keep` says: g_t, or sums of squares that add up to ‖g_t‖² for each sequence.
        """
        return _folded(tf.square(gradient)) if self is Watch.NORMS else gradient

    def results(self, kept: Named, names: Sequence[str]) -> Tensors:
        """Makes the probes' gradients of what `scan` kept.

        Args:
            kept: The stacks `[time, batch, width]` by name.
            names: The names of the states.

        Returns:
            For each state g_t `[time, batch, units]`, or ‖g_t‖ `[time, batch]`; empty where nothing is watched.
        """
        if self is Watch.NOTHING:
            return ()
        return tuple(_roots(kept[name]) if self is Watch.NORMS else kept[name] for name in names)


def lengths(gradients: tf.Tensor) -> tf.Tensor:
    """Takes the L2 norm of every state gradient: `[time, batch, units]` to `[time, batch]`."""
    return _roots(tf.square(gradients))


def _folded_width(units: int) -> int:
    return units if units % 2 or units < 2 * _NARROWEST else _folded_width(units // 2)


def _folded(squares: tf.Tensor) -> tf.Tensor:
    """Adds one half of the columns to the other, as often as they divide.

    XLA puts these few vector additions into the very kernel that writes the stack, where a sum over all units would
    be taken number by number, and a product with ones would be two kernels more in every time step.
    """
    width = squares.shape[-1]
    while width > _folded_width(width):
        width //= 2
        squares = squares[..., :width] + squares[..., width:]
    return squares


def _roots(squares: tf.Tensor) -> tf.Tensor:
    """√Σ over the last axis: `[time, batch, width]` to `[time, batch]`.

    The sum is a product with a vector of ones: XLA keeps the order of a sum along the last axis and so does not
    vectorise it, which took 0.44 ms at 100 × 64 × 128 on one core, where the product takes 0.07.
    """
    batch, width = squares.shape[1], squares.shape[2]
    sums = tf.linalg.matvec(tf.reshape(squares, [-1, width]), tf.ones([width], squares.dtype))
    return tf.reshape(tf.sqrt(sums), [-1, batch or tf.shape(squares)[1]])
