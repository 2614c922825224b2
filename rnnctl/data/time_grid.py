"""The times that rows may have: a distance, and what of each week or month it keeps to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.schema.opening import DAY, opening_of

WEEK = 7 * DAY
SECOND = 1_000_000
MONDAY = 4 * DAY
"""The first Monday's midnight, in microseconds after 1970 began."""
FIXED = {"w": WEEK, "d": DAY, "h": DAY // 24, "m": 60_000_000, "s": 1_000_000, "ms": 1000, "us": 1, "i": 1}
"""Microseconds of units of time that are always as long; of whole numbers, one."""
MONTHS = {"y": 12, "q": 3, "mo": 1}
BUSINESS_DAYS = "1b"
FIRST_BUSINESS_DAY, LAST_BUSINESS_DAY = "first business day", "last business day"
_WORKDAYS = ("Mon-Fri",)
_DAY = re.compile(rf"|[1-9]|[12]\d|3[01]|{FIRST_BUSINESS_DAY}|{LAST_BUSINESS_DAY}")
_DISTANCE = re.compile(r"(\d+)([a-z]+)")


def parts_of(every: str) -> tuple[int, str]:
    """A distance in time as a number and its unit."""
    found = _DISTANCE.fullmatch(every)
    if found is None:
        raise ValueError(f"{every!r} is no distance in time")
    return int(found[1]), found[2]


@dataclass(frozen=True, slots=True)
class Grid:
    """The times of a series' rows.

    Attributes:
        every: The distance, as ``data.frequency`` is written.
        open: Parts of the week that rows lie in, as ``data.open``; all where there are none.
        day: Of months, quarters and years: day of the month (31 is always its last one), or ``first business day`` or
            ``last business day``.
    """

    every: str
    open: tuple[str, ...] = ()
    day: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError where this is no grid: it may come from a run's folder."""
        number, unit = parts_of(self.every)
        known = (unit == "b" and number == 1) or unit in MONTHS or unit in FIXED
        if not (known and 0 < number * FIXED.get(unit, 31 * DAY) < 1 << 63 and _DAY.fullmatch(self.day)):
            raise ValueError(f"{self.every!r}, {self.day!r}: no distance in time")
        for part in self.open:
            opening_of(part)

    def __str__(self) -> str:
        """The grid in words."""
        return f"{self.every} ({self.pattern})" if self.pattern else self.every

    @property
    def pattern(self) -> str:
        """What the grid keeps to, in words; empty of a plain distance."""
        if self.every == BUSINESS_DAYS:
            return "business days"
        day = {"31": "last day"}.get(self.day, self.day)
        if day and not day.isdigit():
            return f"on the {day} of the month"
        return f"within {', '.join(self.open)}" if self.open else ""

    @property
    def months(self) -> int:
        """Months from row to row; 0 of another unit."""
        number, unit = parts_of(self.every)
        return number * MONTHS.get(unit, 0)

    @property
    def size(self) -> int:
        """Months, microseconds or whole numbers from row to row, before closed times are skipped."""
        number, unit = parts_of(self.every)
        return number * (DAY if unit == "b" else MONTHS.get(unit) or FIXED[unit])

    @property
    def slotted(self) -> bool:
        """Whether a week is some of these distances of whole seconds, so that parts of it can be skipped."""
        return not self.months and parts_of(self.every)[1] != "i" and not (DAY % self.size or self.size % SECOND)

    @property
    def parts(self) -> tuple[str, ...]:
        """Open parts of the week; those of business days too."""
        return _WORKDAYS if self.every == BUSINESS_DAYS else self.open

    @property
    def wall(self) -> bool:
        """Whether it goes by the clock on the wall: days are 23 or 25 hours long where clocks are changed."""
        return bool(self.months or self.parts or (parts_of(self.every)[1] != "i" and self.size % DAY == 0))


def moments(times: pl.Series, *, wall: bool) -> Ints:
    """Whole numbers as they are; dates and datetimes of any unit in microseconds, as the clock says or in UTC."""
    if times.dtype.is_integer():
        return times.to_physical().to_numpy()
    if wall and isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is not None:
        times = times.dt.replace_time_zone(None)
    return times.cast(pl.Datetime("us")).to_physical().to_numpy()


def times_of(values: Ints, dtype: pl.DataType, *, wall: bool) -> pl.Series:
    """The inverse of `moments`. A time that the clock leaves out is an hour later."""
    if dtype.is_integer():
        return pl.Series(values).cast(dtype)
    times = pl.Series(values).cast(pl.Datetime("us"))
    zone = dtype.time_zone if isinstance(dtype, pl.Datetime) else None
    if zone is None:
        return times.cast(dtype)
    if not wall:
        return times.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).cast(dtype)
    local, later = (
        some.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        for some in (times, times.dt.offset_by("1h"))
    )
    return local.fill_null(later).cast(dtype)


@lru_cache(maxsize=64)
def _open_slots(parts: tuple[str, ...], size: int, phase: int) -> Ints:
    """Which of a week's slots, from Monday on, begin in one of some parts of the week."""
    openings, slots = [opening_of(part) for part in parts], np.arange(WEEK // size)
    moment = phase + slots * size
    found = np.zeros(len(slots), dtype=np.bool_)
    for place, (day, clock) in enumerate(zip((moment // DAY).tolist(), (moment % DAY).tolist(), strict=True)):
        found[place] = any(opening.holds(day, clock) for opening in openings)
    return np.flatnonzero(found)


class Steps:
    """A grid's rows counted: each moment's number, and the moment of each number.

    A row at a time at which the grid is closed has the number of the open one before.

    Args:
        grid: The grid.
        phase: Moments by which each series' rows stand, such as its first: one, or one for each value asked for.
    """

    def __init__(self, grid: Grid, phase: Ints | int) -> None:
        self.grid, self.size, self.phase = grid, grid.size, phase
        self.slots = np.zeros(1, dtype=np.int64)
        self.week = 1
        if grid.parts:
            # One phase for all of a group; see `by_phase`.
            self.phase = MONDAY + int(np.ravel(phase)[0]) % self.size
            self.slots, self.week = _open_slots(grid.parts, self.size, int(self.phase - MONDAY)), WEEK // self.size

    def of(self, rows: Ints) -> Steps:
        """The same, for values of some rows of those that the phase is given for."""
        return self if self.grid.parts or np.ndim(self.phase) == 0 else Steps(self.grid, np.asarray(self.phase)[rows])

    def place(self, values: Ints) -> Ints:
        """Distances from the phase, closed ones too, rounded down."""
        if self.grid.months:
            return np.asarray((_month(values) - _month(self.phase)) // self.size)
        return np.asarray((values - self.phase) // self.size)

    def at(self, place: Ints) -> Ints:
        """The moment a number of distances after the phase."""
        if not self.grid.months:
            return np.asarray(self.phase + place * self.size)
        month = _month(self.phase) + place * self.size
        return np.asarray(_on_day(month, self.grid.day, self.phase) + np.asarray(self.phase) % DAY)

    def aligned(self, values: Ints) -> npt.NDArray[np.bool_]:
        """Whether values lie a whole number of distances from the phase.

        Business days of a month are in their month wherever they are: holidays move them.
        """
        if self.grid.day in (FIRST_BUSINESS_DAY, LAST_BUSINESS_DAY):
            return np.asarray((_month(values) - _month(self.phase)) % self.size == 0)
        return np.asarray(self.at(self.place(values)) == values)

    def number(self, place: Ints) -> Ints:
        """How many open distances there are up to this one."""
        weeks, slot = np.divmod(place, self.week)
        return np.asarray(weeks * len(self.slots) + np.searchsorted(self.slots, slot, side="right"))

    def nth(self, number: Ints) -> Ints:
        """The moment of a number."""
        weeks, slot = np.divmod(number - 1, len(self.slots))
        return self.at(np.asarray(weeks * self.week + self.slots[slot]))

    def after(self, values: Ints, steps: Ints) -> Ints:
        """Moments some open rows after others."""
        return self.nth(np.asarray(self.number(self.place(values)) + steps))

    def missing(self, values: Ints) -> Ints:
        """``[rows − 1]``: the number of open rows between each row and the next, themselves left out."""
        place = self.place(values)
        return np.asarray(np.maximum(self.number(place - 1)[1:] - self.number(place)[:-1], 0))


def _month(values: Ints | int) -> Ints:
    """Months after January 1970."""
    return np.asarray(values).astype("M8[us]").astype("M8[M]").astype(np.int64)


def _on_day(month: Ints, day: str, origin: Ints | int) -> Ints:
    """Midnight of a day of each month."""
    first = month.astype("M8[M]").astype("M8[D]")
    after = (month + 1).astype("M8[M]").astype("M8[D]")
    if day == FIRST_BUSINESS_DAY:
        found = np.busday_offset(first, 0, roll="forward")
    elif day == LAST_BUSINESS_DAY:
        found = np.busday_offset(after, -1, roll="forward")
    else:
        wanted = int(day) if day else day_of_month(np.asarray(origin))
        found = np.minimum(first + wanted - 1, after - 1)
    return np.asarray(found.astype("M8[us]").astype(np.int64))


def day_of_month(values: Ints) -> Ints:
    """Days of the month, from 1."""
    days = values.astype("M8[us]").astype("M8[D]")
    return np.asarray((days - days.astype("M8[M]").astype("M8[D]")).astype(np.int64) + 1)


def days_in_month(values: Ints) -> Ints:
    """The number of days of each value's month."""
    month = values.astype("M8[us]").astype("M8[M]")
    return np.asarray(((month + 1).astype("M8[D]") - month.astype("M8[D]")).astype(np.int64))


def on_business_day(values: Ints, day: str) -> npt.NDArray[np.bool_]:
    """Whether values are on their months' first or last business day."""
    return np.asarray(_on_day(_month(values), day, 0) == values // DAY * DAY)
