"""Figures of one run or of several over each other, as Plotly takes them; its markup is escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnctl.report.axes import BACK_AXIS, LOG_AXIS, counting_axis, positive, scatter
from rnnctl.report.comparing import name_of
from rnnctl.report.curves import Curve, thinned, traces
from rnnctl.report.page import Figure
from rnnctl.report.run_view import RunView
from rnnctl.util.format import cut

COLOURS = 8
MOST_WEIGHTS = 8
HALF_COLUMNS = 500
"""Pixel columns of a picture half as wide as the page."""
_DASHES = ("solid", "dash", "dot", "dashdot")


def colour(place: int) -> dict[str, str]:
    """Colour and pattern of the line at a place: told apart as far as lines can be."""
    return {"color": f"--run-{place % COLOURS}", "dash": _DASHES[place // COLOURS % len(_DASHES)]}


def escaped(text: str, longest: int = 60) -> str:
    """Text that Plotly shows as it is."""
    short = cut(text, longest)
    return html.escape("".join(char if char.isprintable() else " " for char in short), quote=False)


def loss(views: Sequence[RunView]) -> Figure:
    """Training and validation loss over the steps; a switch makes its axis logarithmic."""
    alone = len(views) == 1
    drawn: list[dict[str, Any]] = []
    for place, view in enumerate(views):
        name, steps, checks = escaped(name_of(view, views)), view.run.steps, view.run.validations
        dress = {"color": "--main"} if alone else colour(place)
        drawn += traces("training" if alone else name, thinned(steps.step, steps.loss), dress)
        found = thinned(np.array([check.step for check in checks]), np.array([check.loss for check in checks]))
        name = "validation" if alone else f"{name}, validation"
        drawn += traces(name, found, {"color": "--second"} if alone else {**dress, "dash": "dot"})
    return {**_over_steps(views, drawn, {"rangemode": "tozero"}), "log": {"yaxis": LOG_AXIS}}


def gradient_norms(views: Sequence[RunView]) -> Figure:
    """The gradient's norm over the steps, of a single run before and after clipping, on a log axis."""
    drawn: list[dict[str, Any]] = []
    for place, view in enumerate(views):
        steps = view.run.steps
        before = _thinned_positive(steps.step, steps.gradient_norm)
        if len(views) > 1:
            drawn += traces(escaped(name_of(view, views)), before, colour(place))
            continue
        drawn += traces("before clipping", before, {"color": "--second"})
        if (steps.clipped_norm < steps.gradient_norm * (1 - 1e-6)).any():
            drawn += traces("after clipping", _thinned_positive(steps.step, steps.clipped_norm), {"color": "--main"})
        else:
            drawn[-1]["name"] = "nothing was clipped"
    return _over_steps(views, drawn, LOG_AXIS)


def by_weight(view: RunView, steps: Any, values: Mapping[str, Any]) -> Figure:
    """Numbers of single weights over some steps, of those with the largest gradients, on a log axis."""
    drawn: list[dict[str, Any]] = []
    for place, path in enumerate(largest_weights(view)):
        if path in values:
            drawn += traces(escaped(path), _thinned_positive(steps, values[path]), colour(place), width=1.4)
    return _over_steps([view], drawn, LOG_AXIS)


def largest_weights(view: RunView) -> list[str]:
    """Paths of the weights that are drawn, in the model's order: those with the largest mean norm."""
    norms = view.run.steps.gradient_norms
    known = {path: values for path, values in norms.items() if np.isfinite(values).any()}
    means = {path: float(np.nanmean(values, dtype=np.float64)) for path, values in known.items()}
    chosen = set(sorted(means, key=lambda path: -means[path])[:MOST_WEIGHTS])
    return [path for path in norms if path in chosen]


def learning_rates(views: Sequence[RunView]) -> Figure:
    """The learning rate over the steps."""
    drawn: list[dict[str, Any]] = []
    for place, view in enumerate(views):
        dress = {"color": "--main"} if len(views) == 1 else colour(place)
        steps = view.run.steps
        drawn += traces(escaped(name_of(view, views)), thinned(steps.step, steps.learning_rate), dress)
    return _over_steps(views, drawn, {"rangemode": "tozero", "exponentformat": "power"})


def rate_changes(views: Sequence[RunView]) -> bool:
    """Whether a learning rate is anything but the same number all the time in all runs."""
    rates = np.concatenate([view.run.steps.learning_rate for view in views])
    return len(rates) > 0 and float(np.ptp(rates)) > 0


def profiles(lines: Mapping[str, tuple[Sequence[float], Mapping[str, str]]]) -> Figure:
    """Norms of the state gradient, the last time step last, by time steps back on a log axis; each with its dress.

    Sequences of different lengths end at different time steps; then they are counted from the first one.
    """
    back = all(len(norms) and norms[-1] > 0 for norms, _ in lines.values())
    hover = "%{x} back: %{y:.3g}" if back else "time step %{x}: %{y:.3g}"
    drawn = []
    for name, (norms, dress) in lines.items():
        places = range(len(norms) - 1, -1, -1) if back else range(1, len(norms) + 1)
        heights = [*map(positive, norms)]
        drawn.append(scatter(places, heights, hover, name=escaped(name), color=dress["color"], dash=dress["dash"]))
    longest = max((len(norms) for norms, _ in lines.values()), default=1)
    axis = BACK_AXIS if back else counting_axis(longest, "time step")
    return {"traces": drawn, "layout": {"xaxis": axis, "yaxis": LOG_AXIS, "showlegend": True}}


def _thinned_positive(steps: Any, values: Any) -> Curve:
    """For a log axis, which holds neither zero nor anything below."""
    return thinned(steps, np.where(values > 0, values, np.nan), HALF_COLUMNS)


def _over_steps(views: Sequence[RunView], drawn: list[dict[str, Any]], yaxis: Mapping[str, Any]) -> Figure:
    last = max((int(view.run.steps.step[-1]) for view in views if len(view.run.steps.step)), default=1)
    layout = {
        "xaxis": counting_axis(last, "step"),
        "yaxis": yaxis,
        "hovermode": "x unified",
        "showlegend": True,
    }
    return {"traces": drawn, "layout": layout}
