"""Figures of an examination as Plotly takes them; what a log axis cannot hold (zero, NaN, infinity) is left out."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

from rnnctl.report.axes import BACK_AXIS, LOG_AXIS, counting_axis, digits, positive, scatter, shade
from rnnctl.report.page import Figure
from rnnctl.results import LayerFindings, VariableFindings

MOST_WEIGHTS = 40
_ACROSS = {
    **{"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1},
    **{"line": {"color": "--second", "width": 1.5, "dash": "dash"}},
}


def profile(layer: LayerFindings) -> Figure:
    """‖∂L/∂h_t‖ against time steps back from the layer's last one, its two parts, and the decay that was fitted."""
    turn = -1 if layer.backwards else 1
    total = layer.state_gradient_norms.get("h", ())
    curves = [
        (f"∂L/∂{state}", norms[::turn], "--main" if state == "h" else "--second", "solid")
        for state, norms in layer.state_gradient_norms.items()
    ]
    if _differs(layer.returned_norms, total):
        curves.append(("came back", layer.returned_norms[::turn], "--third", "dot"))
        curves.append(("from the loss or layer above", layer.immediate_norms[::turn], "--second", "dash"))
    if _differs(layer.impulse_norms, total[::turn]):
        curves.append(("of the last time step alone", layer.impulse_norms, "--main", "dash"))
    traces = []
    for name, norms, color, dash in curves:
        back, heights = range(len(norms) - 1, -1, -1), [*map(positive, norms)]
        width = 2.5 if dash == "solid" else 1.5
        traces.append(scatter(back, heights, "%{x} back: %{y:.3g}", name=name, color=color, width=width, dash=dash))
    layout: dict[str, Any] = {
        "xaxis": BACK_AXIS,
        "yaxis": LOG_AXIS,
        "showlegend": len(traces) > 1,
        "shapes": _reach_shade(layer),
    }
    return {"traces": traces, "layout": layout}


def _reach_shade(layer: LayerFindings) -> list[dict[str, Any]]:
    """The time steps that the gradient reaches, as a shade behind the curves; nothing where it reaches all."""
    if not 0 < layer.reach_steps < layer.time_steps:
        return []
    return [
        {
            **{"type": "rect", "xref": "x", "yref": "paper", "x0": 0, "x1": layer.reach_steps - 0.5, "y0": 0, "y1": 1},
            **{"fillcolor": "--soft", "line": {"width": 0}, "layer": "below"},
        }
    ]


def _differs(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two series are worth two curves: more than a tenth apart at a time step besides the ends."""
    if len(one) != len(other) or len(one) < 3:
        return False
    return any(abs(a - b) > 0.1 * max(abs(a), abs(b)) for a, b in zip(one[1:-1], other[1:-1], strict=True))


def spectrum(layer: LayerFindings) -> Figure:
    """Largest and smallest singular value of the step Jacobian over time, with the line at which nothing changes."""
    places = list(layer.singular_at or range(1, len(layer.singular_largest) + 1))
    hover = "time step %{x}: %{fullData.name} %{y:.3g}<extra></extra>"
    small, large = [*map(positive, layer.singular_smallest)], [*map(positive, layer.singular_largest)]
    traces = [
        *shade(places, small, large),
        scatter(places, small, hover, name="smallest", color="--third"),
        scatter(places, large, hover, name="largest", color="--main"),
    ]
    layout = {
        "xaxis": counting_axis(max(places, default=1), "time step"),
        "yaxis": LOG_AXIS,
        "shapes": [{**_ACROSS, "y0": 1, "y1": 1}],
    }
    return {"traces": traces, "layout": layout}


def exponents(layer: LayerFindings) -> Figure:
    """Lyapunov exponents, largest first, with the line at which nothing grows or shrinks."""
    values = [digits(value) if math.isfinite(value) else None for value in layer.lyapunov]
    hover = "λ%{x} = %{y:.3g}<extra></extra>"
    trace = scatter(range(1, len(values) + 1), values, hover, color="--main", width=1.5, mode="lines+markers")
    layout = {
        "xaxis": counting_axis(len(values), "exponent"),
        "yaxis": {"rangemode": "tozero", "title": {"text": "per time step"}},
        "shapes": [{**_ACROSS, "y0": 0, "y1": 0}],
    }
    return {"traces": [trace], "layout": layout}


def weight_norms(variables: Sequence[VariableFindings]) -> Figure:
    """Each weight's gradient norm before and after clipping, the largest weights first where there are many."""
    shown = [weight for weight in variables if math.isfinite(weight.norm) and weight.norm > 0]
    least = min(sorted((weight.norm for weight in shown), reverse=True)[:MOST_WEIGHTS], default=0.0)
    shown = [weight for weight in shown if weight.norm >= least][:MOST_WEIGHTS]
    paths = [html.escape(weight.path, quote=False) for weight in shown]
    before, after = [positive(weight.norm) for weight in shown], [positive(weight.clipped_norm) for weight in shown]
    ends = [end for pair in zip(before, after, strict=True) for end in (*pair, None)]
    hover = "%{y}: %{x:.3g}<extra>%{fullData.name}</extra>"
    join: dict[str, Any] = {"mode": "lines", "showlegend": False, "hoverinfo": "skip"}
    traces = [
        scatter(ends, [end for path in paths for end in (path, path, None)], hover, color="--third", **join),
        scatter(before, paths, hover, color="--second", mode="markers", name="before clipping"),
        scatter(after, paths, hover, color="--main", mode="markers", name="after clipping"),
    ]
    traces[1]["marker"]["size"] = 11
    layout = {
        "xaxis": {**LOG_AXIS, "title": {"text": "norm of the gradient"}},
        "yaxis": {"autorange": "reversed", "type": "category"},
    }
    return {"traces": traces, "layout": layout}
