"""What of each week rows lie in: ``Mon-Fri 09:00-17:00``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 86_400_000_000
"""Microseconds of a day."""

_CLOCK = "([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"
_TIMES = f"{_CLOCK}(?:-{_CLOCK})?"
_WORD = f"(?:{'|'.join(''.join(f'[{c.upper()}{c.lower()}]' for c in day) for day in DAYS)})[A-Za-z]*"
_WORDS = f"({_WORD})(?:-({_WORD}))?"
PART = f"(?![ \\t]*$)(?:{_WORDS})?[ \\t]*(?:{_TIMES})?[ \\t]*"
"""Pattern of days, times, or both; JSON Schema reads it as well."""
_ITEM = re.compile(PART)


@dataclass(frozen=True, slots=True)
class Opening:
    """Times of day on some days of the week; both ends are inside.

    Attributes:
        days: Days of the week, Monday is 0.
        first: Microseconds after midnight; after ``last`` where the time runs past midnight.
    """

    days: tuple[int, ...]
    first: int
    last: int

    def holds(self, weekday: int, moment: int) -> bool:
        """Whether a time of day, in microseconds, of a day of the week lies in it."""
        if self.first <= self.last:
            return weekday in self.days and self.first <= moment <= self.last
        before = (weekday - 1) % 7 in self.days and moment <= self.last
        return before or (weekday in self.days and moment >= self.first)


def opening_of(text: str) -> Opening:
    """Reads one item.

    Raises:
        ValueError: It is none.
    """
    found = _ITEM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no part of a week; write days, times or both: Mon-Fri 09:00-17:00, Sat, 22:00")
    begin, end = ("" if word is None else word[:3].capitalize() for word in found.groups()[:2])
    days = tuple(range(7))
    if begin:
        first = DAYS.index(begin)
        days = tuple(day % 7 for day in range(first, first + 1 + ((DAYS.index(end) - first) % 7 if end else 0)))
    if found[3] is None:
        return Opening(days, 0, DAY - 1)
    start = _moment(found.groups()[2:5])
    return Opening(days, start, start if found[6] is None else _moment(found.groups()[5:8]))


def _moment(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds = (int(part or 0) for part in parts)
    return (hours * 3600 + minutes * 60 + seconds) * 1_000_000


def openings_of(slots: Sequence[bool], phase: int) -> tuple[str, ...]:
    """Writes the open ones of a week's slots as items.

    Args:
        slots: Slots of equal length, from Monday on; their number divides by seven.
        phase: Microseconds from Monday's midnight to the first one.
    """
    a_day = len(slots) // 7
    days = [_runs(slots[day * a_day : (day + 1) * a_day]) for day in range(7)]
    items, day = list[str](), 0
    while day < 7:
        last = day
        while last < 6 and days[last + 1] == days[day]:
            last += 1
        name = "" if (day, last) == (0, 6) else DAYS[day] if day == last else f"{DAYS[day]}-{DAYS[last]}"
        for first, stop in days[day]:
            begin, end = (_written(phase + place * (DAY // a_day)) for place in (first, stop))
            clock = "" if (first, stop) == (0, a_day - 1) else begin if first == stop else f"{begin}-{end}"
            items.append(" ".join(filter(None, (name, clock))))
        day = last + 1
    return tuple(filter(None, items))


def _runs(slots: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last of each run of open slots."""
    edges = [False, *slots, False]
    begins = [place for place in range(len(slots)) if edges[place + 1] and not edges[place]]
    ends = [place for place in range(len(slots)) if edges[place + 1] and not edges[place + 2]]
    return list(zip(begins, ends, strict=True))


def _written(moment: int) -> str:
    minutes, seconds = divmod(moment // 1_000_000, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
