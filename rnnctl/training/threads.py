"""The two threads of training: one takes steps, the other prepares their batches. Knows neither of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

MOMENT = 0.5
"""Seconds that a thread has left where nothing is to be waited for."""


@contextmanager
def two_threads(at_once: Callable[[], bool]) -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor]]:
    """Keeps two threads for the block, and waits for both at its end.

    Args:
        at_once: Asked at the end; where it says True, a thread that is busy for more than a moment is left to itself.

    Yields:
        The one for steps and the one for batches.
    """
    pools = ThreadPoolExecutor(1, "rnnctl-steps"), ThreadPoolExecutor(1, "rnnctl-batches")
    try:
        yield pools
    finally:
        busy = at_once() and bool(wait([pool.submit(int) for pool in pools], MOMENT).not_done)
        for pool in pools:
            pool.shutdown(wait=not busy, cancel_futures=busy)
