"""Numbers that stand for missing values, such as -999, and lone ones that make all others alike once scaled."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import polars as pl

_CODE = re.compile(r"-?(9{2,}|8{3,}|7{3,})(\.\1?[987]*)?|-?(32767|32768|65535|2147483647|2147483648|4294967295)")
"""Digits that people write for a missing value; 99.99 and 999.9 as well."""
_HUGE = 1e20
_FEWEST = 2
_FEWEST_NEGATIVE = 3
_FEWEST_OTHERS = 8
_MOST_SHARE = 0.5
_FAR = {True: 1.0, False: 2.0}
"""Distance from the nearest other value in ranges of all others, by whether the code has three digits or more."""
_FLATTENS = 1e6
_ALONE = 1e3


def sentinels(numbers: pl.Series) -> dict[float, int]:
    """The values of a column that most likely stand for missing ones, and how often each occurs.

    A value counts where it occurs twice or more, is the least or the greatest, and is either written like a code
    (`_CODE`, or beyond 1e20) and as far from all others as these are from each other, or the only negative number, a
    whole one, and farther from zero than all others are from each other, or -100 or less. Zeros, and a largest value
    that others come near to, never do.

    Args:
        numbers: Null where missing.
    """
    present = numbers.drop_nulls()
    if present.is_empty() or not present.is_finite().all():
        return {}
    least, most = present.to_numpy().min(), present.to_numpy().max()
    if not (_is_code(least) or _is_code(most) or (least < 0 and least == int(least))):
        return {}
    values, times = np.unique(present.to_numpy(), return_counts=True)
    table = {value: int(times[np.searchsorted(values, value)]) for value in _ends(values)}
    codes = [value for value, count in table.items() if count >= _FEWEST and _is_code(value)]
    negative = values[:2][values[:2] < 0].tolist()
    if len(negative) == 1 and negative[0] == int(negative[0]) and table[negative[0]] >= _FEWEST_NEGATIVE:
        codes = list(dict.fromkeys([*codes, negative[0]]))
    others = values[~np.isin(values, codes)]
    if len(others) < _FEWEST_OTHERS:
        return {}
    low, high = float(others[0]), float(others[-1])
    found = {}
    for value in codes:
        gap = low - value if value < low else value - high if value > high else 0.0
        far = gap >= _FAR[abs(value) >= 100] * (high - low)
        alone = value <= -100 and low >= 0 and negative == [value]
        code = _is_code(value)
        if gap > 0 and (far or alone or (code and abs(value) >= 100 and value < 0 <= low)):
            found[value] = table[value]
    return found if sum(found.values()) <= _MOST_SHARE * len(present) else {}


def flattening(numbers: pl.Series) -> dict[float, int]:
    """The values of a column that lie so far from all others that any scale makes these alike, and their counts.

    The distance from the median is above 10⁶ interquartile ranges, and above 10³ times that of all values that are
    nearer: honest heavy tails (lognormal σ = 3, Pareto α = 1) have no such hole. Where half of the column is one value,
    the median distance of the others stands in for the interquartile range.

    Args:
        numbers: Null where missing.
    """
    present = numbers.drop_nulls().to_numpy()
    if len(present) <= _FEWEST_OTHERS or not np.isfinite(present).all():
        return {}
    low, middle, high = np.quantile(present, (0.25, 0.5, 0.75))
    with np.errstate(over="ignore"):
        away = np.abs(present - middle)
        spread = float(high - low) or (float(np.median(away[away > 0])) if away.any() else 0.0)
        if away.max() <= _FLATTENS * spread:
            return {}
        sorted_away = np.sort(away)
        alone = sorted_away[1:] > np.maximum(_FLATTENS * spread, _ALONE * sorted_away[:-1])
    if not spread > 0 or not alone.any() or alone.argmax() + 1 < _FEWEST_OTHERS:
        return {}
    values, counts = np.unique(present[away >= sorted_away[alone.argmax() + 1]], return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def _is_code(value: float) -> bool:
    return abs(value) >= _HUGE or _CODE.fullmatch(f"{value:.12g}") is not None


def _ends(values: npt.NDArray[np.float64]) -> list[float]:
    """The least and greatest of sorted values, and those next to an end that is written like a code."""
    found: list[float] = []
    for side in (values, values[::-1]):
        for value in side[:3].tolist():
            found.append(value)
            if not _is_code(value):
                break
    return list(dict.fromkeys(found))
