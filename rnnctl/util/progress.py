"""Progress of long work: messages to whoever listens, and a line on a terminal or in a notebook that overwrites itself.

The rooms below know no console: they `tell`, and a caller that wants to show it listens with `told_to`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

from rnnctl.util.format import duration, short

REDRAW_SECONDS = 0.25

Tell = Callable[[str, float | None], None]
"""Takes a message without its full stop, and the share done, 0 to 1; None where it is no progress."""


def silent(text: str, share: float | None) -> None:
    """Ignores a message."""


_LISTENER: ContextVar[Tell] = ContextVar("listener", default=silent)


def tell(text: str, share: float | None = None) -> None:
    """Sends a message to the innermost listener; the arguments are those of `Tell`."""
    _LISTENER.get()(text, share)


@contextmanager
def told_to(listener: Tell) -> Iterator[None]:
    """Sends the messages of a ``with`` block to a listener, in place of the one before."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class ProgressLine:
    """A line that is redrawn in place on a terminal or in a notebook (``ipykernel``); nothing is written elsewhere.

    Args:
        out: The stream; ``sys.stdout`` where it is None, which notebooks show without a warning's colour.
        width: Characters at most.
        redraw_seconds: Seconds between two texts at least; those in between are left out.
    """

    def __init__(
        self,
        out: TextIO | None = None,
        width: int = 100,
        clock: Callable[[], float] = time.monotonic,
        redraw_seconds: float = REDRAW_SECONDS,
    ) -> None:
        self._out = sys.stdout if out is None else out
        self._width, self._clock, self._pause = width, clock, redraw_seconds
        self._active = is_terminal(self._out) or "ipykernel" in sys.modules
        self._drawn_at, self._length = -self._pause, 0

    def draw(self, text: str) -> None:
        """Draws a text in place of the one before."""
        now = self._clock()
        if self._active and now - self._drawn_at >= self._pause:
            self._drawn_at = now
            self._write(text[: self._width])

    def draw_step(self, step: int, total_steps: int, loss: float, seconds: float) -> None:
        """Draws a training step: its number, loss, seconds, and the time that the steps left will take."""
        if self._active and self._clock() - self._drawn_at >= self._pause:
            left = duration((total_steps - step) * seconds)
            pace = f"{duration(seconds)} a step · {left} left"
            self.draw(f"step {step:,} of {total_steps:,} · loss {short(loss)} · {pace}")

    def clear(self) -> None:
        """Removes the line, so that the next output takes its place."""
        if self._length:
            self._write("")
            self._out.write("\r")
            self._drawn_at = -self._pause

    def _write(self, text: str) -> None:
        self._out.write("\r" + text.ljust(self._length))
        self._out.flush()
        self._length = len(text)
