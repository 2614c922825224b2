"""Pictures of characters: the gradient against time steps back, training step × time step, singular values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rnnctl.cli.console.plot import WIDTH_MAX, Curve, drawn
from rnnctl.cli.console.strip import binned
from rnnctl.cli.console.style import Style
from rnnctl.report.heat import laid_out
from rnnctl.results import LayerFindings, Series
from rnnctl.util.format import cut

HEAT_ROWS = 12
SHADES = " ░▒▓█"
HEAT_LEGEND = "█ above 10 % of the largest · ▓ 1 % · ▒ 0.1 % · ░ 0.01 %"
WIDEST = 3
"""Characters of one time step at most."""

FLAT = 1.1
"""Values that span less than this factor get an axis that spans it, so that noise does not look like a trend."""


def gradient_plot(layer: LayerFindings, style: Style) -> str | None:
    """The norm of ∂L/∂h_t against time steps back, on a log scale; None with too little to draw or no room."""
    norms = in_running_order(layer, layer.state_gradient_norms.get("h", ()))
    title = f"  ‖∂L/∂h‖ of {layer.path} by time steps back (log scale)"
    return _log_plot([(norms, "braille")], range(1 - len(norms), 1), title, style, height=11)


def singular_plot(layer: LayerFindings, style: Style) -> str | None:
    """The largest and the smallest singular value of the step Jacobian over time, on a log scale."""
    places = layer.singular_at or range(1, len(layer.singular_largest) + 1)
    title = f"  largest and ● smallest singular value of {layer.path}'s step Jacobian (log scale)"
    curves = [(layer.singular_largest, "braille"), (layer.singular_smallest, "●")]
    return _log_plot(curves, places, title, style, height=9)


def in_running_order(layer: LayerFindings, norms: Series) -> Series:
    """A series with the time step that the layer reads last at its end."""
    return norms[::-1] if layer.backwards else norms


def _log_plot(
    curves: Sequence[tuple[Series, str]], places: Sequence[int], title: str, style: Style, *, height: int
) -> str | None:
    shown: list[Curve] = [
        ([(x, y) for x, y in zip(places, norms, strict=False) if 0 < y < math.inf], marker) for norms, marker in curves
    ]
    heights = [y for points, _ in shown for _, y in points]
    if heights and max(heights) < FLAT * min(heights):
        # Of roots, since the product of small norms is 0; at the ends of float64 an end falls away.
        middle, half = math.sqrt(min(heights)) * math.sqrt(max(heights)), math.sqrt(FLAT)
        ends = (middle / half, middle * half)
        shown.append(([(places[0], end) for end in ends if 0 < end < math.inf], " "))
    picture = drawn(shown, style.width, lambda x: f"{abs(x):,.0f}", log=True, height=height)
    return None if picture is None else "\n".join([style.dim(cut(title, style.width)), *picture])


def heat_strip(history: Mapping[str, tuple[Series, ...]], layer: LayerFindings, style: Style) -> str | None:
    """Training step × time step as shades, each a factor of ten, relative to the largest norm of all steps.

    ``history`` is that of an ``Examination``. A line for each step, ``HEAT_ROWS`` at most; None for fewer than two.
    """
    rows = history.get(f"{layer.path}/h", ())
    if len(rows) < 2:
        return None
    chosen = sorted({round((len(rows) - 1) * part / (HEAT_ROWS - 1)) for part in range(HEAT_ROWS)})
    label = len(f"{len(rows):,}")
    width = max(min(style.width, WIDTH_MAX) - label - 4, 8)
    norms, _ = laid_out(rows, backwards=layer.backwards)
    largest = float(norms.max(where=np.isfinite(norms), initial=0.0))
    lines = [f"  {step + 1:>{label},}  {shades(norms[step].tolist(), largest, width)}" for step in chosen]
    title = f"  ‖∂L/∂h‖ of {layer.path} by training step × time step, last on the right"
    return "\n".join([style.dim(cut(title, style.width)), *lines, style.dim(cut(f"  {HEAT_LEGEND}", style.width))])


def shades(norms: Sequence[float], largest: float, width: int) -> str:
    """Norms as shades relative to the largest, ``!`` for NaN or infinity.

    More time steps than ``width`` are binned, each bin showing its largest norm; fewer are up to ``WIDEST`` wide each.
    """
    wide = max(min(width // max(len(norms), 1), WIDEST), 1)
    return "".join(wide * _shade(norm, largest) for norm in binned(norms, width))


def _shade(norm: float, largest: float) -> str:
    if not math.isfinite(norm):
        return "!"
    if norm <= 0 or largest <= 0:
        return SHADES[0]
    return SHADES[max(0, 4 + min(0, math.ceil(math.log10(norm / largest))))]
