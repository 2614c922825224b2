"""Stock Keras models, losses and optimizers at the task's initial weights, and the loops of tutorials over them."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import keras
import tensorflow as tf

from rnnctl.bench.contender import CHECKED_STEPS, Contender
from rnnctl.bench.task import Task
from rnnctl.losses import LossBase
from rnnctl.model.losses import build_loss
from rnnctl.model.optimizers import build_optimizer
from rnnctl.model.recurrent import to_stock


def stock_model(task: Task, *, unroll: bool = False) -> Any:
    """Builds the model from Keras' own layers, with the task's initial weights."""
    model = to_stock(task.new_model())
    if not unroll:
        return model

    def unrolled(layer: Any) -> Any:
        config = layer.get_config()
        if isinstance(layer, keras.layers.RNN):
            config["unroll"] = True
        elif isinstance(layer, keras.layers.Bidirectional):
            config["layer"]["config"]["unroll"] = config["backward_layer"]["config"]["unroll"] = True
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=unrolled)
    copy.set_weights(model.get_weights())
    return copy


class StockLoss(keras.losses.Loss):
    """The configured loss as Keras' own loops take it: the mean over all places."""

    def __init__(self, section: LossBase) -> None:
        super().__init__()
        self.call = build_loss(section)


def stock_optimizer(task: Task) -> Any:
    """Keras' own optimizer, which clips by itself."""
    return build_optimizer(task.config.optimizer, task.built.schedule.total_steps, clips=True)


def let_kernels_choose() -> None:
    """Lifts the determinism that this project trains with: peers run as they come, at their fastest."""
    # TensorFlow makes only the switch that turns it on public.
    import_module("tensorflow.python.framework.config").disable_op_determinism()


class StockContender(Contender):
    """A loop of Keras' own layers, which runs as Keras comes."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def settle(self) -> None:
        """Lifts the determinism that this project trains with."""
        let_kernels_choose()


class TapeLoop(StockContender):
    """The GradientTape loop of every tutorial, over stock Keras layers: one Python call a step."""

    def __init__(self, task: Task, *, compiled: bool) -> None:
        self.key, self.name = ("tf_function", "tf.function step") if compiled else ("eager", "eager GradientTape")
        super().__init__(task)
        self._compiled = compiled
        self._step: Any = None

    def prepare(self) -> tuple[float, ...]:
        """Traces the step where it is compiled, and takes the first steps."""
        self.settle()
        task = self._task
        model, loss_of, optimizer = stock_model(task), StockLoss(task.config.loss), stock_optimizer(task)
        inputs, targets = tf.constant(task.inputs), tf.constant(task.targets)

        def step() -> Any:
            with tf.GradientTape() as tape:
                loss = loss_of(targets, model(inputs, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return loss

        optimizer.build(model.trainable_variables)
        self._step = tf.function(step) if self._compiled else step
        began = time.perf_counter()
        if self._compiled:
            self._step.get_concrete_function()
            self.compile_seconds = time.perf_counter() - began
        return tuple(float(self._step()) for _ in range(CHECKED_STEPS))

    def advance(self, steps: int) -> None:
        """Takes steps, and reads the last loss."""
        for _ in range(steps):
            loss = self._step()
        float(loss)
