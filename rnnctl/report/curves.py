"""Curves of any length as Plotly takes them: each pixel column keeps its lowest, its highest and its mean value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnctl.report.axes import digits, scatter

Doubles = npt.NDArray[np.float64]

COLUMNS = 1000
"""Pixel columns of a picture as wide as the page."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve by columns: the middle of each one's places; mean, lowest and highest of its values; ``of`` in all."""

    x: Doubles
    mean: Doubles
    low: Doubles
    high: Doubles
    of: int


def thinned(x: npt.NDArray[Any], values: npt.NDArray[np.floating], columns: int = COLUMNS) -> Curve:
    """Thins a curve (``x`` rising, values that are not finite left out) to so many columns at most."""
    known = np.isfinite(values)
    x, kept = x[known].astype(np.float64), values[known].astype(np.float64)
    if len(x) <= columns:
        return Curve(x, kept, kept, kept, len(x))
    edges = np.linspace(x[0], x[-1], columns + 1)[:-1]
    begins = np.unique(np.searchsorted(x, edges))
    ends = np.append(begins[1:], len(x))
    return Curve(
        (x[begins] + x[ends - 1]) / 2,
        np.add.reduceat(kept, begins) / (ends - begins),
        np.minimum.reduceat(kept, begins),
        np.maximum.reduceat(kept, begins),
        len(x),
    )


def traces(name: str, curve: Curve, dress: Mapping[str, str], *, width: float = 1.8) -> list[dict[str, Any]]:
    """A curve as Plotly draws it: a line, and behind it the band from the lowest to the highest value.

    ``dress`` holds its colour, a variable of the style sheet (the band's has ``-soft`` at its end), and maybe ``dash``.
    """
    x = rounded(curve.x, 7)
    line = scatter(x, rounded(curve.mean), "%{y:.4g}", width=width, **dress, name=name, legendgroup=name)
    if len(x) == curve.of:
        return [line]
    hidden: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "showlegend": False}
    hidden |= {"hoverinfo": "skip", "legendgroup": name}
    line["customdata"] = [list(ends) for ends in zip(rounded(curve.low, 4), rounded(curve.high, 4), strict=True)]
    line["hovertemplate"] = "%{y:.4g} (%{customdata[0]:.4g} to %{customdata[1]:.4g})"
    low = {**hidden, "y": rounded(curve.low)}
    high = {**hidden, "y": rounded(curve.high), "fill": "tonexty", "fillcolor": f"{dress['color']}-soft"}
    return [low, high, line]


def rounded(values: Doubles, count: int = 5) -> list[float | None]:
    """So many significant digits, which is more than a pixel shows; None for what is not finite."""
    return [digits(value, count) if math.isfinite(value) else None for value in values.tolist()]


def thinning_in_words(of: int, columns: int, what: str = "steps") -> str:
    """What a reader must know of a thinned curve; empty where nothing was thinned."""
    if of <= columns:
        return ""
    return (
        f" {of:,} {what} in {columns:,} columns: the line is each column’s mean, the band reaches from its lowest to "
        "its highest value."
    )
