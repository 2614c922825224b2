"""The optimizer steps that an examination takes first, stopped before one that is not finite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rnnctl.config import Config
from rnnctl.findings import Series
from rnnctl.records import StepRecord
from rnnctl.workflows.build import Built


@dataclass(frozen=True, eq=False)
class Taken:
    """A model after some steps.

    Attributes:
        model: The ``keras.Model``.
        optimizer: Its Keras optimizer, in the state that the steps left it.
        done: Steps that the model has taken.
        records: What they did; one more than ``done`` where the next one is not finite.
        words: What the model is, in words.
    """

    model: Any
    optimizer: Any
    done: int
    records: tuple[StepRecord, ...]
    words: str

    def history(self) -> dict[str, tuple[Series, ...]]:
        """By state path, the norms through time of every step."""
        kept = [record.state_gradient_norms for record in self.records if record.state_gradient_norms is not None]
        return {path: tuple(norms[path] for norms in kept) for path in (kept[0] if kept else ())}


def take_steps(config: Config, built: Built, steps: int) -> Taken:
    """Trains a model for some steps.

    A step that is not finite leaves nothing to examine behind it. So the model is brought to where it stood before
    that step: the examination then sees the gradient that broke it.

    Args:
        config: The whole config.
        built: Data and model; the model is changed.
        steps: Optimizer steps.

    Returns:
        The model, and what happened.
    """
    if steps == 0:
        return Taken(built.model, _fresh_optimizer(config, built), 0, (), "at initialization")
    before = built.model.get_weights()
    optimizer, records = _run(config, built, steps)
    words = f"after {steps} {_steps(steps)}"
    if _finite(records[-1]):
        return Taken(built.model, optimizer, steps, records, words)
    built.model.set_weights(before)
    done = len(records) - 1
    words = f"after {done} {_steps(done)}, before step {done + 1}, which is not finite"
    if done == 0:
        return Taken(built.model, _fresh_optimizer(config, built), 0, records, words)
    optimizer, _ = _run(config, built, done)
    return Taken(built.model, optimizer, done, records, words)


def _run(config: Config, built: Built, steps: int) -> tuple[Any, tuple[StepRecord, ...]]:
    from rnnctl.training.setup import make_loop

    recorded = config.gradients.model_copy(update={"through_time": True, "every": 1})
    loop = make_loop(config.model_copy(update={"gradients": recorded}), built.dataset, built.model)
    loop.plan = replace(loop.plan, total_steps=steps)
    loop.validate = None
    records = tuple(record for record in loop if isinstance(record, StepRecord))
    return loop.program.optimizer, records


def _fresh_optimizer(config: Config, built: Built) -> Any:
    from rnnctl.model.optimizers import build_optimizer
    from rnnctl.training.plan import make_plan

    plan = make_plan(config.training, len(built.dataset.train), config.seed)
    optimizer = build_optimizer(config.optimizer, plan.total_steps)
    optimizer.build(built.model.trainable_variables)
    return optimizer


def _finite(record: StepRecord) -> bool:
    return abs(record.loss) + abs(record.gradient_norm) < float("inf")


def _steps(count: int) -> str:
    return "step" if count == 1 else "steps"
