"""What a smoke run found: the shape that its table, JSON, JUnit XML and annotations share. Knows no frameworks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ABOUT = {
    "loads": "the config and its data can be used",
    "forward": "the forward pass agrees with plain NumPy in float64",
    "finite": "losses and gradients are finite",
    "gradient": "every weight gets gradient",
    "same bits": "built and trained again, every bit is the same",
    "resumes": "stopped, written to disk, read and gone on with, every bit is the same",
    "verdict": "the gradients' verdict is the declared one (gradients.expect), or not non-finite or bad data",
}
"""What each check means."""


@dataclass(frozen=True, slots=True)
class SmokeCheck:
    """One property of one config.

    Attributes:
        name: A key of `ABOUT`.
        message: What was found, or why it does not hold.
        passed: Whether it holds.
        traceback: Of what kept the check from being made, most likely a defect of rnnctl; None where it was made.
    """

    name: str
    message: str
    passed: bool = True
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class SmokeReport:
    """All checks of one config.

    Attributes:
        path: The config file.
        checks: The checks made; where the config does not load, that one alone.
        verdict: What its gradients were found to be; None where it does not load.
        seconds: Wall-clock seconds, TensorFlow's import included in the first.
    """

    path: Path
    checks: tuple[SmokeCheck, ...]
    verdict: str | None
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in self.checks)
