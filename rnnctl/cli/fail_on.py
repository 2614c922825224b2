"""``--fail-on``: words at which a command ends with exit code 5, each from the table that defines it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from rnnctl.cli.options import Function, chosen
from rnnctl.errors import CheckFailedError
from rnnctl.util.printing import printable

if TYPE_CHECKING:
    from rnnctl.results.diagnosis import Cause

LIKELY = 0.5
"""Certainty from which a cause counts."""
ANY = "any"


def fail_on_causes_option(told: str) -> Callable[[Function], Function]:
    """``--fail-on`` of a command that finds causes; the value is the words of the table, or None.

    Args:
        told: Help that begins with "Exit with 5".
    """
    return click.option("--fail-on", metavar="CAUSES", callback=_causes, help=told)


def _causes(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    return None if text is None else _words(text, [*_cause_words(), ANY])


def verdicts_asked(text: str) -> tuple[str, ...]:
    """Verdicts from a text with commas; of a word that is a cause alone, the error says which command takes it."""
    from rnnctl.gradients.verdicts import GRAVITY

    verdicts = [word for word in GRAVITY if word != "healthy"]
    causes = {_dashed(word) for word in (*_cause_words(), ANY)} - {_dashed(word) for word in verdicts}
    if other := [word for part in text.split(",") if (word := _dashed(part.strip().casefold())) in causes]:
        raise click.UsageError(
            f"--fail-on: {other[0]!r} is a cause, not a verdict on gradients; give it to rnnctl diagnose --fail-on or "
            f"rnnctl train --fail-on. Allowed here: {', '.join(map(_dashed, verdicts))}."
        )
    return _words(text, verdicts)


def fail_on_causes(name: str, causes: Sequence[Cause], unwanted: Sequence[str], more: str = "") -> None:
    """Ends with exit code 5 where a cause that is at least likely is unwanted.

    Args:
        name: What was looked at.
        causes: The likeliest first.
        unwanted: Words of the table of causes, or ``any``: whatever is a fault.
        more: What to do, in a sentence.

    Raises:
        CheckFailedError: One of the causes is unwanted; the message has the first.
    """
    for cause in causes:
        if cause.sure >= LIKELY and (cause.word in unwanted or (ANY in unwanted and cause.fault)):
            raise CheckFailedError(f"{name}: {cause.word}: {cause.sentence} {more}".rstrip())


def _cause_words() -> list[str]:
    from rnnctl.diagnosis.causes import CAUSES

    return [word for word in CAUSES if word != "healthy"]


def _words(text: str, allowed: Sequence[str]) -> tuple[str, ...]:
    words = {_dashed(word): word for word in allowed}
    return tuple(words[word] for word in chosen("--fail-on", printable(text), words))


def _dashed(word: str) -> str:
    return word.replace(" ", "-")
