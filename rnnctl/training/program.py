"""The compiled part of training: many GradientTape steps in one call, their results stacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
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
from rnnctl.model.recurrent import watch_states
from rnnctl.model.weights import state_paths, weight_paths
from rnnctl.training.feeds import Feed


class Layout(NamedTuple):
    """Where each number stands in a step's row of results.

    The row is ``[loss, gradient norm, clipped norm, learning rate, norm per weight…, state norms…]``.

    Attributes:
        weights: Path of each trainable weight; empty where no norms are recorded.
        states: Path of each recorded state; empty where none is recorded.
        time_steps: Time steps of each state.
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
        loss: Sum of the part's losses over the whole batch's number of sequences, a scalar.
        gradients: Gradient of ``loss`` by each trainable weight.
        through_time: By path of the state, the part's share of the mean norm at each time step, ``[time]``.
    """

    loss: Any
    gradients: Sequence[Any]
    through_time: Mapping[str, Any]


class Prepared(NamedTuple):
    """What one call needs, ready on the device.

    Attributes:
        load: The feed's tensors.
        sizes: ``[steps a call]``, int32, how many sequences of each batch are real.
        count: Steps to take, an int32 scalar.
    """

    load: tuple[Any, ...]
    sizes: Any
    count: Any


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
        self._norms = norms
        states = state_paths(model) if through_time and norms else ()
        self.layout = Layout(weight_paths(model) if norms else (), states, feed.time_steps)
        optimizer.build(model.trainable_variables)
        self._bounds = np.linspace(0, batch_size, parts + 1).astype(int).tolist()
        self._part: Any = self._part_of_step
        self._update: Any = self._update_weights
        if parts > 1:
            self._part = tf.function(self._part_of_step, jit_compile=jit_compile)
            self._update = tf.function(self._update_weights, jit_compile=jit_compile)
        self._call = tf.function(self._many_steps, jit_compile=jit_compile and parts == 1)

    @property
    def optimizer(self) -> Any:
        """The Keras optimizer, in the state that the steps so far left it."""
        return self._optimizer

    def warm_up(self) -> None:
        """Traces and compiles the call, and takes no step."""
        nothing = self.prepare(np.zeros((0, self._batch_size), np.int32), np.zeros(0, np.int32))
        self.run(nothing)
        if self.parts > 1:  # which the call above has traced and not run, and so not compiled
            one = tf.constant(1)
            for first, end in pairwise(self._bounds):
                self._part(self.feed.select(nothing.load, 0, first, end), one, one)

    def prepare(self, indices: npt.NDArray[np.int32], sizes: npt.NDArray[np.int32]) -> Prepared:
        """Brings to the device what a call needs; may run beside another call.

        Args:
            indices: ``[steps, batch]``, int32, the sequences of each step; at most ``feed.steps_a_call`` steps.
            sizes: ``[steps]``, int32, how many of each row are real.

        Returns:
            What ``run`` takes.
        """
        padded = np.ones(self.feed.steps_a_call, np.int32)
        padded[: len(sizes)] = sizes
        return Prepared(self.feed.load(indices), tf.constant(padded), tf.constant(len(indices), tf.int32))

    def run(self, prepared: Prepared) -> npt.NDArray[np.float32]:
        """Takes optimizer steps until the batches are used up or one gives a loss or gradient that is not finite.

        Args:
            prepared: From ``prepare``.

        Returns:
            ``[steps taken, row]``, float32; see ``Layout``. The last row is the one that is not finite, if any is.
        """
        taken, rows = self._call(*prepared)
        return rows.numpy()[: int(taken)]  # type: ignore[no-any-return]

    def _many_steps(self, load: Any, sizes: Any, count: Any) -> tuple[Any, Any]:
        rows = tf.TensorArray(tf.float32, self.feed.steps_a_call, element_shape=[self.layout.width])

        def body(step: Any, finite: Any, rows: Any) -> tuple[Any, Any, Any]:
            del finite
            row = self._one_step(load, step, sizes[step])
            return step + 1, tf.math.is_finite(row[0] + row[1]), rows.write(step, row)

        taken, _, rows = tf.while_loop(
            lambda step, finite, _: (step < count) & finite,
            body,
            (tf.constant(0), tf.ones([], tf.bool), rows),
            parallel_iterations=1,
        )
        return taken, rows.stack()

    def _one_step(self, load: Any, step: Any, size: Any) -> Any:
        parts = []
        for first, end in pairwise(self._bounds):
            selected = self.feed.select(load, step, first, end)
            parts.append(self._part(selected, tf.clip_by_value(size - first, 0, end - first), size))
        return self._update(parts)

    def _part_of_step(self, selected: Any, real: Any, size: Any) -> PartResult:
        """Loss and gradients of one part of a batch.

        Args:
            selected: The part's sequences, as the feed selects them.
            real: How many of them are real, a scalar; they come first.
            size: How many sequences of the whole batch are real, a scalar.
        """
        inputs, targets = self.feed.gather(selected)
        with tf.GradientTape() as tape:
            # Watching costs where a layer has no written-out pass, so it is done only where it is asked for.
            with watch_states(tape, norms=True) if self.layout.states else nullcontext() as watched:
                predictions = self._model(inputs, training=True)
            loss = self._share_of_mean(self._loss(targets, predictions), real, size)
        probes = {} if watched is None else watched.probes
        weights = [weight.value for weight in self._model.trainable_variables]
        gradients, norms = tape.gradient(loss, (weights, probes))
        through_time = mean_state_norms(norms, size)
        if set(through_time) != set(self.layout.states):
            raise RuntimeError(f"states {sorted(through_time)} arrived where {sorted(self.layout.states)} were due")
        return PartResult(loss, gradients, through_time)

    def _share_of_mean(self, losses: Any, real: Any, size: Any) -> Any:
        """Sum of the real sequences' mean losses ``[part, …]``, over the whole batch's sequences; a scalar."""
        if self._even:
            return tf.reduce_mean(losses) * (losses.shape[0] / self._batch_size)
        return masked_sum(losses, real) / tf.cast(size, losses.dtype)

    def _update_weights(self, parts: list[PartResult]) -> Any:
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
        through_time = [tf.add_n([part.through_time[path] for part in parts]) for path in self.layout.states]
        return tf.concat([scalars, *([norms] if self.layout.weights else []), *through_time], axis=0)


def masked_sum(losses: Any, real: Any) -> Any:
    """Sum over the first ``real`` sequences of each one's mean loss, from ``losses [batch, …]``; a scalar."""
    per_sequence = tf.reduce_mean(tf.reshape(losses, [losses.shape[0], -1]), axis=1)
    return tf.reduce_sum(tf.where(tf.range(losses.shape[0]) < real, per_sequence, 0.0))
