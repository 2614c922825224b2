"""Causes in how much is learnt: size, length, regularisation, stopping, the window; and that nothing is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from rnnctl.diagnosis.causes.data import nothing_found
from rnnctl.diagnosis.causes.suspicion import Suspicion, change, number
from rnnctl.diagnosis.evidence import MOST_REFERENCE, Evidence
from rnnctl.results.examination import Advice
from rnnctl.scoring.training_rows import season_of

FEW_UNITS = 6
BY_HEART = 0.1
"""Skill on the training rows above that on others from which on something is learnt by heart."""


def few_units(evidence: Evidence) -> Iterator[Suspicion]:
    """A layer is too narrow for what there is to learn."""
    narrow = [(place, layer.units) for place, layer in enumerate(evidence.config.model.layers)]
    place, units = min(narrow, key=lambda pair: pair[1])
    course = evidence.course
    if not evidence.harmed or units > FEW_UNITS or not course.complete:
        return
    trained = course.training_skill
    lines = [f"layer {place} has {units} units"]
    if trained is not None:
        lines.append(f"on the rows that it is trained on its skill is {number(trained)}: it does not fit these either")
        if trained > evidence.within_reach:
            return
    advice = Advice({f"model.layers.{place}.units": 32}, "room for more than a few patterns")
    yield Suspicion(0.72 if units <= 2 else 0.65, tuple(lines), (advice,))


def few_steps(evidence: Evidence) -> Iterator[Suspicion]:
    """Training ends while the loss still falls."""
    course = evidence.course
    if not evidence.harmed or not course.complete or course.stopped != "finished" or course.steps < 4:
        return
    half = course.losses[course.steps // 2 :]
    before, after = float(half[: len(half) // 2].mean()), float(half[len(half) // 2 :].mean())
    chance = 3 * float(half[len(half) // 2 :].std()) / math.sqrt(len(half) // 2)  # batches differ
    falls = (before - after) / before if before - after > chance else 0.0
    # A run has no reference: then what the probe finds says that there is more to learn.
    enough = MOST_REFERENCE if evidence.reference is None else evidence.reference.steps
    if course.steps > 2 * enough:
        return
    if course.training_skill is not None and course.training_skill > evidence.within_reach - 0.02:
        return  # it has learnt what there is
    few = course.steps < 30 and course.steps < enough / 4
    if few or (falls > 0.02 and (course.steps < 200 or falls > 0.1)):
        training = evidence.config.training
        lines = [f"training is {course.steps:,} steps"]
        if falls > 0.02:
            lines.append(f"over the last quarter of them the loss still falls by {falls:.0%}")
        key, now = ("training.steps", training.steps) if training.steps else ("training.epochs", training.epochs or 10)
        wanted = max(5 * int(now or 10), int(now or 10) * 200 // max(course.steps, 1))
        yield Suspicion(0.75 if few or course.steps < 60 else 0.6, tuple(lines), (Advice({key: wanted}, "longer"),))


def stopped_on_noise(evidence: Evidence) -> Iterator[Suspicion]:
    """Early stopping ended training at a chance rise of the validation loss."""
    course, stopping = evidence.course, evidence.config.training.early_stopping
    if course.stopped != "early stopping" or stopping is None or not evidence.harmed:
        return
    share = course.steps / max(course.total, 1)
    if share < 0.5 and stopping.patience <= 3:
        lines = (
            f"training stopped after {course.steps:,} of {course.total:,} steps, at a patience of {stopping.patience}",
            f"with usual settings a skill of {number(evidence.within_reach)} is reached, here {number(evidence.skill)}",
        )
        changes: dict[str, Any] = {"training.early_stopping.patience": 15}
        if stopping.min_delta:
            changes["training.early_stopping.min_delta"] = 0.0
        yield Suspicion(0.8, lines, (Advice(changes, "a rise of a few epochs is chance"),))


def overfitting(evidence: Evidence) -> Iterator[Suspicion]:
    """The training rows are learnt by heart: the validation loss rises while the training loss falls."""
    course = evidence.course
    losses = [(one.step, one.loss) for one in course.validations if math.isfinite(one.loss)]
    stopping = evidence.config.training.early_stopping
    if nothing_found(evidence) or len(losses) < 5 or (stopping is not None and stopping.restore_best_weights):
        return
    step, lowest = min(losses, key=lambda pair: pair[1])
    last = float(np.mean([loss for _, loss in losses[-max(1, len(losses) // 10) :]]))
    at = course.losses[max(0, step - 10) : step + 1]
    fell = float(at.mean()) - course.tail() if at.size else 0.0
    numbers = evidence.dataset.target_kind == "number"  # of classes the loss may rise while the answers stay right
    gap = (course.training_skill or 0.0) - evidence.skill
    matters = evidence.harmed or (numbers and last > 1.6 * lowest) or gap > 0.4
    by_heart = gap > BY_HEART or course.training_skill is None
    if matters and by_heart and last > 1.15 * lowest and step < 0.7 * course.steps and fell > 0.1 * float(at.mean()):
        lines = (
            f"the validation loss was {number(lowest)} after step {step:,}, and is {number(last)} at the end",
            f"the training loss fell from {number(float(at.mean()))} to {number(course.tail())} in the meantime",
        )
        early = Advice({"training.early_stopping": {"patience": 10}}, "keeps the weights of the best epoch")
        yield Suspicion(0.8 if last > 1.4 * lowest or evidence.harmed else 0.6, lines, (early,))


def strong_dropout(evidence: Evidence) -> Iterator[Suspicion]:
    """Most of the input or of the state is dropped."""
    if not evidence.harmed:
        return
    for place, layer in enumerate(evidence.config.model.layers):
        for name in ("dropout", "recurrent_dropout"):
            share = getattr(layer, name, 0.0)
            if share >= 0.6:
                advice = Advice({f"model.layers.{place}.{name}": 0.1}, "a little of it is enough")
                lines = (f"layer {place}: {name} {share:g}: of each step {share:.0%} is left out",)
                yield Suspicion(0.82, lines, (advice,))


def strong_decay(evidence: Evidence) -> Iterator[Suspicion]:
    """Weight decay pulls the weights to zero faster than they learn."""
    decay = getattr(evidence.config.optimizer, "weight_decay", 0.0)
    rates = evidence.course.rates
    if not decay or not rates.size or not evidence.harmed:
        return
    mean = float(rates.mean())
    left = math.exp(-decay * mean * evidence.course.total)
    fast = decay * mean
    if fast > 1e-3 or (left < 1e-2 and decay > 0.5):
        lines = (f"a step takes {fast:.2%} off every weight; over training nothing but {left:.1%} of it would be left",)
        yield Suspicion(0.85, lines, (change("a usual decay", optimizer__weight_decay=0.01),))


def short_window(evidence: Evidence) -> Iterator[Suspicion]:
    """The window is shorter than the season."""
    dataset = evidence.dataset
    if not dataset.forecast or dataset.target_kind != "number" or dataset.own is None:
        return
    season, length = season_of(dataset), dataset.train.length
    known = bool(dataset.season) or any(column.back is not None for column in dataset.inputs)
    if season is None or season <= length or known:
        return
    lines = (f"the series repeats itself every {season} rows, and the network sees {length}",)
    table = evidence.config.data.table
    advice = () if table is None else (change("one season and a little more", data__window__length=season + 2),)
    yield Suspicion(0.8 if evidence.skill < 0.3 else 0.5, lines, advice)


def healthy(evidence: Evidence) -> Iterator[Suspicion]:
    """Nothing better is known to be possible."""
    if evidence.harmed:
        yield Suspicion(0.2, ("something better is possible, and no single cause stands out",))
        return
    rows = "its training rows, there are no others," if evidence.dataset.validation is None else "rows not trained on"
    lines = [f"skill on {rows} {number(evidence.skill)}"]
    others = {"a GRU with usual settings": None if evidence.reference is None else evidence.reference.skill}
    others["a regression"] = evidence.probe_skill
    lines += [f"{who} has {number(skill)}" for who, skill in others.items() if skill is not None]
    yield Suspicion(0.58 if evidence.skill > 0.02 else 0.45, tuple(lines))
