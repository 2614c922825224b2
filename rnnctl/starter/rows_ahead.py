"""Rows at the end of a file in which some columns are still empty: the ones that a forecast is wanted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.roles import Roles

_MOST = 1 / 3
"""Largest share of a series' rows that are taken for rows ahead; a column that ends earlier is a gap."""

_CHANCE = 0.05
"""Share of rows from which on gaps as long as the empty end are too frequent to be taken for rows ahead."""


@dataclass(frozen=True, slots=True)
class RowsAhead:
    """The last rows of each series, in which some columns are empty and others are filled.

    Attributes:
        rows: Their number in most series; 0 where there are none.
        empty: Names of the columns that are empty there.
        filled: Names of the columns that are filled there.
    """

    rows: int = 0
    empty: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()


def rows_in_order(height: int, roles: Roles) -> tuple[Ints, Ints]:
    """Rows in the order of series and time, and the bounds of each series."""
    columns = {"series": roles.series, "time": roles.time}
    keys = {name: column.values for name, column in columns.items() if column is not None}
    frame = pl.DataFrame({**keys, "row": np.arange(height)}).sort([*keys, "row"])
    sizes = frame.get_column("series").rle().struct.field("len").to_numpy() if "series" in keys else [height]
    return frame.get_column("row").to_numpy(), np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))


def find_rows_ahead(columns: Sequence[ColumnGuess], roles: Roles) -> RowsAhead:
    """Looks for rows ahead among columns that could be features or targets."""
    if not columns or not any(column.missing for column in columns):
        return RowsAhead()
    rows, bounds = rows_in_order(columns[0].values.len(), roles)
    sizes = np.diff(bounds)
    ends = {column.name: empty_at_end(column, rows, bounds) for column in columns}
    empty = {name: end for name, end in ends.items() if 2 * np.count_nonzero(end) > len(sizes)}
    empty = {name: end for name, end in empty.items() if (end <= _MOST * sizes).all()}
    columns = [column for column in columns if column.name in empty]
    chances = {column.name: _chance(column, rows, bounds, int(ends[column.name].max())) for column in columns}
    empty = {name: end for name, end in empty.items() if chances[name] <= _CHANCE}
    filled = frozenset(name for name, end in ends.items() if not end.any())
    if not empty or not (filled or roles.time is not None):
        return RowsAhead()
    usual = Counter(int(count) for end in empty.values() for count in end[end > 0]).most_common(1)[0][0]
    return RowsAhead(usual, frozenset(empty), filled)


def _chance(column: ColumnGuess, rows: Ints, bounds: Ints, count: int) -> float:
    """The share of rows at which the last ``count`` rows and more would be empty, if a series ended there."""
    there = np.flatnonzero(column.values.is_not_null().to_numpy()[rows])
    series = np.searchsorted(bounds, there, side="right")
    gaps = np.diff(there)[np.diff(series) == 0] - 1
    return float(np.maximum(0, gaps - count + 1).sum() / len(rows))


def empty_at_end(column: ColumnGuess, rows: Ints, bounds: Ints) -> Ints:
    """``[series]``: rows after the last one that has a value."""
    there = column.values.is_not_null().to_numpy()[rows]
    last = np.maximum.reduceat(np.where(there, np.arange(len(rows)), bounds[0] - 1), bounds[:-1])
    return np.asarray(bounds[1:] - 1 - np.maximum(last, bounds[:-1] - 1), dtype=np.int64)
