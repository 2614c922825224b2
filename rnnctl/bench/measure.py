"""The rounds: every contender takes a sample in every round, so that whatever else the machine does hits all alike."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rnnctl.backend import no_garbage_collection
from rnnctl.bench.contender import Contender, NotComparableError, steps_a_sample
from rnnctl.results.bench import BenchRow

SAMPLE = 0.04
"""Seconds that a sample should take; a single step may take longer."""
FEWEST = 5
"""Samples of every contender at least, however long they take."""
TOLERANCE = 1e-4
"""Relative difference from this project's losses that float32 explains."""

_REST = 0.01  # Seconds of silence before a sample: other frameworks' threads spin for a while after their work.


@dataclass
class Entry:
    """A contender in the race, or why it cannot take part (``remark``).

    It takes part in every so many rounds: a contender with long steps would eat the others' time.
    """

    contender: Contender
    losses: tuple[float, ...] = ()
    remark: str = ""
    steps: int = 1
    every: int = 1
    samples: list[float] = field(default_factory=list)


def race(
    contenders: Sequence[Contender], seconds: float, progress: Callable[[str], None] = lambda _: None
) -> tuple[BenchRow, ...]:
    """Prepares all contenders, the first of them this project's, then times them round by round for some seconds."""
    entries = []
    for contender in contenders:
        progress(f"preparing {contender.name}")
        entries.append(_prepared(contender))
    progress(f"measuring for {seconds:g} s")
    _run_rounds([entry for entry in entries if not entry.remark], seconds)
    return tuple(_row(entry, entries[0]) for entry in entries)


def _prepared(contender: Contender) -> Entry:
    try:
        losses = contender.prepare()
    except NotComparableError as error:
        return Entry(contender, remark=str(error))
    contender.settle()
    steps = steps_a_sample(contender, SAMPLE)
    each = contender.time_step(steps)
    return Entry(contender, losses, steps=steps, every=max(1, math.ceil(each * steps / (6 * SAMPLE))))


def _run_rounds(entries: Sequence[Entry], seconds: float) -> None:
    began, turn, order = time.perf_counter(), 0, random.Random(0)
    while time.perf_counter() - began < seconds or any(len(entry.samples) < FEWEST for entry in entries):
        late = time.perf_counter() - began >= seconds
        takes_part = [entry for entry in entries if late or turn % entry.every == 0]
        # Nobody always comes after the same other one, whose traces in the caches it would have to live with.
        for entry in order.sample(takes_part, len(takes_part)):
            entry.samples.append(_sample(entry))
        turn += 1


def _sample(entry: Entry) -> float:
    contender = entry.contender
    contender.settle()
    time.sleep(_REST)
    with no_garbage_collection():
        if entry.every == 1:
            contender.time_step(max(1, entry.steps // 8))
        return contender.time_step(entry.steps)


def _row(entry: Entry, ours: Entry) -> BenchRow:
    contender = entry.contender
    if entry.remark:
        return BenchRow(contender.key, contender.name, contender.computes, remark=entry.remark)
    low, median, high = (float(value) for value in 1000 * np.quantile(entry.samples, (0.25, 0.5, 0.75)))
    remark = compare_losses(entry.losses, ours.losses) if contender.checked else ""
    return BenchRow(
        key=contender.key,
        name=contender.name,
        computes=contender.computes,
        settings=contender.settings,
        milliseconds=median,
        low=low,
        high=high,
        samples=len(entry.samples),
        steps=entry.steps,
        ratio=1000 * float(np.median(ours.samples)) / median,
        compile_seconds=contender.compile_seconds,
        first_losses=entry.losses,
        agrees=not remark if contender.checked else None,
        remark=remark,
        flops=contender.flops,
    )


def compare_losses(losses: Sequence[float], ours: Sequence[float]) -> str:
    """How first losses from the same weights differ from this project's, in words; empty where all agree."""
    if len(losses) != len(ours):
        return f"{len(losses)} first losses where there should be {len(ours)}"
    for step, (its, mine) in enumerate(zip(losses, ours, strict=True), start=1):
        if not abs(its - mine) <= TOLERANCE * abs(mine):
            return f"its loss at step {step} is {its:.6g} where rnnctl's is {mine:.6g}: it does not train the same"
    return ""
