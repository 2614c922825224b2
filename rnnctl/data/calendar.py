"""Parts of dates that come round again, as the sine and cosine of their phase. Knows no files and no models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.errors import DataError

Phase = Callable[[pl.Series], pl.Series]

PARTS: dict[str, tuple[Phase, float]] = {
    "month": (lambda times: times.dt.month() - 1, 12),
    "day_of_month": (lambda times: times.dt.day() - 1, 31),
    "day_of_year": (lambda times: times.dt.ordinal_day() - 1, 365.2425),
    "week": (lambda times: times.dt.week() - 1, 52.1775),
    "weekday": (lambda times: times.dt.weekday() - 1, 7),
    "hour": (lambda times: times.dt.hour(), 24),
    "minute": (lambda times: times.dt.minute(), 60),
}
"""By its name: how often a part has come on since it last began, and after how many it comes round."""

WITHIN_A_DAY = ("hour", "minute")
"""Parts that a date without a time of day does not have."""


def part_names(name: str, parts: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns that `phases` gives for a column of times."""
    return tuple(f"{name}: {part} ({wave})" for part in parts for wave in ("sine", "cosine"))


def check_parts(times: pl.Series | None, parts: Sequence[str], where: str, key: str) -> pl.Series:
    """Checks that times have the parts that are asked for.

    Args:
        times: The times.
        parts: Keys of `PARTS`.
        where: File and column.
        key: What of the config asks.

    Returns:
        The times.

    Raises:
        DataError: They are no dates, or have no time of day.
    """
    if times is None or not times.dtype.is_temporal():
        raise DataError(f"{where}: {key} needs dates, and this column holds numbers")
    if times.dtype == pl.Date and (hours := [part for part in parts if part in WITHIN_A_DAY]):
        raise DataError(f"{where}: {hours[0]} needs a time of day, and this column holds dates alone; remove it")
    return times


def phases(times: pl.Series, parts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Sine and cosine of 2π k / n for each part, k being where it stands and n where it comes round.

    Both together tell every place of the round apart, and its end lies as close to its beginning as it does in life.

    Args:
        times: Dates or datetimes ``[rows]``; a null gives NaN.
        parts: Keys of `PARTS`.

    Returns:
        ``[rows, 2 × parts]``, float64.
    """
    columns = []
    for part in parts:
        standing, round_of = PARTS[part]
        angle = 2 * np.pi / round_of * standing(times).cast(pl.Float64).to_numpy()
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)
