"""Norms of the state gradient by training step and time step, as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from rnnctl.report.axes import BACK_AXIS, COLOUR_BAR, HEATMAP, counting_axis
from rnnctl.report.page import Figure

ROWS, COLUMNS, DECADES = 200, 400, 8.0


def heatmap(
    norms: npt.NDArray[np.floating] | Sequence[Sequence[float]],
    steps: Sequence[int] | npt.NDArray[np.int64] | None = None,
    *,
    columns: int = COLUMNS,
    backwards: bool = False,
) -> Figure:
    """Norms by training step and time step, on a log scale `DECADES` deep.

    Steps that end at different time steps are laid out from their last one back, so that what is as far from the loss
    stands in one column. Where there are more rows or columns than are drawn, a cell shows the largest of its norms,
    and stays empty where one of them is not finite.

    Args:
        norms: ``[rows, time]``.
        steps: Training steps of the rows; 1, 2, … where they are not given.
        columns: Columns that are drawn at most.
        backwards: Whether they are of a layer that reads the sequence backwards.
    """
    values, back = laid_out(norms, backwards=backwards)
    places = np.arange(1, len(values) + 1) if steps is None else np.asarray(steps)
    rows, times = _begins(len(values), ROWS), _begins(values.shape[1], columns)
    largest = np.maximum.reduceat(np.maximum.reduceat(values, rows, axis=0), times, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(np.isfinite(largest) & (largest >= 0), np.log10(largest), np.nan)
    known = logs[np.isfinite(logs)]
    top = float(known.max()) if known.size else 0.0
    bottom = min(max(float(known.min()) if known.size else 0.0, top - DECADES), top - 0.1)
    shown = np.round(np.maximum(logs, bottom), 3)
    x, where = (values.shape[1] - 1 - times, "%{x} back") if back else (times + 1, "time step %{x}")
    trace = {
        **{**HEATMAP, "x": x.tolist(), "y": places[rows].tolist(), "zmin": bottom, "zmax": top},
        "z": [[None if math.isnan(cell) else cell for cell in row] for row in shown.tolist()],
        "colorbar": {**COLOUR_BAR, "dtick": 1, "tickprefix": "10<sup>", "ticksuffix": "</sup>"},
        "hovertemplate": f"step %{{y}}, {where}: 10^%{{z:.2f}}<extra></extra>",
        "hoverongaps": False,
    }
    layout = {
        "xaxis": BACK_AXIS if back else counting_axis(values.shape[1], "time step"),
        "yaxis": counting_axis(int(places[-1]), "training step", autorange="reversed"),
    }
    return {"traces": [trace], "layout": layout}


def laid_out(
    rows: npt.NDArray[np.floating] | Sequence[Sequence[float]], *, backwards: bool
) -> tuple[npt.NDArray[np.float64], bool]:
    """Rows of norms, maybe of different lengths, as a table.

    A row ends at its last norm that is neither zero nor missing. Of a layer that reads backwards the gradient sets out
    at the first time step, and a zero may be what is left of it.

    Returns:
        The norms, −1 where a step's sequences are over; and whether rows were moved to the right, to end together.
    """
    if not isinstance(rows, np.ndarray):
        rows = np.array(list(zip_longest(*rows, fillvalue=math.nan))).T
    norms = np.abs(rows.astype(np.float64))
    there = ~np.isnan(norms) & (backwards | (norms != 0))
    ends = np.where(there.any(axis=1), norms.shape[1] - np.argmax(there[:, ::-1], axis=1), 0)
    longest = int(ends.max(initial=0))
    ends[ends == 0] = longest  # nothing says where such a row ends
    if (ends == longest).all():
        return norms, False
    at = np.arange(longest) - (longest - ends)[:, None] * (not backwards)
    inside = (at >= 0) & (at < ends[:, None])
    return np.where(inside, np.take_along_axis(norms, np.maximum(at, 0), axis=1), -1.0), not backwards


def _begins(length: int, most: int) -> npt.NDArray[np.int64]:
    """Where each of at most so many equal parts begins."""
    count = min(length, most)
    return np.arange(count, dtype=np.int64) * length // count
