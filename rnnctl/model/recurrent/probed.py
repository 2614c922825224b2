"""State gradients where the written-out passes do not apply: Keras' own cell, step by step, with the probes added.

Slower than either the fused path or Keras' own (the perturbation really is added, and TensorFlow differentiates the
loop), and taken only inside `watch_states`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from rnnctl.model.recurrent.scan import Named, Tensors, scan
from rnnctl.model.recurrent.watching import norms_of


def probed_states(
    cell_step: Callable[[tf.Tensor, Tensors, Tensors], list[tf.Tensor]],
    inputs: tf.Tensor,
    initial: list[tf.Tensor],
    probes: tuple[tf.Tensor, ...],
    *,
    mask: tf.Tensor | None,
    unroll: bool = False,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Runs Keras' own cell over time, with a probe added to every state at every time step.

    The mask is applied here and not by Keras' loop, which would drop the probes of masked time steps along with the
    states it discards. All is in running order.

    Args:
        cell_step: One time step of the cell, from its inputs, states and probes to its new states; the first state's
            probe is added here.
        inputs: `[time, batch, features]`.
        initial: The initial states, `[batch, units]` each.
        probes: One per state, `[time, batch, units]` or `[time, batch]`.
        mask: Boolean `[time, batch, 1]`, or None.

    Returns:
        h at all time steps `[time, batch, units]`, and the final states.
    """
    units = initial[0].shape[-1]
    names = [f"probe {index}" for index in range(len(probes))]

    def step(states: Tensors, rows: Named) -> tuple[Tensors, Named]:
        added = tuple(rows[name] for name in names)
        new = cell_step(rows["inputs"], states, added)
        if mask is not None:
            # The copy of a masked time step is perturbed like any state; h takes its probe below in either case.
            copies = [states[0], *(state + probe for state, probe in zip(states[1:], added[1:], strict=True))]
            new = [tf.where(rows["mask"], state, copy) for state, copy in zip(new, copies, strict=True)]
        new[0] = new[0] + added[0]
        return tuple(new), {"states": new[0]}

    spread = [probe if probe.shape.rank == 3 else _in_all_units(probe, units) for probe in probes]
    rows = {"inputs": inputs, "mask": mask, **dict(zip(names, spread, strict=True))}
    finals, stacks = scan(step, tuple(initial), rows, {"states": units}, unroll=unroll)
    return stacks["states"], list(finals)


def _in_all_units(probe: tf.Tensor, units: int) -> tf.Tensor:
    """Turns a probe of distances `[time, batch]` into one of states `[time, batch, units]`; see `watching`.

    All distances are zero, so only the derivative matters: the norm of the gradient of what is returned.
    """

    @tf.custom_gradient
    def run(probe: tf.Tensor) -> Any:
        return tf.zeros([*tf.unstack(tf.shape(probe)), units], probe.dtype), norms_of

    return run(probe)
