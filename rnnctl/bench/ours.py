"""This project's own compiled loop, with all norms, with those of the weights alone, and with none."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from rnnctl import backend
from rnnctl.bench.contender import CHECKED_STEPS, Contender
from rnnctl.bench.task import Task
from rnnctl.errors import NonFiniteError
from rnnctl.training.feeds import STEPS_A_CALL
from rnnctl.training.setup import make_program

ALL, WEIGHTS, NONE = "ours", "ours_weight_norms", "ours_no_norms"

_NAMES = {
    ALL: ("rnnctl", "loss + weight norms + ∂L/∂h_t"),
    WEIGHTS: ("rnnctl, through time off", "loss + weight norms"),
    NONE: ("rnnctl, no norms", "loss"),
}


class Ours(Contender):
    """The compiled loop of ``rnnctl train``, on one batch; ``key`` says which norms are computed."""

    def __init__(self, task: Task, key: str = ALL) -> None:
        self.key = key
        self.name, self.computes = _NAMES[key]
        self._task = task
        self._program: Any = None

    def prepare(self) -> tuple[float, ...]:
        """Compiles the loop, and takes the first steps."""
        self.settle()
        task = self._task
        gradients = task.config.gradients.model_copy(update={"through_time": self.key == ALL, "every": 1})
        config = task.config.model_copy(update={"gradients": gradients})
        built = replace(task.built, config=config, model=task.new_model())
        self._program = make_program(built, norms=self.key != NONE, loops_only=False)  # as of a long training
        began = time.perf_counter()
        self._program.warm_up()
        self.compile_seconds = time.perf_counter() - began
        return tuple(self._losses(CHECKED_STEPS).tolist())

    def settle(self) -> None:
        """Trains the way ``rnnctl train`` does: deterministically."""
        backend.start()

    def advance(self, steps: int) -> None:
        """Takes steps, as many a call as the loop does at most."""
        for done in range(0, steps, STEPS_A_CALL):
            self._losses(min(STEPS_A_CALL, steps - done))

    def _losses(self, count: int) -> Any:
        indices = np.repeat(self._task.indices[None], count, axis=0)
        rows = self._program.run(self._program.prepare(indices, np.full(count, self._task.batch, np.int32)))
        if len(rows) < count or not np.isfinite(rows[-1, 0]):
            raise NonFiniteError(
                "training on the first batch again and again became NaN or infinite, so that its speed means nothing; "
                "lower optimizer.learning_rate for the bench"
            )
        return rows[:, 0]
