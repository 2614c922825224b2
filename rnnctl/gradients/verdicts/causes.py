"""Causes of a verdict, and what was ruled out, one line of evidence each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from rnnctl.cells import CELLS
from rnnctl.cells.activations import ACTIVATIONS
from rnnctl.gradients.verdicts.short_reach import evidence
from rnnctl.gradients.verdicts.subject import (
    Findings,
    arrives,
    finite_layer,
    gates_of,
    growth,
    length,
    number,
    reach,
    relative_slope,
    root_mean_square,
    sees_nothing,
    shortest,
)
from rnnctl.results import LayerFindings
from rnnctl.util.format import counted, first_few, percent

Lines = tuple[str, ...]

SLOPE_COUNTS = 0.9
"""Mean φ′, as a share of the largest, below which the activation has a part in a decay."""

CARRIES = 0.95
"""Spectral radius or gate from which on it is not what makes a gradient vanish."""


def explain(found: Findings, word: str, layer: LayerFindings | None) -> tuple[Lines, Lines]:
    """Gathers evidence for a verdict's causes, and against others; ``layer`` is None for the data or the network."""
    if word == "non-finite":
        if broken := [column.name for column in found.data.columns if column.non_finite]:
            return (f"the data holds NaN or infinity: {first_few(broken, 3)}",), ()
        return tuple(_non_finite(found)), ("data (finite)",)
    if word in _OF_ALL:
        return _OF_ALL[word](found), ()
    if layer is None:
        least = shortest(found.layers)
        task = () if arrives(found, least) else tuple(evidence(found, reach(least)))
        return (*(_measured(found, each) for each in found.layers), *task), tuple(_ruled_out(found, None, word))
    if sees_nothing(found, layer):
        return (f"every element of {layer.path}/kernel is 0: the states are the same whatever the layer sees",), ()
    recurrence = _through_time(found, layer, word) if word in ("vanishing", "exploding") else _gate_lines(layer)
    return (*recurrence, *_units(layer, word)), tuple(_ruled_out(found, layer, word))


def _measured(found: Findings, layer: LayerFindings) -> str:
    if layer.decay_per_step is None:
        return f"{layer.path}: {counted(length(layer), 'time step')}, too few for a decay"
    predicted = "" if layer.predicted_decay is None else f", {number(layer.predicted_decay)} predicted"
    text = f"{layer.path}: the gradient changes by a factor of {number(layer.decay_per_step)} a time step{predicted}"
    many = len(layer.loss_placement) > 1 and max(layer.loss_placement) < 0.5
    return text + ("; every time step has a loss of its own" if many and found.config.model.return_sequences else "")


def _through_time(found: Findings, layer: LayerFindings, word: str) -> Iterator[str]:
    """What the recurrence does to a gradient."""
    if word == "vanishing" and arrives(found, layer):
        yield f"through time it fares well: it reaches {reach(layer)} of {length(layer)} time steps back"
        return
    blamed = _gateless(layer) and _kernel_to_blame(layer, word)
    does = "stretches" if word == "exploding" else "shrinks"
    parts = [f"the recurrent kernel {does} it: {_kernel(layer)}"] if blamed else []
    if blamed or layer.decay_per_step is not None:
        yield "; ".join([*parts, *_decay(layer)])
    if _gateless(layer) and word == "exploding" and layer.activation not in ("tanh", "sigmoid"):
        yield f"{layer.activation} has no ends that would hold the state back"
    yield from _gate_lines(layer)
    if word == "vanishing":
        if found.config.model.return_sequences:
            yield "every time step has a loss of its own; this is how far each one's gradient comes"
        yield from evidence(found, reach(layer))


def _gateless(layer: LayerFindings) -> bool:
    return not CELLS[layer.cell].gates


def _kernel(layer: LayerFindings) -> str:
    return f"spectral radius {number(layer.spectral_radius)}, norm {number(layer.recurrent_norm)}"


def _kernel_to_blame(layer: LayerFindings, word: str) -> bool:
    if word == "exploding":
        return max(layer.spectral_radius, layer.recurrent_norm) > 1.0
    return word == "vanishing" and layer.spectral_radius < CARRIES


def _decay(layer: LayerFindings) -> list[str]:
    """The decay as measured and as the forward pass predicts it, as far as they are known."""
    fit = "" if layer.decay_fit is None else f" (fit R² {number(layer.decay_fit)})"
    measured, predicted = layer.decay_per_step, layer.predicted_decay
    parts = [] if measured is None else [f"measured {number(measured)} a time step{fit}"]
    return parts if predicted is None else [*parts, f"the forward pass predicts {number(predicted)}"]


def _gate_lines(layer: LayerFindings) -> Iterator[str]:
    for gate, found in sorted(gates_of(layer), key=lambda pair: not pair[0].keeps):
        if gate.keeps and found.mean < CARRIES:
            mean, shut = number(found.mean), percent(found.shut)
            yield f"the {gate.name} gate keeps {mean} of {gate.keeps} a time step (shut {shut})"
        elif not gate.keeps and (gate.admits or gate.exposes) and found.shut > 0.5:
            yield f"the {gate.name} gate is shut in {percent(found.shut)} (mean {number(found.mean)})"


def _units(layer: LayerFindings, word: str) -> Iterator[str]:
    """What the units' activation does to a gradient."""
    slope = relative_slope(layer)
    if word == "exploding":
        return
    if slope is not None and slope < SLOPE_COUNTS:
        ends = "" if layer.saturation is None else f", {percent(layer.saturation)} of the states at its ends"
        yield f"{layer.activation}'s slope is {number(layer.mean_derivative)} in the mean{ends}"
    if layer.dead_units > 0:
        yield f"{percent(layer.dead_units)} of the units have no slope at any time step{_side(layer)}"
    if word in ("saturated", "dead") and _gateless(layer) and layer.recurrent_norm > 1.5:
        yield f"the recurrent kernel is large: {_kernel(layer)}"


def _side(layer: LayerFindings) -> str:
    """Where the sums of units without slope stand, for an activation that is flat on one side of zero alone."""
    below, above = ACTIVATIONS[layer.activation].slope(np.array([-1e3, 1e3]))
    return ": their pre-activations are negative everywhere" if below == 0 and above != 0 else ""


def _ruled_out(found: Findings, layer: LayerFindings | None, word: str) -> Iterator[str]:
    """What is not to blame."""
    if layer is not None:
        slope = relative_slope(layer)
        if word != "saturated" and slope is not None and slope >= SLOPE_COUNTS:
            yield f"saturation (mean φ′ {number(layer.mean_derivative)})"
        if _gateless(layer) and CARRIES <= layer.spectral_radius <= 1.0 + 1e-3:
            yield f"the recurrent kernel (spectral radius {number(layer.spectral_radius)})"
        if layer.dead_units == 0 and slope is None:
            yield "dead units (none)"
    if all(variable.clipped_share == 0 for variable in found.variables):
        yield "clipping (0 % of steps)"
    if not any(column.non_finite or root_mean_square(column) > found.thresholds.large for column in found.data.columns):
        yield "data (finite, scaled)"


def _non_finite(found: Findings) -> Iterator[str]:
    for layer in found.layers:
        grown = growth(layer)
        if grown is not None and grown > found.thresholds.growth:
            yield f"{layer.path} multiplies gradients by {number(grown)} over {length(layer)} time steps"
        elif not finite_layer(layer):
            yield f"{layer.path}: its state gradient is not finite ({_kernel(layer)})"
    ratios = [variable.update_ratio for variable in found.variables if variable.update_ratio is not None]
    if any(ratio > 0.1 for ratio in ratios if math.isfinite(ratio)):
        yield f"steps are large: an update moves a weight by {number(max(ratios))} of its size (1e-3 is usual)"


def _bad_data(found: Findings) -> Lines:
    """The worst columns, in numbers."""
    columns = sorted(found.data.columns, key=lambda column: -root_mean_square(column))
    worst = (
        [column for column in columns if column.non_finite]
        or [column for column in columns if root_mean_square(column) > found.thresholds.large]
        or [column for column in columns if column.constant]
        or columns
    )
    lines = [
        f"{column.role} {column.name}: mean {number(column.mean)}, deviation {number(column.std)}, "
        f"largest {number(column.largest)}, {column.non_finite} not finite"
        for column in worst[:3]
    ]
    if any(column.role == "target" and root_mean_square(column) > found.thresholds.large for column in columns):
        lines.append(f"the target's size dominates the loss ({number(found.loss)}) and every gradient")
    return tuple(lines)


def _noise(found: Findings) -> Lines:
    quiet = [variable for variable in found.variables if variable.signal_to_noise is not None]
    if not quiet:
        return ()
    worst = min(quiet, key=lambda variable: variable.signal_to_noise or 0.0)
    return (
        f"signal to noise is lowest in {worst.path}: {number(worst.signal_to_noise or 0.0)} for one sequence",
        "near the end of training this is usual: little is left that all sequences agree on",
    )


_OF_ALL: dict[str, Callable[[Findings], Lines]] = {"bad data": _bad_data, "noise-dominated": _noise}
