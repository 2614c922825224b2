"""The LSTM layer; its mathematics is in `kernels.lstm`."""

from __future__ import annotations

import keras
import tensorflow as tf

from rnnctl.model.recurrent.kernels.lstm import LSTMOptions, lstm
from rnnctl.model.recurrent.layer import FusedRecurrence, covered_activation
from rnnctl.model.recurrent.tensors import tensor_of


@keras.saving.register_keras_serializable(package="rnnctl")
class LSTM(FusedRecurrence, keras.layers.LSTM):
    """`keras.layers.LSTM` with the same arguments, weights and results, which shows its state gradients.

    See `keras.layers.LSTM` for the arguments and `watch_states` for the gradients. With `use_cudnn="auto"` the
    written-out passes run on a GPU too; `use_cudnn=True` asks for cuDNN and gets it where nobody watches.
    """

    state_names = ("h", "c")
    cell_class = keras.layers.LSTMCell

    def run_core(
        self, projected: tf.Tensor, initial: list[tf.Tensor], mask: tf.Tensor | None, probes: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor | None, list[tf.Tensor]]:
        """Runs `lstm`; see `FusedRecurrence.run_core`."""
        hidden, carry = lstm(
            projected,
            (initial[0], initial[1]),
            tensor_of(self.cell.recurrent_kernel),
            probes,
            mask=mask,
            options=LSTMOptions(
                activation=covered_activation(self.cell.activation),
                recurrent_activation=covered_activation(self.cell.recurrent_activation),
                unroll=self.unroll,
            ),
            return_sequences=self.return_sequences,
        )
        return (hidden, [hidden[-1], carry]) if self.return_sequences else (None, [hidden, carry])
