"""A contender: prepares itself, gives its first losses, and takes steps to be timed."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

CHECKED_STEPS = 3
"""First losses that are compared with this project's."""


class NotComparableError(Exception):
    """A contender cannot take this config's steps here; the message says why, for its row of the table."""


class Contender(ABC):
    """One way to take the task's optimizer steps.

    Attributes:
        checked: Whether its first losses are to be compared.
        flops: Multiplications and additions of a step, where it takes no others.
    """

    key: str
    name: str
    computes: str = "loss"
    settings: str = ""
    compile_seconds: float | None = None
    checked: bool = True
    flops: int | None = None

    @abstractmethod
    def prepare(self) -> tuple[float, ...]:
        """Builds and compiles everything, and takes the first steps.

        Returns:
            The losses of the first ``CHECKED_STEPS`` steps, each before its update; empty where there are none.

        Raises:
            NotComparableError: It cannot be done here.
        """

    def settle(self) -> None:
        """Sets what is global to the process, such as numbers of threads, before a sample."""
        return

    def time_step(self, steps: int) -> float:
        """Seconds a step, over ``steps`` steps at least."""
        began = time.perf_counter()
        self.advance(steps)
        return (time.perf_counter() - began) / steps

    def advance(self, steps: int) -> None:
        """Takes steps, and returns when the last one is done."""
        raise NotImplementedError


def best_time(contender: Contender, *, samples: int = 3, target: float = 0.02) -> float:
    """Shortest time of a step in a few samples of about ``target`` seconds: enough to choose between settings."""
    contender.settle()
    steps = steps_a_sample(contender, target)
    return min(contender.time_step(steps) for _ in range(samples))


def steps_a_sample(contender: Contender, target: float) -> int:
    """How many steps make a sample of about ``target`` seconds; found by taking some."""
    steps, most = 1, 4096
    while True:
        each = contender.time_step(steps)
        enough = max(1, min(most, round(target / max(each, 1e-9))))
        if steps * each >= target / 2 or enough <= steps:
            return enough
        # Growing step by step keeps a slow first call from being taken for the usual one, and the reverse.
        steps = min(enough, 8 * steps)
