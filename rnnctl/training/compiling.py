"""What is being compiled, sent to whoever listens while it lasts, with how long that usually takes.

A program is compiled inside its first call, which nothing can look into; so another thread watches the clock: the one
that waits for the call (`patiently`), or where a caller that listens makes the call itself, one of this module.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TypeVar

from rnnctl import backend, programs
from rnnctl.training import compile_times
from rnnctl.util.format import duration
from rnnctl.util.progress import Listener, Watch, listener

T = TypeVar("T")

POLL_SECONDS = 0.25


class Compiling:
    """The first call of a program, from its beginning until `end`.

    Args:
        name: What the program computes.
    """

    def __init__(self, name: str) -> None:
        self._operations, self._usual = 0, ""
        self._name, self._began, self._kept = name, time.monotonic(), programs.kept()
        self._watch = Watch(self.tell, POLL_SECONDS)

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def traced(self, operations: int) -> None:
        """Notes that the program is traced, and how many operations it has: how long it takes can be told now."""
        usual = compile_times.usual_seconds(operations, self._seconds if backend.device_name() == "CPU" else None)
        self._operations = operations
        if usual is not None:
            rounded = float(f"{usual:.2g}")
            self._usual = f", usually about {duration(rounded) if rounded >= 60 else f'{rounded:g} s'}"

    def tell(self, to: Listener, share: float | None = None) -> None:
        """Sends what is compiled, for how long already, and how long that usually takes."""
        with suppress(OSError, ValueError):  # nobody reads it any more; whoever writes the results notices
            to(f"compiling {self._name}{self._usual}", share, self._seconds)

    def end(self, *, alone: bool) -> None:
        """Ends it.

        Args:
            alone: Whether the call did little besides, so that its time is that of compiling.
        """
        global _now  # noqa: PLW0603
        _now = None
        self._watch.end()
        if alone and self._operations and programs.kept() != self._kept:  # not one that an earlier process compiled
            compile_times.note(self._operations, self._seconds)


_now: Compiling | None = None
"""What is compiled now, by whichever thread."""


def begin(name: str) -> Compiling | None:
    """Notes that the first call of a program begins; None inside of another one's."""
    global _now  # noqa: PLW0603
    if _now is not None:
        return None
    _now = Compiling(name)
    return _now


def patiently(future: Future[T]) -> T:
    """The result of another thread's work; whoever listens to this thread hears what the other compiles."""
    seen: Compiling | None = None
    try:
        while wait([future], POLL_SECONDS).not_done:
            if seen is not None and seen is not _now:
                seen.tell(listener(), 1.0)
            if (seen := _now) is not None:
                seen.tell(listener())
    finally:
        if seen is not None:
            seen.tell(listener(), 1.0)
    return future.result()
