"""The interface of trackers: they get the records of a run and log them elsewhere."""

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
    """What a tracker gets before the first step.

    Attributes:
        header: Sizes and names of the run.
        folder: The run folder; None where there is none.
        step: Steps taken before; more than 0 where a run is resumed.
        weights: The weights before the first step.
    """

    header: RunHeader
    config: Config
    environment: Mapping[str, Any]
    folder: Path | None
    step: int
    weights: Arrays


class Tracker(Protocol):
    """Logs a run. Its methods are called in order and from one thread.

    Every method may raise anything. An error of `check` or `begin` ends the run; after one of the others it goes on.

    Attributes:
        whole: Every step up to this one is logged, of later ones fewer and fewer (`is_sampled`).
    """

    whole: ClassVar[int]

    @property
    def name(self) -> str:
        """Name and place, for messages."""

    def check(self, folder: Path | None) -> None:
        """Checks that a run can be logged, before anything is written.

        Args:
            folder: The run folder of a run that is resumed; None for a new run.

        Raises:
            RunError: It cannot.
        """

    def begin(self, beginning: Beginning) -> None:
        """Begins a run, before its first step.

        Raises:
            RunError: It cannot be logged.
        """

    def step(self, record: StepRecord) -> None:
        """Logs an optimizer step."""

    def validation(self, record: ValidationRecord) -> None:
        """Logs a validation."""

    def weights(self, step: int, arrays: Arrays) -> None:
        """Logs the weights after a step: with each checkpoint, and at the end."""

    def end(self, end: End, summary: Summary | None) -> None:
        """Ends the run; ``summary`` is None where the run failed before it had one."""


def require(extra: str, *modules: str) -> None:
    """Checks that the modules of an extra are installed, without importing them.

    Raises:
        MissingExtraError: One is not.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise MissingExtraError(
            f"--{extra} needs {' and '.join(missing)}, which rnnctl does not install by itself; "
            f"install it with: pip install 'rnnctl[{extra}]'"
        )
