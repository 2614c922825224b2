"""The lines of a verdict: what holds, because of what, what was ruled out, what to change, what was tried."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace

from rnnctl.cli.console.style import Style, printable
from rnnctl.cli.console.table import table
from rnnctl.report.wording import (
    as_options,
    checked_in_words,
    data_in_words,
    grave,
    noise_in_words,
    reach_of_trial,
    subject,
)
from rnnctl.results import Examination, Trial, Verdict
from rnnctl.util.format import cut, duration, short

INDENT = 13
NARROW = 50
"""Width below which labels stand on lines of their own."""

TRIED = ("tried", "reach", "decay", "loss", "after", "a step", "")


def verdict_lines(verdict: Verdict, style: Style, *, several: bool) -> list[str]:
    """One verdict.

    Args:
        verdict: It.
        style: Width of a line, and how text is dressed.
        several: Whether the network has several layers, so that each line says which it is about.
    """
    dress: Callable[[str], str] = getattr(style, grave(verdict.word))
    lines = labelled(verdict.word, [subject(verdict, several=several)], style, dress=dress, indent=0)
    for because in verdict.because:
        lines += labelled("because", [because], style)
    if verdict.not_because:
        lines += labelled("not", [" · ".join(verdict.not_because)], style)
    for advice in verdict.advice:
        options = as_options(advice)
        one = " ".join(options)
        lines += labelled("advice", [advice.why, *([one] if len(one) <= style.width - INDENT else options)], style)
    return lines


def labelled(
    label: str, texts: Sequence[str], style: Style, *, dress: Callable[[str], str] | None = None, indent: int = 2
) -> list[str]:
    """A label and the texts beside it, broken between words; below it where the terminal is narrow.

    Args:
        label: One word.
        texts: Each begins a line.
        style: Width of a line.
        dress: How the label is dressed; dim where it is not said.
        indent: Spaces before the label.
    """
    narrow = style.width < NARROW
    start = 4 if narrow else max(INDENT, indent + len(label) + 2)
    lines = [
        line
        for text in texts
        for line in textwrap.wrap(
            printable(text).replace("\n", " "), max(style.width - start, 8), break_on_hyphens=False
        )
    ]
    shown = (dress or style.dim)(label)
    if narrow or not lines:
        return [" " * indent + shown, *(" " * start + line for line in lines)]
    first = " " * indent + shown + " " * (start - indent - len(label)) + lines[0]
    return [first, *(" " * start + line for line in lines[1:])]


def trial_lines(found: Examination, style: Style) -> list[str]:
    """The table of what was tried, and what follows from it."""
    if not found.trials:
        return []
    inner = replace(style, width=style.width - 2)
    label = max(style.width - 64, 24)  # what the other columns leave
    rows = [_trial_row(trial, found, label) for trial in found.trials]
    lines = ["  " + line for line in table(TRIED, rows, inner).split("\n")]
    if found.recommendation:
        lines += labelled("so", [found.recommendation], style)
    return lines


def _trial_row(trial: Trial, found: Examination, width: int) -> tuple[str, ...]:
    return (
        cut(printable(trial.label).replace("\n", " "), width),
        reach_of_trial(trial, found.time_steps),
        short(trial.decay_per_step, 3),
        short(trial.first_loss),
        "not finite" if trial.final_loss != trial.final_loss else short(trial.final_loss),
        duration(trial.milliseconds_per_step / 1000),
        "← do this" if trial.best else "",
    )


def data_lines(found: Examination, style: Style) -> list[str]:
    """The health of the data, and the noise."""
    lines = labelled("data", texts, style) if (texts := data_in_words(found)) else []
    noise = noise_in_words(found)
    return lines if noise is None else [*lines, *labelled("noise", [noise], style)]


def checked_lines(found: Examination, style: Style) -> list[str]:
    """The self-check."""
    checked = checked_in_words(found)
    return [] if checked is None else labelled("checked", [checked], style)
