"""Progress of long work on stderr: one moving line on a terminal, a few lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rnnctl.cli.console.style import style_of
from rnnctl.util.format import cut, duration
from rnnctl.util.printing import printable
from rnnctl.util.progress import PATIENCE, ProgressLine, listening

QUARTERS = 4
"""Lines between the first and the last of a progress where there is no terminal."""

PATIENCE_OF_A_FILE = 10.0
"""As `PATIENCE`, where there is no terminal."""


def with_end(text: str, end: str, width: int) -> str:
    """A line of less than ``width`` characters that ends with how far something is, however long the text is."""
    return f"{cut(printable(text), width - len(end) - 3)}: {end}"


class ProgressNotes:
    """Writes the messages of `rnnctl.util.progress` as notes."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self._style = style_of(out)
        self._line = ProgressLine(out, clock=clock)
        self._text, self._began, self._quarter = "", 0.0, -1

    def __call__(self, text: str, share: float | None, seconds: float | None = None) -> None:
        """Writes a message, or the share done of one, or how long it takes; see `Listener`."""
        if seconds is not None:
            self._lasting(text, share, seconds)
            return
        if share is None:
            self.end()
            self._note(text)
            return
        if text != self._text:
            self.end()
            self._text, self._began, self._quarter = text, self._clock(), -1
        if share >= 1:
            self.end()
            milliseconds = max(1, round(1000 * (self._clock() - self._began)))
            self._note(f"{text}: done in {duration(milliseconds / 1000)}")
        elif self._style.terminal:
            self._draw(text, f"{share:.0%}")
        elif share and int(share * QUARTERS) > self._quarter:  # a share of 0 starts the clock alone
            self._quarter = int(share * QUARTERS)
            self._note(f"{text}: {share:.0%}")

    def end(self) -> None:
        """Removes the moving line."""
        self._line.clear()
        self._text = ""

    def _lasting(self, text: str, share: float | None, seconds: float) -> None:
        """On a terminal the line moves and goes at the end; elsewhere there is one line, once it has lasted."""
        if share is not None and share >= 1:
            self.end()
        elif self._style.terminal:
            if seconds >= PATIENCE:
                self._draw(text, duration(seconds) if share is None else f"{share:.0%}, {duration(seconds)}")
        elif seconds >= PATIENCE_OF_A_FILE and text != self._text:
            self._text = text
            self._note(text)

    def _draw(self, text: str, so_far: str) -> None:
        if self._line.due:
            self._line.draw(with_end(f"note: {text}", so_far, self._style.width))

    def _note(self, text: str) -> None:
        self._out.write(f"note: {printable(text)}\n")
        self._out.flush()


@contextmanager
def progress_on(out: TextIO) -> Iterator[None]:
    """Writes the progress of a ``with`` block to a stream, usually ``sys.stderr``."""
    notes = ProgressNotes(out)
    try:
        with listening(notes):
            yield
    finally:
        notes.end()
