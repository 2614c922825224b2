"""Number of steps in each compiled call, as Keras' ``steps_per_execution``, chosen from measured times."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnctl.training.feeds import STEPS_A_CALL

SECONDS_A_CALL = 0.1
"""Target duration of a compiled call, so that the screen moves several times a second."""


@dataclass
class StepsPerExecution:
    """Chooses how many steps the next call takes.

    Attributes:
        steps: Steps of the next call.
        seconds: Mean seconds a step of each call so far.
    """

    steps: int = 1
    seconds: list[float] = field(default_factory=list)

    def note(self, steps: int, seconds: float) -> float:
        """Records the duration of a call, and returns its seconds a step."""
        each = seconds / steps
        self.seconds.append(each)
        # Growing at most eightfold keeps one lucky measurement from making a call that blocks for seconds.
        self.steps = max(1, min(STEPS_A_CALL, 8 * steps, int(SECONDS_A_CALL / max(each, 1e-9))))
        return each

    @property
    def median(self) -> float | None:
        """Median seconds a step; None before the first call."""
        return float(np.median(self.seconds)) if self.seconds else None
