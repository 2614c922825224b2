"""What the fused layers share: from Keras' arguments to the written-out passes, and back.

`keras.layers.RNN.call` prepares a call (initial states, dropout masks, stateful bookkeeping) and leaves the loop over
time to `inner_loop(sequences, initial_state, mask, training)`. `FusedRecurrence` replaces that one method, so every
argument keeps Keras' own meaning, and whatever the written-out passes do not cover goes on to Keras' own loop.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import keras
import tensorflow as tf

from rnnctl.model.recurrent.activations import find_activation
from rnnctl.model.recurrent.carrying import CARRIED
from rnnctl.model.recurrent.passes import Passes, run_passes
from rnnctl.model.recurrent.probed import probed_states
from rnnctl.model.recurrent.scan import Tensors
from rnnctl.model.recurrent.tensors import match_batch, multiply, tensor_of, time_major_mask
from rnnctl.model.recurrent.watching import WatchedStates, active_watch

_DTYPES = ("float32", "float64")


class FusedRecurrence(keras.layers.RNN):
    """Mixin that stands before a `keras.layers.RNN` subclass and runs its loop over time written out.

    Attributes:
        state_names: Names of the layer's states, in Keras' order.
        cell_class: The Keras cell whose mathematics the passes reproduce; any other cell goes through Keras' loop.
        drops_all: Whether Keras' cell drops all inputs at a dropout of 1; the gated cells drop none then.
    """

    state_names: ClassVar[tuple[str, ...]] = ("h",)
    cell_class: ClassVar[Any]
    drops_all: ClassVar[bool] = False

    @classmethod
    def stock_class(cls) -> Any:
        """The Keras layer whose arguments, weights and results this one has: the class that the mixin stands before."""
        return cls.__mro__[cls.__mro__.index(FusedRecurrence) + 1]

    @property
    def supports_masking(self) -> bool:
        """Whether a mask passes through the layer: always. Keras sets it to False from 3.16 on (keras#23235)."""
        return True

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        """Ignores what `keras.layers.RNN` sets: an explicit mask is heeded, and no call warns of it."""

    @property
    def supports_jit(self) -> bool:
        """Whether XLA can compile the layer: always, unless cuDNN is asked for by name."""
        return getattr(self, "use_cudnn", None) is not True

    @supports_jit.setter
    def supports_jit(self, value: bool) -> None:
        """Keras sets this where cuDNN could run, which is never a reason here not to compile."""

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False) -> Any:
        """Runs the layer as Keras does; see `keras.layers.RNN`.

        Raises:
            ValueError: The sequences have no time step, for which Keras reports an index out of bounds.
        """
        if sequences.shape[1] == 0:
            raise ValueError(
                f"{self.name} was given sequences of 0 time steps (shape {tuple(sequences.shape)}: batch, time, "
                "features); a recurrent layer needs at least one"
            )
        return super().call(sequences, initial_state=initial_state, mask=mask, training=training)

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: Any = False) -> Any:
        """Runs the layer over time, with states carried in and out where asked for.

        Args:
            sequences: `[batch, time, features]`.
            initial_state: One state or a list of them, `[batch, units]` each.
            mask: Boolean `[batch, time]`, False at the time steps to skip; or None.

        Returns:
            As Keras: the last output `[batch, units]`, the outputs `[batch, time, units]` (with
            `return_sequences=False` only the last, `[batch, 1, units]`) and the list of final states.
        """
        mask = mask[0] if keras.tree.is_nested(mask) else mask
        carried = CARRIED.get()
        if carried is None:
            return self._over_time(sequences, initial_state, mask, training)
        path = self.path or self.name
        initial_state, mask = carried.enter(path, keras.tree.flatten(initial_state), mask)
        results = self._over_time(sequences, initial_state, mask, training)
        carried.finals[path] = tuple(keras.tree.flatten(results[2]))
        return results

    def _over_time(self, sequences: Any, initial_state: Any, mask: Any, training: Any) -> Any:
        """Runs the layer over time, by the written-out passes where they apply; see `inner_loop`."""
        watched = active_watch()
        covered = self._covered(sequences, training, watched)
        if not covered and (watched is None or not isinstance(self.cell, self.cell_class)):
            return super().inner_loop(sequences, initial_state, mask, training)
        inputs = self.in_running_order(tf.transpose(sequences, [1, 0, 2]))
        # A stateful layer's states are variables, which will hold this call's final states by the time the backward
        # pass runs: read them now.
        states = match_batch([tf.convert_to_tensor(state) for state in keras.tree.flatten(initial_state)], inputs)
        steps = None if mask is None else self.in_running_order(time_major_mask(mask))
        probes = self.make_probes(watched, inputs, states[0].dtype)
        if covered:
            output, finals = run_passes(
                self.passes,
                self.project(inputs, training),
                tuple(states),
                self.recurrent_weights(),
                probes,
                mask=steps,
                return_sequences=self.return_sequences,
                unroll=self.unroll,
            )
        else:
            step = partial(self.cell_step, training=training)
            output, finals = probed_states(step, inputs, states, probes, mask=steps, unroll=self.unroll)
        return self.assemble(output, finals, steps)

    def project(self, inputs: tf.Tensor, training: Any) -> tf.Tensor:
        """Forms x W + b, `[time, batch, gates × units]`, of inputs `[time, batch, features]` in one product.

        Keras drops the same inputs at every time step; its cells with `implementation=1` draw a mask for each gate.
        """
        cell = self.cell
        kernel = tensor_of(cell.kernel)
        drops = training and cell.dropout > 0.0 and (cell.dropout < 1.0 or self.drops_all)
        masks = cell.get_dropout_mask(inputs[0]) if drops else None  # one `[batch, features]`, a list, or None
        if isinstance(masks, list):
            blocks = tf.split(kernel, len(masks), axis=1)
            parts = [multiply(inputs * one, block) for one, block in zip(masks, blocks, strict=True)]
            projected = tf.concat(parts, axis=-1)
        else:
            projected = multiply(inputs if masks is None else inputs * masks, kernel)
        bias = self.input_bias()
        return projected if bias is None else projected + bias

    def input_bias(self) -> tf.Tensor | None:
        """Returns the bias that is added to the projected inputs, `[gates × units]`, or None."""
        return None if self.cell.bias is None else tensor_of(self.cell.bias)

    def recurrent_weights(self) -> Tensors:
        """Returns the weights that act on the state before, as `passes` takes them."""
        return (tensor_of(self.cell.recurrent_kernel),)

    def activations(self) -> list[Any]:
        """Entries of the cell's activation and of its gates', if it has any; None for one that is not covered."""
        names = ("activation", "recurrent_activation")
        return [find_activation(getattr(self.cell, name)) for name in names if hasattr(self.cell, name)]

    def passes(self, weights: Tensors) -> Passes:
        """Makes the cell's passes for its recurrent weights."""
        raise NotImplementedError

    def cell_step(self, inputs: tf.Tensor, states: Tensors, probes: Tensors, training: Any) -> list[tf.Tensor]:
        """Runs one time step of Keras' cell; a state that the output is formed from takes its probe inside."""
        _, new = self.cell(inputs, list(states), training=training)
        return list(new)

    def make_probes(self, watched: WatchedStates | None, inputs: tf.Tensor, dtype: Any) -> Tensors:
        """Makes this call's probes, in running order; empty where nobody watches."""
        if watched is None:
            return ()
        shape = [*keras.ops.shape(inputs)[:2], self.cell.units]
        probes = watched.add(self.path or self.name, self.state_names, shape, dtype)
        return tuple(self.in_running_order(probe) for probe in probes)

    def in_running_order(self, tensor: tf.Tensor) -> tf.Tensor:
        """Turns a time-major tensor round where the layer runs from the last time step to the first."""
        return tf.reverse(tensor, [0]) if self.go_backwards else tensor

    def assemble(self, output: tf.Tensor, finals: list[tf.Tensor], mask: tf.Tensor | None) -> Any:
        """Makes what Keras' loop returns out of the states.

        At a masked time step Keras repeats the previous *output*, and before the first unmasked one that is zero,
        whereas the state there is the initial state. With `zero_output_for_mask` every masked output is zero.
        """
        if not self.return_sequences:
            last = finals[0]
            if mask is not None:
                visible = mask[-1] if self.zero_output_for_mask else tf.reduce_any(mask, axis=0)
                last = tf.where(visible, last, tf.zeros_like(last))
            return last, last[:, tf.newaxis], finals
        if mask is not None:
            visible = mask if self.zero_output_for_mask else tf.cumsum(tf.cast(mask, tf.int32)) > 0
            output = tf.where(visible, output, tf.zeros_like(output))
        return output[-1], tf.transpose(output, [1, 0, 2]), finals

    def _covered(self, sequences: Any, training: Any, watched: WatchedStates | None) -> bool:
        """Whether the written-out passes reproduce this call; what they do not is Keras' own loop's."""
        cell = self.cell
        if type(cell) is not self.cell_class or not isinstance(sequences, tf.Tensor) or sequences.shape.rank != 3:
            return False
        if getattr(self, "use_cudnn", None) is True and watched is None:
            return False  # asked for by name: Keras runs it, or says why it cannot
        if training and cell.recurrent_dropout > 0:
            return False
        if sequences.dtype.name not in _DTYPES or {cell.compute_dtype, cell.variable_dtype} != {sequences.dtype.name}:
            return False
        return None not in self.activations()
