"""Causes from evidence: every rule applied, the surest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rnnctl.diagnosis.causes import CAUSES
from rnnctl.diagnosis.causes.suspicion import Suspicion
from rnnctl.diagnosis.evidence import Evidence
from rnnctl.results.diagnosis import Cause
from rnnctl.results.examination import Advice

LEAST = 0.3
"""Certainty below which a cause is not told beside another."""


def judge(evidence: Evidence) -> tuple[Cause, ...]:
    """Every cause that the evidence speaks for, the surest first; ``healthy`` alone where none outweighs it."""
    found: list[tuple[float, int, Cause]] = []
    for place, (word, entry) in enumerate(CAUSES.items()):
        signs: list[Suspicion] = sorted(entry.rule(evidence), key=lambda one: -one.sure)
        if signs:
            sure = signs[0].sure
            because = tuple(line for sign in signs[:3] for line in sign.because)
            advice = together(one for sign in signs for one in sign.advice)
            found.append((-sure, place, Cause(word, sure, entry.sentence, because, advice, entry.fault)))
    found.sort(key=lambda one: one[:2])
    causes = [cause for _, _, cause in found]
    if causes and causes[0].word == "healthy":
        return tuple(causes[:1])
    return tuple(cause for cause in causes if cause.word != "healthy" and cause.sure >= LEAST) or tuple(causes)


def together(advice: Iterable[Advice]) -> tuple[Advice, ...]:
    """Advice of one reason as one change, where its keys differ: of every layer, of kernels and recurrent kernels."""
    found: list[Advice] = []
    for one in advice:
        if any(one.changes.items() <= other.changes.items() for other in found):
            continue
        place = next((at for at, other in enumerate(found) if _joins(one, other)), None)
        if place is None:
            found.append(one)
        else:
            found[place] = replace(one, changes={**found[place].changes, **one.changes})
    return tuple(found)


def _joins(one: Advice, other: Advice) -> bool:
    return one.why == other.why and not one.changes.keys() & other.changes.keys()
