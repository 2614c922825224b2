"""Periodic parts of dates, and seasons of rows, as the sine and cosine of their phase."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Ints
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
"""Phase and period of each part, by name."""


def _waves(harmonics: int, rows: int = 0) -> list[tuple[str, int, np.ufunc]]:
    """Name, multiple of the frequency and function of each wave.

    Args:
        rows: Of a season that is whole rows long: waves that are 0, or the same as a slower one, at each of them are
            left out. 0 of other periods.
    """
    every = [(word, k, wave) for k in range(1, 1 + harmonics) for word, wave in (("sine", np.sin), ("cosine", np.cos))]
    kept = [one for one in every if not rows or 2 * one[1] < rows + (one[2] is np.cos)]
    return [(f"{word} {k}" if k > 1 else word, k, wave) for word, k, wave in kept]


def part_names(name: str, parts: Sequence[str], harmonics: int = 1) -> tuple[str, ...]:
    """Names of the columns that `phases` gives for a column of times."""
    return tuple(f"{name}: {part} ({wave})" for part in parts for wave, _, _ in _waves(harmonics))


def season_names(seasons: Sequence[int], harmonics: int) -> tuple[str, ...]:
    """Names of the columns that `season_phases` gives."""
    return tuple(f"season of {rows} ({wave})" for rows in seasons for wave, _, _ in _waves(harmonics, rows))


def check_parts(times: pl.Series | None, parts: Sequence[str], where: str, key: str) -> pl.Series:
    """Checks that times have the parts (keys of `PARTS`) that a config's ``key`` asks for, and returns them.

    Raises:
        DataError: They are no dates, or have no time of day.
    """
    if times is None or not times.dtype.is_temporal():
        raise DataError(f"{where}: {key} needs dates, and this column holds numbers; remove it")
    if times.dtype == pl.Date and (hours := [part for part in parts if part in ("hour", "minute")]):
        raise DataError(f"{where}: {hours[0]} needs a time of day, and this column holds dates alone; remove it")
    return times


def phases(times: pl.Series, parts: Sequence[str], harmonics: int = 1) -> npt.NDArray[np.float64]:
    """Sine and cosine of 2π h k / n for each part of phase k and period n, and harmonic h = 1, 2, ….

    Together they are unique within the period, and its end is close to its beginning.

    Args:
        times: Dates or datetimes ``[rows]``; a null gives NaN.
        parts: Keys of `PARTS`.
        harmonics: Waves of each: of its period, of half of it, of a third, …

    Returns:
        ``[rows, 2 × parts × harmonics]``, float64.
    """
    columns = []
    for part in parts:
        phase, period = PARTS[part]
        angle = 2 * np.pi / period * phase(times).cast(pl.Float64).to_numpy()
        columns += [wave(harmonic * angle) for _, harmonic, wave in _waves(harmonics)]
    return np.stack(columns, axis=1)


def season_phases(places: Ints, seasons: Sequence[int], harmonics: int) -> npt.NDArray[np.float64]:
    """Sine and cosine of 2π h k / n for each season of n rows, where k is a row's place modulo n, and h = 1, 2, ….

    Args:
        places: ``[rows]``, numbers that rise by one from row to row of a series.
    """
    columns = [
        wave(2 * np.pi / rows * (harmonic * places % rows))
        for rows in seasons
        for _, harmonic, wave in _waves(harmonics, rows)
    ]
    return np.stack(columns, axis=1)
