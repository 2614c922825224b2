"""How many steps the next compiled call takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rnnctl.training.feeds import STEPS_A_CALL

SECONDS_A_CALL = 0.1
"""How long a compiled call should take, so that the screen moves several times a second."""


@dataclass
class Pace:
    """Chooses how many steps the next call takes.

    Attributes:
        steps: Steps of the next call.
        seconds: Seconds that a step took in the calls so far, each call's mean.
    """

    steps: int = 1
    seconds: list[float] = field(default_factory=list)

    def note(self, steps: int, seconds: float) -> float:
        """Takes in how long a call took, and returns its seconds a step."""
        each = seconds / steps
        self.seconds.append(each)
        # Growing at most eightfold keeps one lucky measurement from making a call that blocks for seconds.
        self.steps = max(1, min(STEPS_A_CALL, 8 * steps, int(SECONDS_A_CALL / max(each, 1e-9))))
        return each

    @property
    def median(self) -> float | None:
        """Median seconds a step; None before the first call."""
        return float(np.median(self.seconds)) if self.seconds else None
