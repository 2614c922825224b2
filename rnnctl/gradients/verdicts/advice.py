"""What to change in this config, in its own keys, against each verdict. Every change is one that the schema takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rnnctl.cells import CELLS, LayerBase, table
from rnnctl.cells.activations import ACTIVATIONS
from rnnctl.config.schema import Config
from rnnctl.gradients.verdicts.subject import (
    Findings,
    arrives,
    number,
    position,
    reach,
    relative_slope,
    sees_nothing,
)
from rnnctl.losses import LOSSES
from rnnctl.optimizers import Schedule
from rnnctl.results import Advice, LayerFindings

ORTHOGONAL: Mapping[str, str | float] = {"kind": "orthogonal", "gain": 1.0}
IDENTITY: Mapping[str, str | float] = {"kind": "identity", "gain": 1.0}

Found = Iterator[Advice]


def advise(found: Findings, word: str, layer: LayerFindings | None) -> tuple[Advice, ...]:
    """Says what may help against a verdict: changes, the likeliest help first; none that the config has already."""
    if layer is not None and word in _LAYER_ADVICE:
        return tuple(_LAYER_ADVICE[word](found, layer))
    return tuple(_ADVICE[word](found)) if word in _ADVICE else ()


def other_cells(layer: LayerBase, place: int) -> Found:
    """The cells that the layer at a place in ``model.layers`` does not have."""
    for cell in table.other_cells(layer.cell):
        yield Advice(cell_change(layer, place, cell.word), f"{cell.word}: {cell.why}")


def cell_change(layer: LayerBase, place: int, cell: str) -> dict[str, Any]:
    """The change that gives the layer at a place another cell.

    Only the word, unless the layer has keys written down that the other cell does not know; then, too, those that are
    not what they are by default.
    """
    key, known, written = f"model.layers.{place}", CELLS[cell].section.model_fields, layer.model_fields_set - {"cell"}
    if written <= known.keys():
        return {f"{key}.cell": cell}
    wanted = {name for name in written & known.keys() if getattr(layer, name) != known[name].default}
    return {key: {"cell": cell, **layer.model_dump(mode="json", include=wanted)} if wanted else cell}


def _vanishing(found: Findings, layer: LayerFindings) -> Found:
    section, place = found.section(layer), position(layer)
    if arrives(found, layer):
        # The gradient is lost between two layers, in the input weights of the upper one.
        why = "input weights of Glorot's size pass a gradient down at about its own size (Glorot & Bengio 2010)"
        yield from _initializer(found, place + 1, "kernel", "glorot_uniform", why)
        return
    cell, key = CELLS[section.cell], f"model.layers.{place}"
    for changes, why in cell.remedies(section):
        yield Advice({f"{key}.{name}": value for name, value in changes.items()}, why)
    yield from _carrying_kernel(section, place)
    if not (cell.gates or cell.diagonal or section.activation == "relu"):
        # Le et al.'s recipe whole: without its small inputs and its clipping, the state soon runs away.
        recipe: dict[str, Any] = {f"{key}.activation": "relu", f"{key}.recurrent_initializer": IDENTITY}
        recipe[f"{key}.kernel_initializer"] = {"kind": "random_normal", "stddev": 0.001}
        clipping = {"optimizer.global_clipnorm": 1.0} if found.config.optimizer.global_clipnorm is None else {}
        yield Advice(recipe | clipping, "ReLU on the identity passes a gradient back unchanged (Le et al. 2015)")
    yield from other_cells(section, place)
    data = found.config.data.table
    if data is not None and data.window is not None:
        enough = max(2, 2 * reach(layer))
        if enough < data.window.length:
            why = "time steps further back than the gradient reaches teach nothing; a shorter window is cheaper"
            yield Advice({"data.window.length": enough}, why)


def _initializer(found: Findings, place: int, weight: str, kind: str, why: str) -> Found:
    """Another kind of initializer for a weight of a layer, unless the weight has that kind."""
    key = f"{weight}_initializer"
    if getattr(found.config.model.layers[place], key).kind != kind:
        yield Advice({f"model.layers.{place}.{key}": kind}, why)


def _carrying_kernel(section: LayerBase, place: int) -> Found:
    if CELLS[section.cell].diagonal:
        return
    wanted = section.recurrent_initializer
    if wanted.kind != "orthogonal" or wanted.gain != 1.0:
        why = "an orthogonal kernel neither shrinks nor stretches a gradient (Saxe et al. 2013)"
        yield Advice({f"model.layers.{place}.recurrent_initializer": ORTHOGONAL}, why)


def _exploding(found: Findings, layer: LayerFindings) -> Found:
    section, place = found.section(layer), position(layer)
    yield from _carrying_kernel(section, place)
    if not ACTIVATIONS[section.activation].saturates:
        yield Advice({f"model.layers.{place}.activation": "tanh"}, "tanh holds the state between -1 and 1")
    optimizer = found.config.optimizer
    if optimizer.global_clipnorm is None:
        limit = round_value(usual_norm(found, layer))
        why = (
            f"a gradient that did not grow on its way back would have a norm of about {number(limit)} here; "
            "beyond it, steps are shortened (Pascanu et al. 2013)"
        )
        yield Advice({"optimizer.global_clipnorm": limit}, why)
    yield from _lower_rate(found.config, "smaller steps bear a larger gradient")
    if not CELLS[section.cell].gates:
        yield from other_cells(section, place)


def usual_norm(found: Findings, layer: LayerFindings) -> float:
    """The gradient norm that a network whose gradient explodes would have if nothing grew in it; 1 where none is known.

    A weight's gradient is a sum of products of states and state gradients. The latter grow on their way back; where the
    former grow too, the loss does with their square, and so does the gradient that sets out. Half to ten times the
    usual norm is a good limit (Pascanu et al. 2013), so the order of magnitude is enough::

        usual = observed · min(L₀ / L, √(L₀ / L) · ‖g_T‖ / rms ‖g_t‖),    L₀ = the loss of always answering 0, at most L
    """
    norms, observed = layer.impulse_norms, found.gradient_norm
    largest = max(norms, default=0.0)
    if not all(map(math.isfinite, (observed, found.loss, *norms))) or not (largest > 0 and observed > 0):
        return 1.0
    rms = math.sqrt(sum((norm / largest) ** 2 for norm in norms) / len(norms))
    errors = min(1.0, _zero_loss(found) / found.loss) if found.loss > 0 else 1.0
    usual = observed * min(errors, math.sqrt(errors) * norms[-1] / largest / rms)
    return usual if usual > 0 else 1.0


def _zero_loss(found: Findings) -> float:
    """The loss of always answering 0, near enough."""
    targets = [column for column in found.data.columns if column.role == "target"]
    power = sum(column.mean**2 + column.std**2 for column in targets) / max(len(targets), 1)
    return power if LOSSES[found.config.loss.kind].degree == 2 else math.sqrt(power)


def round_value(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten, as a person would write a setting."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    step = min((1.0, 2.0, 5.0, 10.0), key=lambda choice: abs(math.log(choice * power / value)))
    return float(f"{step * power:.0e}")


def smaller_steps(config: Config) -> Found:
    """What keeps training in finite numbers where its data is finite."""
    if config.optimizer.global_clipnorm is None:
        why = "clipping keeps one large gradient from throwing the weights off"
        yield Advice({"optimizer.global_clipnorm": 1.0}, why)
    yield from _lower_rate(config, "steps were too large to stay in finite numbers")


def _lower_rate(config: Config, why: str) -> Found:
    rate, key = config.optimizer.learning_rate, "optimizer.learning_rate"
    if isinstance(rate, Schedule):
        rate, key = rate.initial_learning_rate, f"{key}.initial_learning_rate"
    yield Advice({key: float(f"{rate / 10.0:.3g}")}, why)


def _non_finite(found: Findings) -> Found:
    if any(column.non_finite for column in found.data.columns):
        yield from _bad_data(found)
        return
    yield from smaller_steps(found.config)
    for place, section in enumerate(found.config.model.layers):
        yield from _carrying_kernel(section, place)


def _saturated(found: Findings, layer: LayerFindings) -> Found:
    section, place = found.section(layer), position(layer)
    yield from _scaling(found)
    why = "input weights of Glorot's size keep the sums where the activation has a slope"
    yield from _initializer(found, place, "kernel", "glorot_uniform", why)
    yield from _initializer(found, place, "bias", "zeros", "a bias of zero leaves units and gates in the middle")
    yield from _carrying_kernel(section, place)
    slope = relative_slope(layer)
    driven = slope is not None and slope < found.thresholds.slope
    if driven and section.kernel_initializer.kind == "glorot_uniform":
        small: dict[str, str | float] = {"kind": "variance_scaling", "scale": 0.1}
        why = "smaller input weights keep the sums away from the ends"
        yield Advice({f"model.layers.{place}.kernel_initializer": small}, why)
    if not driven:
        yield from _lower_rate(found.config, "large steps can drive gates to their ends")
    yield from other_cells(section, place)


def _dead(found: Findings, layer: LayerFindings) -> Found:
    section, place = found.section(layer), position(layer)
    key = f"model.layers.{place}"
    if sees_nothing(found, layer):
        why = "input weights of Glorot's size let the layer see its input"
        yield from _initializer(found, place, "kernel", "glorot_uniform", why)
        return
    yield from _initializer(found, place, "bias", "zeros", "a bias of zero leaves half of the inputs above zero")
    yield Advice({f"{key}.activation": "leaky_relu"}, "a unit below zero keeps a slope, and can come back")
    yield from _lower_rate(found.config, "a large step can push a unit below zero for good")
    if section.activation != "tanh":
        yield Advice({f"{key}.activation": "tanh"}, "tanh has a slope everywhere")


def _scaling(found: Findings) -> Found:
    data = found.config.data.table
    if data is not None and data.scale != "standard":
        why = "columns of mean 0 and deviation 1, by the training split's own statistics"
        yield Advice({"data.scale": "standard"}, why)


def _bad_data(found: Findings) -> Found:
    data = found.config.data.table
    if data is not None and data.missing != "drop" and any(col.non_finite for col in found.data.columns):
        yield Advice({"data.missing": "drop"}, "windows that hold a missing value are left out")
    yield from _scaling(found)
    if found.data.out_of_reach > found.thresholds.outside and found.config.model.head == "none":
        yield Advice({"model.head": "dense"}, "a linear head can put out any value")


def _noise(found: Findings) -> Found:
    noise, sequences = found.noise, found.data.sequences
    if noise is None:
        return
    wanted = noise.noise_scale if math.isfinite(noise.noise_scale) else float(sequences)
    size = min(2 ** max(0, math.ceil(math.log2(max(wanted, 1.0)))), sequences)
    if size > noise.batch_size:
        yield Advice({"training.batch_size": size}, "a larger batch averages noise away")
    yield from _lower_rate(found.config, "smaller steps average over more batches")


_LAYER_ADVICE: dict[str, Callable[[Findings, LayerFindings], Found]] = {
    "vanishing": _vanishing,
    "exploding": _exploding,
    "saturated": _saturated,
    "dead": _dead,
}
_ADVICE: dict[str, Callable[[Findings], Found]] = {
    "non-finite": _non_finite,
    "bad data": _bad_data,
    "noise-dominated": _noise,
}
