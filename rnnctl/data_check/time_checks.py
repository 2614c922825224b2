"""The column of times: first and last, the usual step, and missing rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from rnnctl.data.row_order import Order
from rnnctl.data.row_spacing import find_pace
from rnnctl.data.sequences import Ints
from rnnctl.results.data_check import Finding, TimeFacts
from rnnctl.util.format import counted, first_few

_MOST = 3


def examine_times(name: str, order: Order, *, regular: bool) -> tuple[TimeFacts | None, list[Finding]]:
    """Facts of the times, and gaps in them; ``regular`` where ``data.frequency`` has put missing rows in."""
    times = order.times
    if times is None or not len(times):
        return None, []
    frequency, steps, usual = _pace(times, order.bounds)
    odd = np.flatnonzero(steps != usual) if usual else np.zeros(0, dtype=np.int64)
    whole = bool(usual) and bool((steps[odd] % usual == 0).all())
    missing = int((steps[odd] // usual - 1).sum()) if whole and usual else 0
    first, last = str(times.min()), str(times.max())
    facts = TimeFacts(name, first, last, frequency, frequency is not None and not len(odd), len(odd), missing)
    if regular or not len(steps) or not (times.dtype.is_temporal() or times.dtype.is_integer()):
        return facts, []
    if frequency is None:
        text = f"the time from row to row differs ({name!r}); the model sees the order alone"
        return facts, [Finding("fact", "times", text, (name,))]
    return facts, _gaps(name, order, odd, facts) if len(odd) else []


def _pace(times: pl.Series, bounds: Ints) -> tuple[str | None, Ints, int]:
    """The usual step from row to row as Polars writes it, all steps within series, and the usual one of them.

    Steps of months are counted in months, so that 28 days and 31 days are the same.
    """
    inside = np.ones(len(times), dtype=np.bool_)
    inside[bounds[:-1]] = False
    if times.dtype.is_temporal():
        pace = find_pace(times, bounds)
        keys = times.cast(pl.Datetime("us")).to_physical().to_numpy()
        if pace.frequency is not None and pace.frequency.endswith("mo"):
            keys = (times.dt.year().cast(pl.Int64) * 12 + times.dt.month()).to_numpy()
        frequency = pace.frequency
    else:
        keys = times.to_numpy()
        frequency = None
    steps = np.diff(keys, prepend=keys[:1])[inside]
    if not len(steps) or not (times.dtype.is_temporal() or times.dtype.is_integer()):
        return None, steps, 0
    values, counts = np.unique(steps, return_counts=True)
    usual = int(values[counts.argmax()])
    if not times.dtype.is_temporal() and counts.max() >= 0.8 * len(steps):
        frequency = f"{usual}"
    return frequency, steps, usual if frequency is not None else 0


def _gaps(name: str, order: Order, odd: Ints, facts: TimeFacts) -> list[Finding]:
    times = order.times
    if times is None:
        return []
    inside = np.ones(len(times), dtype=np.bool_)
    inside[order.bounds[:-1]] = False
    rows = np.flatnonzero(inside)[odd]
    places = first_few((f"{times[int(row) - 1]} → {times[int(row)]}" for row in rows[:_MOST]), _MOST, len(rows))
    text = f"{counted(len(rows), 'gap')} in {name!r}, where rows are otherwise {facts.frequency} apart: {places}"
    every = facts.frequency if times.dtype.is_temporal() else f"{facts.frequency}i"
    todo = f"; data.frequency: {every} puts in the {counted(facts.missing, 'missing row')}" if facts.missing else ""
    return [Finding("warning", "times", text + todo, (name,))]
