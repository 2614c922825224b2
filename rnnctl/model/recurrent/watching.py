"""State gradients: the total derivative ∂L/∂h_t of a loss with respect to every state of the recurrent layers.

A layer that runs inside `watch_states` takes, for each of its states, a *probe*: a tensor of zeros
`[time, batch, units]` that stands for a perturbation added to the state at every time step. The tape's gradient with
respect to the probe is therefore ∂L/∂h_t through everything that h_t reaches: the layer's own output at t, and all
later time steps. In the fused layers the probe is only a name for a tensor that the backward loop computes anyway;
nothing is added in the forward pass and nothing is computed twice.

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

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import tensorflow as tf


class WatchedStates:
    """The probes of the layers that have run inside one `watch_states` block.

    Attributes:
        probes: For each layer, by its path in the model, its probes by the name of the state: `[time, batch, units]`,
            or `[time, batch]` where only norms are asked for. A layer that is called more than once has its later
            calls under `path@2`, `path@3`, ….
        norms: Whether only norms are asked for.
    """

    def __init__(self, tape: tf.GradientTape, *, norms: bool = False) -> None:
        self.probes: dict[str, dict[str, tf.Tensor]] = {}
        self.norms = norms
        self._tape = tape
        self._graph = _current_graph()

    def reaches_here(self) -> bool:
        """Whether the code that asks runs where the block was entered.

        Keras traces models symbolically in graphs of its own (to infer shapes), and a `tf.function` called inside
        the block has its own graph: a probe made there could not be used out here.
        """
        return _current_graph() is self._graph

    def add(self, path: str, names: Sequence[str], shape: Sequence[Any], dtype: Any) -> tuple[tf.Tensor, ...]:
        """Makes the probes of one call of one layer.

        Args:
            path: The layer's path, unique in its model.
            names: The names of the layer's states.
            shape: Time steps, batch and units, each a number or an int32 scalar.
            dtype: The layer's compute dtype.

        Returns:
            A tensor of zeros per state, in the time order of the inputs.
        """
        key, calls = path, 1
        while key in self.probes:
            calls += 1
            key = f"{path}@{calls}"
        probes = tuple(tf.zeros(shape[:2] if self.norms else shape, dtype) for _ in names)
        for probe in probes:
            self._tape.watch(probe)
        self.probes[key] = dict(zip(names, probes, strict=True))
        return probes


_ACTIVE: ContextVar[WatchedStates | None] = ContextVar("rnnctl_watched_states", default=None)


@contextmanager
def watch_states(tape: tf.GradientTape, *, norms: bool = False) -> Iterator[WatchedStates]:
    """Watches the states of every recurrent layer of this project that runs inside the block.

    Works eagerly, inside `tf.function`, and under XLA::

        with tf.GradientTape() as tape, watch_states(tape) as watched:
            loss = loss_fn(targets, model(inputs, training=True))
        gradients, state_gradients = tape.gradient(loss, (weights, watched.probes))

    `state_gradients["simple_rnn"]["h"]` is then ∂L/∂h_t, `[time, batch, units]`. See the module's docstring for the
    exact definition. A layer of several in the block that the loss does not depend on has None.

    Args:
        tape: The recording tape that the gradients will be asked of.
        norms: Whether the norms are enough: the gradients with respect to the probes are then ‖∂L/∂h_t‖ for each time
            step and sequence, `[time, batch]`, at a fraction of the cost.

    Yields:
        The watched states; its `probes` fill as layers run.
    """
    watched = WatchedStates(tape, norms=norms)
    token = _ACTIVE.set(watched)
    try:
        yield watched
    finally:
        _ACTIVE.reset(token)


def active_watch() -> WatchedStates | None:
    """Returns the innermost `watch_states` block that can watch the layer running now, if there is one."""
    watched = _ACTIVE.get()
    return watched if watched is not None and watched.reaches_here() else None


def _current_graph() -> Any:
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
