"""What a rule says of the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rnnctl.diagnosis.evidence import Evidence
from rnnctl.results.examination import Advice


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A cause that the evidence speaks for.

    Attributes:
        sure: How much it does, 0 to 1.
        because: The evidence, one line each.
        advice: What to change, the likeliest help first.
    """

    sure: float
    because: tuple[str, ...]
    advice: tuple[Advice, ...] = ()


Rule = Callable[[Evidence], Iterator[Suspicion]]
"""Yields a suspicion for each sign of a cause; none where there is no sign."""


@dataclass(frozen=True, slots=True)
class CauseEntry:
    """An entry of the table of causes.

    Attributes:
        word: Its name, as ``--fail-on`` takes it with dashes for spaces.
        sentence: The cause in one sentence that needs no knowledge of the field.
        rule: Finds its signs.
        misleads: Whether the score as it is cannot be compared with that of the config without this fault.
        fault: Whether something is wrong.
    """

    word: str
    sentence: str
    rule: Rule
    misleads: bool = False
    fault: bool = True


def change(why: str, **changes: Any) -> Advice:
    """Advice to change one key: its dots are written as two underscores."""
    return Advice({key.replace("__", "."): value for key, value in changes.items()}, why)


def number(value: float) -> str:
    """Three digits: ``0.62``, ``1.5e+05``."""
    return f"{value:.3g}"
