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
from rnnctl.model.recurrent.watching import folded_squares, folded_width, roots


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
    def forward_step(self, states: Tensors, projected: tf.Tensor) -> tuple[Tensors, Named]:
        """Takes one time step forward.

        Args:
            states: s_{t−1}, `[batch, units]` each.
            projected: x_t W + b, `[batch, blocks × units]`.

        Returns:
            The new states, and named results, `[batch, width]`.
        """

    @abstractmethod
    def saved(self, stacks: Named, previous: Named) -> dict[str, tf.Tensor | None]:
        """Chooses what the backward step reads.

        Args:
            stacks: The stacked results of the forward steps, `[time, batch, width]`, and the states under their names;
                arbitrary at masked time steps but for the states.
        """

    def backward_kernels(self) -> Tensors:
        """Uᵀ, formed once before the loop: a product with a transposed matrix in every time step is slower."""
        return (tf.transpose(self.kernel),)

    @abstractmethod
    def backward_step(self, gradients: Tensors, rows: Named, *kernels: tf.Tensor) -> tuple[tf.Tensor, Tensors, Tensors]:
        """Takes one time step back.

        Args:
            gradients: ∂L/∂s_t, as far as they come from later states and from the output at t.
            rows: One time step of `saved`.
            kernels: What `backward_kernels` forms.

        Returns:
            The δ, `[batch, blocks × units]`, the total ∂L/∂s_t, and ∂L/∂s_{t−1}.
        """

    @abstractmethod
    def weight_gradients(self, stacks: Named, previous: Named, deltas: tf.Tensor, mask: tf.Tensor | None) -> Tensors:
        """Forms the gradients of `weights` from the stacked δ; zero at masked time steps."""


def run_passes(
    make: Callable[[Tensors], Passes],
    projected: tf.Tensor,
    initial: Tensors,
    weights: Tensors,
    probes: Tensors,
    *,
    mask: tf.Tensor | None,
    return_sequences: bool,
    unroll: bool,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """The recurrence as one differentiable function.

    Args:
        projected: x_t W + b, `[time, batch, blocks × units]`.
        initial: The states before the first time step, `[batch, units]` each.
        probes: Empty, or a tensor of zeros per state, `[time, batch, units]` or `[time, batch]`, whose gradient is then
            ∂L/∂s_t or its norm.
        mask: Boolean `[time, batch, 1]`, False where the states are copied; or None.

    Returns:
        h_t at all time steps `[time, batch, units]`, or the last `[batch, units]`; and the final states.
    """
    count = len(initial)

    @tf.custom_gradient
    def run(projected: tf.Tensor, *rest: tf.Tensor) -> Any:
        initial, passes = rest[:count], make(rest[count : count + len(weights)])
        finals, stacks = run_forward(passes, projected, initial, mask=mask, unroll=unroll)

        def gradient(*upstream: tf.Tensor) -> Tensors:
            direct, last = (upstream[0], tf.zeros_like(initial[0])) if return_sequences else (None, upstream[0])
            previous = {
                name: tf.concat([first[tf.newaxis], stacks[name][:-1]], axis=0)
                for name, first in zip(passes.states, initial, strict=True)
            }
            final, inputs = (last, *upstream[1:]), {**passes.saved(stacks, previous), "direct": direct, "mask": mask}
            deltas, before_first, totals = run_backward(passes, final, inputs, probes, unroll=unroll)
            return (deltas, *before_first, *passes.weight_gradients(stacks, previous, deltas, mask), *totals)

        return (stacks["h"] if return_sequences else finals[0], *finals[1:]), gradient

    output, *others = run(projected, *initial, *weights, *probes)
    return output, [output[-1] if return_sequences else output, *others]


def run_forward(
    passes: Passes, projected: tf.Tensor, initial: Tensors, *, mask: tf.Tensor | None, unroll: bool
) -> tuple[Tensors, Named]:
    """Runs the cell over time: the final states, and the stacked states and results, `[time, batch, width]`."""
    names = passes.states

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        states, results = passes.forward_step(carry, rows["projected"])
        states = _where(rows.get("mask"), states, carry)
        return states, {**dict(zip(names, states, strict=True)), **results}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        return carry, dict(zip(names, carry, strict=True))

    keep = dict.fromkeys(names, passes.units) | passes.widths()
    return scan(step, initial, {"projected": projected, "mask": mask}, keep, idle=idle, unroll=unroll)


def run_backward(
    passes: Passes, final: Tensors, inputs: dict[str, tf.Tensor | None], probes: Tensors, *, unroll: bool
) -> tuple[tf.Tensor, Tensors, Tensors]:
    """Runs the backward recursion from the last time step to the first.

    Args:
        final: What is added to ∂L/∂s at the last time step, `[batch, units]` each.
        inputs: What the backward step reads, `[time, batch, width]`; the `mask`, or None; and, as `direct`, the part of
            ∂L/∂h_t that does not run through later states, `[time, batch, units]`, or None for zero.
        probes: See `run_passes`. Norms are taken in the loop, while g_t is in the cache: stacking all g_t and reading
            them again costs more than the norms themselves.

    Returns:
        The δ, `[time, batch, blocks × units]`, zero at masked time steps; the gradients of the initial states; and the
        gradients of the probes.
    """
    kernels = passes.backward_kernels()
    watched, norms = passes.states[: len(probes)], any(probe.shape.rank == 2 for probe in probes)

    def arriving(carry: Tensors, rows: Named) -> Tensors:
        return (carry[0] + rows["direct"], *carry[1:]) if "direct" in rows else carry

    def rows_of(gradients: Tensors) -> dict[str, tf.Tensor]:
        return {
            name: folded_squares(gradient) if norms else gradient
            for name, gradient in zip(watched, gradients, strict=False)
        }

    def step(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        before, mask = arriving(carry, rows), rows.get("mask")
        deltas, totals, earlier = passes.backward_step(before, rows, *kernels)
        deltas = deltas if mask is None else tf.where(mask, deltas, tf.zeros_like(deltas))
        return _where(mask, earlier, before), {"deltas": deltas, **rows_of(_where(mask, totals, before))}

    def idle(carry: Tensors, rows: Named) -> tuple[Tensors, Named]:
        gradients = arriving(carry, rows)
        return gradients, rows_of(gradients)

    width = folded_width(passes.units) if norms else passes.units
    keep = {"deltas": passes.blocks * passes.units, **dict.fromkeys(watched, width)}
    initial, stacks = scan(step, final, inputs, keep, idle=idle, reverse=True, unroll=unroll)
    return stacks["deltas"], initial, tuple(roots(stacks[name]) if norms else stacks[name] for name in watched)


def _where(mask: tf.Tensor | None, new: Tensors, old: Tensors) -> Tensors:
    """The new tensors at unmasked sequences, and the old ones elsewhere."""
    if mask is None:
        return new
    return tuple(one if one is other else tf.where(mask, one, other) for one, other in zip(new, old, strict=True))
