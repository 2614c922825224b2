"""Loss of a model over a split, and its predictions for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rnnctl.data import Sequences
from rnnctl.model.ensemble import Ensemble, plain_model
from rnnctl.model.losses import LossFunction
from rnnctl.scoring.split_outputs import Mean, Outputs, SplitOutputs, plain_mean
from rnnctl.training.batch_gradients import masked_sum
from rnnctl.training.compiled import Compiled
from rnnctl.training.device_data import DeviceSequences
from rnnctl.training.feeds import fits_on_device
from rnnctl.training.piecewise import BATCH, PiecewiseRunner, Runner, most_rows, runs_in_pieces

LARGEST = 2**19
"""Most time steps of all sequences of a batch that is not run piece by piece."""


class Evaluator(SplitOutputs):
    """A model on one split of the data, without training.

    Sequences of one length whose table lies on the device are run in one compiled call. Others are run piece by piece;
    see ``rnnctl.training.piecewise``.

    Args:
        model: The model; read at every call, never changed. Of an ensemble the mean of the outputs is taken.
        loss: From ``rnnctl.model.losses.build_loss``.
        sequences: The split.
        last_only: Whether, of outputs at each time step, only the last counts towards the loss. The earlier targets
            of a forecast's window lie in rows before its split: the training rows, for validation.
        mean: Of an ensemble's outputs.
    """

    def __init__(
        self,
        model: keras.Model | Ensemble,
        loss: LossFunction,
        sequences: Sequences,
        *,
        last_only: bool = False,
        mean: Mean = plain_mean,
    ) -> None:
        self._ensemble = model if isinstance(model, Ensemble) else None
        model = plain_model(model)
        _, *time, width = model.output_shape
        super().__init__(sequences, width, None if self._ensemble is None else mean, per_step=bool(time))
        make = WholeSequences if _at_once(model, sequences) else PiecewiseRunner
        self._runner: WholeSequences | PiecewiseRunner = make(model, loss, sequences, last_only and sequences.per_step)

    def loss(self) -> float:
        """Mean loss over all sequences of the split; with a target at each time step, over all of these.

        Where targets are missing, it is over those that are there.
        """
        with self._unchanged():
            return self._runner.loss()

    def parts(self) -> Iterator[Outputs]:
        """The outputs, batch after batch; of an ensemble of all nets, each batch before the next one."""
        with self._unchanged():
            if (ensemble := self._ensemble) is None:
                yield from self._runner.outputs()
                return
            for parts in ensemble.side_by_side([self._runner.outputs() for _ in ensemble.nets]):
                yield parts[0]._replace(outputs=np.stack([part.outputs for part in parts]))

    @contextmanager
    def _unchanged(self) -> Iterator[None]:
        """Puts the seed generators back: Keras draws dropout's masks where nothing is dropped too.

        Otherwise the steps after a validation would depend on whether and how often it was made.
        """
        states = [variable.value for variable in self._runner.model.variables if not variable.trainable]
        before = [(state, state.numpy()) for state in states]
        try:
            yield
        finally:
            for state, value in before:
                state.assign(value)


def _at_once(model: keras.Model, sequences: Sequences) -> bool:
    if len(model.inputs) > 1 or not sequences.uniform or not fits_on_device(sequences):
        return False
    return min(BATCH, len(sequences)) * sequences.length <= LARGEST or not runs_in_pieces(model)


@dataclass(eq=False)
class WholeSequences(Runner):
    """Sequences of one length, gathered on the device."""

    def __post_init__(self) -> None:
        self._data, count = DeviceSequences(self.sequences), len(self.sequences)
        batch = min(BATCH, count, most_rows(self.model, self.sequences.length))
        sizes = np.diff([*range(0, count, batch), count])
        self._indices = tf.constant(np.resize(np.arange(count, dtype=np.int32), (len(sizes), batch)))
        self._sizes = sizes.astype(np.int32)
        self._each_loss = Compiled(self._batch_losses, "the validation loss")
        self._outputs = Compiled(self._batch_outputs, "the network")

    def loss(self) -> float:
        """See `Evaluator`."""
        # In float64: thousands of batches added up in float32 lose digits that early stopping compares.
        found = self._each_loss(self._data.tensors, self._indices, tf.constant(self._sizes)).numpy().astype(np.float64)
        if self.sequences.valid is not None:
            return float(found[:, 0].sum() / found[:, 1].sum())
        return float(np.average(found, weights=self._sizes))

    def outputs(self) -> Iterator[Outputs]:
        """The model's outputs, batch after batch."""
        for number, size in enumerate(self._sizes):
            chosen = self._indices[number]
            outputs = self._outputs(self._data.tensors, chosen).numpy()[:size]
            valid = np.ones(outputs.shape[:-1], np.bool_)
            yield Outputs(chosen.numpy()[:size].astype(np.int64), 0, outputs, valid)

    def _batch_losses(self, tensors: Any, indices: Any, sizes: Any) -> Any:
        """``[batches]``, each one's mean loss; where targets are missing ``[batches, 2]``, sum and number of losses."""

        def mean(batch: tuple[Any, Any]) -> Any:
            chosen, size = batch
            inputs, targets, _ = self._data.gather(tensors, chosen)
            losses = self.losses(targets, self.model(inputs, training=False))
            if self.sequences.valid is None:
                return masked_sum(losses[:, -1] if self.last_only else losses, size) / tf.cast(size, losses.dtype)
            counts = tf.reduce_mean(tf.cast(~tf.math.is_nan(targets), losses.dtype), axis=-1)
            pairs = [one[:, -1] if self.last_only else one for one in (losses, counts)]
            return tf.stack([masked_sum(one, size) for one in pairs])

        return tf.map_fn(mean, (indices, sizes), fn_output_signature=tf.float32)

    def _batch_outputs(self, tensors: Any, chosen: Any) -> Any:
        return self.model(self._data.gather(tensors, chosen).inputs, training=False)
