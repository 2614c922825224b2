"""What is put where numbers are missing, from a series' own rows alone. Knows no files and no models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints

Numbers = npt.NDArray[np.float64]


def fill_forward(values: Numbers, begin: Ints) -> Numbers:
    """Repeats the last value seen; what comes before a series' first value stays missing.

    A row is filled from rows before it, so nothing of a later split reaches an earlier one.

    Args:
        values: ``[rows]``, NaN where missing.
        begin: First row of each series.

    Returns:
        ``[rows]``, a copy.
    """
    rows = np.arange(len(values))
    seen = np.where(np.isnan(values), -1, rows)
    last = np.maximum.accumulate(seen)
    first = np.zeros(len(values), dtype=np.int64)
    first[begin[begin < len(values)]] = begin[begin < len(values)]
    first = np.maximum.accumulate(first)
    return np.where(last >= first, values[np.maximum(last, 0)], np.nan)


def interpolate(values: Numbers, edges: Ints) -> Numbers:
    """Draws a straight line between the values before and after; what has none on one side stays missing.

    Args:
        values: ``[rows]``, NaN where missing.
        edges: Rows, rising, that no line may cross: where a series or one of its splits begins.

    Returns:
        ``[rows]``, a copy.
    """
    rows = np.arange(len(values))
    known = np.flatnonzero(~np.isnan(values))
    filled = values.copy()
    if not len(known):
        return filled
    missing = np.flatnonzero(np.isnan(values))
    after = np.searchsorted(known, missing)
    inside = (after > 0) & (after < len(known))
    missing, after = missing[inside], after[inside]
    left, right = known[after - 1], known[after]
    part = np.searchsorted(edges, left, side="right") == np.searchsorted(edges, right, side="right")
    at, left, right = missing[part], left[part], right[part]
    share = (rows[at] - left) / (right - left)
    filled[at] = values[left] + share * (values[right] - values[left])
    return filled
