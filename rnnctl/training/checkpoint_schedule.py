"""The steps at which checkpoints are taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rnnctl.schema.training import Checkpoints


@dataclass
class CheckpointSchedule:
    """Chooses the steps after which a snapshot is taken.

    Attributes:
        steps: At every multiple of so many steps; never where it is None.
        seconds: At the first end of a call so many seconds after the last regular one; never where it is None.
        best: At every validation that is the best so far.
        clock: Clock in seconds.
    """

    steps: int | None = None
    seconds: float | None = None
    best: bool = False
    clock: Callable[[], float] = time.monotonic
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    @classmethod
    def of(cls, section: Checkpoints) -> CheckpointSchedule:
        """The schedule of the section ``checkpoints``."""
        seconds = None if section.minutes is None else 60.0 * section.minutes
        return cls(section.steps, seconds, section.best)

    def bound(self, done: int, count: int) -> int:
        """How many of ``count`` steps after step ``done`` a call may take, so that it ends where a snapshot is due."""
        return count if self.steps is None else min(count, self.steps - done % self.steps)

    def reasons(self, done: int, *, best: bool) -> tuple[str, ...]:
        """Why a snapshot is taken after step ``done``; empty where it is not.

        Args:
            done: Steps taken.
            best: Whether the validation after them was the best so far.
        """
        late = self.seconds is not None and self.clock() - self._since >= self.seconds
        due = late or (self.steps is not None and done % self.steps == 0)
        if due:
            self._since = self.clock()
        return (*(("due",) if due else ()), *(("best",) if best and self.best else ()))
