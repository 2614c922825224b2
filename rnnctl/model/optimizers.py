"""Optimizers and learning-rate schedules by the config's words.

Keras clips inside its optimizers, where nobody sees it. Here gradients are clipped before the optimizer (see
``rnnctl.gradients.clipping``), so that the norm after clipping can be shown, and the optimizers are built without.
"""

from __future__ import annotations

from functools import partial
from pkgutil import resolve_name
from typing import Any

import keras
import tensorflow as tf

from rnnctl.optimizers import OPTIMIZERS, OptimizerBase


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Rises evenly from 0 to the schedule's own first rate, then hands over to the schedule.

    At the 0-based step s < w the rate is ``initial · (s + 1) / w``, so that no step is lost to a rate of zero;
    from step w on it is ``schedule(s − w)``. (Goyal et al. 2017, arXiv 1706.02677, section 2.2.)
    """

    def __init__(self, schedule: Any, initial: float, steps: int) -> None:
        self.schedule = schedule
        self.initial = initial
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """The rate at a 0-based step, a float32 scalar."""
        count = tf.cast(step, tf.float32)
        rising = self.initial * (count + 1.0) / self.steps
        return tf.where(count < self.steps, rising, self.schedule(tf.maximum(count - self.steps, 0.0)))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as Keras asks of every schedule."""
        return {"schedule": self.schedule, "initial": self.initial, "steps": self.steps}


_SCHEDULES = {
    "constant": partial(keras.optimizers.schedules.ExponentialDecay, decay_steps=1, decay_rate=1.0),
    "exponential": keras.optimizers.schedules.ExponentialDecay,
    "cosine": keras.optimizers.schedules.CosineDecay,
}


def build_learning_rate(section: Any, total_steps: int) -> Any:
    """Makes what a Keras optimizer takes as its learning rate.

    A cosine without ``decay_steps`` ends with the training's ``total_steps``.
    """
    if isinstance(section, float | int):
        return float(section)
    arguments = section.model_dump(exclude={"kind", "warmup_steps"})
    if "decay_steps" in arguments:
        arguments["decay_steps"] = section.decay_steps or max(total_steps - section.warmup_steps, 1)
    schedule = _SCHEDULES[section.kind](**arguments)
    return WarmUp(schedule, section.initial_learning_rate, section.warmup_steps) if section.warmup_steps else schedule


def build_optimizer(section: OptimizerBase, total_steps: int, *, clips: bool = False) -> Any:
    """Makes the Keras optimizer, not yet built for a model's variables; it clips by itself only with ``clips``."""
    arguments = section.model_dump(exclude={"kind", "learning_rate", *(() if clips else section.exclusive)})
    arguments["learning_rate"] = build_learning_rate(section.learning_rate, total_steps)
    return resolve_name(OPTIMIZERS[section.kind].keras)(**arguments)
