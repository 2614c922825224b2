"""A progress line for notebooks and terminals, rewritten in place."""

from __future__ import annotations

import sys
import time

from rnnctl.results.training import RunHeader, StepRecord, Summary, ValidationRecord
from rnnctl.util.format import short

INTERVAL = 0.2
"""Seconds between two rewritings."""


def is_interactive() -> bool:
    """Whether a person sees what is written to stderr: in a terminal or a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class ProgressLine:
    """Writes how far training has come to stderr, in one line that is rewritten.

    Args:
        header: The run.
        enabled: Whether anything is written.
    """

    def __init__(self, header: RunHeader, *, enabled: bool) -> None:
        self._header, self._enabled = header, enabled
        self._written_at, self._width = 0.0, 0
        self._validation = ""

    def update(self, event: StepRecord | ValidationRecord | Summary) -> None:
        """Takes a record, and rewrites the line if the last time was long enough ago."""
        if isinstance(event, ValidationRecord):
            self._validation = f" · validation {short(event.loss)}"
        elif isinstance(event, StepRecord) and self._enabled and time.monotonic() - self._written_at >= INTERVAL:
            self._written_at = time.monotonic()
            self._write(
                f"{self._header.name}: step {event.step:,} of {self._header.total_steps:,} · loss {short(event.loss)}"
                f"{self._validation} · gradient {short(event.gradient_norm)}"
            )
        elif isinstance(event, Summary) and self._enabled:
            self._write(
                f"{self._header.name}: {event.stopped} after {event.steps:,} steps · loss {short(event.first_loss)} → "
                f"{short(event.final_loss)}{self._validation}"
            )

    def _write(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        if self._width:
            sys.stderr.write("\n")
