"""The passes through time that all cells share: forward, backward, masks, and the gradients of the states.

A cell writes out one time step of each (`Passes`); `run_passes` joins them into one function whose gradient is the
backward pass. All tensors are time-major and in running order; dtypes are float32 or float64, and alike. At a masked
time step every state is a copy of the one before, every δ is zero, and the states' gradients pass through unchanged.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import tensorflow as tf

from rnnctl.model.recurrent.scan import Named, Tensors, scan
from rnnctl.model.recurrent.tensors import previous_states
from rnnctl.model.recurrent.watching import Watch

ForwardStep = Callable[[Tensors, tf.Tensor], tuple[Tensors, Named]]
BackwardStep = Callable[[Tensors, Named], tuple[tf.Tensor, Tensors, Tensors]]


class Passes(ABC):
    """One cell's time step, forward and backward, for given weights.

    Args:
        weights: The recurrent kernel, `[units, …]`, and what else acts on the state before.

    Attributes:
        blocks: Width of the projected inputs, in units.
    """

    states: ClassVar[tuple[str, ...]] = ("h",)
    blocks: ClassVar[int] = 1

    def __init__(self, weights: Tensors) -> None:
        self.weights = weights
        self.kernel = weights[0]
        self.units = int(weights[0].shape[0])

    @abstractmethod
    def widths(self) -> dict[str, int]:
        """Widths of what `saved` takes of the forward steps' results, by name."""

    @abstractmethod
    def forward_step(self) -> ForwardStep:
        """Makes the forward step.

        Returns:
            A function of the states, `[batch, units]` each, and x_t W + b, `[batch, blocks × units]`, to the new
            states and named results, `[batch, width]`.
        """

    @abstractmethod
    def saved(self, stacks: Named, previous: Named) -> dict[str, tf.Tensor | None]:
        """Chooses what the backward step reads.

        Args:
            stacks: The stacked results of the forward steps, `[time, batch, width]`, and the states under their names;
                arbitrary at masked time steps but for the states.
        """

    @abstractmethod
    def backward_step(self) -> BackwardStep:
        """Makes the backward step.

        Returns:
            A function of ∂L/∂s_t, as far as they come from later states and from the output at t, and one time step of
            `saved`; to the δ, `[batch, blocks × units]`, the total ∂L/∂s_t, and ∂L/∂s_{t−1}.
        """

    @abstractmethod
    def weight_gradients(self, stacks: Named, previous: Named, deltas: tf.Tensor, mask: tf.Tensor | None) -> Tensors:
        """Forms the gradients of `weights` from the stacked δ; zero at masked time steps."""


def run_passes(
    make: Callable[[Tensors], Passes],
    projected: tf.Tensor,
    initial: Tensors,
    weights: Tensors,
    probes: Tensors = (),
    *,
    mask: tf.Tensor | None,
    return_sequences: bool = False,
    unroll: bool = False,
) -> Tensors:
    """The recurrence as one differentiable function.

    Args:
        projected: x_t W + b, `[time, batch, blocks × units]`.
        initial: The states before the first time step, `[batch, units]` each.
        probes: Empty, or a tensor of zeros per state, `[time, batch, units]` or `[time, batch]`, whose gradient is then
            ∂L/∂s_t or its norm.
        mask: Boolean `[time, batch, 1]`, False where the states are copied; or None.

    Returns:
        h_t at all time steps `[time, batch, units]`, or the last `[batch, units]`; then the last of the other states.
    """
    count = len(initial)

    @tf.custom_gradient
    def run(projected: tf.Tensor, *rest: tf.Tensor) -> Any:
        initial, passes = rest[:count], make(rest[count : count + len(weights)])
        finals, stacks = run_forward(passes, projected, initial, mask=mask, unroll=unroll)

        def gradient(*upstream: tf.Tensor) -> Tensors:
            direct, last = (upstream[0], tf.zeros_like(initial[0])) if return_sequences else (None, upstream[0])
            previous = {
                name: previous_states(first, stacks[name]) for name, first in zip(passes.states, initial, strict=True)
            }
            watch = Watch.asked_by(probes)
            deltas, before_first, totals = run_backward(
                passes,
                direct,
                (last, *upstream[1:]),
                passes.saved(stacks, previous),
                mask=mask,
                watch=watch,
                unroll=unroll,
            )
            return (deltas, *before_first, *passes.weight_gradients(stacks, previous, deltas, mask), *totals)

        return (stacks["h"] if return_sequences else finals[0], *finals[1:]), gradient

    results: Tensors = run(projected, *initial, *weights, *probes)
    return results


def run_forward(
    passes: Passes, projected: tf.Tensor, initial: Tensors, *, mask: tf.Tensor | None, unroll: bool
) -> tuple[Tensors, Named]:
    """Runs the cell over time: the final states, and the stacked states and results, `[time, batch, width]`."""
    names, one_step = passes.states, passes.forward_step()

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        states, results = one_step(carry, rows["projected"])
        if mask is not None:
            states = tuple(tf.where(rows["mask"], new, old) for new, old in zip(states, carry, strict=True))
        return states, {**dict(zip(names, states, strict=True)), **results}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        return carry, dict(zip(names, carry, strict=True))

    keep = dict.fromkeys(names, passes.units) | passes.widths()
    return scan(step, initial, {"projected": projected, "mask": mask}, keep, idle=idle, unroll=unroll)


def run_backward(
    passes: Passes,
    direct: tf.Tensor | None,
    final: Tensors,
    saved: dict[str, tf.Tensor | None],
    *,
    mask: tf.Tensor | None,
    watch: Watch,
    unroll: bool,
) -> tuple[tf.Tensor, Tensors, Tensors]:
    """Runs the backward recursion from the last time step to the first.

    Args:
        direct: The part of ∂L/∂h_t that does not run through later states, `[time, batch, units]`; None for zero.
        final: What is added to ∂L/∂s at the last time step, `[batch, units]` each.
        saved: What the backward step reads, `[time, batch, width]`.

    Returns:
        The δ, `[time, batch, blocks × units]`, zero at masked time steps; the gradients of the initial states; and of
        the total ∂L/∂s_t what the watch asks for.
    """
    names, one_step = passes.states, passes.backward_step()

    def arriving(carry: Tensors, rows: Named) -> Tensors:
        return carry if direct is None else (carry[0] + rows["direct"], *carry[1:])

    def rows_of(gradients: Tensors) -> dict[str, tf.Tensor]:
        return {name: watch.row(gradient) for name, gradient in zip(names, gradients, strict=True)}

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        before = arriving(carry, rows)
        deltas, totals, earlier = one_step(before, rows)
        if mask is not None:
            here = rows["mask"]
            deltas = tf.where(here, deltas, tf.zeros_like(deltas))
            totals = tuple(
                new if new is old else tf.where(here, new, old) for new, old in zip(totals, before, strict=True)
            )
            earlier = tuple(tf.where(here, new, old) for new, old in zip(earlier, before, strict=True))
        return earlier, {"deltas": deltas, **rows_of(totals)}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradients = arriving(carry, rows)
        return gradients, rows_of(gradients)

    keep = {"deltas": passes.blocks * passes.units, **watch.keep(names, passes.units)}
    inputs = {**saved, "direct": direct, "mask": mask}
    initial, stacks = scan(step, final, inputs, keep, idle=idle, reverse=True, unroll=unroll)
    return stacks["deltas"], initial, watch.results(stacks, names)
