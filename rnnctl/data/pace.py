"""How even the time from row to row is, and times far from all others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.grid_search import find_grids
from rnnctl.data.grids import Grids, counted_steps
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.data.time_grid import moments
from rnnctl.schema.opening import DAY

MANY, SHORTEST = 1000, 10
"""Rows put in for each of the file, and fewest rows that are counted: one time is far from the others, or the distance
is far too short."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The time from row to row.

    Attributes:
        frequency: The usual one, as ``data.frequency`` is written; None where there is none.
        odd: ``[odd steps]``, int64, the steps that differ from it, by their place among all within series.
        missing: Rows that would fill these, where each passes in whole multiples of the usual one.
        grids: Each series' own.
    """

    frequency: str | None
    odd: Ints
    missing: int = 0
    grids: Grids = field(default_factory=lambda: Grids(None, {}, 0))

    @property
    def even(self) -> bool:
        """Whether all steps are the usual one."""
        return self.frequency is not None and not len(self.odd)

    def __str__(self) -> str:
        """The pace in words."""
        return str(self.grids.main or self.frequency)


def find_pace(times: pl.Series, bounds: Ints) -> Pace:
    """The time from row to row within each series, of whole numbers, dates or datetimes ``[rows]``."""
    grids = find_grids(times, bounds)
    if grids.main is None:
        return Pace(None, np.zeros(0, dtype=np.int64))
    missing, whole = missing_after(times, bounds, grids)
    inside = np.delete(np.arange(len(times)), bounds[1:] - 1)
    odd = np.flatnonzero((missing[inside] > 0) | ~whole[inside])
    return Pace(grids.main.every, odd, int(missing.sum()) if whole.all() else 0, grids)


def missing_after(times: pl.Series, bounds: Ints, grids: Grids) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """``[rows]`` each: rows that are missing after a row, and whether the next one is where its grid has it."""
    missing, whole = np.zeros(len(times), dtype=np.int64), np.ones(len(times), dtype=np.bool_)
    series = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    for _, steps, rows, values in counted_steps(times, bounds, grids):
        same, number = np.diff(series[rows]) == 0, steps.number(steps.place(values))
        missing[rows[:-1]] = np.where(same, steps.missing(values), 0)
        right = steps.aligned(values)[1:] & (np.diff(number) >= 0) & (np.diff(values) > 0)
        whole[rows[:-1]] = right | ~same
    return missing, whole


def span(times: pl.Series) -> timedelta:
    """The time from the first row to the last."""
    micros = moments(times.drop_nulls(), wall=False)
    return timedelta(microseconds=int(np.ptp(micros))) if len(micros) else timedelta(0)


@dataclass(frozen=True, slots=True)
class Far:
    """A row whose time is far from the others of its series.

    Attributes:
        other: The nearest one.
        missing: Rows that would lie between the two.
    """

    row: int
    other: int
    missing: float
    every: str

    def told(self, order: Order) -> str:
        """What is wrong, without the place in the file."""
        return (
            f"time {order.time_of(self.row)}{order.whose(int(order.series_of([self.row])[0]))} is far from the next "
            f"one in time: {self.every} apart, {self.missing:,.0f} rows would lie between it and "
            f"{order.time_of(self.other)}"
        )


def find_far(order: Order, grids: Grids) -> Far | None:
    """The row so far from the others of its series that most of the missing rows lie between; None where none is.

    As counted without what is skipped, and in floating point: times may lie further apart than whole numbers reach.
    """
    if order.times is None:
        return None
    size, by_wall = np.full(len(order), np.inf), np.zeros(len(order), dtype=np.bool_)
    for grid, places in grids.groups():
        if grid is not None:
            size[places], by_wall[places] = grid.size * (30 * DAY if grid.months else 1), grid.wall
    series = order.series_of(np.arange(len(order.times)))
    clock, utc = (moments(order.times, wall=wall).astype(np.float64) for wall in (True, False))
    missing = np.append(np.diff(np.where(by_wall[series], clock, utc)), 0) / size[series]
    missing[order.end - 1] = 0
    if missing.max(initial=0) <= MANY * max(len(missing), SHORTEST):
        return None
    row = int(missing.argmax())
    whose = int(order.series_of([row])[0])
    after = bool(row + 1 - order.begin[whose] >= order.end[whose] - row - 1)  # the smaller side is the wrong one
    wrong, other = (row + 1, row) if after else (row, row + 1)
    return Far(wrong, other, float(missing[row]) - 1, grids.every)
