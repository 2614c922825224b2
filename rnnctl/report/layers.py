"""A layer on the page: its numbers as tiles, its pictures in a grid."""

from __future__ import annotations

from collections.abc import Iterator

from rnnctl.report import figures
from rnnctl.report.examination_words import layer_title, share
from rnnctl.report.heat import heatmap
from rnnctl.report.markup import Html, tag
from rnnctl.report.page import Figure
from rnnctl.report.panels import panel, tile
from rnnctl.results import Examination, LayerFindings
from rnnctl.util.format import short


def layer_section(layer: LayerFindings, found: Examination, drawn: dict[str, Figure]) -> Html:
    """A layer's numbers and pictures.

    Args:
        layer: It.
        found: The examination that it is part of, for the history of training.
        drawn: Takes the pictures, by the ids of the elements that they are drawn in.
    """
    what = f"{layer_title(layer)}, {layer.activation}"
    panels = list(_panels(layer, found, drawn))
    grid = "grid odd" if len(panels) % 2 else "grid"
    return tag(
        "section",
        tag("h2", f"{layer.path} · {what}"),
        tag("dl", *(tile(name, value, note) for name, value, note in _numbers(layer)), class_="numbers card"),
        tag("div", *panels, class_=grid) if panels else Html(),
    )


def _numbers(layer: LayerFindings) -> Iterator[tuple[str, str, str]]:
    """Name, value and a note of each number worth a tile."""
    yield "reach", f"{layer.reach_steps} of {layer.time_steps}", "time steps"
    yield "decay a time step", short(layer.decay_per_step, 3), _fit(layer)
    if layer.half_life is not None:
        yield "half-life", short(layer.half_life, 3), "time steps"
    if layer.lyapunov:
        memory = "" if layer.memory_steps is None else f"memory {short(layer.memory_steps, 3)}"
        yield "Lyapunov exponent λ₁", f"{layer.lyapunov[0]:+.3f}".replace("-", "−"), memory
    yield "spectral radius", short(layer.spectral_radius, 3), f"norm {short(layer.recurrent_norm, 3)}"
    yield "mean φ′", short(layer.mean_derivative, 3), ""
    if layer.saturation is not None:
        yield "|h| > 0.99", share(layer.saturation), "saturated"
    yield "dead units", share(layer.dead_units), ""
    yield "effective rank", short(layer.effective_rank, 3), f"of {layer.units}"
    for name, gate in layer.gates.items():
        yield f"{name} gate", f"{gate.mean:.2f}", f"shut {share(gate.shut)}, open {share(gate.open)}"


def _fit(layer: LayerFindings) -> str:
    if layer.decay_per_step is None:
        return "a single time step" if layer.time_steps < 2 else "could not be fitted"
    predicted = "" if layer.predicted_decay is None else f"predicted {short(layer.predicted_decay, 3)}"
    fit = "" if layer.decay_fit is None else f"R² {layer.decay_fit:.3f}"
    return ", ".join(filter(None, (predicted, fit)))


def _panels(layer: LayerFindings, found: Examination, drawn: dict[str, Figure]) -> Iterator[Html]:
    key = layer.path.replace("/", "-")
    if any(norm > 0 for norm in layer.state_gradient_norms.get("h", ())) and layer.time_steps > 1:
        drawn[f"profile-{key}"] = figures.profile(layer)
        note = "Norm of the state gradient, log scale. Shaded: how far the last time step’s gradient keeps above 1 %."
        height = 400 if len(drawn[f"profile-{key}"]["traces"]) > 3 else None  # the legend takes some of it
        yield panel(f"profile-{key}", "The gradient’s way back through time", note, height=height)
    if any(value > 0 for value in layer.singular_largest):
        drawn[f"spectrum-{key}"] = figures.spectrum(layer)
        note = "Singular values of the step Jacobian. Above the dashed line at 1 a gradient can grow, below it shrinks."
        yield panel(f"spectrum-{key}", "Step Jacobian over time", note)
    rows = found.history.get(f"{layer.path}/h", ())
    if len(rows) > 1:
        drawn[f"heat-{key}"] = heatmap(rows)
        note = "Norm of the state gradient in each step of training before the examination, log scale."
        yield panel(f"heat-{key}", "Training step × time step", note)
    if len(layer.lyapunov) > 1:
        drawn[f"exponents-{key}"] = figures.exponents(layer)
        note = "Mean log growth per time step along each direction. All below 0: the state forgets."
        yield panel(f"exponents-{key}", "Lyapunov exponents", note)
