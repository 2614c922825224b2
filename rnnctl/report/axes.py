"""Axes, numbers and traces as Plotly takes them, for every picture of a page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

HEATMAP = {"type": "heatmap", "colorscale": [[place / 5, f"--heat-{place}"] for place in range(6)]}
COLOUR_BAR = {"thickness": 12, "outlinewidth": 0}
LOG_AXIS = {"type": "log", "exponentformat": "power", "nticks": 5}
BACK_AXIS = {"title": {"text": "time steps back"}, "autorange": "reversed", "rangemode": "nonnegative"}


def counting_axis(last: int, title: str, **more: Any) -> dict[str, Any]:
    """An axis that counts from 1: whole numbers alone, eight at most."""
    stride = next(step for power in range(20) for step in (10**power, 2 * 10**power, 5 * 10**power) if last <= 8 * step)
    ticks = [1, *range(stride, last + 1, stride)] if stride > 1 else list(range(1, last + 1))
    return {"title": {"text": title}, "tickvals": ticks, **more}


def positive(value: float) -> float | None:
    """What a log axis can hold; None for all else."""
    return digits(value) if math.isfinite(value) and value > 0 else None


def digits(value: float, count: int = 4) -> float:
    """So many significant digits: a page need not hold seventeen. The very largest floats have no rounder one."""
    shorter = float(f"{value:.{count}g}")
    return shorter if math.isfinite(shorter) else value


def scatter(
    x: Iterable[Any], y: Sequence[Any], hover: str, *, color: str, width: float = 2.0, dash: str = "solid", **more: Any
) -> dict[str, Any]:
    """A trace with lines, and with markers too where it has fewer than three values."""
    few = sum(value is not None for value in y) < 3
    dress = {"line": {"color": color, "width": width, "dash": dash}, "marker": {"color": color, "size": 7}}
    trace = {"type": "scatter", "mode": "lines+markers" if few else "lines", "x": list(x), "y": list(y)}
    return {**trace, **dress, "hovertemplate": hover, **more}


def shade(
    places: Sequence[Any], low: Sequence[float | None], high: Sequence[float | None], **more: Any
) -> list[dict[str, Any]]:
    """The shade between two curves, as one trace: an outline for each stretch on which both are drawn."""
    both = [one is not None and other is not None for one, other in zip(low, high, strict=True)]
    x: list[Any] = []
    y: list[float | None] = []
    for shown, stretch in groupby(range(len(both)), key=both.__getitem__):
        at = list(stretch)
        if shown and len(at) > 1:
            around = [(place, low[place]) for place in at] + [(place, high[place]) for place in reversed(at)]
            x += [*(places[place] for place, _ in around), None]
            y += [*(value for _, value in around), None]
    filled = {"fill": "toself", "fillcolor": "--soft", "hoverinfo": "skip", "showlegend": False, **more}
    return [scatter(x, y, "", color="--soft", width=0, **filled)] if x else []
