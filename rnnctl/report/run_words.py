"""A run in words: how it stands, what it came to, and what to do next."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from rnnctl.report.look import Look
from rnnctl.runs.listing import DONE, FAILED, INTERRUPTED, RUNNING
from rnnctl.scoring.measures import in_words
from rnnctl.util.format import counted, duration, first_few, short


class Outcome(NamedTuple):
    """How a run stands.

    Attributes:
        state: In a word or two.
        tone: ``good``, ``worrying`` or ``bad``.
    """

    state: str
    tone: str


def outcome(look: Look) -> Outcome:
    """How a run stands."""
    entry = look.run.entry
    tones = {DONE: "good", RUNNING: "good", INTERRUPTED: "worrying", FAILED: "bad"}
    tone = "worrying" if entry.verdict and entry.state == DONE else tones.get(entry.state, "bad")
    early = (look.run.summary or {}).get("stopped") == "early stopping" and entry.state == DONE
    return Outcome("done, stopped early" if early else entry.state, tone)


def sentence(look: Look) -> str:
    """What it came to, in a sentence."""
    steps = look.run.steps
    if not len(steps.step):
        return "No step was recorded"
    first, last = float(steps.loss[0]), float(steps.loss[-1])
    text = f"Loss {short(first)} → {_loss(last)} in {counted(len(steps.step), 'step')}"
    checks = [check for check in look.run.validations if math.isfinite(check.loss)]
    if checks:
        best = min(checks, key=lambda check: check.loss)
        text += f"; validation {short(best.loss)} at best, after epoch {best.epoch:,}"
    return text


def _loss(loss: float) -> str:
    return short(loss) if math.isfinite(loss) else "not finite"


def told(look: Look) -> Iterator[tuple[str, str]]:
    """What else is worth knowing, a name and a text each."""
    entry, summary = look.run.entry, look.run.summary or {}
    if entry.why:
        yield "why", entry.why
    if entry.state == INTERRUPTED:
        yield "go on with", f"rnnctl resume {shlex.quote(str(look.run.path))}"
    metrics = in_words(look.run.metrics)
    if metrics:
        yield "test", " · ".join(metrics)
    ways = " · ".join(_ways(look))
    if ways:
        yield "through time", ways
    if entry.milliseconds_per_step is not None:
        seconds = summary.get("seconds")
        whole = f", {duration(seconds)} in all" if isinstance(seconds, int | float) else ""
        yield "speed", f"{duration(entry.milliseconds_per_step / 1000)} a step{whole}"
    if look.run.resumed:
        yield "gone on", f"after step {first_few((f'{step:,}' for step in look.run.resumed), 8)}"
    rates = look.run.steps.learning_rate
    if len(rates):
        first, last = f"{rates[0]:.3g}", f"{rates[-1]:.3g}"
        yield "learning rate", first if first == last else f"{first} at first, {last} at the end"


def _ways(look: Look) -> Iterator[str]:
    """How far the gradient came at the end, where the loss is read at the last time step; else no norm says that."""
    if not look.read_last:
        return
    entry = look.run.entry
    if entry.reach is not None:
        word = f"{entry.verdict}: " if entry.verdict else ""
        yield f"{word}the gradient reaches {entry.reach[0]:,} of {counted(entry.reach[1], 'time step')} back"
    for state, profile in look.profiles.items():
        if profile.decay is not None and state.endswith("/h"):
            yield f"‖∂L/∂h‖ of {state.removesuffix('/h')} changes by a factor of {short(profile.decay, 3)} a time step"
