"""Each series' grid, and what grids make of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.data.time_grid import Grid, Steps, moments

N = TypeVar("N", bound=np.number)


def inner_steps(values: npt.NDArray[N], bounds: Ints) -> npt.NDArray[N]:
    """Differences ``[rows − series]`` between neighbouring rows of the same series.

    Args:
        values: ``[rows]``, series after series.
        bounds: ``[series + 1]``, first row of each series, and the number of rows.
    """
    return np.delete(np.diff(values), bounds[1:-1] - 1)


class Grids:
    """Each series' grid.

    Attributes:
        main: The one that most series have; None where there is none.
        own: Grids of series, by their place, that have another one.
        sure: Whether most rows keep to them.
    """

    def __init__(self, main: Grid | None, own: dict[int, Grid], count: int) -> None:
        self.main, self.own, self.count, self.sure = main, own, count, True

    @property
    def every(self) -> str:
        """The distance that most series have; that of another where those have none."""
        grid = self.main or next(iter(self.own.values()), None)
        return "" if grid is None else grid.every

    def of(self, series: int) -> Grid | None:
        """A series' grid."""
        return self.own.get(series, self.main)

    def groups(self, series: Ints | None = None) -> Iterator[tuple[Grid | None, Ints]]:
        """Each grid, and where its series stand among some ``series``; among all where these are None."""
        number = {one: place for place, one in enumerate(dict.fromkeys((self.main, *self.own.values())))}
        numbers = np.zeros(self.count, dtype=np.int64)
        for place, own in self.own.items():
            numbers[place] = number[own]
        asked = numbers if series is None else numbers[series]
        stops = np.cumsum(np.bincount(asked, minlength=len(number)))
        for grid, places in zip(number, np.split(np.argsort(asked, kind="stable"), stops[:-1]), strict=True):
            if len(places):
                yield grid, places


def of_names(known: Mapping[str, Grid], names: Sequence[str]) -> Grids | None:
    """The inverse of `by_name`, for series of some names; None where there is no grid."""
    own = {place: known[name] for place, name in enumerate(names) if name in known}
    return Grids(known.get(""), own, max(1, len(names))) if known else None


def by_phase(grid: Grid, first: Ints) -> Iterator[tuple[Ints, Steps]]:
    """Places of first moments ``[series]``, those together that are whole distances apart; and their arithmetic."""
    phases = first % grid.size if grid.parts else np.zeros(len(first), dtype=np.int64)
    for phase in np.unique(phases):
        places = np.flatnonzero(phases == phase)
        yield places, Steps(grid, first[places])


Counted = tuple[Grid, Steps, Ints, Ints]
"""A grid, its arithmetic, rows, and their moments."""


def counted_steps(times: pl.Series, bounds: Ints, grids: Grids) -> Iterator[Counted]:
    """What each grid makes of its series' rows: the grid, its arithmetic, its rows, and their moments.

    Series that share a grid but stand apart by a fraction of its distance come one after the other.
    """
    clocks = {wall: moments(times, wall=wall) for wall in (True, False)}
    for grid, series in grids.groups():
        if grid is None:
            continue
        values = clocks[grid.wall]
        for places, steps in by_phase(grid, values[bounds[series]]):
            chosen = series[places]
            sizes = bounds[chosen + 1] - bounds[chosen]
            rows = np.arange(sizes.sum()) + np.repeat(bounds[chosen] - np.cumsum(sizes) + sizes, sizes)
            yield grid, steps.of(np.repeat(np.arange(len(chosen)), sizes)), rows, values[rows]


def season_places(times: pl.Series | None, bounds: Ints, grids: Grids | None) -> Ints:
    """``[rows]``: numbers that rise by one from each row to the next, of which a season's phase is taken.

    Along a grid they count from a moment that all series, and all files, share; else from the first row of each series.
    """
    places = np.arange(bounds[-1]) - np.repeat(bounds[:-1], np.diff(bounds))
    if times is not None and grids is not None:
        for grid, steps, rows, values in counted_steps(times, bounds, grids):
            fixed = steps if grid.parts else Steps(grid, 0)
            places[rows] = fixed.number(fixed.place(values)) - 1
    return places
