"""The compiled training program: many GradientTape steps in one call, their results stacked."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from rnnctl import programs
from rnnctl.gradients.clipping import clip_gradients, clipped_norm
from rnnctl.gradients.norms import global_norm, weight_norms
from rnnctl.model.losses import LossFunction
from rnnctl.model.weights import state_paths, weight_paths
from rnnctl.model.written_out import LOOPS_ONLY
from rnnctl.optimizers import OptimizerBase
from rnnctl.training.batch_gradients import BatchGradients, PartResult
from rnnctl.training.compiled import Compiled
from rnnctl.training.feeds import Feed
from rnnctl.training.schedule import Schedule
from rnnctl.training.step_results import ResultLayout
from rnnctl.training.truncation import CarriedStates
from rnnctl.util.context import set_within


class CallInputs(NamedTuple):
    """Arguments of one compiled call, on the device.

    Attributes:
        time_steps: Time steps that all its batches are padded to.
        load: The feed's tensors.
        sizes: ``[steps a call]``, int32, how many sequences of each batch are real.
        begins: ``[steps a call]``, bool, whether the batch's sequences begin, or go on.
        count: Steps to take, an int32 scalar.
    """

    time_steps: int
    load: tuple[Any, ...]
    sizes: Any
    begins: Any
    count: Any


@dataclass(eq=False)
class TrainingProgram:
    """A model, its loss, optimizer and data, compiled into one call that takes many steps.

    With one part, XLA compiles the whole call, its loop over steps included. With several, every batch is split into
    that many parts; each is a program of its own, with no meeting point before the gradients are summed, and
    TensorFlow's executor runs them in parallel.

    Attributes:
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
        loops_only: Whether no time steps are written out, so that compiling is quick; see ``rnnctl.model.written_out``.
    """

    model: keras.Model
    loss: LossFunction
    optimizer: Any
    clipping: OptimizerBase
    feed: Feed
    _: KW_ONLY
    batch_size: int
    even: bool
    through_time: bool = True
    norms: bool = True
    parts: int = 1
    loops_only: bool = False

    def __post_init__(self) -> None:
        shape, whole = self.feed.shape, self.parts == 1
        states = state_paths(self.model) if self.through_time and self.norms else ()
        self.layout = ResultLayout(weight_paths(self.model) if self.norms else (), states, shape.recorded)
        self.optimizer.build(self.model.trainable_variables)
        self.carried = CarriedStates(self.model, self.batch_size) if shape.piece else None
        sizes = shape.batch_sizes or (self.batch_size,) * len(shape.padded_lengths)
        self._sizes = dict(zip(shape.padded_lengths, sizes, strict=True))
        self._bounds = {length: _bounds(size, self.batch_size, self.parts) for length, size in self._sizes.items()}
        self._batch = BatchGradients(self.model, self.loss, self.feed, self.batch_size, self.even, states)
        self._part: Any = self._batch.gradients
        self._update: Any = self._update_weights
        if not whole:
            self._part = Compiled(self._part, "a part of the training step")
            self._update = Compiled(self._update, "the update of the weights")
        name = "the training step for {} time steps"
        self._calls = {
            length: Compiled(partial(self._many_steps, length), name.format(length), jit_compile=whole, idle=True)
            for length in shape.padded_lengths
        }

    def takes(self, schedule: Schedule) -> bool:
        """Whether the program can train as a schedule says, once it has a feed of its sequences."""
        own = self.feed.shape, self.feed.room, self.batch_size, self.even, self.feed.sequences.valid is None
        asked = schedule.shape, schedule.room, schedule.batch_size, schedule.even, schedule.sequences.valid is None
        return own == asked and self.loops_only == schedule.loops_only

    def warm_up(self) -> None:
        """Traces and compiles the call, once for each padded length, and leaves everything as it was."""
        for length in self.feed.shape.padded_lengths:
            # Several parts are compiled when they first run: a step is taken then, and taken back.
            steps = 1 if self.parts > 1 else 0
            indices, sizes = np.zeros((steps, self.batch_size), np.int32), np.ones(steps, np.int32)
            prepared = self.prepare(indices, sizes, time_steps=length)
            touched = self._calls[length].variables(*prepared[1:]) if steps else ()
            before = [variable.numpy() for variable in touched]
            self.run(prepared)
            for variable, value in zip(touched, before, strict=True):
                variable.assign(value)
        programs.save_new()

    def prepare(
        self,
        indices: npt.NDArray[np.int32],
        sizes: npt.NDArray[np.int32],
        piece: npt.NDArray[np.int32] | None = None,
        time_steps: int | None = None,
    ) -> CallInputs:
        """Brings the arguments of a call to the device; may run beside another call.

        Args:
            indices: ``[steps, batch]``, int32, the sequences of each step; at most ``feed.steps_a_call`` steps.
            sizes: ``[steps]``, int32, how many of each row are real.
            piece: ``[steps]``, int32, which piece of its sequences each step sees; None for the first.
            time_steps: Time steps that all the batches are padded to; None for the most.

        Returns:
            What ``run`` takes.
        """
        time_steps = time_steps or self.feed.shape.time_steps
        if piece is None:
            piece = np.zeros(len(sizes), np.int32)
        steps = self.feed.steps_a_call
        begins = np.pad(piece == 0, (0, steps - len(sizes)), constant_values=True)
        padded = np.pad(sizes, (0, steps - len(sizes)), constant_values=1)
        load = self.feed.load(indices[:, : self._sizes[time_steps]], piece, time_steps)
        count = tf.constant(len(indices), tf.int32)
        return CallInputs(time_steps, load, tf.constant(padded), tf.constant(begins), count)

    def run(self, inputs: CallInputs) -> npt.NDArray[np.float32]:
        """Takes optimizer steps until the batches are used up or one gives a loss or gradient that is not finite.

        Args:
            inputs: From ``prepare``.

        Returns:
            ``[steps taken, row]``, float32; see `ResultLayout`. The last row is the one that is not finite, if any is.
        """
        taken, rows = self._calls[inputs.time_steps](*inputs[1:])
        return rows.numpy()[: int(taken)]  # type: ignore[no-any-return]

    def _many_steps(self, time_steps: int, load: Any, sizes: Any, begins: Any, count: Any) -> tuple[Any, Any]:
        rows = tf.TensorArray(tf.float32, self.feed.steps_a_call, element_shape=[self.layout.width])

        def body(step: Any, finite: Any, rows: Any) -> tuple[Any, Any, Any]:
            del finite
            row = self._one_step(time_steps, load, step, sizes[step], begins[step])
            return step + 1, tf.math.is_finite(row[0] + row[1]), rows.write(step, row)

        with set_within(LOOPS_ONLY, self.loops_only):
            taken, _, rows = tf.while_loop(
                lambda step, finite, _: (step < count) & finite,
                body,
                (tf.constant(0), tf.ones([], tf.bool), rows),
                parallel_iterations=1,
            )
        return taken, rows.stack()

    def _one_step(self, time_steps: int, load: Any, step: Any, size: Any, begins: Any) -> Any:
        whole = self._batch.size(load, step, size, time_steps)
        parts = []
        for first, end in pairwise(self._bounds[time_steps]):
            selected = self.feed.select(load, step, first, end)
            real = tf.clip_by_value(size - first, 0, end - first)
            carried = {} if self.carried is None else self.carried.read(first, end)
            parts.append(self._part(selected, real, whole, carried, begins, time_steps))
        return self._update(parts, time_steps)

    def _update_weights(self, parts: list[PartResult], time_steps: int) -> Any:
        """Sums the parts, clips, updates the weights, and gives the step's row of results."""
        loss = tf.add_n([part.loss for part in parts])
        gradients = [tf.add_n(list(shares)) for shares in zip(*(part.gradients for part in parts), strict=True)]
        needed = self.norms or self.clipping.clips
        norms = weight_norms(gradients) if needed else tf.zeros([len(gradients)])
        total = global_norm(norms)
        clipped = clip_gradients(self.clipping, gradients, norms, total)
        after = clipped_norm(self.clipping, clipped, norms, total)
        rate = tf.cast(tf.convert_to_tensor(self.optimizer.learning_rate), tf.float32)
        self.optimizer.apply_gradients(zip(clipped, self.model.trainable_variables, strict=True))
        scalars = tf.stack([loss, total, after, rate])
        # Norms over the batch's time steps, with zeros up to those of the longest sequence.
        missing = self.layout.time_steps - min(time_steps, self.layout.time_steps)
        through_time = [tf.add_n([part.through_time[path] for part in parts]) for path in self.layout.states]
        if missing:
            through_time = [tf.pad(state_norms, [[0, missing]]) for state_norms in through_time]
        if self.carried is not None:
            self.carried.write([part.finals for part in parts])
        return tf.concat([scalars, *([norms] if self.layout.weights else []), *through_time], axis=0)


def _bounds(size: int, batch_size: int, parts: int) -> list[int]:
    """Where the parts of a batch begin and end; a batch smaller than the others has as many fewer, of their size."""
    return np.linspace(0, size, max(1, parts * size // batch_size) + 1).astype(int).tolist()  # type: ignore[no-any-return]
