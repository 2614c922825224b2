"""Ctrl-C, SIGTERM and SIGHUP as a request that the training loop polls between two calls."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that end a run; the last one comes where a terminal or an SSH connection closes."""

PATIENCE = 1.0
"""Longest delay of an interrupt in seconds: a block that takes longer hangs, for example on a pipe without reader."""


class StopRequest:
    """Whether training is to stop: the first signal requests it, the second interrupts at once.

    ``with request:`` delays the interrupt to the block's end, unless the block takes longer than ``PATIENCE``, or a
    third signal comes.

    Attributes:
        at_once: Whether the second signal came: nothing is waited for any more.
    """

    def __init__(self) -> None:
        self._asked = self._holding = self._held_back = False
        self._since = 0.0
        self.at_once = False

    def __call__(self) -> bool:
        """Whether a signal came."""
        return self._asked

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal; raises KeyboardInterrupt if one came before."""
        del number, frame
        if not self._asked:
            self._asked = True
            return
        self.at_once = True
        if self._holding and not self._held_back and time.monotonic() - self._since < PATIENCE:
            self._held_back = True
        else:
            raise KeyboardInterrupt

    def __enter__(self) -> None:
        self._since = time.monotonic()
        self._holding = True

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._holding = False
        if self._held_back and kind is None:  # else the run ends as it is, and the error says why
            raise KeyboardInterrupt


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Handles ``SIGNALS`` while the block runs, where this is the main thread.

    One that is ignored, as by ``nohup``, stays so.

    A KeyboardInterrupt raised inside a compiled call would lose the results of steps whose updates are already in the
    weights.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, request.handle)
        for number in SIGNALS
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield request
    finally:
        for number, handler in before.items():
            # None stands for a handler that was not set from Python, and cannot be restored from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
