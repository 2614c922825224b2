"""Figures of an examination as Plotly takes them; what a log axis cannot hold (zero, NaN, infinity) is left out."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

from rnnctl.report.axes import counting_axis, digits, log_axis, positive
from rnnctl.report.page import Figure
from rnnctl.results import LayerFindings, Series, VariableFindings

MOST_WEIGHTS = 40
_ACROSS = {
    **{"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1},
    **{"line": {"color": "--second", "width": 1.5, "dash": "dash"}},
}


def profile(layer: LayerFindings) -> Figure:
    """‖∂L/∂h_t‖ against time steps back from the layer's last one, its two parts, and the decay that was fitted."""
    turn = -1 if layer.backwards else 1
    traces = [
        _curve(f"∂L/∂{state}", norms[::turn], color="--main" if state == "h" else "--second", width=2.5)
        for state, norms in layer.state_gradient_norms.items()
    ]
    total = layer.state_gradient_norms.get("h", ())
    if _differs(layer.returned_norms, total):
        traces.append(_curve("came back", layer.returned_norms[::turn], color="--third", dash="dot"))
        traces.append(
            _curve("from the loss or layer above", layer.immediate_norms[::turn], color="--second", dash="dash")
        )
    if _differs(layer.impulse_norms, total[::turn]):
        traces.append(_curve("of the last time step alone", layer.impulse_norms, color="--main", dash="dash"))
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": "time steps back"}, "autorange": "reversed", "rangemode": "nonnegative"},
        "yaxis": log_axis([height for trace in traces for height in trace["y"]]),
        "showlegend": len(traces) > 1,
        **_reach_shade(layer),
    }
    return {"traces": traces, "layout": layout}


def _reach_shade(layer: LayerFindings) -> dict[str, Any]:
    """The time steps that the gradient reaches, as a shade behind the curves; nothing where it reaches all."""
    if not 0 < layer.reach_steps < layer.time_steps:
        return {}
    end = layer.reach_steps - 0.5
    side = "left" if layer.reach_steps > layer.time_steps / 2 else "right"  # where there is more room
    shade = {
        **{"type": "rect", "xref": "x", "yref": "paper", "x0": 0, "x1": end, "y0": 0, "y1": 1},
        **{"fillcolor": "--soft", "line": {"width": 0}, "layer": "below"},
    }
    label = {
        **{"x": end, "y": 0.03, "xref": "x", "yref": "paper", "xanchor": side, "showarrow": False},
        **{"text": f" reach {layer.reach_steps} ", "font": {"color": "--main"}},
    }
    return {"shapes": [shade], "annotations": [label]}


def _differs(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two series are worth two curves: more than a tenth apart at a time step besides the ends."""
    if len(one) != len(other) or len(one) < 3:
        return False
    return any(abs(a - b) > 0.1 * max(abs(a), abs(b)) for a, b in zip(one[1:-1], other[1:-1], strict=True))


def _curve(name: str, norms: Series, *, color: str, width: float = 1.5, dash: str = "solid") -> dict[str, Any]:
    heights = [digits(norm) if math.isfinite(norm) and norm > 0 else None for norm in norms]
    alone = sum(height is not None for height in heights) < 3
    return {
        "type": "scatter",
        "mode": "markers" if alone else "lines",
        "name": name,
        "x": list(range(len(norms) - 1, -1, -1)),
        "y": heights,
        "line": {"color": color, "width": width, "dash": dash},
        "marker": {"color": color, "size": 7},
        "hovertemplate": "%{x} back: %{y:.3g}",
    }


def spectrum(layer: LayerFindings) -> Figure:
    """Largest and smallest singular value of the step Jacobian over time, with the line at which nothing changes."""
    places = list(layer.singular_at or range(1, len(layer.singular_largest) + 1))
    pairs: tuple[tuple[str, Series, dict[str, str]], ...] = (
        ("smallest", layer.singular_smallest, {}),
        ("largest", layer.singular_largest, {"fill": "tonexty"}),
    )
    traces: list[dict[str, Any]] = [
        {
            **{"type": "scatter", "mode": "lines", "name": name, "x": places, "fillcolor": "--soft", **more},
            "y": [digits(value) if math.isfinite(value) and value > 0 else None for value in values],
            "line": {"color": "--main" if name == "largest" else "--third", "width": 2},
            "hovertemplate": f"time step %{{x}}: {name} %{{y:.3g}}<extra></extra>",
        }
        for name, values, more in pairs
    ]
    layout = {
        "xaxis": counting_axis(max(places, default=1), "time step"),
        "yaxis": log_axis([1.0, *(value for trace in traces for value in trace["y"])]),
        "shapes": [{**_ACROSS, "y0": 1, "y1": 1}],
    }
    return {"traces": traces, "layout": layout}


def exponents(layer: LayerFindings) -> Figure:
    """Lyapunov exponents, largest first, with the line at which nothing grows or shrinks."""
    values = [digits(value) if math.isfinite(value) else None for value in layer.lyapunov]
    trace = {
        **{"type": "scatter", "mode": "lines+markers", "x": list(range(1, len(values) + 1)), "y": values},
        **{"line": {"color": "--main", "width": 1.5}, "marker": {"color": "--main", "size": 7}},
        "hovertemplate": "λ%{x} = %{y:.3g}<extra></extra>",
    }
    layout = {
        "xaxis": counting_axis(len(values), "exponent"),
        "yaxis": {"rangemode": "tozero", "title": {"text": "per time step"}},
        "shapes": [{**_ACROSS, "y0": 0, "y1": 0}],
    }
    return {"traces": [trace], "layout": layout}


def weight_norms(variables: Sequence[VariableFindings]) -> Figure:
    """Each weight's gradient norm before and after clipping, the largest weights first where there are many."""
    shown = [weight for weight in variables if math.isfinite(weight.norm) and weight.norm > 0]
    if len(shown) > MOST_WEIGHTS:
        kept = {id(weight) for weight in sorted(shown, key=lambda weight: -weight.norm)[:MOST_WEIGHTS]}
        shown = [weight for weight in shown if id(weight) in kept]
    paths = [html.escape(weight.path, quote=False) for weight in shown]
    pairs: dict[str, list[Any]] = {"x": [], "y": []}
    for path, weight in zip(paths, shown, strict=True):
        pairs["x"] += [digits(weight.norm), positive(weight.clipped_norm), None]
        pairs["y"] += [path, path, None]
    hover = "%{y}: %{x:.3g}<extra>%{fullData.name}</extra>"
    traces = [
        {"type": "scatter", "mode": "lines", **pairs, "line": {"color": "--third", "width": 2}, "showlegend": False,
         "hoverinfo": "skip"},
        {"type": "scatter", "mode": "markers", "name": "before clipping", "y": paths, "hovertemplate": hover,
         "x": [digits(weight.norm) for weight in shown], "marker": {"color": "--second", "size": 11}},
        {"type": "scatter", "mode": "markers", "name": "after clipping", "y": paths, "hovertemplate": hover,
         "x": [positive(weight.clipped_norm) for weight in shown], "marker": {"color": "--main", "size": 7}},
    ]  # fmt: skip
    layout = {
        "xaxis": log_axis([*pairs["x"]], title={"text": "norm of the gradient"}),
        "yaxis": {"autorange": "reversed", "type": "category"},
    }
    return {"traces": traces, "layout": layout}
