"""State gradients: the total derivative ∂L/∂h_t of a loss with respect to every state of the recurrent layers.

A layer that runs inside `watch_states` takes, for each of its states, a *probe*: a tensor of zeros
`[time, batch, units]` that stands for a perturbation added to the state at every time step. The tape's gradient with
respect to the probe is therefore ∂L/∂h_t through everything that h_t reaches: the layer's own output at t, and all
later time steps. In the fused layers the probe only names a tensor that the backward loop computes anyway.

Where only norms are asked for, a probe is `[time, batch]`: a distance by which the state of each sequence moves, at
each time step, in the direction in which the loss grows fastest. That direction is g/‖g‖ with g = ∂L/∂h_t, so the
derivative of the loss with respect to the distance is g·g/‖g‖ = ‖g‖, the norm of the state gradient (0 where g is 0).

Definitions, for each sequence and in the time order of the layer's inputs (also where the layer runs backwards):

- `"h"`: ∂L/∂h_t, h_t being the state after time step t.
- `"c"` (LSTM): ∂L/∂c_t, through h_t = o_t ⊙ φ(c_t) and through c_{t+1}.
- A masked time step copies the state, h_t = h_{t−1}, so the gradient passes through it unchanged: at a masked t,
  ∂L/∂h_{t−1} = ∂L/∂h_t plus whatever the loss itself reads from the output at t − 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from rnnctl.util.context import set_within


def _current_graph() -> Any:
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()


@dataclass(eq=False)
class WatchedStates:
    """The probes of the layers that have run inside one `watch_states` block, by the layer's path and the state's name.

    Later calls of one layer are under `path@2`, `path@3`, ….
    """

    tape: tf.GradientTape
    norms: bool
    probes: dict[str, dict[str, tf.Tensor]] = field(default_factory=dict)
    graph: Any = field(default_factory=_current_graph)

    def add(self, path: str, names: Sequence[str], shape: Sequence[Any], dtype: Any) -> tuple[tf.Tensor, ...]:
        """Makes the probes of one call of one layer, in the time order of its inputs.

        Args:
            path: The layer's path, unique in its model.
            shape: Time steps, batch and units, each a number or an int32 scalar.
        """
        calls = sum(key == path or key.startswith(f"{path}@") for key in self.probes)
        probes = tuple(tf.zeros(shape[:2] if self.norms else shape, dtype) for _ in names)
        self.tape.watch(probes)
        self.probes[f"{path}@{calls + 1}" if calls else path] = dict(zip(names, probes, strict=True))
        return probes


_ACTIVE: ContextVar[WatchedStates | None] = ContextVar("rnnctl_watched_states", default=None)


def watch_states(tape: tf.GradientTape, *, norms: bool = False) -> AbstractContextManager[WatchedStates]:
    """Watches the states of every recurrent layer of this project that runs inside the block.

    Works eagerly, inside `tf.function`, and under XLA::

        with tf.GradientTape() as tape, watch_states(tape) as watched:
            loss = loss_fn(targets, model(inputs, training=True))
        gradients, state_gradients = tape.gradient(loss, (weights, watched.probes))

    `state_gradients["simple_rnn"]["h"]` is then ∂L/∂h_t, `[time, batch, units]`; with `norms`, at a fraction of the
    cost, ‖∂L/∂h_t‖, `[time, batch]`. A layer of several in the block that the loss does not depend on has None.
    """
    return set_within(_ACTIVE, WatchedStates(tape, norms))


def active_watch() -> WatchedStates | None:
    """Returns the innermost `watch_states` block, if the layer running now runs in the graph of that block.

    Keras traces models symbolically in graphs of its own (to infer shapes), and a `tf.function` called inside the block
    has its own graph: a probe made there could not be used outside.
    """
    watched = _ACTIVE.get()
    return watched if watched is not None and watched.graph is _current_graph() else None


_NARROWEST = 8
"""Columns below which squares are not folded any further: a vector register's worth of numbers."""


def norms_of(gradients: tf.Tensor) -> tf.Tensor:
    """Takes the L2 norm of every state gradient: `[time, batch, units]` to `[time, batch]`."""
    return roots(tf.square(gradients))


def folded_width(units: int) -> int:
    """The width of `folded_squares`."""
    return units if units % 2 or units < 2 * _NARROWEST else folded_width(units // 2)


def folded_squares(gradient: tf.Tensor) -> tf.Tensor:
    """Sums of squares of g_t `[batch, units]` that add up to ‖g_t‖²: one half of the columns is added to the other.

    XLA puts these few vector additions into the very kernel that writes the stack, where a sum over all units would
    be taken number by number, and a product with ones would be two kernels more in every time step.
    """
    squares, width = tf.square(gradient), gradient.shape[-1]
    while width > folded_width(width):
        width //= 2
        squares = squares[..., :width] + squares[..., width:]
    return squares


def roots(squares: tf.Tensor) -> tf.Tensor:
    """√Σ over the last axis: `[time, batch, width]` to `[time, batch]`.

    The sum is a product with a vector of ones: XLA keeps the order of a sum along the last axis and so does not
    vectorise it, which took 0.44 ms at 100 × 64 × 128 on one core, where the product takes 0.07.
    """
    batch, width = squares.shape[1], squares.shape[2]
    sums = tf.linalg.matvec(tf.reshape(squares, [-1, width]), tf.ones([width], squares.dtype))
    return tf.reshape(tf.sqrt(sums), [-1, batch or tf.shape(squares)[1]])
