"""Loss and gradients of one part of a batch, inside the compiled graph."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import keras
import tensorflow as tf

from rnnctl.gradients.norms import mean_state_norms
from rnnctl.model.front import with_mask
from rnnctl.model.losses import LossFunction
from rnnctl.model.recurrent import carry_states, watch_states
from rnnctl.training.device_data import Gathered
from rnnctl.training.feeds import Feed
from rnnctl.training.layout import BatchSize, PartResult
from rnnctl.training.tail import Tail, last_piece


class BatchPart:
    """Takes the gradients of parts of batches; see `TrainingProgram` for the arguments.

    Args:
        model: The model; read, and its dropout's random state moved on.
        loss: From ``rnnctl.model.losses.build_loss``.
        feed: Where the batches come from.
        batch_size: Sequences in a whole batch.
        even: Whether every batch is full.
        states: Paths of the states whose gradients' norms are wanted.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: LossFunction,
        feed: Feed,
        *,
        batch_size: int,
        even: bool,
        states: tuple[str, ...],
    ) -> None:
        self._model = model
        self._loss = loss
        self._feed = feed
        self._batch_size = batch_size
        self._even = even
        self._states = states
        self._each = feed.sequences.per_step

    def size(self, load: Any, step: Any, sequences: Any, width: int) -> BatchSize:
        """What the means of a whole batch are taken over.

        Args:
            load: The feed's tensors.
            step: The step in the call.
            sequences: How many of the batch's sequences are real, a scalar.
            width: Time steps of the batch.
        """
        if not (self._feed.shape.masked and self._each):
            return BatchSize(sequences, sequences)
        mask = self._feed.gather(self._feed.select(load, step, 0, self._batch_size), width).mask
        return BatchSize(sequences, tf.reduce_sum(tf.cast(mask & _first(sequences, mask.shape[0])[:, None], tf.int32)))

    def gradients(
        self, selected: Any, real: Any, whole: BatchSize, carried: Mapping[str, Any], begins: Any, width: int
    ) -> PartResult:
        """Loss and gradients of one part of a batch.

        Args:
            selected: The part's sequences, as the feed selects them.
            real: How many of them are real, a scalar; they come first.
            whole: What the whole batch's means are taken over.
            carried: By path of the layer, the states that the piece before left; empty where there are no pieces.
            begins: Whether the sequences begin here, a bool.
            width: Time steps of the batch.
        """
        batch, states, begin = self._batch(selected, carried, begins, width)
        with tf.GradientTape() as tape:
            # Watching costs where a layer has no written-out pass, so it is done only where it is asked for.
            with watch_states(tape, norms=True) if self._states else nullcontext() as watched:
                predictions, finals = self._predictions(batch, states, begin)
            loss = self._share_of_mean(self._loss(batch.targets, predictions), real, whole, batch.mask)
        probes = {} if watched is None else watched.probes
        weights = [weight.value for weight in self._model.trainable_variables]
        gradients, norms = tape.gradient(loss, (weights, probes))
        through_time = mean_state_norms(norms, whole.sequences, batch.mask)
        if set(through_time) != set(self._states):
            raise RuntimeError(f"states {sorted(through_time)} arrived where {sorted(self._states)} were due")
        # An embedding's gradient comes as rows; norms and clipping need it whole.
        return PartResult(loss, [tf.convert_to_tensor(gradient) for gradient in gradients], through_time, finals)

    def _batch(self, selected: Any, carried: Mapping[str, Any], begins: Any, width: int) -> Tail:
        """The time steps that gradients come back over, and the states before them."""
        batch, shape = self._feed.gather(selected, width), self._feed.shape
        if shape.tail is None or width <= shape.tail:
            return Tail(batch, carried, begins)
        return last_piece(self._model, batch, shape.tail)

    def _predictions(self, batch: Gathered, states: Mapping[str, Any], begins: Any) -> tuple[Any, Mapping[str, Any]]:
        """The model's outputs, and the states that its layers end with where they are carried on."""
        given = with_mask(self._model, batch.inputs, batch.mask)
        if not states:
            return self._model(given, training=True), {}
        with carry_states(states, begins, batch.mask) as passing:
            # Not the model's __call__, which insists on as many time steps as whole sequences have.
            predictions = self._model.call(given, training=True)
        return predictions, passing.finals

    def _share_of_mean(self, losses: Any, real: Any, whole: BatchSize, mask: Any) -> Any:
        """The part's share of the mean loss of the whole batch, from ``losses [part, …]``; a scalar.

        The mean is over sequences; with a target at each time step and sequences that differ in length, it is over all
        unmasked time steps of the batch, as Keras' own masked mean is.
        """
        if mask is not None and self._each:
            counted = mask & _first(real, losses.shape[0])[:, None]
            return tf.reduce_sum(tf.where(counted, losses, 0.0)) / tf.cast(whole.losses, losses.dtype)
        if self._even:
            return tf.reduce_mean(losses) * (losses.shape[0] / self._batch_size)
        return masked_sum(losses, real) / tf.cast(whole.sequences, losses.dtype)


def masked_sum(losses: Any, real: Any) -> Any:
    """Sum over the first ``real`` sequences of each one's mean loss, from ``losses [batch, …]``; a scalar."""
    per_sequence = tf.reduce_mean(tf.reshape(losses, [losses.shape[0], -1]), axis=1)
    return tf.reduce_sum(tf.where(_first(real, losses.shape[0]), per_sequence, 0.0))


def _first(real: Any, count: int) -> Any:
    """``[count]``, bool: True for the first ``real``."""
    return tf.range(count) < real
