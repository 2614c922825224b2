"""The GRU layer; its mathematics is in `kernels.gru`."""

from __future__ import annotations

import keras
import tensorflow as tf

from rnnctl.model.recurrent.kernels.gru import gru
from rnnctl.model.recurrent.kernels.gru_forward import GRUOptions
from rnnctl.model.recurrent.layer import FusedRecurrence, covered_activation
from rnnctl.model.recurrent.tensors import tensor_of


@keras.saving.register_keras_serializable(package="rnnctl")
class GRU(FusedRecurrence, keras.layers.GRU):
    """`keras.layers.GRU` with the same arguments, weights and results, which shows its state gradients.

    See `keras.layers.GRU` for the arguments and `watch_states` for the gradients. With `use_cudnn="auto"` the
    written-out passes run on a GPU too; `use_cudnn=True` asks for cuDNN and gets it where nobody watches.
    """

    cell_class = keras.layers.GRUCell

    def input_bias(self) -> tf.Tensor | None:
        """Returns b, `[3 × units]`, or None; with `reset_after` Keras keeps it and b_U as rows of one variable."""
        bias = super().input_bias()
        return bias[0] if bias is not None and self.cell.reset_after else bias

    def run_core(
        self, projected: tf.Tensor, initial: list[tf.Tensor], mask: tf.Tensor | None, probes: tuple[tf.Tensor, ...]
    ) -> tuple[tf.Tensor | None, list[tf.Tensor]]:
        """Runs `gru`; see `FusedRecurrence.run_core`."""
        cell = self.cell
        result = gru(
            projected,
            initial[0],
            tensor_of(cell.recurrent_kernel),
            tensor_of(cell.bias)[1] if cell.bias is not None and cell.reset_after else None,
            probes,
            mask=mask,
            options=GRUOptions(
                activation=covered_activation(cell.activation),
                recurrent_activation=covered_activation(cell.recurrent_activation),
                reset_after=cell.reset_after,
                unroll=self.unroll,
            ),
            return_sequences=self.return_sequences,
        )
        return (result, [result[-1]]) if self.return_sequences else (None, [result])
