"""The optimizer steps before an examination, stopped before one that is not finite."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rnnctl.results import Series
from rnnctl.results.training import StepRecord
from rnnctl.training.build import Built
from rnnctl.util.format import counted
from rnnctl.util.progress import notify


@dataclass(frozen=True, eq=False)
class Past:
    """How a run came to the weights that are examined.

    Attributes:
        state: Description of what is examined.
        losses: Of its steps.
        updates: ‖Δw‖ / ‖w‖ by weight, of the steps at which it was measured.
        complete: Whether it is to take no more steps.
    """

    state: str | None = None
    losses: Sequence[float] = ()
    updates: Sequence[Mapping[str, float]] = ()
    complete: bool = False


NO_PAST = Past()
"""Initial weights."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A model after some steps.

    Attributes:
        optimizer: Its Keras optimizer, after the steps.
        done: Steps taken.
        records: Their records; one more than ``done`` where the next one is not finite.
        state: Description of the state, such as ``after 3 steps``.
        clipped: With ``clipvalue``, number of steps at which it clipped something, by the weight's path.
    """

    model: Any
    optimizer: Any
    done: int
    records: tuple[StepRecord, ...]
    state: str
    clipped: Mapping[str, int]

    def history(self) -> dict[str, tuple[Series, ...]]:
        """By state path, the norms through time of every step."""
        steps = [record.state_gradient_norms for record in self.records if record.state_gradient_norms is not None]
        return {path: tuple(norms[path] for norms in steps) for path in (steps[0] if steps else ())}


def take_steps(built: Built, steps: int) -> Trained:
    """Trains a model for some steps.

    After a step that is not finite there is nothing to examine, so the model is restored to its state before that step:
    the examination then sees the gradient that broke it.

    Args:
        built: What to train; its model is changed.
        steps: Optimizer steps.
    """
    from rnnctl.training.training_state import copies, model_variables

    variables = model_variables(built.model)  # the states of dropout's seeds too, or the steps would be others
    before = copies(variables)
    optimizer, records, clipped = _run(built, steps)
    done, state = steps, f"after {counted(steps, 'step')}" if steps else "at initialization"
    if records and not abs(records[-1].loss) + abs(records[-1].gradient_norm) < math.inf:
        for name, variable in variables.items():
            variable.assign(before[name])
        done = len(records) - 1
        state = f"after {counted(done, 'step')}, before step {done + 1}, which is not finite"
        optimizer, _, _ = _run(built, done)
    return Trained(built.model, optimizer, done, records, state, clipped)


def _run(built: Built, steps: int) -> tuple[Any, tuple[StepRecord, ...], dict[str, int]]:
    """The optimizer after some steps, their records, and of each weight the steps at which it was clipped."""
    if steps == 0:
        from rnnctl.model.optimizers import build_optimizer

        optimizer = build_optimizer(built.config.optimizer, built.schedule.total_steps)
        optimizer.build(built.model.trainable_variables)
        return optimizer, (), {}
    from rnnctl.training.setup import make_loop

    config = built.config
    recorded = config.gradients.model_copy(update={"through_time": True, "every": 1})
    loop = make_loop(replace(built, config=config.model_copy(update={"gradients": recorded})))
    loop.schedule = replace(built.schedule, total_steps=steps)
    loop.validate = None
    optimizer = loop.program.optimizer
    counts = None if config.optimizer.clipvalue is None else _count_clipped(optimizer, config.optimizer.clipvalue)
    records, began, text = list[StepRecord](), time.monotonic(), f"taking {counted(steps, 'step')}"
    for record in loop:
        if isinstance(record, StepRecord):
            records.append(record)
            notify(text, len(records) / steps, time.monotonic() - began)
    notify(text, 1.0, time.monotonic() - began)
    clipped = {} if counts is None else dict(zip(loop.program.layout.weights, counts.numpy().tolist(), strict=True))
    return optimizer, tuple(records), clipped


def _count_clipped(optimizer: Any, limit: float) -> Any:
    """Makes an optimizer count, weight by weight, the steps whose gradient has an element at the limit."""
    import tensorflow as tf

    apply = optimizer.apply_gradients
    counts = tf.Variable(tf.zeros(len(optimizer._trainable_variables), tf.int32))

    def counted(pairs: Any) -> Any:
        pairs = list(pairs)
        at_limit = [tf.reduce_any(tf.abs(gradient) >= limit) for gradient, _ in pairs]
        counts.assign_add(tf.cast(tf.stack(at_limit), tf.int32))
        return apply(pairs)

    optimizer.apply_gradients = counted
    return counts
