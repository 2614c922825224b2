"""The compiled part of training: many GradientTape steps in one call, their results stacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl.config.training_schema import OptimizerBase
from rnnctl.gradients.clipping import clip_gradients, clipped_norm, clips
from rnnctl.gradients.norms import global_norm, mean_state_norms, weight_norms
from rnnctl.model.losses import LossFunction
from rnnctl.model.recurrent import carry_states, watch_states
from rnnctl.model.weights import state_paths, weight_paths
from rnnctl.training.carried import Carried
from rnnctl.training.feeds import Feed


class Layout(NamedTuple):
    """Where each number stands in a step's row of results.

    The row is ``[loss, gradient norm, clipped norm, learning rate, norm per weight…, state norms…]``.

    Attributes:
        weights: Path of each trainable weight; empty where no norms are recorded.
        states: Path of each recorded state; empty where none is recorded.
        time_steps: Time steps of each state: those of the longest sequence, or of a piece where training truncates.
            Those that a batch does not have hold 0.
    """

    weights: tuple[str, ...]
    states: tuple[str, ...]
    time_steps: int

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 4 + len(self.weights) + len(self.states) * self.time_steps


class PartResult(NamedTuple):
    """What one part of a batch adds to a step; the parts' results are summed.

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


class Prepared(NamedTuple):
    """What one call needs, ready on the device.

    Attributes:
        width: Time steps that all its batches are padded to.
        load: The feed's tensors.
        sizes: ``[steps a call]``, int32, how many sequences of each batch are real.
        begins: ``[steps a call]``, bool, whether the batch's sequences begin, or go on.
        count: Steps to take, an int32 scalar.
    """

    width: int
    load: tuple[Any, ...]
    sizes: Any
    begins: Any
    count: Any


class BatchSize(NamedTuple):
    """What a batch's means are taken over.

    Attributes:
        sequences: Real sequences, an int32 scalar.
        losses: Real losses, an int32 scalar: the same, or with a target at each time step, the unmasked ones.
    """

    sequences: Any
    losses: Any


class TrainingProgram:
    """A model, its loss, optimizer and data, compiled into one call that takes many steps.

    With one part, XLA compiles the whole call, its loop over steps included. With several, every batch is split into
    that many parts; each is a program of its own, with no meeting point before the gradients are summed, and
    TensorFlow's executor runs them side by side on as many cores.

    Args:
        model: The model to train; changed by ``run``.
        loss: From ``rnnctl.model.losses.build_loss``.
        optimizer: A Keras optimizer without clip options; changed by ``run``.
        clipping: The optimizer as configured, for its clip options.
        feed: Where the batches come from.
        batch_size: Sequences in a batch.
        even: Whether every batch is full, so that no sequence needs a weight.
        through_time: Whether the state gradients' norms are computed.
        norms: Whether the gradients' norms are computed at all; without, their places hold 0.
        parts: Parts that a batch is split into.
        jit_compile: Whether XLA compiles.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: LossFunction,
        optimizer: Any,
        clipping: OptimizerBase,
        feed: Feed,
        *,
        batch_size: int,
        even: bool,
        through_time: bool = True,
        norms: bool = True,
        parts: int = 1,
        jit_compile: bool = True,
    ) -> None:
        self._model = model
        self._loss = loss
        self._optimizer = optimizer
        self._clipping = clipping
        self.feed = feed
        self.parts = parts
        self.jit_compile = jit_compile
        self._batch_size = batch_size
        self._even = even
        self._each = feed.sequences.placement == "each"
        self._norms = norms
        states = state_paths(model) if through_time and norms else ()
        self.layout = Layout(weight_paths(model) if norms else (), states, feed.shape.time_steps)
        optimizer.build(model.trainable_variables)
        self.carried = Carried(model, batch_size) if feed.shape.length else None
        self._bounds = np.linspace(0, batch_size, parts + 1).astype(int).tolist()
        self._part: Any = self._part_of_step
        self._update: Any = self._update_weights
        if parts > 1:
            self._part = tf.function(self._part_of_step, jit_compile=jit_compile)
            self._update = tf.function(self._update_weights, jit_compile=jit_compile)
        self._calls = {
            width: tf.function(partial(self._many_steps, width), jit_compile=jit_compile and parts == 1)
            for width in feed.shape.widths
        }

    @property
    def optimizer(self) -> Any:
        """The Keras optimizer, in the state that the steps so far left it."""
        return self._optimizer

    def warm_up(self) -> None:
        """Traces and compiles the call, once for each width, and takes no step."""
        for width in self.feed.shape.widths:
            nothing = self.prepare(np.zeros((0, self._batch_size), np.int32), np.zeros(0, np.int32), width=width)
            self.run(nothing)
            if self.parts > 1:  # which the call above has traced and not run, and so not compiled
                one = tf.constant(1)
                for first, end in pairwise(self._bounds):
                    selected = self.feed.select(nothing.load, 0, first, end)
                    carried = self._carried_into(first, end)
                    self._part(selected, one, BatchSize(one, one), carried, nothing.begins[0], width)

    def prepare(
        self,
        indices: npt.NDArray[np.int32],
        sizes: npt.NDArray[np.int32],
        piece: npt.NDArray[np.int32] | None = None,
        width: int | None = None,
    ) -> Prepared:
        """Brings to the device what a call needs; may run beside another call.

        Args:
            indices: ``[steps, batch]``, int32, the sequences of each step; at most ``feed.steps_a_call`` steps.
            sizes: ``[steps]``, int32, how many of each row are real.
            piece: ``[steps]``, int32, which piece of its sequences each step sees; None for the first.
            width: Time steps that all the batches are padded to; None for the largest width.

        Returns:
            What ``run`` takes.
        """
        width = width or self.feed.shape.time_steps
        if piece is None:
            piece = np.zeros(len(sizes), np.int32)
        steps = self.feed.steps_a_call
        padded, begins = np.ones(steps, np.int32), np.ones(steps, np.bool_)
        padded[: len(sizes)] = sizes
        begins[: len(sizes)] = piece == 0
        load = self.feed.load(indices, piece, width)
        return Prepared(width, load, tf.constant(padded), tf.constant(begins), tf.constant(len(indices), tf.int32))

    def run(self, prepared: Prepared) -> npt.NDArray[np.float32]:
        """Takes optimizer steps until the batches are used up or one gives a loss or gradient that is not finite.

        Args:
            prepared: From ``prepare``.

        Returns:
            ``[steps taken, row]``, float32; see ``Layout``. The last row is the one that is not finite, if any is.
        """
        taken, rows = self._calls[prepared.width](*prepared[1:])
        return rows.numpy()[: int(taken)]  # type: ignore[no-any-return]

    def _many_steps(self, width: int, load: Any, sizes: Any, begins: Any, count: Any) -> tuple[Any, Any]:
        rows = tf.TensorArray(tf.float32, self.feed.steps_a_call, element_shape=[self.layout.width])

        def body(step: Any, finite: Any, rows: Any) -> tuple[Any, Any, Any]:
            del finite
            row = self._one_step(width, load, step, sizes[step], begins[step])
            return step + 1, tf.math.is_finite(row[0] + row[1]), rows.write(step, row)

        taken, _, rows = tf.while_loop(
            lambda step, finite, _: (step < count) & finite,
            body,
            (tf.constant(0), tf.ones([], tf.bool), rows),
            parallel_iterations=1,
        )
        return taken, rows.stack()

    def _one_step(self, width: int, load: Any, step: Any, size: Any, begins: Any) -> Any:
        whole = BatchSize(size, self._losses_in(load, step, size, width))
        parts = []
        for first, end in pairwise(self._bounds):
            selected = self.feed.select(load, step, first, end)
            real = tf.clip_by_value(size - first, 0, end - first)
            parts.append(self._part(selected, real, whole, self._carried_into(first, end), begins, width))
        return self._update(parts, width)

    def _losses_in(self, load: Any, step: Any, size: Any, width: int) -> Any:
        """Losses that the mean of a whole batch is taken over."""
        if not (self.feed.shape.masked and self._each):
            return size
        mask = self.feed.gather(self.feed.select(load, step, 0, self._batch_size), width).mask
        return tf.reduce_sum(tf.cast(mask & _first(size, mask.shape[0])[:, None], tf.int32))

    def _carried_into(self, first: int, end: int) -> Mapping[str, tuple[Any, ...]]:
        return {} if self.carried is None else self.carried.read(first, end)

    def _part_of_step(self, selected: Any, real: Any, whole: BatchSize, carried: Any, begins: Any, width: int) -> Any:
        """Loss and gradients of one part of a batch.

        Args:
            selected: The part's sequences, as the feed selects them.
            real: How many of them are real, a scalar; they come first.
            whole: What the whole batch's means are taken over.
            carried: By path of the layer, the states that the piece before left; empty where there are no pieces.
            begins: Whether the sequences begin here, a bool.
            width: Time steps of the batch.
        """
        inputs, targets, mask = self.feed.gather(selected, width)
        with tf.GradientTape() as tape:
            # Watching costs where a layer has no written-out pass, so it is done only where it is asked for.
            with watch_states(tape, norms=True) if self.layout.states else nullcontext() as watched:
                predictions, finals = self._predictions(inputs, mask, carried, begins)
            loss = self._share_of_mean(self._loss(targets, predictions), real, whole, mask)
        probes = {} if watched is None else watched.probes
        weights = [weight.value for weight in self._model.trainable_variables]
        gradients, norms = tape.gradient(loss, (weights, probes))
        through_time = mean_state_norms(norms, whole.sequences, mask)
        if set(through_time) != set(self.layout.states):
            raise RuntimeError(f"states {sorted(through_time)} arrived where {sorted(self.layout.states)} were due")
        # An embedding's gradient comes as rows; norms and clipping need it whole.
        return PartResult(loss, [tf.convert_to_tensor(gradient) for gradient in gradients], through_time, finals)

    def _predictions(self, inputs: Any, mask: Any, carried: Any, begins: Any) -> tuple[Any, Mapping[str, Any]]:
        """The model's outputs, and the states that its layers end with where they are carried on."""
        given = [inputs, mask] if len(self._model.inputs) > 1 else inputs
        if self.carried is None:
            return self._model(given, training=True), {}
        with carry_states(carried, begins, mask) as passing:
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

    def _update_weights(self, parts: list[PartResult], width: int) -> Any:
        """Sums the parts, clips, updates the weights, and gives the step's row of results."""
        loss = tf.add_n([part.loss for part in parts])
        gradients = [tf.add_n(list(shares)) for shares in zip(*(part.gradients for part in parts), strict=True)]
        needed = self._norms or clips(self._clipping)
        norms = weight_norms(gradients) if needed else tf.zeros([len(gradients)])
        total = global_norm(norms)
        clipped = clip_gradients(self._clipping, gradients, norms, total)
        after = clipped_norm(self._clipping, clipped, norms, total)
        rate = tf.cast(tf.convert_to_tensor(self._optimizer.learning_rate), tf.float32)
        self._optimizer.apply_gradients(zip(clipped, self._model.trainable_variables, strict=True))
        scalars = tf.stack([loss, total, after, rate])
        through_time = [
            self._lengthened(tf.add_n([part.through_time[path] for part in parts]), width)
            for path in self.layout.states
        ]
        if self.carried is not None:
            self.carried.write([part.finals for part in parts])
        return tf.concat([scalars, *([norms] if self.layout.weights else []), *through_time], axis=0)

    def _lengthened(self, norms: Any, width: int) -> Any:
        """Norms over the batch's time steps, with zeros up to those of the longest sequence."""
        missing = self.layout.time_steps - width
        return tf.pad(norms, [[0, missing]]) if missing else norms


def masked_sum(losses: Any, real: Any) -> Any:
    """Sum over the first ``real`` sequences of each one's mean loss, from ``losses [batch, …]``; a scalar."""
    per_sequence = tf.reduce_mean(tf.reshape(losses, [losses.shape[0], -1]), axis=1)
    return tf.reduce_sum(tf.where(_first(real, losses.shape[0]), per_sequence, 0.0))


def _first(real: Any, count: int) -> Any:
    """``[count]``, bool: True for the first ``real``."""
    return tf.range(count) < real
