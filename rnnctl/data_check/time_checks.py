"""The column of times: first and last, the usual step, and missing rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.frequency import find_pace
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.results.data_check import Finding, TimeFacts
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, first_few

_MOST = 3


def examine_times(data: TableData | None, order: Order | None) -> tuple[TimeFacts | None, list[Finding]]:
    """Facts of a table's times, and gaps in them that ``data.frequency`` does not fill."""
    if data is None or data.time is None or order is None or order.times is None or not len(order.times):
        return None, []
    name, times = data.time, order.times
    inside = np.ones(len(times), dtype=np.bool_)  # whether the row before is of the same series
    inside[order.bounds[:-1]] = False
    frequency, steps, usual = _usual_step(times, order.bounds, inside)
    odd = np.flatnonzero(steps != usual) if usual else np.zeros(0, dtype=np.int64)
    whole = bool(usual) and bool((steps[odd] % usual == 0).all())
    missing = int((steps[odd] // usual - 1).sum()) if whole and usual else 0
    regular = frequency is not None and not len(odd)
    facts = TimeFacts(name, str(times.min()), str(times.max()), frequency, regular, len(odd), missing)
    if data.frequency is not None or regular or not len(steps) or not _has_steps(times):
        return facts, []
    if frequency is None:
        text = f"the time from row to row differs ({name!r}); the model sees the order alone"
        return facts, [Finding("fact", "times", text, (name,))]
    rows = np.flatnonzero(inside)[odd].tolist()
    places = first_few((f"{times[row - 1]} → {times[row]}" for row in rows[:_MOST]), _MOST, len(rows))
    text = f"{counted(len(rows), 'gap')} in {name!r}, where rows are otherwise {frequency} apart: {places}"
    if missing:
        every = frequency if times.dtype.is_temporal() else f"{frequency}i"
        text += f"; data.frequency: {every} puts in the {counted(missing, 'missing row')}"
    return facts, [Finding("warning", "times", text, (name,))]


def _has_steps(times: pl.Series) -> bool:
    return times.dtype.is_temporal() or times.dtype.is_integer()


def _usual_step(times: pl.Series, bounds: Ints, inside: npt.NDArray[np.bool_]) -> tuple[str | None, Ints, int]:
    """The usual step as Polars writes it, all steps within series, and the usual one of them, 0 where there is none.

    Steps of months are counted in months, so that 28 days and 31 days are the same.
    """
    frequency, keys = None, times.to_numpy()
    if times.dtype.is_temporal():
        frequency = find_pace(times, bounds).frequency
        keys = times.cast(pl.Datetime("us")).to_physical().to_numpy()
        if frequency is not None and frequency.endswith("mo"):
            keys = (times.dt.year().cast(pl.Int64) * 12 + times.dt.month()).to_numpy()
    steps = np.diff(keys, prepend=keys[:1])[inside]
    if not len(steps) or not _has_steps(times):
        return None, steps, 0
    values, counts = np.unique(steps, return_counts=True)
    usual = int(values[counts.argmax()])
    if not times.dtype.is_temporal() and counts.max() >= 0.8 * len(steps):
        frequency = f"{usual}"
    return frequency, steps, usual if frequency is not None else 0
