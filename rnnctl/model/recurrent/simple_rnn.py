"""The SimpleRNN layer; its mathematics is in `kernels.simple_rnn`."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from rnnctl.model.recurrent.kernels.simple_rnn import simple_rnn
from rnnctl.model.recurrent.layer import FusedRecurrence, covered_activation
from rnnctl.model.recurrent.tensors import tensor_of


@keras.saving.register_keras_serializable(package="rnnctl")
class SimpleRNN(FusedRecurrence, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN` with the same arguments, weights and results, which shows its state gradients.

    See `keras.layers.SimpleRNN` for the arguments and `watch_states` for the gradients.
    """

    cell_class = keras.layers.SimpleRNNCell

    def run_core(
        self, projected: tf.Tensor, initial: list[tf.Tensor], mask: tf.Tensor | None, probes: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor | None, list[tf.Tensor]]:
        """Runs `simple_rnn`; see `FusedRecurrence.run_core`."""
        result = simple_rnn(
            projected,
            initial[0],
            tensor_of(self.cell.recurrent_kernel),
            probes,
            mask=mask,
            activation=covered_activation(self.cell.activation),
            return_sequences=self.return_sequences,
            unroll=self.unroll,
        )
        return (result, [result[-1]]) if self.return_sequences else (None, [result])

    def get_config(self) -> dict[str, Any]:
        """The layer's arguments, its seed among them.

        Keras 3.15 leaves the seed of this one layer out, so that a copy of it, such as a bidirectional layer makes,
        drops other inputs in every process.
        """
        return {**super().get_config(), "seed": self.cell.seed}

    @staticmethod
    def drops(rate: float) -> bool:
        """Whether Keras' simple cell drops inputs at this rate."""
        return rate > 0.0
