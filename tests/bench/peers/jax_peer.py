"""JAX: ``lax.scan`` under ``jit``, many optimizer steps a call, at the best ``unroll``."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl import backend
from rnnctl.bench.contender import CHECKED_STEPS, Contender, NotComparableError, best_time
from rnnctl.bench.task import Task

from . import jax_cells
from .optional import import_peer, why_not_elsewhere

STEPS_A_CALL = 512
"""Most optimizer steps in a call, as in this project's own loop."""
UNROLLS = (1, 4, 10, 20)
"""Values of ``lax.scan``'s unroll that are tried, as far as a sequence has so many time steps."""


class JaxLoop(Contender):
    """The loop that JAX's users write for speed: steps in a ``fori_loop``, buffers donated, nothing read in between.

    Args:
        task: What to train.
    """

    key = "jax"
    name = "JAX"

    def __init__(self, task: Task) -> None:
        self._task = task
        self._jax: Any = None
        self._call: Any = None
        self._state: Any = None

    def prepare(self) -> tuple[float, ...]:
        """Compiles with each unroll, keeps the fastest, and takes the first steps anew with it."""
        if reason := why_not_elsewhere(self._task.config) or jax_cells.why_not(self._task.config):
            raise NotComparableError(reason)
        with backend.flags_as_the_user_set_them():
            self._jax = import_peer("jax")
            self._jax.numpy.zeros(1).block_until_ready()  # XLA reads its flags when it first runs
        times: dict[int, float] = {}
        built: dict[int, tuple[Any, float]] = {}
        for unroll in (unroll for unroll in UNROLLS if unroll <= self._task.inputs.shape[1]):
            built[unroll] = self._compile(unroll)
            self._call, self._state = built[unroll][0], self._initial()
            times[unroll] = best_time(self)
        best = min(times, key=lambda unroll: times[unroll])
        self._call, self.compile_seconds = built[best]
        self._state = self._initial()
        self.settings = f"unroll={best}, up to {STEPS_A_CALL} steps a call"
        return tuple(self._losses(CHECKED_STEPS).tolist())

    def advance(self, steps: int) -> None:
        """Takes steps, as many a call as this project's loop."""
        while steps > 0:
            self._losses(min(steps, STEPS_A_CALL))
            steps -= STEPS_A_CALL

    def _losses(self, steps: int) -> npt.NDArray[np.float32]:
        self._state, losses = self._call(self._state, self._task.inputs, self._task.targets, np.int32(steps))
        return np.asarray(losses)[:steps]

    def _initial(self) -> Any:
        jnp = self._jax.numpy
        weights = {path: jnp.array(value) for path, value in self._task.weights.items()}
        optimizer = self._task.config.optimizer
        memory = {path: jax_cells.slots(self._jax, optimizer, value) for path, value in weights.items()}
        return weights, memory, jnp.zeros((), jnp.int32)

    def _compile(self, unroll: int) -> tuple[Any, float]:
        jax, config = self._jax, self._task.config

        def loss_of(weights: Any, inputs: Any, targets: Any) -> Any:
            predictions = jax_cells.predict(jax, config.model, weights, inputs, unroll)
            return jax_cells.loss(jax, config.loss, targets, predictions)

        def one_step(state: Any, inputs: Any, targets: Any) -> tuple[Any, Any]:
            weights, memory, step = state
            loss, gradients = jax.value_and_grad(loss_of)(weights, inputs, targets)
            gradients = jax_cells.clip(jax, config.optimizer, gradients)
            new = {
                path: jax_cells.update(jax, config.optimizer, weights[path], gradients[path], memory[path], step)
                for path in weights
            }
            weights, memory = ({path: pair[place] for path, pair in new.items()} for place in (0, 1))
            return (weights, memory, step + 1), loss

        def many_steps(state: Any, inputs: Any, targets: Any, count: Any) -> tuple[Any, Any]:
            def body(step: Any, carry: Any) -> Any:
                state, losses = carry
                state, loss = one_step(state, inputs, targets)
                return state, losses.at[step].set(loss)

            losses = jax.numpy.zeros(STEPS_A_CALL, jax.numpy.float32)
            result: tuple[Any, Any] = jax.lax.fori_loop(0, count, body, (state, losses))
            return result

        began = time.perf_counter()
        arguments = (self._initial(), self._task.inputs, self._task.targets, np.int32(1))
        compiled = jax.jit(many_steps, donate_argnums=0).lower(*arguments).compile()
        return compiled, time.perf_counter() - began
