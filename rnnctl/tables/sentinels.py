"""Numbers that stand for missing values, such as -999, and lone ones that make all others alike once scaled."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import polars as pl

from rnnctl.util.format import counted, first_few

_CODE = re.compile(r"-?(9{2,}|8{3,}|7{3,})(\.\1?[987]*)?|-?(32767|32768|65535|2147483647|2147483648|4294967295)")
"""Digits that people write for a missing value; 99.99 and 999.9 as well."""
_HUGE = 1e20
_FEWEST = 2
_FEWEST_NEGATIVE = 3
_FEWEST_OTHERS = 8
_FEWEST_SMALL = 3
"""In one series, of a positive code below 1000, which a real largest value may be."""
_MOST_SHARE = 0.5
_FAR = {True: 1.0, False: 2.0}
"""Distance from the nearest other value in ranges of all others, by whether the code has three digits or more."""
_SHOWN = 3
_EXACT = 2**53
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
    ends = sorted(_codes_at_ends(pl.DataFrame({"series": pl.repeat(0, len(values), eager=True), "value": values})))
    negative = values[:2][values[:2] < 0].tolist()
    table = {value: int(times[np.searchsorted(values, value)]) for value in (*ends, *negative)}
    codes = [value for value in ends if table[value] >= _FEWEST]
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


class SeriesCode(NamedTuple):
    """A value that most likely stands for missing ones, as some series alone show.

    Attributes:
        cells: Cells of all series that hold it.
        far: Cells by series from whose other values it is far.
        within: Series that it may be a value of: it lies between their others.
    """

    cells: int
    far: dict[str, int]
    within: tuple[str, ...]

    def words(self) -> str:
        """Where it is far from all others."""
        shown = [f"{name[:40]!r} ({counted(count, 'cell')})" for name, count in self.far.items()]
        return f"far from all others of series {first_few(shown, _SHOWN)}"


def as_mark(value: float) -> int | float:
    """A number as people write it in ``data.missing_marks``."""
    return int(value) if value == int(value) and abs(value) < _EXACT else value


def series_sentinels(numbers: pl.Series, series: pl.Series) -> dict[float, SeriesCode]:
    """The values that `sentinels` finds in single series, though not in all together, which lie at different levels.

    A value that is there once in each of some series counts where more of them end in it than in any other value that
    is as far from the rest: large values of heavy tails are far as well, but each is another one.

    Args:
        numbers: Null where missing.
        series: Names, of the same length.
    """
    frame = pl.DataFrame({"series": series, "value": numbers}).drop_nulls()
    if frame.is_empty() or not frame["value"].is_finite().all():
        return {}
    codes = _codes_at_ends(frame)
    negative = frame.filter(pl.col("value") < 0)["value"].unique().to_list()
    if len(negative) == 1 and negative[0] == int(negative[0]):
        codes.add(negative[0])
    if not codes:
        return {}
    coded = pl.col("value").is_in(list(codes))
    rest = frame.filter(~coded).group_by("series", maintain_order=True)
    others = rest.agg(
        low=pl.col("value").min(), high=pl.col("value").max(), distinct=pl.col("value").n_unique(), rest=pl.len()
    )
    cells = frame.filter(coded).group_by("series", "value", maintain_order=True).len()
    cells = cells.join(others, on="series", how="left", maintain_order="left").filter(pl.col("low").is_not_null())
    found = {}
    for value in codes - set(sentinels(numbers)):
        own = cells.filter(pl.col("value") == value)
        low, high = pl.col("low") - value, value - pl.col("high")
        gap = pl.max_horizontal(low, high)
        is_far = gap >= _FAR[abs(value) >= 100] * (pl.col("high") - pl.col("low"))
        if _is_code(value) and value <= -100:
            is_far |= pl.col("low") >= 0
        told = (pl.col("distinct") >= _FEWEST_OTHERS) & (pl.col("len") <= pl.col("rest"))
        far = own.filter(is_far & told & (gap > 0))
        count = int(frame["value"].eq(value).sum())
        least = _FEWEST_NEGATIVE if not _is_code(value) else _FEWEST if value < 0 or value >= 1000 else _FEWEST_SMALL
        if far.is_empty() or count > _MOST_SHARE * frame.height:
            continue
        repeated = int(far["len"].max()) >= least  # type: ignore[arg-type]
        if repeated or (_is_code(value) and far.height > max(1, _others_far(frame, value))):
            within = own.filter(gap <= 0)["series"].to_list()
            found[value] = SeriesCode(count, dict(far.select("series", "len").iter_rows()), tuple(within))
    return found


def _codes_at_ends(frame: pl.DataFrame) -> set[float]:
    """The least and greatest values of series that are written like a code, and those next to one."""
    found: set[float] = set()
    for _ in range(3):
        ends = frame.group_by("series").agg(low=pl.col("value").min(), high=pl.col("value").max())
        new = {value for value in pl.concat([ends["low"], ends["high"]]).unique().to_list() if _is_code(value)}
        found |= new
        frame = frame.filter(~pl.col("value").is_in(list(new)))
        if not new or frame.is_empty():
            break
    return found


def _others_far(frame: pl.DataFrame, value: float) -> int:
    """In how many series another value, the least or greatest, is as far from the rest as a code has to be."""
    ends = frame.filter(pl.col("value") != value).group_by("series").agg(pl.col("value").unique().sort())
    ends = ends.filter(pl.col("value").list.len() > _FEWEST_OTHERS)
    first, second, last_but_one, last = (pl.col("value").list.get(place) for place in (0, 1, -2, -1))
    far = _FAR[abs(value) >= 100]
    below = second - first >= far * (last - second)
    return ends.filter(below | (last - last_but_one >= far * (last_but_one - first))).height


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
