"""Finds the grid of each series: the usual distance of its rows, and what of each week or month they skip.

It goes by the times of all rows, held-out ones too: a calendar is known in advance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import polars as pl

from rnnctl.data.grids import Grids, counted_steps, inner_steps
from rnnctl.data.sequences import Flags, Ints, Numbers
from rnnctl.data.time_grid import (
    BUSINESS_DAYS,
    FIRST_BUSINESS_DAY,
    FIXED,
    LAST_BUSINESS_DAY,
    MONDAY,
    SECOND,
    WEEK,
    Grid,
    Steps,
    day_of_month,
    days_in_month,
    moments,
    on_business_day,
)
from rnnctl.schema.opening import DAY, openings_of

N = TypeVar("N", bound=np.number)

MOSTLY = 0.8
"""Share of steps from row to row that a grid explains."""
_FEW = 0.1
"""A time of the week that has fewer of its rows than this is skipped; the rows at it are exceptions."""
_BY_CHANCE = 0.01
"""Highest probability that a time of the week that is skipped only looks so, by chance of rows that are missing."""
_FILLED = 0.5
"""Least share of the rows that a file with skipped times holds of all others."""
_ENOUGH = 6
"""Fewest rows that show a distance of their own in series whose times another one fits as well."""
_SHORTEST_MONTH = 26 * DAY
"""From a month's first or last business day to the next one's."""


def most_frequent(values: Ints) -> int:
    """The most frequent value, the smallest of equally frequent ones."""
    distinct, counts = np.unique(values, return_counts=True)
    return int(distinct[counts.argmax()])


def find_grids(
    times: pl.Series, bounds: Ints, every: str | None = None, opened: str | Sequence[str] = "auto",
    main: Grid | None = None,
) -> Grids:  # fmt: skip
    """The grid of each series.

    Args:
        times: ``[rows]``, series after series; whole numbers, dates or datetimes.
        bounds: ``[series + 1]``.
        every: Its distance, where it is given; then every series has one.
        opened: ``data.open``.
        main: The grid of most series, where it is known already.
    """
    return _Search(times, bounds, every, opened).find(main)


def usual_grid(times: pl.Series, bounds: Ints) -> Grid | None:
    """The most common distance between neighbouring rows of a series, however few have it; None of no such rows."""
    integer = times.dtype.is_integer()
    wall = moments(times, wall=True)
    if not integer and (grid := _monthly(wall, bounds)) is not None:
        return grid
    steps = inner_steps(moments(times, wall=False), bounds)
    usual = most_frequent(steps[steps > 0]) if (steps > 0).any() else 0
    return _written(usual, integer=integer) if usual else None


def _monthly(wall: Ints, bounds: Ints) -> Grid | None:
    """Months from row to row, where all rows stand on one day of the month; None where they do not."""
    steps = inner_steps(wall, bounds)
    if not len(steps) or steps.min() < _SHORTEST_MONTH or (wall % DAY != wall[0] % DAY).any():
        return None
    apart = inner_steps(wall.astype("M8[us]").astype("M8[M]").astype(np.int64), bounds)
    usual = most_frequent(apart)
    if usual <= 0 or (apart % usual).any():
        return None
    day = day_of(wall)
    return Grid(f"{usual // 12}y" if usual % 12 == 0 else f"{usual}mo", day=day) if day else None


class _Search:
    """One search; a series is told by its rows' slice."""

    def __init__(self, times: pl.Series, bounds: Ints, every: str | None, opened: str | Sequence[str]) -> None:
        self.times, self.bounds, self.every = times, bounds, every
        self.integer = times.dtype.is_integer()
        self.opened = opened if isinstance(opened, str) else tuple(opened)
        self.given = None if every is None else Grid(every)
        self.wall, self.utc = (moments(times, wall=wall) for wall in (True, False))

    def find(self, main: Grid | None) -> Grids:
        """The grids of all series."""
        count = len(self.bounds) - 1
        main = main or self._main(np.argsort(-np.diff(self.bounds), kind="stable"))
        own = {}
        for place in np.flatnonzero(~self._fits(main)).tolist():
            rows = slice(int(self.bounds[place]), int(self.bounds[place + 1]))
            grid = self._grid(rows)
            if grid is not None and grid != main and (main is None or self._contradicts(main, grid, rows)):
                own[place] = grid
        if len(own) == count and len(set(own.values())) == 1:
            return Grids(own[0], {}, count)
        return Grids(main, own, count)

    def _contradicts(self, main: Grid, own: Grid, rows: slice) -> bool:
        """Whether a series' rows say that the grid of the others is not theirs."""
        values = (self.wall if main.wall else self.utc)[rows]
        steps = Steps(main, values[:1])
        place = steps.place(values)
        if not steps.aligned(values).all() or (steps.number(place) == steps.number(place - 1)).mean() > _FEW:
            return True
        if own.size != main.size or own.months != main.months:
            return len(values) >= _ENOUGH
        return bool(own.parts) and own.parts != main.parts

    def _main(self, longest: Ints) -> Grid | None:
        """The grid that the most rows of some of the longest series keep to; of all steps where none has one."""
        votes = Counter[Grid]()
        for place in longest[:50].tolist():
            rows = slice(int(self.bounds[place]), int(self.bounds[place + 1]))
            if (grid := self._grid(rows)) is not None:
                votes[grid] += rows.stop - rows.start
        return votes.most_common(1)[0][0] if votes else self._pooled()

    def _pooled(self) -> Grid | None:
        """A grid without parts of the week, of the steps of all series."""
        if self.given is not None:
            return self._at_least(self.given)
        steps = inner_steps(self.utc, self.bounds)
        grid = usual_grid(self.times, self.bounds)
        few = grid is None or not (grid.months or _mostly(steps == grid.size))
        return None if few else grid

    def _at_least(self, grid: Grid) -> Grid:
        return grid if self.opened in ("auto", "all") or grid.months else replace(grid, open=tuple(self.opened))

    def _fits(self, main: Grid | None) -> Flags:
        """``[series]``: whether a series has all rows of a grid and no others."""
        fits = np.zeros(len(self.bounds) - 1, dtype=np.bool_)
        if main is None:
            return fits
        grids = Grids(main, {}, len(fits))
        series = np.repeat(np.arange(len(fits)), np.diff(self.bounds))
        fits[:] = True
        for _, steps, rows, values in counted_steps(self.times, self.bounds, grids):
            place = steps.place(values)
            number = steps.number(place)
            good = steps.aligned(values)
            same = series[rows][1:] == series[rows][:-1]
            good[1:] &= (np.diff(number) == 1) | ~same
            fits[series[rows[~good]]] = False
        return fits

    def _grid(self, rows: slice) -> Grid | None:
        """The grid of one series; None where it shows none."""
        wall, utc = self.wall[rows], self.utc[rows]
        if self.given is not None:
            return self._given(wall, utc)
        if len(wall) < 3:
            return None
        if self.integer:
            usual = most_frequent(np.diff(utc))
            return _written(usual, integer=True) if usual > 0 and _mostly(np.diff(utc) == usual) else None
        return _monthly(wall, np.array([0, len(wall)])) or self._of_weeks(wall, utc)

    def _given(self, wall: Ints, utc: Ints) -> Grid | None:
        grid = self.given
        if grid is None:
            raise ValueError("no distance is given")
        if grid.months:
            return replace(grid, day=day_of(wall) or str(day_of_month(wall[:1])[0]))
        if self.integer or self.opened == "all" or grid.parts:
            return grid
        if self.opened != "auto":
            return replace(grid, open=tuple(self.opened))
        if not grid.slotted or len(wall) < 3:
            return grid
        return _opened(wall, grid) or grid

    def _of_weeks(self, wall: Ints, utc: Ints) -> Grid | None:
        steps = np.diff(utc)
        usual = most_frequent(steps)
        apart = np.diff(wall)
        if usual >= DAY or (usual > 0 and most_frequent(apart) % DAY == 0):  # days by the clock, however long
            steps, usual = apart, most_frequent(apart)
        if usual <= 0:
            return None
        plain = _written(usual, integer=False)
        if (steps == usual).all():
            return plain
        for size in (usual, int(np.gcd.reduce(apart))):
            if self.opened == "all" or size <= 0 or DAY % size or size % SECOND:
                continue
            grid = _written(size, integer=False)
            found = _opened(wall, grid) if self.opened == "auto" else replace(grid, open=tuple(self.opened))
            if found is not None and _explains(found, wall):
                return found
        return plain if _mostly(steps == usual) else None


def _mostly(right: Flags) -> bool:
    return bool(right.mean() >= MOSTLY)


def _written(size: int, *, integer: bool) -> Grid:
    units = ("i",) if integer else ("d", "h", "m", "s", "ms", "us")
    return Grid(next(f"{size // FIXED[unit]}{unit}" for unit in units if size % FIXED[unit] == 0))


def day_of(wall: Ints) -> str:
    """The day of the month that rows stand on; empty where they stand on none."""
    if not len(wall):
        return ""
    day, whole = day_of_month(wall), days_in_month(wall)
    if (day == whole).all():
        return "31"
    if (day == np.minimum(day.max(), whole)).all():
        return str(day.max())
    for one in (LAST_BUSINESS_DAY, FIRST_BUSINESS_DAY):
        if _mostly(on_business_day(wall, one)):
            return one
    return ""


def _explains(grid: Grid, wall: Ints) -> bool:
    """Whether most rows follow the one before at the grid's next open time, and all lie on it, open or closed."""
    steps = Steps(grid, wall[:1])
    number = steps.number(steps.place(wall))
    return bool(steps.aligned(wall).all()) and _mostly(np.diff(number) == 1)


def _opened(wall: Ints, grid: Grid) -> Grid | None:
    """The grid with the parts of the week that rows lie in; None where it skips nothing that comes round each week."""
    size = grid.size
    phase = int(wall[0] % size)
    if phase % SECOND:
        return None
    place = (wall - MONDAY - phase) // size
    slots, a_day = WEEK // size, DAY // size
    present = np.bincount(place % slots, minlength=slots).astype(np.float64)
    span = int(place[-1] - place[0]) + 1
    expected = (span - 1 - (np.arange(slots) - place[0]) % slots) // slots + 1.0
    closed = _skipped(present.reshape(7, a_day), expected.reshape(7, a_day))
    if closed is None or not closed.any():
        return None
    parts = openings_of((~closed).tolist(), phase)
    return Grid(BUSINESS_DAYS) if grid.every == "1d" and parts == ("Mon-Fri",) else replace(grid, open=parts)


def _skipped(present: Numbers, expected: Numbers) -> Flags | None:
    """``[7 · slots of a day]``: which times of the week rows skip; None where that is not clear.

    Args:
        present: ``[7, slots of a day]``, rows at each time of the week.
        expected: Likewise, how many there would be if none was skipped.
    """
    views = (
        (present.sum(axis=0), expected.sum(axis=0), 3),  # a time of day
        (present.max(axis=1), expected.max(axis=1), 2),  # a day of the week
        (present.ravel(), expected.ravel(), 3),
    )
    shape = present.shape

    def over(flags: Sequence[Flags]) -> Flags:
        return (flags[0][None, :] | flags[1][:, None] | flags[2].reshape(shape)).ravel()

    seldom = [(whole >= least) & (rows <= _FEW * whole) for rows, whole, least in views]
    filled = _share(present.ravel(), expected.ravel(), over(seldom))
    if filled < _FILLED:
        return None
    sure = [
        flags & (rows.size * (1 - filled) ** np.maximum(whole - rows, 0) <= _BY_CHANCE)
        for flags, (rows, whole, _) in zip(seldom, views, strict=True)
    ]
    closed = over(sure)
    return closed if _share(present.ravel(), expected.ravel(), closed) >= _FILLED else None


def _share(present: Numbers, expected: Numbers, closed: Flags) -> float:
    whole = expected[~closed].sum()
    return min(1.0, float(present[~closed].sum() / whole)) if whole else 0.0
