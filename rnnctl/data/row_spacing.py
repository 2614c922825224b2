"""How even the times of a table's rows are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl

from rnnctl.data.frequency import inner_steps, month_steps, most_frequent
from rnnctl.data.sequences import Ints

_UNITS = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"))
_MOSTLY = 0.8


@dataclass(frozen=True, slots=True)
class Pace:
    """The time from row to row.

    Attributes:
        frequency: The usual one, as ``data.frequency`` is written; None where there is none.
        evenness: ``even``: it is always that; ``gaps``: some rows are missing; ``uneven``: anything else.
    """

    frequency: str | None
    evenness: Literal["even", "gaps", "uneven"]
    gaps: int = 0


def find_pace(times: pl.Series, bounds: Ints) -> Pace:
    """The time from row to row within each series of dates or datetimes ``[rows]``; see `inner_steps`."""
    steps = inner_steps(times.cast(pl.Datetime("us")).to_physical().to_numpy(), bounds)
    if not len(steps):
        return Pace(None, "uneven")
    if (steps >= 28 * _UNITS[0][0]).all() and (months := month_steps(times, bounds)) is not None:
        usual = most_frequent(months)
        return _judged(months, usual, f"{usual}mo")
    usual = most_frequent(steps)
    return _judged(steps, usual, _written(usual))


def _judged(steps: Ints, usual: int, frequency: str | None) -> Pace:
    if usual <= 0 or frequency is None:
        return Pace(None, "uneven")
    odd = steps[steps != usual]
    if not len(odd):
        return Pace(frequency, "even")
    if len(odd) <= (1 - _MOSTLY) * len(steps) and (odd > 0).all() and (odd % usual == 0).all():
        return Pace(frequency, "gaps", int((odd // usual - 1).sum()))
    return Pace(frequency if len(odd) <= (1 - _MOSTLY) * len(steps) else None, "uneven")


def _written(micros: int) -> str | None:
    return next((f"{micros // size}{unit}" for size, unit in _UNITS if micros > 0 and micros % size == 0), None)


def span(times: pl.Series) -> timedelta:
    """The time from the first row to the last."""
    micros = times.drop_nulls().cast(pl.Datetime("us")).to_physical().to_numpy()
    return timedelta(microseconds=int(np.ptp(micros))) if len(micros) else timedelta(0)
