"""Verdicts from findings: every rule applied to the data, the network and each layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rnnctl.cells.activations import ACTIVATIONS
from rnnctl.gradients.verdicts.advice import advise
from rnnctl.gradients.verdicts.causes import explain
from rnnctl.gradients.verdicts.rules import GRAVITY
from rnnctl.gradients.verdicts.short_reach import excuse, gates_learn, learns
from rnnctl.gradients.verdicts.subject import (
    Findings,
    arrives,
    arriving,
    finite_layer,
    gates_of,
    growth,
    length,
    number,
    position,
    reach,
    relative_slope,
    root_mean_square,
    sees_nothing,
    shortest,
    surest_noise_scale,
)
from rnnctl.results import ColumnFindings, LayerFindings, Verdict
from rnnctl.schema.training import VerdictWord
from rnnctl.util.format import first_few, percent

Hit = tuple[VerdictWord, LayerFindings | None, str]
"""A rule that holds: its word, the layer (None for data and network), and a headline."""


def judge(found: Findings) -> tuple[str, tuple[Verdict, ...]]:
    """Judges an examination by the config's ``gradients.thresholds``.

    Returns:
        The overall word (the gravest), and every verdict that holds, the gravest first, each with its causes and with
        what to change. ``healthy`` stands alone.
    """
    hits = [*_data(found), *_non_finite(found), *_noise(found)]
    hits += [hit for layer in found.layers for rule in _LAYER_RULES for hit in rule(found, layer)]
    hits.sort(key=lambda hit: GRAVITY.index(hit[0]))
    if found.data.out_of_reach > found.thresholds.outside:
        hits.insert(_place_of_reach(hits), ("bad data", None, _outside(found)))
    hits = hits or [_healthy(found)]
    verdicts = tuple(_verdict(found, hit) for hit in hits)
    return verdicts[0].word, verdicts


def _verdict(found: Findings, hit: Hit) -> Verdict:
    word, layer, headline = hit
    because, not_because = explain(found, word, layer)
    subject = layer.path if layer else ("data" if word == "bad data" else "network")
    return Verdict(word, subject, headline, because, not_because, advise(found, word, layer))


def _data(found: Findings) -> Iterator[Hit]:
    columns, at = found.data.columns, found.thresholds
    broken = [column for column in columns if column.non_finite]
    if broken:
        count = sum(column.non_finite for column in broken)
        values = "value is" if count == 1 else "values are"
        yield "bad data", None, f"{count} {values} NaN or infinite, in {_names(broken)}"
    large = [column for column in columns if root_mean_square(column) > at.large]
    if large:
        worst = max(large, key=root_mean_square)
        size = number(root_mean_square(worst))
        yield "bad data", None, f"not scaled: {_names(large)}, root mean square up to {size} where 1 is meant"
    features = [column for column in columns if column.role == "feature"]
    if features and all(0 < column.largest < at.small for column in features):
        size = number(max(column.largest for column in features))
        yield "bad data", None, f"not scaled: no feature is larger than {size}"
    for role in ("feature", "target"):
        group = [column for column in columns if column.role == role]
        still = [column for column in group if column.constant]
        if len(still) > at.constant * len(group):
            yield "bad data", None, f"{len(still)} of {len(group)} {role}s never change: {_names(still)}"


def _place_of_reach(hits: Sequence[Hit]) -> int:
    """Where targets out of reach stand: after other bad data, and after what leaves the network without an answer."""
    words = [word for word, _, _ in hits]
    return max((place + 1 for place, word in enumerate(words) if word in ("bad data", "non-finite", "dead")), default=0)


TOLD_OUTSIDE = 0.05
"""Share of targets beyond the output's range from which on a healthy verdict tells it."""


def _outside(found: Findings) -> str:
    low, high = found.data.output_range or (-math.inf, math.inf)
    share, bounds = percent(found.data.targets_outside), f"{number(low)} to {number(high)}"
    lost = percent(found.data.out_of_reach)
    return f"{share} of the targets lie outside {bounds}, the range of the output: {lost} of what varies is lost"


def _names(columns: Sequence[ColumnFindings]) -> str:
    return first_few([f"{column.role} {column.name}" for column in columns], 3)


def _non_finite(found: Findings) -> Iterator[Hit]:
    bad = [variable for variable in found.variables if not math.isfinite(variable.norm)]
    earlier = [variable for variable in found.variables if variable.first_non_finite is not None]
    if not math.isfinite(found.loss):
        of = f", and so is the gradient of {first_few([variable.path for variable in bad], 3)}" if bad else ""
        yield "non-finite", None, f"the loss is {found.loss}{of}"
    elif bad or not math.isfinite(found.gradient_norm):
        paths = first_few([variable.path for variable in bad], 3) or "all weights"
        yield "non-finite", None, f"the gradient of {paths} is NaN or infinite, though the loss is finite"
    elif earlier:
        first = min(earlier, key=lambda variable: variable.first_non_finite or 0)
        step = first.first_non_finite
        yield "non-finite", None, f"{first.path}: the gradient became NaN or infinite at step {step}"


def _exploding(found: Findings, layer: LayerFindings) -> Iterator[Hit]:
    grown = growth(layer)
    if grown is not None and grown > found.thresholds.growth:
        times = "beyond all numbers" if math.isinf(grown) else f"{number(grown)}-fold"
        yield "exploding", layer, f"the gradient grows {times} on its way back over {length(layer)} time steps"


def _dead(found: Findings, layer: LayerFindings) -> Iterator[Hit]:
    if sees_nothing(found, layer):
        yield "dead", layer, "the kernel is all zeros: the input has no effect"
        return
    if not math.isfinite(layer.effective_rank):  # a unit whose state is NaN has no slope, and is not dead for that
        return
    # A tanh unit without slope is at its end: saturated.
    if not ACTIVATIONS[layer.activation].saturates and layer.dead_units > found.thresholds.dead:
        dead = round(layer.dead_units * layer.units)
        yield "dead", layer, f"{dead} of {layer.units} units never respond: their slope is zero at every time step"


def _saturated(found: Findings, layer: LayerFindings) -> Iterator[Hit]:
    at, slope, steps = found.thresholds, relative_slope(layer), length(layer)
    if slope is not None and slope < at.slope:
        ends = f"the units stand at the ends of {layer.activation}"
        yield "saturated", layer, f"{ends}: mean φ′ is {number(slope)} of its largest"
    for gate, found_gate in sorted(gates_of(layer), key=lambda pair: not pair[0].exposes):
        mean, the = found_gate.mean, f"the {gate.name} gate"
        if gate.exposes and found_gate.shut > at.shut:
            yield "saturated", layer, f"{the} is shut: {percent(found_gate.shut)} of it is below 0.01"
        elif gate.keeps and gate.admits and (1.0 - mean) * steps < at.intake:
            yield "saturated", layer, f"{the} never lets go: mean {mean:.6g} over {steps} time steps"
        elif gate.admits and not gate.keeps and mean * steps < at.intake:
            yield "saturated", layer, f"{the} is shut: mean {number(mean)} over {steps} time steps"


def _vanishing(found: Findings, layer: LayerFindings) -> Iterator[Hit]:
    steps, reached = length(layer), reach(layer)
    if sees_nothing(found, layer):
        return
    if finite_layer(layer) and not arrives(found, layer):
        if not _excuse(found, layer):
            way = "the gradient reaches" if arriving(layer) > 0 else "no gradient arrives: it reaches"
            yield "vanishing", layer, f"{way} {reached} of {steps} time steps back{_cut(found, steps)}"
        return
    above = [other for other in found.layers if position(other) == position(layer) + 1]
    outer = max((arriving(other) for other in above), default=0.0)
    learnt = found.training is not None and learns(found.training, found.range)
    if math.isfinite(outer) and arriving(layer) < found.thresholds.depth * outer and not learnt:
        ratio = number(arriving(layer) / outer)
        yield "vanishing", layer, f"{ratio} of the gradient of the layer above arrives here"


_LAYER_RULES = (_exploding, _dead, _saturated, _vanishing)


def _noise(found: Findings) -> Iterator[Hit]:
    noise = found.noise
    if noise is None or math.isnan(noise.noise_scale) or noise.batch_size >= found.data.sequences:
        return  # A batch of all the data is no sample, whatever its sequences' gradients are like.
    if surest_noise_scale(noise) > found.thresholds.noise * noise.batch_size:
        scale = "is beyond measure" if math.isinf(noise.noise_scale) else f"is {number(noise.noise_scale)} sequences"
        yield "noise-dominated", None, f"the gradient's noise scale {scale}, a batch has {noise.batch_size}"


def _healthy(found: Findings) -> Hit:
    if all(length(layer) < 2 for layer in found.layers):
        return "healthy", None, "a single time step: there is no way back through time, and so no decay"
    layer = shortest(found.layers)
    reached, steps = reach(layer), length(layer)
    whole = "all" if reached >= steps else f"{reached} of"
    outside = f"; but {_outside(found)}" if found.data.targets_outside > TOLD_OUTSIDE else ""
    way = f"the gradient reaches {whole} {steps} time steps back{_cut(found, steps)}"
    if not arrives(found, layer):
        way += f"{'' if found.training else ' at initialization'}; {_excuse(found, layer)}"
    return "healthy", None, f"{way}{outside}{_long_step(found)}"


def _excuse(found: Findings, layer: LayerFindings) -> str:
    return excuse(found.range, found.training, gates=gates_learn(found, layer))


def _long_step(found: Findings) -> str:
    """Tells a healthy network whose next step is larger than a kernel itself, so that it will be another network."""
    kernels = [one for one in found.variables if one.path.endswith("kernel") and one.update_ratio is not None]
    worst = max(kernels, key=lambda one: one.update_ratio or 0.0, default=None)
    if worst is None or worst.update_ratio is None or not worst.update_ratio > 1.0:
        return ""
    much = f"{number(worst.update_ratio)} times its norm"
    return f"; but the next step changes {worst.path} by {much}: lower optimizer.learning_rate or clip the gradient"


def _cut(found: Findings, steps: int) -> str:
    """What is to be said where training cuts gradients off after so many time steps."""
    return ", where training truncates it" if found.config.training.truncate == steps else ""
