"""States that are carried from one piece of a sequence into the next, without a layer being stateful.

Keras' own stateful layers keep their states in variables, fix the batch size when the model is built, and cannot begin
some sequences anew while others go on. Here the caller hands in the states of all recurrent layers, and takes out those
that they end with. Nothing of it is part of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from rnnctl.util.context import set_within


@dataclass(eq=False)
class CarriedStates:
    """What goes into the recurrent layers that run inside one `carry_states` block, and what came out.

    Attributes:
        finals: By the layer's path in the model, its states after the last time step, `[batch, units]` each.
    """

    states: Mapping[str, Sequence[Any]]
    begins: Any
    mask: Any
    finals: dict[str, tuple[tf.Tensor, ...]] = field(default_factory=dict)

    def enter(self, path: str, initial: Sequence[Any], mask: Any) -> tuple[list[Any], Any]:
        """The states and the mask that a layer begins with, in place of those that its model gave it, if any."""
        mask = self.mask if mask is None else mask
        if path not in self.states:
            return list(initial), mask
        carried = self.states[path]
        return [tf.where(self.begins, own, state) for own, state in zip(initial, carried, strict=True)], mask


CARRIED: ContextVar[CarriedStates | None] = ContextVar("rnnctl_carried_states", default=None)
"""The innermost `carry_states` block, if there is one."""


def carry_states(
    states: Mapping[str, Sequence[Any]], begins: Any = False, mask: Any = None
) -> AbstractContextManager[CarriedStates]:
    """Runs models with states handed in, and takes out those that they end with.

    Works eagerly, inside `tf.function`, and under XLA; no gradient passes into a state that was handed in unless the
    tape watches it::

        with carry_states(states, begins=first) as carried:
            outputs = model(piece)
        states = carried.finals

    Args:
        states: By the layer's path in the model, its states before the first time step, `[batch, units]` each; a layer
            without an entry begins as its model says.
        begins: Where a sequence begins, so that the model's own initial states hold: a bool, or `[batch, 1]`.
        mask: `[batch, time]`, bool, for layers that their model gives none; or None.
    """
    return set_within(CARRIED, CarriedStates(states, tf.convert_to_tensor(begins), mask))
