"""The screen of ``rnnctl diagnose``: the cause in one sentence, the evidence, what to change, what was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import log10

from rnnctl.cli.console.lines import TEXT_START, labelled, named_lines
from rnnctl.cli.console.plot import drawn
from rnnctl.cli.console.style import Style
from rnnctl.cli.console.table import table
from rnnctl.report.diagnosis_words import TRIED, facts_of, how_sure, rates_in_words, skills_of, tone, tried_cells
from rnnctl.report.examination_words import as_options
from rnnctl.results.diagnosis import Cause, Diagnosis
from rnnctl.util.format import cut, short
from rnnctl.util.printing import printable


def diagnosis_text(found: Diagnosis, style: Style) -> str:
    """A diagnosis as text, no line longer than the style's width."""
    lines = [line for cause in found.causes for line in _cause_lines(cause, style)]
    lines += _seen_lines(found, style)
    blocks = [named_lines(found.name, facts_of(found), style), "\n".join(lines)]
    if (picture := _rate_plot(found, style)) is not None:
        blocks.append(picture)
    if found.tried:
        blocks.append("\n".join(_tried_lines(found, style)))
    return "\n\n".join(blocks)


def _cause_lines(cause: Cause, style: Style) -> Iterator[str]:
    dress: Callable[[str], str] = getattr(style, tone(cause))
    yield from labelled(f"{cause.word}", [f"{cause.sentence} {how_sure(cause)}"], style, dress=dress, indent=0)
    for because in cause.because:
        yield from labelled("because", [because], style)
    for advice in cause.advice:
        options = as_options(advice)
        one = " ".join(options)
        yield from labelled(
            "advice", [advice.why, *([one] if len(one) <= style.width - TEXT_START else options)], style
        )


def _seen_lines(found: Diagnosis, style: Style) -> Iterator[str]:
    for note in found.notes:
        yield from labelled("note", [note], style)
    known = [f"{who} {short(skill, 2)}" for who, skill in skills_of(found).items()]
    if known:
        yield from labelled("skill", [" · ".join(known) + " (0: the baseline, 1: perfect)"], style)
    if found.rates is not None:
        yield from labelled("rates", [rates_in_words(found.rates)], style)


def _rate_plot(found: Diagnosis, style: Style) -> str | None:
    """The loss by learning rate."""
    if found.rates is None:
        return None
    pairs = zip(found.rates.rates, found.rates.losses, strict=True)
    points = [(log10(rate), loss) for rate, loss in pairs if loss is not None]
    losses = [loss for _, loss in points]
    log = min(losses, default=0) > 0 and max(losses) > 30 * min(losses)
    picture = drawn([(points, "●")], style.width, lambda x: f"{10**x:.0e}", log=log)
    if picture is None:
        return None
    return "\n".join([f"  loss after {found.rates.steps} steps by learning rate", *picture])


def _tried_lines(found: Diagnosis, style: Style) -> list[str]:
    label = max(style.width - 72, 24)
    rows = [
        (
            cut(printable(course.label).replace("\n", " "), label),
            *tried_cells(course),
            "← do this" if course.best else "",
        )
        for course in found.tried
    ]
    text = table((*TRIED, ""), rows, replace(style, width=style.width - 2), leaving=(3, 5, 4, 2))
    lines = ["  " + line for line in text.split("\n")]
    return lines + (labelled("so", [found.recommendation], style) if found.recommendation else [])
