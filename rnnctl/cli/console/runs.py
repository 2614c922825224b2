"""The table of runs: a row each, and below a run that is not done, why."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rnnctl.cli.console.style import Style, printable
from rnnctl.runs.listing import DONE, FAILED, INTERRUPTED, RUNNING, RunEntry
from rnnctl.util.format import counted, cut, duration, short

TITLES = ("run", "state", "steps", "loss", "best", "through time", "a step", "age")
GAP = "  "
LONGEST_NAME, SHORTEST_NAME = 32, 6
ORDER_OF_LEAVING = (6, 7, 5, 4, 2, 3)
"""Columns that go first where the terminal is narrow."""


def runs_text(entries: Sequence[RunEntry], now: float, style: Style) -> str:
    """Draws the table."""
    widest_state = max((len(entry.state) for entry in entries), default=0)
    room = min(LONGEST_NAME, max(style.width - len(GAP) - widest_state, SHORTEST_NAME))
    rows = [_cells(entry, now, room) for entry in entries]
    sizes = [max(map(len, column)) for column in zip(TITLES, *rows, strict=True)]
    shown = [*range(len(TITLES))]
    for place in ORDER_OF_LEAVING:
        if _width(sizes, shown) <= style.width:
            break
        shown.remove(place)
    lines = [style.dim(_line(TITLES, sizes, shown))]
    for entry, row in zip(entries, rows, strict=True):
        lines.append(_dressed(entry, _line(row, sizes, shown), sizes, style))
        if entry.why and entry.state != DONE:
            lines.append(style.dim("  " + cut(printable(entry.why), style.width - 2)))
    return "\n".join([*lines, "", style.dim(_totals(entries))])


def _cells(entry: RunEntry, now: float, room: int) -> tuple[str, ...]:
    verdict = entry.verdict or ""
    reach = "" if entry.reach is None else f"{entry.reach[0]:,} of {entry.reach[1]:,}"
    pace = entry.milliseconds_per_step
    return (
        cut(printable(entry.name.replace("\n", "\\n")), room),
        entry.state,
        f"{entry.steps:,}",
        _number(entry.loss),
        _number(entry.best_loss),
        " ".join(filter(None, (printable(verdict), reach))) or "–",
        "–" if pace is None or not math.isfinite(pace) else duration(pace / 1000),
        "–" if not entry.written_at else age(now - entry.written_at),
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value}" if not math.isfinite(value) else short(value)


def age(seconds: float) -> str:
    """A stretch of time in one unit: ``8 s``, ``3 min``, ``2 h``, ``5 days``."""
    seconds = max(seconds, 0.0)
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            whole = int(seconds // size)
            return counted(whole, unit) if unit == "day" else f"{whole} {unit}"
    return f"{int(seconds)} s"


def _width(sizes: Sequence[int], shown: Sequence[int]) -> int:
    return sum(sizes[place] for place in shown) + len(GAP) * (len(shown) - 1)


def _line(cells: Sequence[str], sizes: Sequence[int], shown: Sequence[int]) -> str:
    padded = (f"{cells[place]:<{sizes[place]}}" if place < 2 else f"{cells[place]:>{sizes[place]}}" for place in shown)
    return GAP.join(padded).rstrip()


def _dressed(entry: RunEntry, line: str, sizes: Sequence[int], style: Style) -> str:
    """The line with its state in a colour."""
    begin = sizes[0] + len(GAP)
    end = begin + len(entry.state)
    dress = {RUNNING: style.good, FAILED: style.bad, INTERRUPTED: style.worrying}.get(entry.state, style.dim)
    return line[:begin] + dress(line[begin:end]) + line[end:]


def _totals(entries: Sequence[RunEntry]) -> str:
    states = [entry.state for entry in entries]
    parts = [f"{states.count(state):,} {state}" for state in dict.fromkeys(states)]
    return " · ".join([counted(len(entries), "run"), *parts])
