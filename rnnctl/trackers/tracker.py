"""What a tracker is: it is told of a run what the console is told, and writes it where others look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import numpy.typing as npt

from rnnctl.config import Config
from rnnctl.errors import RnnctlError
from rnnctl.results.training import RunHeader, StepRecord, Summary, ValidationRecord

Arrays = Mapping[str, npt.NDArray[Any]]
"""Weights by their paths."""

End = Literal["finished", "interrupted", "failed"]
"""How a run ended."""


class MissingExtraError(RnnctlError):
    """A package that a tracker needs is not installed."""

    exit_code = 2


@dataclass(frozen=True)
class Beginning:
    """What a tracker is told before the first step.

    Attributes:
        header: What is known of the run.
        config: Its config.
        environment: What it runs on, as in ``environment.json``.
        folder: The run folder; None where there is none.
        step: Steps that were taken before; more than 0 where a run goes on.
        weights: The weights before the first step.
    """

    header: RunHeader
    config: Config
    environment: Mapping[str, Any]
    folder: Path | None
    step: int
    weights: Arrays


class Tracker(Protocol):
    """What training tells of itself, in order, and from one thread.

    Every method may raise anything. ``check`` and ``begin`` end the run by it; after these it goes on, and is told on.

    Attributes:
        whole: It is told every step up to this one, of later ones fewer and fewer (``rnnctl.trackers.thinning``).
    """

    whole: ClassVar[int]

    @property
    def name(self) -> str:
        """What it is and where it writes, for messages."""

    def check(self, folder: Path | None) -> None:
        """Sees that it can follow a run, before the run leaves anything anywhere.

        Args:
            folder: The run folder of a run that goes on; None for a new run.

        Raises:
            RunError: It cannot; where, why and what to do.
        """

    def begin(self, beginning: Beginning) -> None:
        """Takes up a run, before its first step.

        Raises:
            RunError: It cannot be followed; where, why and what to do.
        """

    def step(self, record: StepRecord) -> None:
        """Takes an optimizer step."""

    def validation(self, record: ValidationRecord) -> None:
        """Takes a validation."""

    def weights(self, step: int, arrays: Arrays) -> None:
        """Takes the weights after a step, whenever the run keeps them, and at its end."""

    def end(self, end: End, summary: Summary | None) -> None:
        """Takes leave of the run; nothing comes after it.

        Args:
            end: How it ended.
            summary: What it came to; None where it did not get so far.
        """


def require(extra: str, *modules: str) -> None:
    """Sees that what an extra brings is installed, without importing it.

    Args:
        extra: Name of the extra, and of the option.
        modules: The modules it brings.

    Raises:
        MissingExtraError: One is not; what to install is told.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"--{extra} needs {' and '.join(missing)}, which rnnctl does not install by itself; "
            f"install it with: pip install 'rnnctl[{extra}]'"
        )
