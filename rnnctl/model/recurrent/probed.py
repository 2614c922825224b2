"""State gradients where the written-out passes do not apply: Keras' own cell, step by step, with the probes added.

Slower than either the fused path or Keras' own (the perturbation really is added, and TensorFlow differentiates the
loop), and taken only inside `watch_states`.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from rnnctl.model.recurrent.kernels.watch import lengths
from rnnctl.model.recurrent.scan import Named, Tensors, scan


class ProbedLSTMCell:
    """Stands in for an LSTM cell and adds the probe to c_t before h_t = o_t ⊙ φ(c_t) is formed.

    Keras' `LSTMCell.call` is run with this object as its `self`: everything is looked up in the real cell but the
    two methods that compute c and o, so the arithmetic stays Keras' own for every option that it has.
    """

    def __init__(self, cell: Any, probe: tf.Tensor) -> None:
        self._cell = cell
        self._probe = probe

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cell, name)

    def _compute_carry_and_output(self, *args: Any) -> tuple[Any, Any]:
        carry, output = self._cell._compute_carry_and_output(*args)
        return carry + self._probe, output

    def _compute_carry_and_output_fused(self, *args: Any) -> tuple[Any, Any]:
        carry, output = self._cell._compute_carry_and_output_fused(*args)
        return carry + self._probe, output


def probed_states(
    cell: Any,
    inputs: tf.Tensor,
    initial: list[tf.Tensor],
    probes: tuple[tf.Tensor, ...],
    *,
    mask: tf.Tensor | None,
    training: Any,
    unroll: bool = False,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Runs Keras' own cell over time, with a probe added to every state at every time step.

    The mask is applied here and not by Keras' loop, which would drop the probes of masked time steps along with the
    states it discards.

    Args:
        cell: The Keras cell, its dropout masks drawn.
        inputs: `[time, batch, features]`, in running order, as are the mask and the probes.
        initial: The initial states, `[batch, units]` each.
        probes: One per state, `[time, batch, units]` or `[time, batch]`.
        mask: Boolean `[time, batch, 1]`, or None.
        training: Whether dropout acts.
        unroll: Whether to write the steps out; see `scan`.

    Returns:
        h at all time steps `[time, batch, units]`, and the final states.
    """
    names = [f"probe {index}" for index in range(len(probes))]

    def step(states: Tensors, rows: Named) -> tuple[Tensors, Named]:
        added = tuple(rows[name] for name in names)
        new = _cell_step(cell, rows["inputs"], states, added, training)
        if mask is not None:
            # The copy of a masked time step is perturbed like any state; h takes its probe below in either case.
            copies = [states[0], *(state + probe for state, probe in zip(states[1:], added[1:], strict=True))]
            new = [tf.where(rows["mask"], state, copy) for state, copy in zip(new, copies, strict=True)]
        new[0] = new[0] + added[0]
        return tuple(new), {"states": new[0]}

    spread = [probe if probe.shape.rank == 3 else _in_all_units(probe, cell.units) for probe in probes]
    rows = {"inputs": inputs, "mask": mask, **dict(zip(names, spread, strict=True))}
    finals, kept = scan(step, tuple(initial), rows, {"states": cell.units}, unroll=unroll)
    return kept["states"], list(finals)


def _in_all_units(probe: tf.Tensor, units: int) -> tf.Tensor:
    """Turns a probe of distances `[time, batch]` into one of states `[time, batch, units]`; see `watching`.

    All distances are zero, so only the derivative matters: the norm of the gradient of what is returned.
    """

    @tf.custom_gradient
    def run(probe: tf.Tensor) -> Any:
        return tf.zeros([*tf.unstack(tf.shape(probe)), units], probe.dtype), lengths

    return run(probe)


def _cell_step(cell: Any, inputs: tf.Tensor, states: Tensors, probes: Tensors, training: Any) -> list[tf.Tensor]:
    """Runs one time step of the cell; c takes its probe inside, where h is formed from it."""
    if isinstance(cell, keras.layers.LSTMCell):
        stand_in = ProbedLSTMCell(cell, probes[1])
        _, new = type(cell).call(stand_in, inputs, list(states), training=training)
    else:
        _, new = cell(inputs, list(states), training=training)
    return list(new)
