"""The table of runs: a row each, and below a run that is not done, why."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.cli.console.style import Style, one_line
from rnnctl.cli.console.table import GAP, table
from rnnctl.runs.listing import DONE, FAILED, INTERRUPTED, RUNNING, RunEntry
from rnnctl.util.format import counted, cut, duration, short
from rnnctl.util.printing import printable

TITLES = ("run", "state", "steps", "loss", "best", "through time", "a step", "age")
LONGEST_NAME, SHORTEST_NAME = 32, 6
ORDER_OF_LEAVING = (6, 7, 5, 4, 2, 3)
"""Columns that go first where the terminal is narrow."""


def runs_text(entries: Sequence[RunEntry], now: float, style: Style) -> str:
    """Draws the table."""
    widest_state = max((len(entry.state) for entry in entries), default=0)
    room = min(LONGEST_NAME, max(style.width - len(GAP) - widest_state, SHORTEST_NAME))
    rows = [_cells(entry, now, room) for entry in entries]
    title, *lines = table(TITLES, rows, style, left=2, leaving=ORDER_OF_LEAVING).split("\n")
    begin = len(GAP) + max(len(row[0]) for row in (TITLES, *rows))
    shown = [title]
    for entry, line in zip(entries, lines, strict=True):
        dress = {RUNNING: style.good, FAILED: style.bad, INTERRUPTED: style.worrying}.get(entry.state, style.dim)
        shown.append(line[:begin] + dress(entry.state) + line[begin + len(entry.state) :])
        if entry.why and entry.state != DONE:
            shown.append(style.dim("  " + cut(printable(entry.why), style.width - 2)))
    states = [entry.state for entry in entries]
    totals = [counted(len(entries), "run"), *(f"{states.count(state):,} {state}" for state in dict.fromkeys(states))]
    return "\n".join([*shown, "", style.dim(" · ".join(totals))])


def _cells(entry: RunEntry, now: float, room: int) -> tuple[str, ...]:
    reach = "" if entry.reach is None else f"{entry.reach[0]:,} of {entry.reach[1]:,}"
    pace = entry.milliseconds_per_step
    return (
        cut(one_line(entry.name), room),
        entry.state,
        f"{entry.steps:,}",
        short(entry.loss),
        short(entry.best_loss),
        " ".join(filter(None, (printable(entry.verdict or ""), reach))) or "–",
        "–" if pace is None else duration(pace / 1000),
        "–" if not entry.written_at else age(now - entry.written_at),
    )


def age(seconds: float) -> str:
    """A stretch of time in one unit: ``8 s``, ``3 min``, ``2 h``, ``5 days``."""
    seconds = max(seconds, 0.0)
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            whole = int(seconds // size)
            return counted(whole, unit) if unit == "day" else f"{whole} {unit}"
    return f"{int(seconds)} s"
