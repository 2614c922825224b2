"""What is told while something long is under way, on stderr: one moving line on a terminal, a few lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rnnctl.cli.console.style import printable, style_of
from rnnctl.util.format import duration
from rnnctl.util.progress import told_to

REDRAW_SECONDS = 0.25
QUARTERS = 4
"""Lines between the first and the last of a progress where there is no terminal."""


class News:
    """Writes what is told; see `rnnctl.util.progress`.

    Args:
        out: Usually ``sys.stderr``.
        clock: Seconds that pass; a test hands in its own.
    """

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self._style = style_of(out)
        self._text = ""
        self._begun = self._drawn = 0.0
        self._quarter = -1

    def __call__(self, text: str, share: float | None) -> None:
        """Takes a sentence, and the share that is done where it is progress."""
        if share is None:
            self.end()
            self._write(f"note: {printable(text)}\n")
            return
        now = self._clock()
        if text != self._text:
            self.end()
            self._text, self._begun, self._drawn, self._quarter = text, now, now - REDRAW_SECONDS, -1
        if share >= 1:
            self.end()
            self._write(f"note: {printable(text)}: done in {duration(now - self._begun)}\n")
        elif self._style.terminal:
            self._move(share, now)
        elif int(share * QUARTERS) > self._quarter:
            self._quarter = int(share * QUARTERS)
            self._write(f"note: {printable(text)}: {share:.0%}\n")

    def end(self) -> None:
        """Takes the moving line away."""
        if self._style.terminal and self._text:
            self._write("\r\x1b[K")
        self._text = ""

    def _move(self, share: float, now: float) -> None:
        if now - self._drawn < REDRAW_SECONDS:
            return
        self._drawn = now
        done = f": {share:.0%}"
        line = printable(f"note: {self._text}")
        self._write(f"\r\x1b[K{line[: max(0, self._style.width - len(done) - 1)]}{done}")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


@contextmanager
def listening(out: TextIO) -> Iterator[None]:
    """Writes what is told meanwhile, and leaves no moving line behind.

    Args:
        out: Usually ``sys.stderr``.
    """
    news = News(out)
    try:
        with told_to(news):
            yield
    finally:
        news.end()
