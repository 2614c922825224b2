"""The steps at which checkpoints are taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rnnctl.schema.training import Checkpoints

FIRST_SECONDS = 5.0
"""Seconds from the end of a run's first call to its first checkpoint, unless one is due before."""


@dataclass
class CheckpointSchedule:
    """Chooses the steps after which a snapshot is taken.

    By time that is the first end of a call so many minutes after the last regular one. The first of a run is taken
    ``FIRST_SECONDS`` after the first steps, whatever the section says: a run that is killed soon can be resumed.

    Attributes:
        section: The section ``checkpoints``.
        clock: Clock in seconds.
    """

    section: Checkpoints
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._since = self.clock()
        self._first_at: float | None = None
        self._taken = False

    def bound(self, done: int, count: int) -> int:
        """How many of ``count`` steps after step ``done`` a call may take, so that it ends where a snapshot is due."""
        steps = self.section.steps
        return count if steps is None else min(count, steps - done % steps)

    def reasons(self, done: int, *, best: bool) -> tuple[str, ...]:
        """Why a snapshot is taken after step ``done``; empty where it is not.

        Args:
            done: Steps taken.
            best: Whether the validation after them was the best so far.
        """
        steps, minutes = self.section.steps, self.section.minutes
        late = minutes is not None and self.clock() - self._since >= 60.0 * minutes
        if self._first_at is None:
            self._first_at = self.clock() + FIRST_SECONDS
        early = not self._taken and self.clock() >= self._first_at
        due = late or early or (steps is not None and done % steps == 0)
        if due:
            self._taken = True
            self._since = self.clock()
        wanted = {"due": due, "best": best and self.section.best}
        return tuple(reason for reason, holds in wanted.items() if holds)
