"""Columns that are totals, means or running totals of others. As inputs they tell the values that they add up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.tables.combined_columns import name_words
from rnnctl.util.format import cut, listed

Numbers = npt.NDArray[np.float64]

FEWEST = 4
"""Rows below which an equal sum may be chance."""
_FEWEST_PARTS = 6
"""The same for a part of the columns, of which there are many."""
MOST_COLUMNS = 40
MOST_ROWS = 1000
"""Most rows in which sums are looked for."""
MOST_ORDERED = 20_000
"""The same of running totals."""
CLOSE = 1e-4
"""Share of a sum by which rounded cells may miss it."""
_NEARLY = 0.05
"""Most that rounding may be of a column's deviation."""
_DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_LEAP = 0.0025
"""Share of a year that a leap day shifts."""
_ALL = 0.99
_RUNNING = 0.8
_MOST_DECIMALS = 6
_MOST_WINDOWS = 24
_SHOWN = 4


_NAMES = (
    "total totals sum all overall gesamt summe insgesamt totale suma average avg mean mittel mittelwert durchschnitt "
    "moyenne media promedio gemiddelde schnitt"
)


def called_a_sum(name: str) -> bool:
    """Whether a column is called like a total or a mean."""
    return not name_words(name).isdisjoint(_NAMES.split())


class Sum(NamedTuple):
    """A column that follows from others.

    Attributes:
        column: Its place.
        what: How: ``sum``, ``mean`` or ``running total``.
        parts: The places of the others.
    """

    column: int
    what: str
    parts: tuple[int, ...]

    def words(self, names: Sequence[str]) -> str:
        """What it is of which columns."""
        shown = [repr(cut(names[part], 40)) for part in self.parts[:_SHOWN]]
        more = [f"{len(self.parts) - _SHOWN} more"] if len(self.parts) > _SHOWN else []
        return f"the {self.what} of {listed([*shown, *more], 'and')}"


def follows_from_row(wide: Numbers, column: Numbers, names: Sequence[str]) -> str:
    """How a column follows from the values of other columns of the same row, in words; empty where it does not.

    Args:
        wide: ``[rows, columns]``, not a number where missing: values of months, quarters or years in order.
        column: ``[rows]``, likewise.
        names: The columns' names.
    """
    whole = np.isfinite(wide).all(axis=1) & np.isfinite(column)
    if whole.sum() < FEWEST - 1:  # sums of what is there
        whole = (np.isfinite(wide).sum(axis=1) > 1) & np.isfinite(column)
    if whole.sum() < FEWEST - 1 or np.ptp(column[whole]) == 0:
        return ""
    goal, rows = column[whole], wide[whole]
    units = _unit(rows), _unit(goal)
    count, every = rows.shape[1], f"of {names[0].strip()} to {names[-1].strip()}"
    for what, found, rounding in _totals(rows, units):
        if _equal(found, goal, rounding):
            return f"the {what} {every}"
    if len(goal) < _FEWEST_PARTS or len(np.unique(goal)) < FEWEST:
        return ""
    for what, found in (("least", np.nanmin(rows, axis=1)), ("greatest", np.nanmax(rows, axis=1))):
        if _equal(found, goal, sum(units)):
            return f"the {what} {every}"
    if count == len(_DAYS) and _equal(rows @ _DAYS / _DAYS.sum(), goal, sum(units) + _LEAP * float(np.ptp(rows))):
        return f"the mean {every}, by their days"
    return _of_some(wide, column, names, units) if count <= _MOST_WINDOWS else ""


def _totals(rows: Numbers, units: tuple[float, float]) -> Iterator[tuple[str, Numbers, float]]:
    """The sum and the mean of each row, and by how much they may be off where all is rounded."""
    yield "sum", np.nansum(rows, axis=1), (rows.shape[1] * units[0] + units[1]) / 2
    yield "mean", np.nanmean(rows, axis=1), sum(units) / 2


def _of_some(wide: Numbers, column: Numbers, names: Sequence[str], units: tuple[float, float]) -> str:
    """The same of columns side by side, also of those that begin at the end of the row before."""
    count = wide.shape[1]
    before = np.vstack([np.full((1, count), np.nan), wide[:-1]])
    both = np.hstack([before, wide])
    for first in range(count // 2, 2 * count - 1):
        for last in range(max(first + 1, count), min(first + count, 2 * count)):
            rows = both[:, first : last + 1]
            whole = np.isfinite(rows).all(axis=1) & np.isfinite(column)
            if whole.sum() < _FEWEST_PARTS:
                continue
            for what, found, rounding in _totals(rows[whole], units):
                if _equal(found, column[whole], rounding):
                    return f"the {what} of {names[first % count].strip()} to {names[last % count].strip()}"
    return ""


def _equal(found: Numbers, goal: Numbers, rounding: float) -> bool:
    """Whether values are alike as rounded ones are, in nearly all rows."""
    most = min(rounding, _NEARLY * float(goal.std())) + 1e-9 * float(np.abs(goal).max())
    return bool((np.abs(found - goal) <= most).mean() >= _ALL)


def _unit(values: Numbers) -> float:
    """The last decimal that values are written with."""
    values = values[np.isfinite(values)]
    for digits in range(_MOST_DECIMALS):
        if np.allclose(values, values.round(digits), rtol=1e-12, atol=1e-9):
            return float(10.0**-digits)
    return 0.0


def sums_among(values: Numbers, named: Sequence[bool]) -> Iterator[Sum]:
    """Columns that are the sum or the mean of two or more others in every row.

    Args:
        values: ``[rows, columns]``, all finite.
        named: Whether each is called like a sum or a mean.
    """
    count = values.shape[1]
    base = np.flatnonzero(~np.asarray(named))
    found: list[int] = []
    for place in range(count):
        goal, plain = values[:, place], base[base != place]
        if len(values) < FEWEST or np.ptp(goal) == 0:
            continue
        told = None
        if len(plain) >= 2 and place not in base:
            told = _whole(goal, values[:, plain], place, plain)
        if told is None and len(values) >= 2 * count:
            others = np.setdiff1d(np.arange(count), [place, *found])
            weights = np.linalg.lstsq(values[:, others], goal, rcond=None)[0]
            parts = others[weights > 0.5 * weights.max()] if weights.max() > 0 else others[:0]
            told = _whole(goal, values[:, parts], place, parts) if len(parts) >= 2 else None
        if told is not None:
            found.append(place)
            yield told


def _whole(goal: Numbers, parts: Numbers, place: int, places: npt.NDArray[np.int64]) -> Sum | None:
    for what, one, rounding in _totals(parts, (_unit(parts), _unit(goal))):
        if same(one, goal) or _equal(one, goal, rounding):
            return Sum(place, what, tuple(places.tolist()))
    return None


def same(sums: Numbers, values: Numbers) -> bool:
    """Whether values are sums but for rounding."""
    return bool((np.abs(sums - values) <= CLOSE * np.abs(values)).all())


def running_totals(values: Numbers, series: pl.Series | None, time: pl.Series | None) -> Iterator[Sum]:
    """Columns of which each row adds another column's value to the row before; they may begin anew, as each year.

    Args:
        values: ``[rows, columns]``, not a number where missing.
        series: ``[rows]``: names of series; None where there is one.
        time: ``[rows]``: what orders them; None where they are in order.
    """
    keys = pl.DataFrame({"series": pl.repeat(0, len(values), eager=True) if series is None else series})
    keys = keys.with_columns(time=pl.int_range(pl.len()) if time is None else time, row=pl.int_range(pl.len()))
    keys = keys.sort("series", "time", maintain_order=True).head(MOST_ORDERED)
    values = values[keys["row"].to_numpy()]
    inside = keys["series"].eq_missing(keys["series"].shift()).to_numpy()[1:]
    steps = np.diff(values, axis=0)
    with np.errstate(invalid="ignore"):
        for place, other in itertools.permutations(range(values.shape[1]), 2):
            now = values[1:, other]
            known = np.isfinite(steps[:, place]) & np.isfinite(now) & inside
            moves = now[known] != 0
            if moves.sum() < _FEWEST_PARTS or now[known].min() < 0 or len(np.unique(now[known])) < FEWEST:
                continue  # a level and its changes, below zero as well, are another matter
            rounding = _unit(values[1:, place][known]) + _unit(now[known]) + 1e-9
            rounding = min(rounding, _NEARLY * float(now[known].std()))
            added = np.abs(steps[:, place] - now)[known] <= rounding
            anew = np.abs(values[1:, place] - now)[known] <= rounding
            if added[moves].mean() >= _RUNNING and (added | anew).mean() >= _ALL:
                yield Sum(place, "running total", (other,))
