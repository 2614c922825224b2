"""Every error a user can meet, each with its exit code.

::

    RnnctlError                1  the run failed
    ├── ConfigError            2  the config (or an override) is wrong; carries every fault found
    ├── DataError              3  the data cannot be used as the config asks
    ├── NonFiniteError         4  training became NaN or infinite
    ├── CheckFailedError       5  a check asked for with --fail-on failed
    └── RunError               1  a run folder cannot be read or written

Messages are written in this order: where, what was found, what was expected, what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class RnnctlError(Exception):
    """The base of all errors that are the input's or the machine's, not a defect of rnnctl."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a config.

    Attributes:
        source: File the fault is in, or where an override came from (``--set``).
        line: 1-based line, or None where there is none.
        column: 1-based column, or None where there is none.
        path: Dotted key path, such as ``optimizer.learning_rate``; empty for the whole file.
        message: What was found, what is allowed, and the nearest right word.
    """

    source: str
    line: int | None
    column: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class ConfigError(RnnctlError):
    """A config is wrong; every fault of it is told at once.

    Args:
        faults: The faults, in the order of the file. At least one.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class DataError(RnnctlError):
    """The data cannot be used as the config asks."""

    exit_code: ClassVar[int] = 3


class NonFiniteError(RnnctlError):
    """Training became NaN or infinite."""

    exit_code: ClassVar[int] = 4


class CheckFailedError(RnnctlError):
    """A check that was asked for with ``--fail-on`` failed."""

    exit_code: ClassVar[int] = 5


class RunError(RnnctlError):
    """A run folder cannot be read or written."""


def system_words(error: OSError) -> str:
    """What the system says of a file, without Python's number of it."""
    named = f"{error.filename}: " if error.strerror and error.filename else ""
    return f"{named}{error.strerror or error}"


def is_panic(error: BaseException) -> bool:
    """Whether Polars failed itself: its panic is no `Exception`. Known by its name, so that Polars is not imported."""
    return type(error).__name__ == "PanicException"


def panic_error(what: str, error: BaseException) -> DataError:
    """The error for data at which Polars panics."""
    reason = " ".join(str(error).split())[:200]
    return DataError(
        f"{what}: Polars cannot handle something in it ({reason}); look for dates or numbers far from others"
    )
