"""Loss and gradients of one part of a batch, in the compiled graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from rnnctl.gradients.norms import mean_state_norms
from rnnctl.model.inputs import with_mask
from rnnctl.model.losses import LossFunction, masked_losses
from rnnctl.model.recurrent import carry_states, watch_states
from rnnctl.training.device_data import Gathered
from rnnctl.training.feeds import Feed
from rnnctl.training.truncation import truncate_to_tail


class BatchSize(NamedTuple):
    """Denominators of a whole batch's means.

    Attributes:
        sequences: Real sequences, an int32 scalar.
        losses: Real losses, an int32 scalar: the same, or with a target at each time step, the unmasked ones; where
            targets are missing, the number of those that are there.
    """

    sequences: Any
    losses: Any


class PartResult(NamedTuple):
    """One part's share of a step; the shares of all parts are summed.

    Attributes:
        loss: The part's share of the batch's mean loss, a scalar.
        gradients: Gradient of ``loss`` by each trainable weight.
        through_time: By path of the state, the part's share of the mean norm at each time step, ``[time]``.
        finals: By path of the layer, its states after the last time step, which the next piece begins with; empty
            where sequences are not trained on piece by piece.
    """

    loss: Any
    gradients: Sequence[Any]
    through_time: Mapping[str, Any]
    finals: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class BatchGradients:
    """Gradients of parts of batches.

    Attributes:
        model: See `TrainingProgram`; its dropout's random state moves on.
        loss: See `TrainingProgram`.
        feed: See `TrainingProgram`.
        batch_size: Sequences in a whole batch.
        even: See `TrainingProgram`.
        states: Paths of the states whose gradients' norms are wanted.
    """

    model: keras.Model
    loss: LossFunction
    feed: Feed
    batch_size: int
    even: bool
    states: tuple[str, ...]

    def size(self, load: Any, step: Any, sequences: Any, time_steps: int) -> BatchSize:
        """Denominators of a whole batch's means.

        Args:
            load: The feed's tensors.
            step: The step in the call.
            sequences: How many of the batch's sequences are real, a scalar.
            time_steps: Time steps of the batch.
        """
        per_step, valid = self.feed.sequences.per_step, self.feed.sequences.valid
        if valid is None and not (self.feed.shape.masked and per_step):
            return BatchSize(sequences, sequences)
        batch = self.feed.gather(self.feed.select(load, step, 0, self.batch_size), time_steps)
        counted = _counted(batch, sequences, per_step=per_step)
        if valid is not None:
            counted = counted[..., None] & ~tf.math.is_nan(batch.targets)
        return BatchSize(sequences, tf.reduce_sum(tf.cast(counted, tf.int32)))

    def gradients(
        self, selected: Any, real: Any, whole: BatchSize, carried: Mapping[str, Any], begins: Any, time_steps: int
    ) -> PartResult:
        """Loss and gradients of one part of a batch.

        Args:
            selected: The part's sequences, as the feed selects them.
            real: How many of them are real, a scalar; they come first.
            whole: Denominators of the whole batch's means.
            carried: By path of the layer, the states that the piece before left; empty where there are no pieces.
            begins: Whether the sequences begin here, a bool.
            time_steps: Time steps of the batch.
        """
        batch, tail = self.feed.gather(selected, time_steps), self.feed.shape.tail
        if tail is not None and time_steps > tail:
            batch, carried, begins = truncate_to_tail(self.model, batch, tail)
        with tf.GradientTape() as tape:
            # Watching costs where a layer has no written-out pass, so it is done only where it is asked for.
            with watch_states(tape, norms=True) if self.states else nullcontext() as watched:
                predictions, finals = self._predictions(batch, carried, begins)
            loss = self._share_of_mean(batch, predictions, real, whole)
        probes = {} if watched is None else watched.probes
        weights = [weight.value for weight in self.model.trainable_variables]
        gradients, norms = tape.gradient(loss, (weights, probes))
        through_time = mean_state_norms(norms, whole.sequences, batch.mask)
        if set(through_time) != set(self.states):
            raise RuntimeError(f"expected gradients of the states {self.states}; got those of {tuple(through_time)}")
        # An embedding's gradient comes as rows; norms and clipping need it whole.
        return PartResult(loss, [tf.convert_to_tensor(gradient) for gradient in gradients], through_time, finals)

    def _predictions(self, batch: Gathered, states: Mapping[str, Any], begins: Any) -> tuple[Any, Mapping[str, Any]]:
        """The model's outputs, and the states that its layers end with where they are carried on."""
        inputs = with_mask(self.model, batch.inputs, batch.mask)
        if not states:
            return self.model(inputs, training=True), {}
        with carry_states(states, begins, batch.mask) as carried:
            # Not the model's __call__, which insists on as many time steps as whole sequences have.
            predictions = self.model.call(inputs, training=True)
        return predictions, carried.finals

    def _share_of_mean(self, batch: Gathered, predictions: Any, real: Any, whole: BatchSize) -> Any:
        """The part's share of the mean loss of the whole batch; a scalar.

        The mean is over sequences; with a target at each time step and sequences that differ in length, it is over all
        unmasked time steps of the batch, as Keras' own masked mean is. Where targets are missing it is over those that
        are there; 0 where a batch has none.
        """
        per_step = self.feed.sequences.per_step
        if self.feed.sequences.valid is not None:
            losses = masked_losses(self.loss, batch.targets, predictions) * batch.targets.shape[-1]
            counted = _counted(batch, real, per_step=per_step)
            return tf.reduce_sum(tf.where(counted, losses, 0.0)) / tf.cast(tf.maximum(whole.losses, 1), losses.dtype)
        losses = self.loss(batch.targets, predictions)
        if batch.mask is not None and per_step:
            counted = _counted(batch, real, per_step=per_step)
            return tf.reduce_sum(tf.where(counted, losses, 0.0)) / tf.cast(whole.losses, losses.dtype)
        if self.even:
            return tf.reduce_mean(losses) * (losses.shape[0] / self.batch_size)
        return masked_sum(losses, real) / tf.cast(whole.sequences, losses.dtype)


def masked_sum(losses: Any, real: Any) -> Any:
    """Sum over the first ``real`` sequences of each one's mean loss, from ``losses [batch, …]``; a scalar."""
    per_sequence = tf.reduce_mean(tf.reshape(losses, [losses.shape[0], -1]), axis=1)
    return tf.reduce_sum(tf.where(_first(real, losses.shape[0]), per_sequence, 0.0))


def _counted(batch: Gathered, real: Any, *, per_step: bool) -> Any:
    """``[batch]``, or ``[batch, time]`` for targets at each time step, bool: what is in one of the first ``real``."""
    first = _first(real, batch.targets.shape[0])
    if not per_step:
        return first
    first = first[:, None]
    return tf.broadcast_to(first, batch.targets.shape[:2]) if batch.mask is None else batch.mask & first


def _first(real: Any, count: int) -> Any:
    """``[count]``, bool: True for the first ``real``."""
    return tf.range(count) < real
