"""What goes into a call of compiled steps, what each part of a batch gives, and where each number of a row stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Layout(NamedTuple):
    """Where each number stands in a step's row of results.

    The row is ``[loss, gradient norm, clipped norm, learning rate, norm per weight…, state norms…]``.

    Attributes:
        weights: Path of each trainable weight; empty where no norms are recorded.
        states: Path of each recorded state; empty where none is recorded.
        time_steps: Time steps of each state: those of the longest sequence, or of a piece where training truncates.
            Those that a batch does not have hold 0.
    """

    weights: tuple[str, ...]
    states: tuple[str, ...]
    time_steps: int

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 4 + len(self.weights) + len(self.states) * self.time_steps


class PartResult(NamedTuple):
    """What one part of a batch adds to a step; the parts' results are summed.

    Attributes:
        loss: The part's share of the batch's mean loss, a scalar.
        gradients: Gradient of ``loss`` by each trainable weight.
        through_time: By path of the state, the part's share of the mean norm at each time step, ``[time]``.
        finals: By path of the layer, its states after the last time step, which the next piece begins with; empty
            where sequences are not trained on piece by piece.
    """

    loss: Any
    gradients: Sequence[Any]
    through_time: Mapping[str, Any]
    finals: Mapping[str, tuple[Any, ...]]


class Prepared(NamedTuple):
    """What one call needs, ready on the device.

    Attributes:
        width: Time steps that all its batches are padded to.
        load: The feed's tensors.
        sizes: ``[steps a call]``, int32, how many sequences of each batch are real.
        begins: ``[steps a call]``, bool, whether the batch's sequences begin, or go on.
        count: Steps to take, an int32 scalar.
    """

    width: int
    load: tuple[Any, ...]
    sizes: Any
    begins: Any
    count: Any


class BatchSize(NamedTuple):
    """What a batch's means are taken over.

    Attributes:
        sequences: Real sequences, an int32 scalar.
        losses: Real losses, an int32 scalar: the same, or with a target at each time step, the unmasked ones.
    """

    sequences: Any
    losses: Any
