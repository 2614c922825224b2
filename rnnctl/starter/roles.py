"""The columns that order rows, identify series and name splits; guessed from names and values."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from rnnctl.data.splits import WORDS
from rnnctl.data.telling_apart import columns_apart
from rnnctl.errors import DataError
from rnnctl.schema.column_names import Combined, parts_of
from rnnctl.starter.column_guess import ColumnGuess
from rnnctl.starter.merged_cells import FILL_DOWN
from rnnctl.starter.remarks import DOUBTFUL, Remark
from rnnctl.starter.time_columns import combined_candidates, given_time
from rnnctl.tables.combined_columns import combined_names, name_words
from rnnctl.tables.frames import column_of
from rnnctl.tables.time_zones import localised, zone_of_changes
from rnnctl.util.format import counted, listed
from rnnctl.util.suggest import named as name_list, nearest

HELD_OUT = 0.15
"""Share of the rows or sequences for validation, and for the test."""

TRAINING = 0.7
"""Share of the rows or sequences for training."""

SPLIT = {"validation": HELD_OUT, "test": HELD_OUT}

SCALE = ("standard", "by mean and standard deviation of the training rows")
"""A value of ``data.scale``, and why."""

TIME_WORDS = (
    "time date datetime timestamp ds year month week day hour minute second step t frame position pos place row index "
    "click tick period epoch order turn"
)
"""Words in names of columns that order rows."""

SERIES_WORDS = (
    "id pid uid sid cid uuid userid patientid case series sequence seq session utterance user customer client store "
    "shop sensor device station symbol ticker item product sku clip image melody patient subject machine unit group "
    "entity household meter site zone branch city country region sample trip video document doc recording run game "
    "match account"
)
"""Words in names of columns that identify series."""

_OFTEN_NUMBERS = "target y outcome rating answer result"

LABEL_WORDS = (
    "label labels class classes category tag tags speaker digit direction diagnosis sentiment feeling intent emotion "
    f"gesture activity species genre topic {_OFTEN_NUMBERS}"
)
"""Words in names of columns that are labels."""

CLASS_WORDS = " ".join(word for word in LABEL_WORDS.split() if word not in _OFTEN_NUMBERS.split())
"""Those of them that no number to forecast is called."""

SPLIT_WORDS = "split set subset fold partition part usage"
"""Words in names of columns that name splits."""


def hints_at(words: str, name: str) -> bool:
    """Whether a name holds one of the words."""
    return not name_words(name).isdisjoint(words.split())


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns that are neither features nor targets.

    Attributes:
        time: Orders rows.
        series: Identifies series.
        split: Names the split of each sequence.
        reasons: Reasons, by ``time``, ``series`` and ``split``.
        constant: Names of columns with one value in all rows of each series; empty without series.
        doubts: That times repeat within a series that was asked for.
    """

    time: ColumnGuess | None
    series: ColumnGuess | None
    split: ColumnGuess | None
    reasons: dict[str, str]
    constant: frozenset[str]
    doubts: tuple[Remark, ...] = ()

    def take(self, column: ColumnGuess) -> bool:
        """Whether a column has one of the roles, or is part of one that has."""
        taken = (self.time, self.series, self.split)
        return any(column.name in parts_of(one.name) for one in taken if one is not None)


def named(columns: Sequence[ColumnGuess], name: str, option: str) -> ColumnGuess:
    """The column of a name that was given as an option.

    Raises:
        DataError: There is none.
    """
    found = next((column for column in columns if column.name == name), None)
    if found is None:
        every = [column.name for column in columns]
        near = nearest(name, every)
        hint = f"did you mean {near!r}?" if near else f"name one of those with {option}"
        raise DataError(f"{option}: there is no column {name!r}; the columns are {name_list(every)}; {hint}")
    return found


def names_in(columns: Sequence[ColumnGuess], option: str) -> list[str]:
    """The names in an option: one, or several with commas between them."""
    return [option] if any(column.name == option for column in columns) else re.split(r" *, *", option.strip())


def _named_in(columns: Sequence[ColumnGuess], given: str, option: str) -> list[ColumnGuess]:
    return [named(columns, name, option) for name in names_in(columns, given)]


def guess_roles(
    columns: Sequence[ColumnGuess], time: str | None, series: str | None, apart: Sequence[ColumnGuess] = ()
) -> Roles:
    """Finds the columns that are neither features nor targets.

    Args:
        time: A name from an option.
        series: The same.
        apart: Columns that are features or targets for certain.

    Raises:
        DataError: A name is not that of a column, or rows have no time.
    """
    split = next((column for column in columns if column not in apart and _says_split(column)), None)
    free = [column for column in columns if column is not split and column not in apart]
    times = _time_candidates(free) if time is None else [given_time(_named_in(columns, time, "--time"))]
    ids = others = _series_candidates(free)
    if series is not None:
        parts = _named_in(columns, series, "--series")
        if (gaps := next((part for part in parts if part.missing), None)) is not None:
            todo = "fill it down in the file" if gaps.option == FILL_DOWN else "fill it in"
            raise DataError(
                f"--series: column {gaps.name!r} is empty in {counted(gaps.missing, 'row')}, and a row without a name "
                f"belongs to no series; {todo}, or name another column"
            )
        ids = [_as_one(parts)]
    if time is not None and (missing := times[0].missing) and not times[0].unread:
        raise DataError(
            f"--time: column {time!r} is empty in {counted(missing, 'row')}, and rows without a time cannot be "
            f"ordered; fill it in, or name another column"
        )
    found_time, found_series, why = _pair(times, ids, time_given=time is not None, series_given=series is not None)
    doubts = []
    if series is not None:
        if found_time is None:  # a time that repeats is no time that may be dropped
            found_time = next((one for one in times if _orders(one, ids[0], others)), None)
            why |= {} if found_time is None else {"time": found_time.why}
        doubts = [] if found_time is None else [*_on_repeats(found_time, ids[0], others)]
    if split is not None:
        why["split"] = f"it holds {', '.join(sorted(split.values.drop_nulls().unique().to_list()))}"
    constant = frozenset() if found_series is None else _constant(columns, found_series)
    return Roles(found_time, found_series, split, why, constant, tuple(doubts))


def _orders(time: ColumnGuess, series: ColumnGuess, others: Sequence[ColumnGuess]) -> bool:
    """Whether times that repeat within series order rows: dates that change, or what more columns tell apart."""
    if not set(parts_of(time.name)).isdisjoint(parts_of(series.name)):
        return False
    if time.kind == "date":
        return time.name not in _constant([time], series)
    return hints_at(TIME_WORDS, time.name) and bool(_missing_parts(time, series, others))


def _on_repeats(time: ColumnGuess, series: ColumnGuess, others: Sequence[ColumnGuess]) -> Iterator[Remark]:
    """That a time stands several times in a series that was asked for, and what tells these rows apart."""
    most = pl.DataFrame({"time": time.values, "series": series.values}).drop_nulls().group_by(pl.all()).len()
    times = int(most.get_column("len").max() or 1)  # type: ignore[arg-type]
    if times == 1:
        return
    parts = _missing_parts(time, series, others)
    option = "keep one row for each time, or give --series the columns that tell these rows apart"
    if parts:
        verb = "tells" if len(parts) == 1 else "tell"
        names = shlex.quote(",".join([*parts_of(series.name), *parts]))
        option = f"{listed([repr(part) for part in parts], 'and')} {verb} these rows apart: --series {names}"
    yield Remark(time.name, DOUBTFUL, f"it stands up to {times:,} times in a series", option=option)


def _missing_parts(time: ColumnGuess, series: ColumnGuess, others: Sequence[ColumnGuess]) -> tuple[str, ...]:
    """The columns that, with those that were asked for, give series that hold each time once."""
    used = {*parts_of(time.name), *parts_of(series.name)}
    free = {column.name: column.values for column in others if column.name not in used}
    apart = columns_apart(time.values, {series.name: series.values, **free}, fixed=[series.name], sure=free.keys())
    return (apart or ())[1:]


def _says_split(column: ColumnGuess) -> bool:
    if column.kind != "category" or not hints_at(SPLIT_WORDS, column.name):
        return False
    splits = [WORDS.get(word.casefold()) for word in column.values.drop_nulls().unique().to_list()]
    return not column.missing and len(splits) > 1 and None not in splits and "train" in splits


def _time_candidates(columns: Sequence[ColumnGuess]) -> list[ColumnGuess]:
    """Columns that could order rows, the likeliest first; a few dates that are missing are faults to correct."""
    usable = [
        column
        for column in columns
        if column.kind == "date" or (not column.missing and (column.whole or _clock_readings(column)))
    ]
    usable = [column for column in usable if column.missing < _FEW * column.values.len() or column.unread]
    found = sorted(usable, key=lambda column: (column.kind != "date", not hints_at(TIME_WORDS, column.name)))
    whole = [column for column in found if column.distinct == column.values.len() and column.kind == "date"]
    return whole or [*combined_candidates(columns), *found]


def _clock_readings(column: ColumnGuess) -> bool:
    """Whether numbers with decimals, such as seconds or parts of a year, are called a time and nearly always rise."""
    if column.kind != "number" or not hints_at(TIME_WORDS, column.name):
        return False
    steps = column.values.diff()
    return min((steps < 0).sum() or 0, (steps > 0).sum() or 0) <= _FEW * column.values.len()


def _series_candidates(columns: Sequence[ColumnGuess]) -> list[ColumnGuess]:
    """Columns without gaps that could identify series, the likeliest first."""
    usable = [column for column in columns if column.repeats and not column.unread_times]
    return sorted(usable, key=lambda column: (not hints_at(SERIES_WORDS, column.name), not in_blocks(column)))


_FIRST = 1000
_MOST_IDS = 3
_FEW = 0.1
"""Share of the rows that may lack a time, or have that of another row, in a column that is the time all the same."""


def in_blocks(column: ColumnGuess) -> bool:
    """Whether each value of a column stands in one run of rows."""
    return int((column.values != column.values.shift()).sum() or 0) + 1 <= column.distinct


def _pair(
    times: Sequence[ColumnGuess], ids: Sequence[ColumnGuess], *, time_given: bool, series_given: bool
) -> tuple[ColumnGuess | None, ColumnGuess | None, dict[str, str]]:
    """The first column of times that identifies rows, alone or with a column of series."""
    for time in (_in_zone(time, ids) for time in times):
        hinted = time_given or time.kind == "date" or hints_at(TIME_WORDS, time.name)
        if not series_given and time.distinct == time.values.len() and (hinted or _even(time.values)):
            found = next((one for one in ids if _restarts(time, one)), None)
            why = {"time": _time_reason(time)}
            return time, found, why if found is None else {**why, "series": "the times begin anew in each"}
        if not (hinted or series_given or _counts_rows(time, ids)):
            continue
        free = {column.name: column for column in ids if column.name not in parts_of(time.name)}
        few = time.kind == "date" and time.distinct > (1 - _FEW) * (time.values.len() - time.missing)
        if few and not series_given:  # a row that is there twice is no matter of series, unless a name says so
            free = {name: one for name, one in free.items() if hints_at(SERIES_WORDS, name)}
        sure = {name for name, one in free.items() if series_given or not one.whole or hints_at(SERIES_WORDS, name)}
        apart = columns_apart(time.values, {name: column.values for name, column in free.items()}, sure=sure)
        if apart is not None:
            series = _as_one([free[name] for name in apart])
            return time, series, {"time": _time_reason(time), "series": _series_reason(series, time)}
        if few and not series_given:
            return time, None, {"time": f"{time.why}; most rows have one of their own"}
    if time_given:
        why = {"time": "given with --time", "series": "given with --series"}
        return times[0], ids[0] if series_given else None, why
    for series in ids:
        if series_given or (hints_at(SERIES_WORDS, series.name) and in_blocks(series)):
            return None, series, {"series": _series_reason(series, None)}
    return None, None, {}


def _restarts(time: ColumnGuess, series: ColumnGuess) -> bool:
    """Whether rows are in time order within each block of a series, forwards or backwards, and not in the file.

    Series at different distances or of different years may have no time in common. Blocks that together are evenly
    spaced are parts of one series.
    """
    if series.name in parts_of(time.name) or not in_blocks(series) or time.missing:
        return False
    if _even(time.values.to_physical().sort()):
        return False
    frame = pl.DataFrame({"time": time.values, "series": series.values.cast(pl.String)})
    steps = pl.col("time").cast(pl.Int64 if time.kind == "date" else pl.Float64).diff()
    file, blocks = (frame.select(one.sign().unique().drop_nulls()).to_series() for one in (steps, steps.over("series")))
    return blocks.len() == 1 < file.len()


def _in_zone(time: ColumnGuess, ids: Sequence[ColumnGuess]) -> ColumnGuess:
    """A time in the zone whose changes of clocks its rows show, as one series or by one of some columns."""
    if time.missing or not isinstance(time.values.dtype, pl.Datetime):
        return time
    for series in (time.values.is_null(), *(column.values for column in ids[:_MOST_IDS])):
        if (zone := zone_of_changes(time.values, series)) is not None:
            return replace(time, values=localised(time.values, series, zone), zone=zone)
    return time


def _counts_rows(time: ColumnGuess, ids: Sequence[ColumnGuess]) -> bool:
    """Whether a column rises by the same from row to row in each series of one that is called so."""
    named_so = [column for column in ids if column is not time and hints_at(SERIES_WORDS, column.name)]
    first = time.values.head(_FIRST)
    return any(
        _even(first, column.values.head(_FIRST)) and _even(time.values, column.values)
        for column in named_so
        if 2 * time.distinct <= time.values.len()
    )


def _as_one(columns: Sequence[ColumnGuess]) -> ColumnGuess:
    """The combination of some columns, or the only one."""
    if len(columns) == 1:
        return columns[0]
    values = combined_names([_names_of(column) for column in columns])
    name = Combined(column.name for column in columns)
    return ColumnGuess(name, "category", "each combination is a series", values)


def _names_of(column: ColumnGuess) -> pl.Series:
    return column.values.cast(pl.Int64 if column.whole else pl.String).cast(pl.String)


def _even(values: pl.Series, series: pl.Series | None = None) -> bool:
    """Whether numbers rise by the same step from row to row, of each series where there are some."""
    frame = pl.DataFrame({"value": values, "series": series if series is not None else 0})
    steps = frame.select(pl.col("value").diff().over("series")).to_series().drop_nulls()
    return not steps.is_empty() and bool((steps == steps[0]).all()) and steps[0] > 0


def _time_reason(time: ColumnGuess) -> str:
    if time.missing:
        return f"{time.why}: correct the file"
    return f"{time.why}, no row like another" if time.distinct == time.values.len() else f"{time.why} in each series"


def _series_reason(series: ColumnGuess, time: ColumnGuess | None) -> str:
    sizes = series.values.value_counts().get_column("count")
    low, high = int(sizes.min() or 0), int(sizes.max() or 0)  # type: ignore[arg-type]
    rows = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    with_time = "" if time is None else f"; each {time.name[:40]!r} once in each"
    return f"{series.distinct:,} of {rows} rows{with_time}"


def _constant(columns: Sequence[ColumnGuess], series: ColumnGuess) -> frozenset[str]:
    parts = parts_of(series.name)
    frame = pl.DataFrame([column.values.alias(column.name) for column in columns if column.name not in parts])
    values = frame.group_by(series.values.alias(series.name)).agg(pl.all().n_unique())
    return frozenset(name for name in frame.columns if column_of(values, name).max() == 1)


def still_in_training(columns: Sequence[ColumnGuess], roles: Roles) -> frozenset[str]:
    """Names of columns with one value in the training rows: the first 70 %, by time and by series."""
    if not columns:
        return frozenset()
    height = columns[0].values.len()
    parts = [pl.Series(range(height)) if roles.time is None else roles.time.values.arg_sort()]
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
