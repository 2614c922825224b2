"""Random small tables of series, and their splits and windows found by brute force."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Row = tuple[int, float | None, float | None]
"""Time, x and y; None where missing."""


@dataclass
class Case:
    """A table (per series: times, x, y; None where missing) and how to window and split it."""

    series: list[list[Row]]
    window: dict[str, int]
    split: dict[str, Any]
    each: bool
    timed: bool
    features: list[str]
    difference: int = 0
    lags: list[int] = field(default_factory=list)

    @property
    def numbers(self) -> npt.NDArray[np.float64]:
        """``[rows, 2]``: x and y, series after series, NaN where missing."""
        return np.array([row[1:] for rows in self.series for row in rows], dtype=np.float64)

    @property
    def seen(self) -> npt.NDArray[np.float64]:
        """``[rows, 2]``: what is scaled: x and y, or each row's change since a row before it in its series."""
        if not self.difference:
            return self.numbers
        found = [row[1:] for rows in self.series for row in changes(rows, self.difference)]
        return np.array(found, dtype=np.float64)

    @property
    def settings(self) -> dict[str, Any]:
        """The ``data`` settings that every test of a case has."""
        return {
            "time": "t" if self.timed else None,
            "series": "s",
            "window": self.window,
            "split": self.split,
            "difference": self.difference,
            "lags": self.lags,
            "missing": "drop",
        }

    @property
    def text(self) -> str:
        lines = ["s,t,x,y"]
        for number, rows in enumerate(self.series):
            lines += [f"s{number},{t},{'' if x is None else x},{'' if y is None else y}" for t, x, y in rows]
        return "\n".join(lines) + "\n"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    number = st.integers(-50, 50).map(float)
    if draw(st.booleans()):
        number = st.sampled_from([None, *map(float, range(-6, 6))])
    series = []
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        times = sorted(draw(st.sets(st.integers(0, 40), min_size=draw(st.sampled_from([1, 12])), max_size=25)))
        series.append([(time, draw(number), draw(number)) for time in times])
    share = st.integers(0, 6) | st.floats(0, 0.4)
    small = st.integers(1, 3)
    return Case(
        series,
        {"length": draw(st.integers(1, 5)), "horizon": draw(small), "stride": draw(small)},
        {"validation": draw(share), "test": draw(share), "per_series": draw(st.booleans())},
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.sampled_from([["x"], ["y"], ["x", "y"]])),
        draw(st.sampled_from([0, 0, 1, 1, 2, 3])),
        draw(st.sampled_from([[], [], [1], [2, 4]])),
    )


def count(share: float | int, total: int) -> int:
    """A share of a total, computed with fractions."""
    if isinstance(share, int):
        return share
    return 0 if share == 0 else max(1, int(np.floor(share * total + 0.5)))


def split_of(case: Case, rows: list[Row]) -> list[str]:
    """The split of each row of a series, by looking at each."""
    if case.timed and not case.split["per_series"]:
        clock = sorted({time for one in case.series for time, _, _ in one})
        places = [clock.index(time) for time, _, _ in rows]
        total = len(clock)
    else:
        places, total = list(range(len(rows))), len(rows)
    test = total - count(case.split["test"], total)
    validation = test - count(case.split["validation"], total)
    return ["test" if place >= test else "validation" if place >= validation else "train" for place in places]


def changes(rows: list[Row], since: int) -> list[Row]:
    """Each row's change since so many rows before, cell by cell; None where either is missing."""
    found: list[Row] = [(time, None, None) for time, _, _ in rows[:since]]
    for (_, *before), (time, *now) in zip(rows, rows[since:], strict=False):
        x, y = (None if old is None or new is None else new - old for old, new in zip(before, now, strict=True))
        found.append((time, x, y))
    return found


def brute_force(case: Case) -> dict[str, list[tuple[list[Any], list[Any]]]]:
    """All windows as (input cells, target cells), by trying every start; those whose inputs and some target are there.

    The starts are tried from the first row on that has a change and all earlier values.
    """
    before = case.difference + max(case.lags, default=1) - 1
    length, horizon, stride = (case.window[name] for name in ("length", "horizon", "stride"))
    found: dict[str, list[tuple[list[Any], list[Any]]]] = {"train": [], "validation": [], "test": []}
    for whole_rows in case.series:
        splits = split_of(case, whole_rows)
        rows = changes(whole_rows, case.difference) if case.difference else whole_rows
        for name, windows in found.items():
            anchor = None
            for start in range(before, len(rows) - length - horizon + 1):
                last = splits[start + length : start + length + horizon]
                fits = (
                    set(splits[start : start + length] + last) == {"train"} if name == "train" else set(last) == {name}
                )
                if not fits:
                    continue
                anchor = start if anchor is None else anchor
                if (start - anchor) % stride:
                    continue
                earlier = [lag - ahead for lag in case.lags for ahead in range(1, 1 + min(lag, horizon))]
                inputs = [
                    [rows[at]["txy".index(name)] for name in case.features] + [rows[at - back][2] for back in earlier]
                    for at in range(start, start + length)
                ]
                steps = range(start, start + length) if case.each else [start + length - 1]
                targets = [[rows[step + ahead][2] for ahead in range(1, horizon + 1)] for step in steps]
                ahead = rows[start + length : start + length + horizon]
                if name == "test":  # scored by the levels that the file has, from the last one
                    ahead = whole_rows[start + length : start + length + horizon]
                levels = [0.0] * horizon
                if name == "test" and case.difference:
                    here = start + length
                    bases = [here + k - case.difference * (1 + k // case.difference) for k in range(horizon)]
                    levels = [whole_rows[at][2] for at in bases]
                seen = all(cell is not None for line in inputs for cell in line)
                if seen and any(None not in (row[2], level) for row, level in zip(ahead, levels, strict=True)):
                    windows.append((inputs, targets if case.each else targets[0]))
    return found
