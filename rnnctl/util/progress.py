"""Progress of long work: messages to whoever listens, and a line on a terminal or in a notebook that overwrites itself.

The rooms below know no console: they `notify`, and a caller that wants to show it listens with `listening`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from typing import Protocol, TextIO

from rnnctl.util.context import set_within

REDRAW_SECONDS = 0.25

PATIENCE = 1.0
"""Seconds from which on a line shows work whose share done is not known."""


class Listener(Protocol):
    """Takes messages of long work."""

    def __call__(self, text: str, share: float | None, seconds: float | None = None) -> None:
        """Takes a message.

        Args:
            text: The message without its full stop.
            share: The share done, 0 to 1; None where that is not known, or it is no progress.
            seconds: Of work that may be short, how long it has taken so far; at its end ``share`` is 1.
        """


def silent(text: str, share: float | None, seconds: float | None = None) -> None:
    """Ignores a message."""


_LISTENER: ContextVar[Listener] = ContextVar("listener", default=silent)


def notify(text: str, share: float | None = None, seconds: float | None = None) -> None:
    """Sends a message to the innermost listener; the arguments are those of `Listener`."""
    _LISTENER.get()(text, share, seconds)


def listener() -> Listener:
    """The innermost listener."""
    return _LISTENER.get()


class Watch:
    """Tells whoever listens of work that lasts, from a thread of its own, until it ends.

    Args:
        tell: Sends a message to a listener; called with the share done, which is 1 at the end.
        every: Seconds between messages.
    """

    def __init__(self, tell: Callable[[Listener, float | None], None], every: float = REDRAW_SECONDS) -> None:
        self._over, self._thread = threading.Event(), None
        if (to := listener()) is not silent:
            self._thread = threading.Thread(target=self._run, args=(tell, to, every), daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Ends it, after a last message."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, tell: Callable[[Listener, float | None], None], to: Listener, every: float) -> None:
        with suppress(OSError, ValueError):  # nobody reads it any more; whoever writes the results notices
            while not self._over.wait(every):
                tell(to, None)
            tell(to, 1.0)


@contextmanager
def lasting(text: str) -> Iterator[None]:
    """Tells whoever listens what a ``with`` block does, and for how long already, while it lasts."""
    began = time.monotonic()
    watch = Watch(lambda to, share: to(text, share, time.monotonic() - began))
    try:
        yield
    finally:
        watch.end()


def listening(to: Listener) -> AbstractContextManager[Listener]:
    """Sends the messages of a ``with`` block to a listener, in place of the one before."""
    return set_within(_LISTENER, to)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class ProgressLine:
    """A line that is redrawn in place on a terminal or in a notebook (``ipykernel``); nothing is written elsewhere.

    Args:
        out: The stream.
        enabled: Whether anything is written; None decides by the stream.
        clock: Seconds that pass.
    """

    def __init__(
        self, out: TextIO, *, enabled: bool | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out, self._clock, self._length = out, clock, 0
        self._enabled = is_terminal(out) or "ipykernel" in sys.modules if enabled is None else enabled
        self._drawn_at = -REDRAW_SECONDS

    @property
    def due(self) -> bool:
        """Whether the line is written at all, and was last drawn `REDRAW_SECONDS` ago or longer."""
        return self._enabled and self._clock() - self._drawn_at >= REDRAW_SECONDS

    def draw(self, text: str) -> None:
        """Draws a text in place of the one before."""
        if self._enabled:
            self._drawn_at = self._clock()
            self._write("\r" + text.ljust(self._length))
            self._length = len(text)

    def clear(self) -> None:
        """Removes the line, so that the next output takes its place."""
        if self._length:
            self._write("\r" + " " * self._length + "\r")
            self._length, self._drawn_at = 0, -REDRAW_SECONDS

    def close(self) -> None:
        """Leaves the line, and begins the next one."""
        if self._length:
            self._write("\n")
            self._length = 0

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
