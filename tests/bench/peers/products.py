"""The machine's own rate: a step's matrix products alone, on as many threads as asked for.

Every thread has its share of the batch and runs each product of it whole, all threads at the same time, as a loop does
that gives each core a part of the batch. Each product is timed with the fastest kernel that keeps to one thread: XLA's,
or NumPy's BLAS where ``threadpoolctl`` can hold it to one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from rnnctl.bench.contender import Contender
from rnnctl.bench.task import Task
from rnnctl.util.format import counted

from .floor import Product, blas_loop, loop_of, parts_of_step

_SAMPLE = 0.004  # Seconds for which one product is repeated in a sample.

Runs = list[Callable[[int], Any]]


class Products(Contender):
    """The products of one step, each timed alone on every thread at once, and summed.

    Args:
        task: The task.
        threads: How many.
    """

    computes = "its matrix products alone"
    checked = False

    def __init__(self, task: Task, threads: int) -> None:
        self.key, self.name = f"products_{threads}", f"products, {counted(threads, 'thread')}"
        share = math.ceil(task.batch / threads)
        self.parts = [part for part in parts_of_step(task, share) if isinstance(part, Product)]
        self.flops = sum(part.flops for part in parts_of_step(task) if isinstance(part, Product))
        self._pool = ThreadPoolExecutor(threads)
        self._threads = threads
        self._chosen: list[tuple[Runs, int, int]] = []

    def prepare(self) -> tuple[float, ...]:
        """Compiles every product, and chooses each one's fastest way."""
        blas = 0
        with _one_thread() as limits:
            for part in self.parts:
                ways: list[Runs] = [self._runs(loop_of, part)]
                if limits is not None:
                    ways.append(self._runs(blas_loop, part))
                guess = min(min(self._seconds(way, 1) for _ in range(3)) for way in ways)
                repeats = max(1, round(_SAMPLE / max(guess, 1e-9)))
                each, place = min(
                    (min(self._seconds(way, repeats) for _ in range(3)), at) for at, way in enumerate(ways)
                )
                blas += place
                self._chosen.append((ways[place], max(1, round(_SAMPLE / max(each, 1e-9))), part.times))
        kernels = {"XLA": len(self.parts) - blas, "BLAS": blas}
        self.settings = "timed " + ", ".join(f"{count} by {name}" for name, count in kernels.items() if count)
        return ()

    def time_step(self, steps: int) -> float:
        """Times each product alone, and sums them up as often as a step has each; ``steps`` changes nothing."""
        with _one_thread():
            return sum(self._seconds(runs, repeats) * times for runs, repeats, times in self._chosen)

    def _runs(self, make: Callable[..., Callable[[int], Any]], part: Product) -> Runs:
        """The product for each thread, with operands of its own."""
        return [make(part, np.random.default_rng(thread)) for thread in range(self._threads)]

    def _seconds(self, runs: Runs, repeats: int) -> float:
        began = time.perf_counter()
        list(self._pool.map(lambda run: run(repeats), runs))
        return (time.perf_counter() - began) / repeats


def _one_thread() -> AbstractContextManager[Any]:
    """Holds BLAS to one thread; gives None where ``threadpoolctl`` is not installed."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1, "blas")
