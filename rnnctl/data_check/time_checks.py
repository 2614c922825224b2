"""The column of times: first and last, the usual step, and missing rows."""

from __future__ import annotations

import numpy as np

from rnnctl.data.frequency import Pace, find_far, find_pace, told
from rnnctl.data.row_order import Order
from rnnctl.results.data_check import Finding, TimeFacts
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, first_few

_MOST = 3


def examine_times(data: TableData | None, order: Order) -> tuple[TimeFacts | None, list[Finding]]:
    """Facts of a table's times, and gaps in them that ``data.frequency`` does not fill."""
    times = order.times
    if data is None or data.time is None or times is None:
        return None, []
    name, counts = data.time, not times.dtype.is_float()
    pace = find_pace(times, order.bounds) if counts else Pace(None, np.zeros(0, dtype=np.int64))
    main = pace.grids.main
    frequency = None if main is None else main.every.removesuffix("i")
    pattern = "" if main is None else main.pattern
    facts = TimeFacts(
        name, str(times.min()), str(times.max()), frequency, pace.even, len(pace.odd), pace.missing, pattern
    )
    found = [
        Finding("fact", "times", f"{text} ({name!r})", (name,))
        for text in (told(data, order, pace.grids, found=False) if pace.grids.own and data.frequency is None else ())
    ]
    if data.frequency is not None or pace.even or not counts or len(times) == len(order):
        return facts, found
    if frequency is None:
        text = f"the time from row to row differs ({name!r}); the model sees the order alone"
        return facts, [*found, Finding("fact", "times", text, (name,))]
    if (far := find_far(order, pace.grids)) is not None:
        text = f"{name!r}: {far.told(order)}; correct it where it is wrong"
        return facts, [*found, Finding("warning", "times", text, (name,))]
    rows = np.delete(np.arange(len(times)), order.begin)[pace.odd].tolist()
    places = first_few((f"{times[row - 1]} → {times[row]}" for row in rows[:_MOST]), _MOST, len(rows))
    text = f"{counted(len(rows), 'gap')} in {name!r}, where rows are otherwise {pace} apart: {places}"
    if pace.missing:
        every = "auto" if pace.grids.own else pace.frequency
        text += f"; data.frequency: {every} puts in the {counted(pace.missing, 'missing row')}"
    return facts, [*found, Finding("warning", "times", text, (name,))]
