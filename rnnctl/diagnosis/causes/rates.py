"""Causes in how the weights are moved: learning rate, its schedule, clipping, batches."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from rnnctl.diagnosis.causes.suspicion import Suspicion, change, number
from rnnctl.diagnosis.courses import peak_rate
from rnnctl.diagnosis.evidence import Evidence
from rnnctl.model.shapes import weight_shapes
from rnnctl.optimizers import OPTIMIZERS, Schedule
from rnnctl.results.diagnosis import RateTest
from rnnctl.results.examination import Advice

FAR = 8.0
"""Factor between learning rates from which on they differ for certain: rates are tested half a power of ten apart."""
UNUSUAL = 30.0
"""Factor above the optimizer's usual learning rate at which a run that learnt nothing needs no other explanation."""


def rate_key(evidence: Evidence) -> str:
    """The config's key of the learning rate."""
    scheduled = isinstance(evidence.config.optimizer.learning_rate, Schedule)
    return "optimizer.learning_rate" + (".initial_learning_rate" if scheduled else "")


def _rate_advice(evidence: Evidence, rate: float, why: str) -> Advice:
    return Advice({rate_key(evidence): float(f"{rate:.1g}")}, why)


def _tested(evidence: Evidence, rates: RateTest) -> Advice:
    return _rate_advice(evidence, rates.best, "the smallest rate that is as good as the best of the test")


def usual_rate(evidence: Evidence) -> float:
    """The rate that the test found best, or a usual one of the optimizer."""
    if evidence.rates is not None:
        return evidence.rates.best
    return OPTIMIZERS[evidence.config.optimizer.kind].usual_rate


def _loss_at(evidence: Evidence, rate: float) -> float:
    if evidence.rates is None:
        return math.nan
    losses = dict(zip(evidence.rates.rates, evidence.rates.losses, strict=True))
    found = losses.get(rate)
    return math.inf if found is None else found


def _gain(evidence: Evidence) -> tuple[float, float]:
    """How much of the loss goes in the rate test, at the config's rate and at the best: shares of the first loss."""
    rates = evidence.rates
    if rates is None or not rates.first > 0:
        return 0.0, 0.0
    own, best = _loss_at(evidence, rates.configured), _loss_at(evidence, rates.best)
    return 1 - own / rates.first, 1 - best / rates.first


def too_low(evidence: Evidence) -> Iterator[Suspicion]:
    """The rate is far below the best of the test, and training ends where that has been after a few steps."""
    ratio, rates, course = evidence.course.update_ratio(), evidence.rates, evidence.course
    if not evidence.harmed and evidence.reference is not None:
        return
    rate = peak_rate(evidence.config)
    lines = (
        [] if ratio is None else [f"a step changes the weights by {number(ratio)} of their size, where 0.001 is usual"]
    )
    moved = 1 - course.tail() / course.first if course.first > 0 and course.steps else 0.0
    if rates is not None and rates.best >= FAR * rate:
        own, best = _gain(evidence)
        if best > 0.05 and own < 0.5 * best:
            lines.append(
                f"after {rates.steps} steps the loss is {number(_loss_at(evidence, rates.best))} at a rate of "
                f"{number(rates.best)}, and {number(_loss_at(evidence, rate))} at {number(rate)}"
            )
            sure = 0.7 if ratio is None else 0.9 if ratio < 3e-4 else 0.7 if ratio < 1e-3 else 0.45
            yield Suspicion(
                sure,
                tuple(lines),
                (_tested(evidence, rates),),
            )
    elif (
        rates is None and ratio is not None and ratio < 1e-4 and not tight(evidence) and (moved < 0.5 or evidence.stuck)
    ):
        advice = _rate_advice(evidence, usual_rate(evidence), "a usual rate of this optimizer")
        lines.append(f"the loss {'rose' if moved < 0 else 'fell'} by {abs(moved):.0%} over {course.steps:,} steps")
        yield Suspicion(0.8, tuple(lines), (advice,))


def too_high(evidence: Evidence) -> Iterator[Suspicion]:
    """The rate is far above the best of the test, or training loses what it had."""
    ratio, rates, course = evidence.course.update_ratio(), evidence.rates, evidence.course
    rate = peak_rate(evidence.config)
    blown = course.stopped == "non-finite"
    if not (evidence.harmed or blown or evidence.stuck):
        return
    lines = []
    if ratio is not None and ratio > 0.03:
        lines.append(f"a step changes the weights by {number(ratio)} of their size, where 0.001 is usual")
    lowest = float(np.nanmin(course.losses)) if course.steps else math.nan
    if blown:
        lines.append(f"the loss is no finite number from step {course.steps} on")
    elif course.rises:
        lines.append(f"the loss rose from {number(lowest)} to {number(course.tail())}")
    if rates is not None and rate >= FAR * rates.best:
        own, best = _loss_at(evidence, rate), _loss_at(evidence, rates.best)
        if own > best + 0.1 * abs(best):
            lines.append(
                f"after {rates.steps} steps the loss is {number(best)} at a rate of {number(rates.best)}, and "
                f"{number(own)} at {number(rate)}"
            )
            sure = 0.9 if len(lines) > 1 else 0.65 if ratio is None or ratio > 3e-3 else 0.4
            yield Suspicion(
                sure,
                tuple(lines),
                (_tested(evidence, rates),),
            )
            return
    usual = usual_rate(evidence)
    if rates is None and rate > UNUSUAL * usual and (blown or evidence.stuck):
        lines.append(f"the rate is {number(rate)}, where {number(usual)} is usual for {evidence.config.optimizer.kind}")
        yield Suspicion(0.9, tuple(lines), (_rate_advice(evidence, usual, "a usual rate of this optimizer"),))
    elif lines and rates is None:
        sure = 0.85 if blown or len(lines) > 1 else 0.6 if ratio is not None and ratio > 0.1 else 0.3
        rate = float(f"{rate / 10:.1g}")
        yield Suspicion(sure, tuple(lines), (_rate_advice(evidence, rate, "a tenth of it"),))


def long_warmup(evidence: Evidence) -> Iterator[Suspicion]:
    """The rate rises for most of training."""
    rate, total = evidence.config.optimizer.learning_rate, evidence.course.total
    if not isinstance(rate, Schedule) or rate.warmup_steps < 0.4 * total:
        return
    reached = min(1.0, total / rate.warmup_steps)
    lines = (
        f"warm-up takes {rate.warmup_steps:,} steps, and training {total:,}",
        f"the rate reaches {number(reached * rate.initial_learning_rate)} at the end, where "
        f"{number(rate.initial_learning_rate)} is meant",
    )
    if evidence.harmed or evidence.stuck or rate.warmup_steps > total:
        steps = max(1, total // 20)
        advice = change("a twentieth of training", optimizer__learning_rate__warmup_steps=steps)
        yield Suspicion(0.95, lines, (advice,))


def early_end(evidence: Evidence) -> Iterator[Suspicion]:
    """The rate is next to nothing for most of training."""
    config, total = evidence.config, evidence.course.total
    rate = config.optimizer.learning_rate
    if not isinstance(rate, Schedule) or not (evidence.harmed or evidence.stuck):
        return
    rates = rate.rates(total)
    small = rates < 0.02 * rates.max()
    small[: int(rates.argmax())] = False
    if small.mean() > 0.5:
        end = int(np.flatnonzero(small)[0])
        lines = (f"after {end:,} of {total:,} steps the rate is below 2 % of its largest",)
        whole = {"kind": "cosine", "initial_learning_rate": rate.initial_learning_rate}
        yield Suspicion(0.92, lines, (Advice({"optimizer.learning_rate": whole}, "a cosine over all of training"),))


def tight(evidence: Evidence) -> bool:
    """Whether clipping takes nearly all of the gradient at nearly every step."""
    share, left = evidence.course.clipped
    return share > 0.9 and left < 0.02


def _lost_in_epsilon(evidence: Evidence) -> bool:
    """Whether clipped gradients are as small as what Adam adds to their root mean square, so that steps shrink too."""
    epsilon = getattr(evidence.config.optimizer, "epsilon", None)
    norms = evidence.course.clipped_norms
    norms = norms[np.isfinite(norms)]
    if epsilon is None or not norms.size:
        return False
    shapes = weight_shapes(evidence.config.model, evidence.dataset.signature).values()
    return bool(float(np.median(norms)) / math.sqrt(sum(map(math.prod, shapes))) < 10 * epsilon)


def tight_clipping(evidence: Evidence) -> Iterator[Suspicion]:
    """Clipping leaves next to nothing of every gradient."""
    share, left = evidence.course.clipped
    if not tight(evidence) or not (evidence.harmed or evidence.stuck):
        return
    optimizer = evidence.config.optimizer
    key = next(name for name in optimizer.exclusive if getattr(optimizer, name) is not None)
    ratio = evidence.course.update_ratio()
    lines = [f"{share:.0%} of the steps are clipped, to {number(left)} of the gradient's norm"]
    if ratio is not None:
        lines.append(f"a step changes the weights by {number(ratio)} of their size, where 0.001 is usual")
    norms = evidence.course.norms[np.isfinite(evidence.course.norms)]
    usual = float(f"{np.median(norms):.1g}") if norms.size else 1.0
    wanted = max(usual, 1.0) if key != "clipvalue" else 1.0
    advice = Advice({f"optimizer.{key}": wanted}, "a limit that only a few gradients reach")
    sure = 0.93 if ratio is None or ratio < 3e-4 or _lost_in_epsilon(evidence) else 0.6
    yield Suspicion(sure, tuple(lines), (advice,))


def missing_clipping(evidence: Evidence) -> Iterator[Suspicion]:
    """Gradients jump to many times their usual size, and nothing limits them."""
    course = evidence.course
    if evidence.config.optimizer.clips or not course.steps or evidence.has("exploding"):
        return
    if not (evidence.harmed or course.stopped == "non-finite"):
        return
    norms = course.norms
    finite = norms[np.isfinite(norms)]
    usual = float(np.median(finite)) if finite.size else 0.0
    largest = float(finite.max(initial=0.0)) if finite.size == norms.size else math.inf
    if usual > 0 and largest > 100 * usual:
        lines = (f"the gradient's norm is {number(usual)} at most steps, and up to {number(largest)}",)
        limit = float(f"{max(1.0, 2 * usual):.1g}")
        advice = Advice({"optimizer.global_clipnorm": limit}, "a limit of a few times the usual norm")
        yield Suspicion(0.7 if largest > 1000 * usual else 0.5, lines, (advice,))


def large_batch(evidence: Evidence) -> Iterator[Suspicion]:
    """Few updates, each of nearly all of the data."""
    count, size = len(evidence.dataset.train), evidence.config.training.batch_size
    course = evidence.course
    if not evidence.harmed or size < 0.5 * count or count < 64 or course.total > 60:
        return
    lines = (
        f"a batch holds {min(size, count):,} of {count:,} sequences, and all of training is {course.total:,} steps",
    )
    small = max(8, min(32, count // 16))
    yield Suspicion(0.75, lines, (change("several updates an epoch", training__batch_size=small),))


def small_batch(evidence: Evidence) -> Iterator[Suspicion]:
    """Batches of one or two sequences, whose gradients are mostly noise."""
    count, size = len(evidence.dataset.train), evidence.config.training.batch_size
    if not evidence.harmed or size > 2 or count < 32:
        return
    noise = evidence.found.noise
    lines = [f"a batch holds {size} of {count:,} sequences"]
    if noise is not None and math.isfinite(noise.noise_scale):
        lines.append(f"at {number(noise.noise_scale)} sequences a batch noise and signal would be equal")
    yield Suspicion(0.7, tuple(lines), (change("gradients of more sequences", training__batch_size=32),))
