"""Causes in the network: initial weights, activation, the way back through time, its output."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnctl.cells import CELLS
from rnnctl.cells.activations import ACTIVATIONS
from rnnctl.diagnosis.causes.suspicion import Suspicion, change, number
from rnnctl.diagnosis.evidence import Evidence
from rnnctl.gradients.verdicts.subject import growth, length, position, reach
from rnnctl.results import Verdict
from rnnctl.results.examination import Advice

FEW_STEPS = 50
"""Steps below which training says nothing of how far back it learns."""
NEEDED = 0.1
"""Skill that a regression must lose without the time steps out of reach, if these are needed."""
LATE, LEARNT = 0.25, 0.7
"""Share of the steps after which the loss first falls below this share of the naive answer's, where that is late."""


def _verdicts(evidence: Evidence, word: str) -> list[Verdict]:
    return [verdict for verdict in evidence.found.verdicts if verdict.word == word]


def _lines(verdict: Verdict) -> tuple[str, ...]:
    return (f"{verdict.subject}: {verdict.headline}", *verdict.because[:2])


def output_out_of_range(evidence: Evidence) -> Iterator[Suspicion]:
    """The output cannot take the targets' values."""
    data = evidence.found.data
    if data.output_range is None or data.targets_outside < 0.05:
        return
    low, high = data.output_range
    lines = (
        f"{data.targets_outside:.0%} of the targets lie outside {number(low)} to {number(high)}, all that the network "
        "can answer",
    )
    sure = 0.95 if data.out_of_reach > evidence.thresholds.outside or evidence.harmed else 0.4
    yield Suspicion(sure, lines, (change("a linear head can give any value", model__head="dense"),))


def initial_weights(evidence: Evidence) -> Iterator[Suspicion]:
    """Kernels are zero, all alike, or far from the usual size."""
    harmed = evidence.harmed or evidence.stuck or evidence.course.stopped == "non-finite"
    for place, layer in enumerate(evidence.config.model.layers):
        key = f"model.layers.{place}"
        for name, usual in (("kernel", "glorot_uniform"), ("recurrent", "orthogonal")):
            section = getattr(layer, f"{name}_initializer")
            advice = (Advice({f"{key}.{name}_initializer": usual}, "the usual initial weights"),)
            said = f"layer {place}: its {name} weights"
            words = section.model_dump(exclude_defaults=False)
            kind = words.pop("kind")
            if not harmed and kind not in ("constant", "ones"):
                continue
            if kind == "zeros" or (kind == "constant" and not words.get("value")):
                yield Suspicion(0.95 if name == "kernel" else 0.6, (f"{said} begin at zero",), advice)
            elif kind in ("constant", "ones"):
                lines = (f"{said} all begin at the same value: all units stay alike",)
                yield Suspicion(0.95 if harmed else 0.6, lines, advice)
            else:
                yield from _sizes(evidence, place, name, said, advice)


def _sizes(evidence: Evidence, place: int, name: str, said: str, advice: tuple[Advice, ...]) -> Iterator[Suspicion]:
    found = next((one for one in evidence.found.layers if position(one) == place), None)
    if found is None or evidence.course.steps == 0:
        return
    path = f"{found.path}/{'recurrent_kernel' if name == 'recurrent' else 'kernel'}"
    size = evidence.weight_sizes.get(path)
    if size is None:
        return
    if size > 4:
        yield Suspicion(0.9, (f"{said} begin {number(size)} times as large as usual",), advice)
    elif size < 0.1 and evidence.config.model.layers[place].recurrent_initializer.kind != "identity":
        yield Suspicion(0.75, (f"{said} begin at {number(size)} of the usual size",), advice)
    elif size > 2 and name == "recurrent":
        yield Suspicion(0.7, (f"{said} begin {number(size)} times as large as usual",), advice)
    elif size < 0.5 and name == "recurrent" and evidence.has("vanishing"):
        yield Suspicion(0.7, (f"{said} begin at {number(size)} of the usual size",), advice)


def dead(evidence: Evidence) -> Iterator[Suspicion]:
    """Units of ReLU that never respond."""
    for verdict in _verdicts(evidence, "dead"):
        if evidence.harmed or evidence.stuck:
            yield Suspicion(0.85, _lines(verdict), verdict.advice)


def saturated(evidence: Evidence) -> Iterator[Suspicion]:
    """Activations stand at their ends."""
    for verdict in _verdicts(evidence, "saturated"):
        if evidence.harmed or evidence.stuck:
            yield Suspicion(0.7, _lines(verdict), verdict.advice)


def exploding(evidence: Evidence) -> Iterator[Suspicion]:
    """Gradients grow on their way back through time."""
    blown = evidence.course.stopped == "non-finite"
    for verdict in _verdicts(evidence, "exploding"):
        if evidence.harmed or evidence.stuck or blown:
            yield Suspicion(0.92 if blown else 0.75, _lines(verdict), verdict.advice)


def vanishing(evidence: Evidence) -> Iterator[Suspicion]:
    """The task needs what lies further back than the gradient reaches."""
    verdicts, reached = _verdicts(evidence, "vanishing"), evidence.reach
    short = reached is not None and reached[0] < evidence.thresholds.reach * reached[1]
    if not (evidence.harmed or evidence.stuck) or not (verdicts or short):
        return
    if evidence.course.steps < FEW_STEPS:  # nothing is learnt from any distance yet
        return
    if reached is not None and reached[0] >= reached[1]:
        yield from _late(evidence, verdicts)
        return
    whole, near = evidence.probe_skill, evidence.near
    lines = list(_lines(verdicts[0])[:1]) if verdicts else []
    advice = verdicts[0].advice if verdicts else ()
    if reached is not None:
        lines.append(f"at the end of training it reaches {reached[0]} of {reached[1]} time steps back")
    if whole is not None and near is not None:
        if whole - near < NEEDED:
            return
        lines.append(
            f"a regression has a skill of {number(whole)} from whole sequences, and {number(near)} from the time steps "
            "that the gradient reaches"
        )
        yield Suspicion(0.78, tuple(lines), advice)
    elif verdicts and evidence.stuck and evidence.course.complete:
        yield Suspicion(0.6, tuple(lines), advice)


def _late(evidence: Evidence, verdicts: list[Verdict]) -> Iterator[Suspicion]:
    """Training has mended it, but for long there was nothing to learn within reach."""
    course, naive, whole = evidence.course, evidence.naive, evidence.probe_skill
    layer = next((one for one in evidence.found.layers if verdicts and one.path == verdicts[0].subject), None)
    if layer is None or naive is None or whole is None or not course.complete or not evidence.harmed:
        return
    near, span = evidence.within(reach(layer)), max(1, course.steps // 50)
    # Running means of the loss: batches differ.
    sums = np.cumsum(np.r_[0.0, course.losses])
    learnt = np.flatnonzero((sums[span:] - sums[:-span]) / span < LEARNT * naive)
    begins = int(learnt[0]) + span if learnt.size else course.steps
    if near is not None and whole - near >= NEEDED and begins > LATE * course.steps:
        lines = (
            *_lines(verdicts[0])[:1],
            f"a regression has a skill of {number(whole)} from whole sequences, and {number(near)} from these steps",
            f"only after {begins:,} of {course.steps:,} steps the loss is well below that of always the same answer",
        )
        yield Suspicion(0.65, lines, verdicts[0].advice)


def exploding_relu(evidence: Evidence) -> Iterator[Suspicion]:
    """A recurrence without bounds whose states grow."""
    for layer in evidence.found.layers:
        unbounded = not ACTIVATIONS[layer.activation].saturates and not CELLS[layer.cell].gates
        if unbounded and (growth(layer) or 0.0) > 10 and (evidence.harmed or evidence.course.stopped == "non-finite"):
            key = f"model.layers.{position(layer)}.activation"
            lines = (f"{layer.path}: {layer.activation} has no bound, and states grow over {length(layer)} time steps",)
            yield Suspicion(0.72, lines, (Advice({key: "tanh"}, "tanh holds the state between -1 and 1"),))
