"""The optimizer steps that an examination takes first, stopped before one that is not finite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rnnctl.results import Series
from rnnctl.results.training import StepRecord
from rnnctl.training.build import Built


@dataclass(frozen=True, eq=False)
class Taken:
    """A model after some steps.

    Attributes:
        model: The ``keras.Model``.
        optimizer: Its Keras optimizer, in the state that the steps left it.
        done: Steps that the model has taken.
        records: What they did; one more than ``done`` where the next one is not finite.
        words: What the model is, in words.
        cut_off: With ``clipvalue``, at how many of the steps it cut off something, by the weight's path.
    """

    model: Any
    optimizer: Any
    done: int
    records: tuple[StepRecord, ...]
    words: str
    cut_off: Mapping[str, int] = field(default_factory=dict)

    def history(self) -> dict[str, tuple[Series, ...]]:
        """By state path, the norms through time of every step."""
        kept = [record.state_gradient_norms for record in self.records if record.state_gradient_norms is not None]
        return {path: tuple(norms[path] for norms in kept) for path in (kept[0] if kept else ())}


def take_steps(built: Built, steps: int) -> Taken:
    """Trains a model for some steps.

    A step that is not finite leaves nothing to examine behind it. So the model is brought to where it stood before
    that step: the examination then sees the gradient that broke it.

    Args:
        built: What to train; its model is changed.
        steps: Optimizer steps.

    Returns:
        The model, and what happened.
    """
    if steps == 0:
        return Taken(built.model, _fresh_optimizer(built), 0, (), "at initialization")
    before = built.model.get_weights()
    optimizer, records, cut_off = _run(built, steps)
    words = f"after {steps} {_steps(steps)}"
    if _finite(records[-1]):
        return Taken(built.model, optimizer, steps, records, words, cut_off)
    built.model.set_weights(before)
    done = len(records) - 1
    words = f"after {done} {_steps(done)}, before step {done + 1}, which is not finite"
    if done == 0:
        return Taken(built.model, _fresh_optimizer(built), 0, records, words, cut_off)
    optimizer, _, _ = _run(built, done)
    return Taken(built.model, optimizer, done, records, words, cut_off)


def _run(built: Built, steps: int) -> tuple[Any, tuple[StepRecord, ...], dict[str, int]]:
    from rnnctl.training.setup import make_loop

    config = built.config
    recorded = config.gradients.model_copy(update={"through_time": True, "every": 1})
    loop = make_loop(replace(built, config=config.model_copy(update={"gradients": recorded})))
    loop.schedule = replace(built.schedule, total_steps=steps)
    loop.validate = None
    optimizer = loop.program.optimizer
    counts = None if config.optimizer.clipvalue is None else _count_cut_off(optimizer, config.optimizer.clipvalue)
    records = tuple(record for record in loop if isinstance(record, StepRecord))
    cut_off = {} if counts is None else dict(zip(loop.program.layout.weights, counts.numpy().tolist(), strict=True))
    return optimizer, records, cut_off


def _count_cut_off(optimizer: Any, limit: float) -> Any:
    """Has an optimizer count, weight by weight, the steps whose gradient arrives with an element at the limit."""
    import tensorflow as tf

    apply = optimizer.apply_gradients
    counts: list[Any] = []

    def counted(pairs: Any) -> Any:
        pairs = list(pairs)
        at_limit = [tf.reduce_any(tf.abs(gradient) >= limit) for gradient, _ in pairs]
        counts[0].assign_add(tf.cast(tf.stack(at_limit), tf.int32))
        return apply(pairs)

    counts.append(tf.Variable(tf.zeros(len(optimizer._trainable_variables), tf.int32)))
    optimizer.apply_gradients = counted
    return counts[0]


def _fresh_optimizer(built: Built) -> Any:
    from rnnctl.model.optimizers import build_optimizer

    optimizer = build_optimizer(built.config.optimizer, built.schedule.total_steps)
    optimizer.build(built.model.trainable_variables)
    return optimizer


def _finite(record: StepRecord) -> bool:
    return abs(record.loss) + abs(record.gradient_norm) < float("inf")


def _steps(count: int) -> str:
    return "step" if count == 1 else "steps"
