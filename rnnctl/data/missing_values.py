"""Missing cells: errors that name them, flags that sequences are chosen by, and values filled in for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from rnnctl.data.known_features import FILLING
from rnnctl.data.row_order import Rows
from rnnctl.data.sequences import Flags, Ints, Numbers
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of
from rnnctl.tasks import Task
from rnnctl.util.format import counted, first_few, listed

SHOWN = 3
LARGEST = 1e38
"""The largest magnitude that a number may have: sequences are float32, the difference of two numbers too."""


@dataclass(eq=False, slots=True)
class Gaps:
    """Flags of rows with missing values, after all that could be filled in was; None where no row has any.

    Attributes:
        features: ``[rows]``, whether an input is missing.
        targets: ``[rows, targets]``, whether a target cannot be learnt from: it is missing in the file, filled in or
            not; with ``data.difference`` also whether the one before is.
        absent: ``[rows, targets]``, whether a target is missing in the file itself, so that it is no truth to score by.
        levels: ``[rows, targets]``, with ``data.difference``, whether there is no value that forecast changes could
            be added to.
        borrowed: ``[rows]``, whether a feature was filled in from later rows, so that no forecast may begin here.
    """

    count: int
    features: Flags | None = None
    targets: Flags | None = None
    absent: Flags | None = None
    levels: Flags | None = None
    borrowed: Flags | None = None

    def add(self, what: str, flags: Flags) -> None:
        """Adds flags ``[rows]`` or ``[rows, targets]`` to the attribute ``what``."""
        if flags.any():
            found = getattr(self, what)
            setattr(self, what, flags.copy() if found is None else found | flags)

    def add_input(self, data: TableData, name: str, left: Flags) -> None:
        """Adds the rows ``left [rows]`` at which a column has no value, where it is an input.

        Where its future is known, that includes the rows before a gap.
        """
        if name not in data.seen:
            return
        self.add("features", left)
        for lead in range(1, data.windowed.horizon + 1) if name in (data.known or ()) else ():
            # Across the end of a series too: no window's inputs reach so far.
            self.add("features", np.append(left[lead:], np.zeros(min(lead, len(left)), dtype=np.bool_)))

    def add_target(self, data: TableData, name: str, *, targets: Flags, absent: Flags, levels: Flags) -> None:
        """Adds flags ``[rows]`` of a column of the file to the attributes of these names, where it is a target."""
        own = np.array([other == name for other in data.target])
        for what, flags in (("targets", targets), ("absent", absent), ("levels", levels)):
            if own.any() and flags.any():
                self.add(what, flags[:, None] & own)


MOST_DROPPED = 0.1
"""Share of a split's sequences that are left out without a word of advice, and that `init` leaves out."""


def ways_to_keep(data: TableData, *, per_step: bool) -> list[str]:
    """Values of ``data.missing`` that keep more sequences than the config's own may, those of the least error first.

    Nothing stands in for a text.

    Args:
        per_step: Whether a forecast is made at each row.
    """
    ways = () if data.text is not None else ways_to_fill(data.task_entry, known=bool(data.known), per_step=per_step)
    return [way for way in ways if way != data.missing]


def ways_to_fill(task: Task, *, known: bool, per_step: bool) -> tuple[str, ...]:
    """Values of ``data.missing`` by which something stands in for missing values, those of the least error first.

    No known feature is filled in, and no forecast is made at a row that was filled in from later ones.

    Args:
        known: Whether there are known features.
        per_step: Whether a forecast is made at each row.
    """
    interpolates = task.interpolates and not (per_step and task.windowed)
    ways = ("interpolate", "forward", "mask") if interpolates else ("forward", "mask")
    return tuple(way for way in ways if not (known and way in FILLING))


def find_missing(rows: Rows, *, refuse: bool, per_step: bool) -> Mapping[str, pl.Series]:
    """Finds the cells that are missing, and numbers that are too large.

    Args:
        per_step: Whether a forecast is made at each row.
        refuse: Whether missing cells are an error.

    Returns:
        By column, in the order of the rows, whether a cell is missing; only columns that miss one.

    Raises:
        DataError: A number is infinite or too large, or cells are missing and may not be.
    """
    data, gaps = rows.data, dict[str, pl.Series]()
    for name in dict.fromkeys((*data.seen, *data.target)):
        column = column_of(rows.frame, name)
        if data.column(name).kind == "number" and _largest(column) > LARGEST:
            at = (rows.column(name).abs() > LARGEST).fill_null(value=False).arg_true().to_list()
            raise DataError(
                f"{data.path}: column {name!r}: {rows.lines(at)}: infinite, or too large for a number; "
                f"expected a finite number up to {LARGEST:g}; correct it"
            )
        if column.null_count():
            gaps[name] = rows.column(name).is_null()
        rows.table.release(name)
    if gaps and refuse:
        columns = "; ".join(f"column {name!r}: {_where(rows, gap)}" for name, gap in gaps.items())
        raise DataError(f"{data.path}: values are missing: {columns}; fill them in, or {_advice(rows, gaps, per_step)}")
    return gaps


def _advice(rows: Rows, gaps: Mapping[str, pl.Series], per_step: bool) -> str:
    """What to do about missing cells: nothing is left out where that would leave no sequence."""
    data = rows.data
    what, kept = "window" if data.window else "sequence", ways_to_keep(data, per_step=per_step)
    if _some_left(rows, gaps):
        keeping = f" ({listed(kept, 'and')} keep{'s' * (len(kept) == 1)} them)" if kept else ""
        return f"set data.missing: drop to leave out every {what} that holds one{keeping}"
    ways = [f"set data.missing: {listed(kept)}"] if kept else []
    if data.frequency and data.open == "all":
        ways.insert(0, "leave out data.open: all, so that closed days are no rows")
    return f"{', or '.join(ways) or 'leave the columns out'} (every {what} holds one, so that drop would leave none)"


def _some_left(rows: Rows, gaps: Mapping[str, pl.Series]) -> bool:
    """Whether some window's inputs, or some sequence, holds no missing cell."""
    data, order = rows.data, rows.order
    missing = np.zeros(order.bounds[-1], dtype=np.bool_)
    for name in data.seen:
        if name in gaps:
            missing |= gaps[name].to_numpy()
    if data.window is None:
        return bool((np.add.reduceat(missing, order.begin) == 0).any())
    edges = np.union1d(np.flatnonzero(missing), order.bounds)
    free = np.diff(edges) - missing[edges[:-1]]
    return bool(free.max() >= data.window.length)


def _where(rows: Rows, gap: pl.Series) -> str:
    at = gap.arg_true().to_numpy()
    in_file = at if rows.origin is None else at[rows.origin[at] >= 0]
    parts = [rows.lines(in_file.tolist())] if len(in_file) else []
    if put_in := len(at) - len(in_file):
        added = at[rows.origin[at] < 0] if rows.origin is not None else at
        first = first_few((rows.order.where(row) for row in added[:SHOWN].tolist()), SHOWN, put_in)
        parts.append(f"{counted(put_in, 'row')} put in by data.frequency, {first}")
    return " and ".join(parts)


def _largest(column: pl.Series) -> float:
    """The largest magnitude; 0 of a column without values. A minimum and a maximum take no memory."""
    low, high = column.min(), column.max()
    return max(-low, high) if isinstance(low, float) and isinstance(high, float) else 0.0


def fill_forward(values: Numbers, begin: Ints) -> Numbers:
    """Repeats the last value seen; what comes before a series' first value stays missing.

    A row is filled from rows before it, so nothing of a later split reaches an earlier one.

    Args:
        values: ``[rows]``, NaN where missing; is copied.
        begin: First row of each series.
    """
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    first = np.repeat(begin, np.diff(begin, append=len(values)))
    return np.where(last >= first, values[np.maximum(last, 0)], np.nan)


def interpolate(values: Numbers, edges: Ints) -> Numbers:
    """Draws a straight line between the values before and after; what has none on one side stays missing.

    Args:
        values: ``[rows]``, NaN where missing; is copied.
        edges: Rows, rising, that no line may cross: where a series or one of its splits begins.
    """
    known, missing = np.flatnonzero(~np.isnan(values)), np.flatnonzero(np.isnan(values))
    after = np.searchsorted(known, missing)
    inside = (after > 0) & (after < len(known))
    missing, after = missing[inside], after[inside]
    left, right = known[after - 1], known[after]
    part = np.searchsorted(edges, left, side="right") == np.searchsorted(edges, right, side="right")
    at, left, right = missing[part], left[part], right[part]
    filled = values.copy()
    filled[at] = values[left] + (at - left) / (right - left) * (values[right] - values[left])
    return filled
