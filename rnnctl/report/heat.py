"""Norms of the state gradient by training step and time step, as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from rnnctl.report.axes import COLOUR_BAR, HEATMAP, counting_axis
from rnnctl.report.page import Figure

ROWS, COLUMNS, DECADES = 200, 400, 8.0


def heatmap(
    norms: npt.NDArray[np.floating] | Sequence[Sequence[float]],
    steps: Sequence[int] | npt.NDArray[np.int64] | None = None,
    *,
    columns: int = COLUMNS,
) -> Figure:
    """Norms ``[rows, time]`` by training step and time step, on a log scale `DECADES` deep.

    Where there are more rows or columns than are drawn, a cell shows the largest of its norms, and stays empty where
    one of them is not finite.
    """
    if not isinstance(norms, np.ndarray):  # rows may be of different lengths
        norms = np.array(list(zip_longest(*norms, fillvalue=math.nan))).T
    values = np.asarray(norms, np.float64)
    places = np.arange(1, len(values) + 1) if steps is None else np.asarray(steps)
    rows, times = _begins(len(values), ROWS), _begins(values.shape[1], columns)
    largest = np.maximum.reduceat(np.maximum.reduceat(np.abs(values), rows, axis=0), times, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(np.isfinite(largest), np.log10(largest), np.nan)
    known = logs[np.isfinite(logs)]
    top = float(known.max()) if known.size else 0.0
    bottom = min(max(float(known.min()) if known.size else 0.0, top - DECADES), top - 0.1)
    shown = np.round(np.maximum(logs, bottom), 3)
    trace = {
        **{**HEATMAP, "x": (times + 1).tolist(), "y": places[rows].tolist(), "zmin": bottom, "zmax": top},
        "z": [[None if math.isnan(cell) else cell for cell in row] for row in shown.tolist()],
        "colorbar": {**COLOUR_BAR, "dtick": 1, "tickprefix": "10<sup>", "ticksuffix": "</sup>"},
        "hovertemplate": "step %{y}, time step %{x}: 10^%{z:.2f}<extra></extra>",
        "hoverongaps": False,
    }
    layout = {
        "xaxis": counting_axis(values.shape[1], "time step"),
        "yaxis": counting_axis(int(places[-1]), "training step", autorange="reversed"),
    }
    return {"traces": [trace], "layout": layout}


def _begins(length: int, most: int) -> npt.NDArray[np.int64]:
    """Where each of at most so many equal parts begins."""
    count = min(length, most)
    return np.arange(count, dtype=np.int64) * length // count
