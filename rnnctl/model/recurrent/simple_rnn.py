"""SimpleRNN with its passes through time written out.

Letters: h_t = φ(z_t), z_t = x_t W + b + h_{t−1} U. The backward recursion (Werbos 1990, "Backpropagation through
time: what it does and how to do it", Proc. IEEE 78(10)), with g_t the total derivative ∂L/∂h_t:

    δ_t = g_t ⊙ φ′(z_t),    g_{t−1} = direct_{t−1} + δ_t Uᵀ,    ∂L/∂U = Σ_t h_{t−1}ᵀ δ_t
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from rnnctl.model.recurrent.activations import Activation, find_activation
from rnnctl.model.recurrent.layer import FusedRecurrence
from rnnctl.model.recurrent.scan import Tensors, scan
from rnnctl.model.recurrent.tensors import kernel_gradient, previous_states, tensor_of


class SimpleRNNForward(NamedTuple):
    """What the forward pass keeps, `[time, batch, units]` each.

    Attributes:
        states: h_t after every time step; at a masked one a copy of h_{t−1}.
        kept: What φ′ is a function of: y_t = φ(z_t) or z_t. Any values at masked time steps.
        final: h after the last time step, `[batch, units]`.
    """

    states: tf.Tensor
    kept: tf.Tensor
    final: tf.Tensor


class SimpleRNNBackward(NamedTuple):
    """What the backward pass yields.

    Attributes:
        deltas: δ_t = ∂L/∂z_t, `[time, batch, units]`; zero at masked time steps.
        state_gradients: g_t = ∂L/∂h_t, total, `[time, batch, units]`.
        initial: ∂L/∂h_0, `[batch, units]`.
    """

    deltas: tf.Tensor
    state_gradients: tf.Tensor
    initial: tf.Tensor


def simple_rnn_forward(
    projected: tf.Tensor,
    initial: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    *,
    mask: tf.Tensor | None,
    activation: Activation,
    unroll: bool = False,
) -> SimpleRNNForward:
    """Runs h_t = φ(projected_t + h_{t−1} U) over time.

    Args:
        projected: x_t W + b, `[time, batch, units]`.
        initial: h_0, `[batch, units]`.
        recurrent_kernel: U, `[units, units]`.
        mask: Boolean `[time, batch, 1]`, False where the state is copied; or None.
        activation: φ.
        unroll: Whether to write the steps out; see `scan`.

    Returns:
        The states, and what the backward pass needs.
    """
    units = recurrent_kernel.shape[0]
    keeps_input = activation.keeps == "input"

    def step(carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        (previous,) = carry
        before = inputs[0] + tf.matmul(previous, recurrent_kernel)
        state = activation.apply(before)
        if mask is not None:
            state = tf.where(inputs[1], state, previous)
        return (state,), (state, before) if keeps_input else (state,)

    inputs = [projected] if mask is None else [projected, mask]
    (final,), stacks = scan(step, (initial,), inputs, [units] * (1 + keeps_input), unroll=unroll)
    return SimpleRNNForward(states=stacks[0], kept=stacks[-1], final=final)


def simple_rnn_backward(
    direct: tf.Tensor | None,
    final: tf.Tensor,
    kept: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    *,
    mask: tf.Tensor | None,
    activation: Activation,
    unroll: bool = False,
) -> SimpleRNNBackward:
    """Runs the backward recursion of the module's docstring from the last time step to the first.

    Args:
        direct: The part of ∂L/∂h_t that does not run through later states, `[time, batch, units]`; None for zero.
        final: ∂L/∂h at the end, to be added to the last time step, `[batch, units]`.
        kept: As the forward pass returned it.
        recurrent_kernel: U, `[units, units]`.
        mask: As in the forward pass.
        activation: φ.
        unroll: Whether to write the steps out; see `scan`.

    Returns:
        The deltas and all state gradients.
    """
    units = recurrent_kernel.shape[0]
    inputs = [tensor for tensor in (kept, direct, mask) if tensor is not None]

    def step(carry: Tensors, inputs: Tensors) -> tuple[Tensors, Tensors]:
        gradient = carry[0] if direct is None else carry[0] + inputs[1]
        delta = gradient * activation.slope(inputs[0])
        if mask is not None:
            delta = tf.where(inputs[-1], delta, tf.zeros_like(delta))
        earlier = tf.matmul(delta, recurrent_kernel, transpose_b=True)
        if mask is not None:
            earlier = tf.where(inputs[-1], earlier, gradient)
        return (earlier,), (delta, gradient)

    (initial,), (deltas, gradients) = scan(step, (final,), inputs, [units, units], reverse=True, unroll=unroll)
    return SimpleRNNBackward(deltas, gradients, initial)


def simple_rnn(
    projected: tf.Tensor,
    initial: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    probes: tuple[tf.Tensor, ...] = (),
    *,
    mask: tf.Tensor | None,
    activation: Activation,
    return_sequences: bool = False,
    unroll: bool = False,
) -> tf.Tensor:
    """The recurrence as one differentiable function, whose gradient is `simple_rnn_backward`.

    Args:
        projected: x_t W + b, `[time, batch, units]`.
        initial: h_0, `[batch, units]`.
        recurrent_kernel: U, `[units, units]`.
        probes: Empty, or one tensor of zeros `[time, batch, units]`, whose gradient is then ∂L/∂h_t.
        mask: Boolean `[time, batch, 1]`, or None.
        activation: φ.
        return_sequences: Whether to return all states or the last.
        unroll: Whether to write the steps out; see `scan`.

    Returns:
        h_t at all time steps `[time, batch, units]`, or the last `[batch, units]`.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(projected: tf.Tensor, initial: tf.Tensor, recurrent_kernel: tf.Tensor, *probes: tf.Tensor) -> Any:
        forward = simple_rnn_forward(
            projected, initial, recurrent_kernel, mask=mask, activation=activation, unroll=unroll
        )

        def gradient(upstream: tf.Tensor) -> Tensors:
            direct, final = (upstream, tf.zeros_like(initial)) if return_sequences else (None, upstream)
            backward = simple_rnn_backward(
                direct, final, forward.kept, recurrent_kernel, mask=mask, activation=activation, unroll=unroll
            )
            kernel = kernel_gradient(previous_states(initial, forward.states), backward.deltas)
            return (backward.deltas, backward.initial, kernel, *([backward.state_gradients] * len(probes)))

        return (forward.states if return_sequences else forward.final), gradient

    return run(projected, initial, recurrent_kernel, *probes)


@keras.saving.register_keras_serializable(package="rnnctl")
class SimpleRNN(FusedRecurrence, keras.layers.SimpleRNN):  # type: ignore[misc]
    """`keras.layers.SimpleRNN` with the same arguments, weights and results, which shows its state gradients.

    See `keras.layers.SimpleRNN` for the arguments and `watch_states` for the gradients.
    """

    cell_class = keras.layers.SimpleRNNCell

    def run_core(
        self, projected: tf.Tensor, initial: list[tf.Tensor], mask: tf.Tensor | None, probes: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor | None, list[tf.Tensor]]:
        """Runs `simple_rnn`; see `FusedRecurrence.run_core`."""
        activation = find_activation(self.cell.activation)
        assert activation is not None  # `inner_loop` comes here with covered activations only
        result = simple_rnn(
            projected,
            initial[0],
            tensor_of(self.cell.recurrent_kernel),
            probes,
            mask=mask,
            activation=activation,
            return_sequences=self.return_sequences,
            unroll=self.unroll,
        )
        return (result, [result[-1]]) if self.return_sequences else (None, [result])

    @staticmethod
    def drops(rate: float) -> bool:
        """Whether Keras' simple cell drops inputs at this rate."""
        return rate > 0.0
