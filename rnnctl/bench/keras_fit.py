"""Keras' own ``fit``: at its defaults, and at the best of its options."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from rnnctl.bench.contender import CHECKED_STEPS, best_time
from rnnctl.bench.stock import StockContender, StockLoss, stock_model, stock_optimizer
from rnnctl.bench.task import Task
from rnnctl.cells import CELLS

UNROLLED_MOST = 128
"""Time steps up to which the search tries ``unroll``; under ``jit`` gates × time steps of all layers.

Beyond, compiling takes minutes: 13 s for 100 time steps of a SimpleRNN, over 4 minutes for those of an LSTM.
"""

_EXECUTION = 0.03  # Seconds that one call of many steps should take at least: beyond it, more steps gain nothing.
_TILED_MOST = 2**28  # Bytes of the arrays that fit slices its batches from.


@dataclass(frozen=True, slots=True)
class FitOptions:
    """What a user of ``fit`` can choose.

    Attributes:
        dataset: Whether batches come from a ``tf.data`` pipeline that repeats one batch, rather than being sliced from
            arrays.
    """

    jit_compile: bool | str = "auto"
    unroll: bool = False
    steps_per_execution: int = 1
    dataset: bool = False

    def __str__(self) -> str:
        jit = {"auto": "", True: "jit", False: "no jit"}[self.jit_compile]
        parts = [jit, "unrolled" if self.unroll else "", f"steps_per_execution={self.steps_per_execution}"]
        return ", ".join(part for part in parts if part)


class Fit(StockContender):
    """``fit`` on one batch, repeated; ``shuffle=False``, nothing printed.

    What is timed lies between the end of the first compiled call of an epoch and the end of its last, so that what
    ``fit`` sets up once an epoch is left out.
    """

    key = "keras_default"
    name = "Keras fit, defaults"

    def __init__(self, task: Task, options: FitOptions | None = None) -> None:
        self.options = options or FitOptions()
        super().__init__(task)
        self._model: Any = None
        self._ends: list[float] = []

    def prepare(self) -> tuple[float, ...]:
        """Compiles, and takes the first steps, one an epoch, so that each loss is seen."""
        self.settle()
        options = self.options
        model = stock_model(self._task, unroll=options.unroll)
        model.compile(
            stock_optimizer(self._task),
            StockLoss(self._task.config.loss),
            jit_compile=options.jit_compile,
            steps_per_execution=options.steps_per_execution,
        )
        self._model = model
        began = time.perf_counter()
        losses = self._fit(1)
        first = time.perf_counter() - began
        began = time.perf_counter()
        for _ in range(CHECKED_STEPS - 1):
            losses += self._fit(1)
        self.compile_seconds = max(0.0, first - (time.perf_counter() - began) / (CHECKED_STEPS - 1))
        self._note_ends()
        return tuple(losses)

    def time_step(self, steps: int) -> float:
        """Trains for one epoch, one execution longer than asked for, and times all but the first."""
        a_call = self.options.steps_per_execution
        calls = -(-steps // a_call)
        self._ends.clear()
        self._fit((calls + 1) * a_call)
        return (self._ends[-1] - self._ends[0]) / ((len(self._ends) - 1) * a_call)

    def _fit(self, steps: int) -> list[float]:
        task = self._task
        if self.options.dataset or steps * task.inputs.nbytes > _TILED_MOST:
            batches = tf.data.Dataset.from_tensors((task.inputs, task.targets)).repeat(steps)
            history = self._model.fit(batches, shuffle=False, verbose=0)
        else:
            inputs, targets = (np.concatenate([array] * steps) for array in (task.inputs, task.targets))
            history = self._model.fit(inputs, targets, batch_size=task.batch, shuffle=False, verbose=0)
        return [float(loss) for loss in history.history["loss"]]

    def _note_ends(self) -> None:
        """Notes when each compiled call ends, without a callback, which would make fit slower."""
        inner = self._model.train_function

        def train_function(iterator: Any) -> Any:
            logs = inner(iterator)
            if tf.config.list_physical_devices("GPU"):
                tf.test.experimental.sync_devices()
            self._ends.append(time.perf_counter())
            return logs

        self._model.train_function = train_function


Trial = tuple[float, Fit, tuple[float, ...]]
"""One attempt of the search: seconds a step, ``fit`` as prepared, and its first losses."""


class BestFit(StockContender):
    """``fit`` with the options that a short search finds to be the fastest here."""

    key = "keras_best"
    name = "Keras fit, best"

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._best: Fit
        self._time_steps = task.inputs.shape[1]
        # Time steps up to which jit and unroll are tried together.
        self._unroll_most = UNROLLED_MOST // sum(CELLS[layer.cell].blocks for layer in task.config.model.layers)

    def prepare(self) -> tuple[float, ...]:
        """Tries the options, each from the initial weights, and keeps the fastest."""
        pilot = self._try(FitOptions(jit_compile=True, steps_per_execution=4, dataset=True))
        tried = [pilot, *map(self._try, self._options(execution_steps(pilot[0])))]
        _, fastest, _ = min(tried, key=lambda trial: trial[0])
        tried.append(self._try(replace(fastest.options, steps_per_execution=1)))
        _, self._best, losses = min(tried, key=lambda trial: trial[0])
        self.settings = str(self._best.options)
        if self._unroll_most < self._time_steps:
            self.settings += "; jit with unroll not tried: minutes to compile"
        self.compile_seconds = self._best.compile_seconds
        return losses

    def time_step(self, steps: int) -> float:
        """As the fastest ``Fit``."""
        return self._best.time_step(steps)

    def _options(self, many: int) -> list[FitOptions]:
        options = [FitOptions(jit_compile=jit, steps_per_execution=many, dataset=True) for jit in (True, False)]
        if self._time_steps <= UNROLLED_MOST:
            options.append(FitOptions(jit_compile=False, unroll=True, steps_per_execution=many, dataset=True))
        if self._time_steps <= self._unroll_most:
            options.append(FitOptions(jit_compile=True, unroll=True, steps_per_execution=many, dataset=True))
        return options

    def _try(self, options: FitOptions) -> Trial:
        fit = Fit(self._task, options)
        losses = fit.prepare()
        return best_time(fit), fit, losses


def execution_steps(seconds: float) -> int:
    """Steps of a compiled call: a power of two, so many that the call takes some time, 2 to 128."""
    wanted = _EXECUTION / max(seconds, 1e-9)
    return int(min(128, max(2, 2 ** np.ceil(np.log2(wanted)))))
