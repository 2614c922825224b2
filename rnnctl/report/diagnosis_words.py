"""A diagnosis in words, for the console and the page."""

from __future__ import annotations

import math

from rnnctl.results.diagnosis import Cause, CourseFacts, Diagnosis, RateTest
from rnnctl.util.format import duration, short

TRIED = ("change", "skill", "± seeds", "loss at first", "after", "steps")
"""Titles of what was tried and its `tried_cells`."""

SKILLS = (
    "How much better than the best baseline that sees no more: 0 is as good as the baseline, 1 is perfect, below 0 is "
    "worse."
)


def tone(cause: Cause) -> str:
    """``good``, ``worrying`` or ``bad``."""
    return "good" if not cause.fault else "bad" if cause.sure >= 0.9 else "worrying"


def skills_of(found: Diagnosis) -> dict[str, float]:
    """Who has what skill, where it is known."""
    course = found.course
    short_of_end = f" after {course.steps:,} of {course.of:,} steps" if course.steps < course.of else ""
    skills = {f"as it is{short_of_end}": course.skill, "on its training rows": course.training_skill}
    skills |= {"a GRU with usual settings": None if found.reference is None else found.reference.skill}
    skills |= {"a regression": found.probe.skill}
    return {who: skill for who, skill in skills.items() if skill is not None}


def how_sure(cause: Cause) -> str:
    """How sure a cause is: ``(sure)``, ``(likely)``, ``(possible)``."""
    return "(sure)" if cause.sure >= 0.9 else "(likely)" if cause.sure >= 0.65 else "(possible)"


def facts_of(found: Diagnosis) -> list[str]:
    """What was looked at, in a few parts."""
    took = duration(found.seconds) if found.seconds else ""
    return [part for part in (found.model, found.state, found.metric, took) if part]


def rates_in_words(rates: RateTest) -> str:
    """The smallest good learning rate of the test beside the config's."""
    losses = dict(zip(rates.rates, rates.losses, strict=True))
    best, own = losses[rates.best], losses[rates.configured]
    text = f"good from {rates.best:.1g} on: loss {short(best, 3)} after {rates.steps} steps"
    if rates.best != rates.configured:
        text += f"; at {rates.configured:g}, as configured, {'not finite' if own is None else short(own, 3)}"
    return text


def tried_cells(course: CourseFacts) -> tuple[str, ...]:
    """Skill, its deviation over seeds, first and last loss, and steps."""
    last = course.losses[-max(5, len(course.losses) // 10) :]
    after = sum(last) / len(last) if last else math.nan
    return (
        short(course.skill, 3),
        "–" if course.spread is None else short(course.spread, 2),
        short(course.losses[0]) if course.losses else "–",
        short(after) if math.isfinite(after) else "not finite",
        f"{course.steps:,}",
    )
