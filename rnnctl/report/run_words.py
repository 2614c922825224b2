"""A run in words, for the console, the page and notebooks: how it stands, what it came to, and what to do next."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnctl.report.markup import capital
from rnnctl.results.training import DIVERGED, NOT_BETTER, best_of
from rnnctl.util.format import command, counted, duration, first_few, short

if TYPE_CHECKING:
    from rnnctl.report.run_view import RunView


LEARN_LESS = "lower optimizer.learning_rate, or set optimizer.global_clipnorm, and train again"
NEVER_FINITE = f"the validation loss was never finite, so no checkpoint is worth scoring; {LEARN_LESS}"


def best_validation(loss: float, epoch: int | None) -> str:
    """The loss of the best validation, and when."""
    return f"validation {short(loss)} at best, after epoch {epoch:,}"


def step_time(milliseconds: float) -> str:
    """The median time of a step."""
    return f"{duration(milliseconds / 1000)} a step"


def reach_back(verdict: str | None, reach: tuple[int, int] | None) -> str:
    """How far the gradient came: ``vanishing: the gradient reaches 7 of 100 time steps back``; empty if unknown."""
    way = "" if reach is None else f"the gradient reaches {reach[0]:,} of {counted(reach[1], 'time step')} back"
    return ": ".join(filter(None, (verdict, way)))


def outcome(view: RunView) -> tuple[str, str]:
    """How a run stands, in a word or two, and its tone: ``good``, ``worrying`` or ``bad``."""
    from rnnctl.runs.listing import DONE, INTERRUPTED, RUNNING

    entry = view.run.entry
    doubtful = entry.verdict or _worth(view).startswith(NOT_BETTER)
    tones = {DONE: "worrying" if doubtful else "good", RUNNING: "good", INTERRUPTED: "worrying"}
    if entry.state == DONE and _worth(view).startswith(DIVERGED):
        return "diverged", "bad"
    early = (view.run.summary or {}).get("stopped") == "early stopping" and entry.state == DONE
    return "done, stopped early" if early else entry.state, tones.get(entry.state, "bad")


def _worth(view: RunView) -> str:
    """What the test says of the network; empty where that is not known."""
    return str((view.run.summary or {}).get("worth") or "")


def sentence(view: RunView) -> str:
    """What it came to, in a sentence: what the test says of the network, else the losses."""
    return capital(_worth(view)) or _losses(view)


def _losses(view: RunView) -> str:
    steps = view.run.steps
    if not len(steps.step):
        return "No step was recorded"
    first, last = float(steps.loss[0]), float(steps.loss[-1])
    final = short(last) if math.isfinite(last) else "not finite"
    text = f"Loss {short(first)} → {final} in {counted(len(steps.step), 'step')}"
    if (best := best_of(view.run.validations)) is not None:
        text += f"; {best_validation(best.loss, best.epoch)}"
    return text


def details(view: RunView) -> Iterator[tuple[str, str]]:
    """What else is worth knowing, a name and a text each."""
    from rnnctl.runs.listing import INTERRUPTED
    from rnnctl.scoring.measures import in_words

    entry = view.run.entry
    if entry.why:
        yield "why", entry.why
    if entry.state == INTERRUPTED:
        yield "continue with", command("resume", view.run.path)
    worth = _worth(view)
    if not worth.startswith(DIVERGED) and (metrics := in_words(view.run.metrics)):
        yield "test", " · ".join(metrics)
    if worth:
        yield "training", _losses(view)
    if ways := " · ".join(_through_time(view)):
        yield "through time", ways
    if entry.milliseconds_per_step is not None:
        seconds = (view.run.summary or {}).get("seconds")
        whole = "" if seconds is None else f", {duration(seconds)} in all"
        yield "speed", step_time(entry.milliseconds_per_step) + whole
    if view.run.resumed:
        yield "resumed", f"after step {first_few((f'{step:,}' for step in view.run.resumed), 8)}"
    rates = view.run.steps.learning_rate
    if len(rates):
        first, last = f"{rates[0]:.3g}", f"{rates[-1]:.3g}"
        yield "learning rate", first if first == last else f"{first} at first, {last} at the end"


def _through_time(view: RunView) -> Iterator[str]:
    """How far the gradient came at the end, where the loss is read at the last time step; else no norm says that."""
    if not view.read_last:
        return
    entry = view.run.entry
    if entry.reach is not None:
        yield reach_back(entry.verdict, entry.reach)
    for state, profile in view.profiles.items():
        if profile.decay is not None and state.endswith("/h"):
            yield f"‖∂L/∂h‖ of {state.removesuffix('/h')} changes by a factor of {short(profile.decay, 3)} a time step"
