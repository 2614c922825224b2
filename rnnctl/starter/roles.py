"""Which columns order the rows, tell series apart, and say what is held out. Knows no tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rnnctl.data.table_splits import WORDS
from rnnctl.errors import DataError
from rnnctl.starter.columns import ColumnGuess
from rnnctl.starter.hints import SERIES_WORDS, SPLIT_WORDS, TIME_WORDS, hints_at
from rnnctl.util import suggest as words

TRAINING = 0.7
"""Share of the rows that starter configs leave for training."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns that are no data, and why they are taken for that.

    Attributes:
        time: The column that orders rows.
        series: The column that tells series apart.
        split: The column that says what is held out.
        reasons: Why, by ``time``, ``series``, ``split``.
        constant: Columns whose value is the same in all rows of each series; empty without series.
    """

    time: ColumnGuess | None
    series: ColumnGuess | None
    split: ColumnGuess | None
    reasons: dict[str, str]
    constant: frozenset[str]


def named(columns: Sequence[ColumnGuess], name: str, option: str) -> ColumnGuess:
    """The column that a person named.

    Raises:
        DataError: There is none of that name, or it cannot be used.
    """
    found = next((column for column in columns if column.name == name), None)
    if found is None:
        near = words.nearest(name, [column.name for column in columns])
        listed = words.named(column.name for column in columns)
        meant = f"did you mean {near!r}?" if near else f"name one of those with {option}"
        raise DataError(f"{option}: there is no column {name!r}; the columns are {listed}; {meant}")
    return found


def guess_roles(columns: Sequence[ColumnGuess], time: str | None, series: str | None) -> Roles:
    """Finds the columns that are no data.

    Args:
        columns: All columns.
        time: Name of the column of times, where a person gave it.
        series: Name of the column of series, where a person gave it.

    Raises:
        DataError: A given name is not that of a column.
    """
    reasons: dict[str, str] = {}
    split = next((column for column in columns if _says_split(column)), None)
    if split is not None:
        reasons["split"] = f"it holds {', '.join(sorted(split.values.drop_nulls().unique().to_list()))}"
    free = [column for column in columns if column is not split]
    times = [named(columns, time, "--time")] if time is not None else list(_time_candidates(free))
    ids = [named(columns, series, "--series")] if series is not None else list(_series_candidates(free))
    found_time, found_series, told = _pair(times, ids, given=(time is not None, series is not None))
    reasons |= told
    constant = frozenset() if found_series is None else _constant(columns, found_series)
    return Roles(found_time, found_series, split, reasons, constant)


def _says_split(column: ColumnGuess) -> bool:
    if column.kind != "category" or not hints_at(SPLIT_WORDS, column.name):
        return False
    splits = [WORDS.get(word.casefold()) for word in column.values.drop_nulls().unique().to_list()]
    return not column.missing and len(splits) > 1 and None not in splits and "train" in splits


def _time_candidates(columns: Sequence[ColumnGuess]) -> Iterator[ColumnGuess]:
    """Columns without gaps that could order rows, the likeliest first."""

    def rank(column: ColumnGuess) -> tuple[bool, bool]:
        return column.kind != "date", not hints_at(TIME_WORDS, column.name)

    usable = [column for column in columns if not column.missing and (column.kind == "date" or column.whole)]
    yield from sorted(usable, key=rank)


def _series_candidates(columns: Sequence[ColumnGuess]) -> Iterator[ColumnGuess]:
    """Columns without gaps that could tell series apart, the likeliest first."""

    def rank(column: ColumnGuess) -> tuple[bool, bool]:
        return not hints_at(SERIES_WORDS, column.name), _runs(column) > column.distinct

    usable = [
        column
        for column in columns
        if not column.missing
        and (column.kind in ("category", "unusable") or column.whole)
        and 2 <= column.distinct <= column.values.len() / 2
    ]
    yield from sorted(usable, key=rank)


def _runs(column: ColumnGuess) -> int:
    """How many runs of equal values there are; as many as different values where each stands together."""
    return int((column.values != column.values.shift()).sum() or 0) + 1


def _pair(
    times: Sequence[ColumnGuess], ids: Sequence[ColumnGuess], given: tuple[bool, bool]
) -> tuple[ColumnGuess | None, ColumnGuess | None, dict[str, str]]:
    """The first column of times that goes, alone or with a column of series."""
    time_given, series_given = given
    for time in times:
        hinted = time_given or time.kind == "date" or hints_at(TIME_WORDS, time.name)
        if not series_given and time.distinct == time.values.len() and (hinted or _even(time.values)):
            return time, None, {"time": _time_reason(time)}
        for series in ids:
            if series is not time and (hinted or series_given) and _unique_together(series, time):
                return time, series, {"time": _time_reason(time), "series": _series_reason(series, time)}
    if time_given:
        reason = "given with --time"
        return times[0], ids[0] if series_given else None, {"time": reason, "series": "given with --series"}
    for series in ids:
        if series_given or (hints_at(SERIES_WORDS, series.name) and _runs(series) == series.distinct):
            return None, series, {"series": _series_reason(series, None)}
    return None, None, {}


def _even(values: pl.Series) -> bool:
    """Whether numbers rise by the same step from row to row."""
    steps = values.diff().drop_nulls()
    return not steps.is_empty() and bool((steps == steps[0]).all()) and steps[0] > 0


def _unique_together(series: ColumnGuess, time: ColumnGuess) -> bool:
    pairs = pl.DataFrame({"series": series.values, "time": time.values})
    return pairs.n_unique() == pairs.height


def _time_reason(time: ColumnGuess) -> str:
    return f"{time.why}, no row like another" if time.distinct == time.values.len() else f"{time.why} in each series"


def _series_reason(series: ColumnGuess, time: ColumnGuess | None) -> str:
    sizes = series.values.value_counts().get_column("count")
    low, high = int(sizes.min() or 0), int(sizes.max() or 0)  # type: ignore[arg-type]
    rows = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    with_time = "" if time is None else f"; each {time.name[:40]!r} once in each"
    return f"{series.distinct:,} of {rows} rows{with_time}"


def _constant(columns: Sequence[ColumnGuess], series: ColumnGuess) -> frozenset[str]:
    others = {f"{place}": column.values for place, column in enumerate(columns) if column is not series}
    if not others:
        return frozenset()
    frame = pl.DataFrame({"series": series.values, **others})
    most = frame.group_by("series").agg(pl.all().n_unique()).drop("series").max()
    return frozenset(columns[int(place)].name for place in others if most.get_column(place)[0] == 1)


def still_in_training(columns: Sequence[ColumnGuess], roles: Roles) -> frozenset[str]:
    """Columns that never change in the first 70 % of the rows, by time and by series, which are for training.

    Args:
        columns: The columns.
        roles: Which of them order the rows.
    """
    if not columns:
        return frozenset()
    height = columns[0].values.len()
    parts = [pl.Series(range(height))]
    if roles.time is not None:
        parts = [roles.time.values.arg_sort()]
    if roles.series is not None:
        names = roles.series.values.unique(maintain_order=True)
        first = names.head(max(1, int(TRAINING * names.len())))
        parts += [roles.series.values.is_in(first.implode()).arg_true()]
    else:
        parts = [part.head(max(1, int(TRAINING * height))) for part in parts]
    return frozenset(
        column.name
        for column in columns
        if any(column.values.gather(part).drop_nulls().n_unique() <= 1 for part in parts)
    )
