"""Columns that tell rows apart: those that a series needs so that it holds each time once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from math import prod

import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_names import as_one, parts_of
from rnnctl.schema.table import TableData
from rnnctl.tables.cells import WORDS
from rnnctl.tables.csv_blocks import BLOCK_BYTES
from rnnctl.tables.date_forms import within_years
from rnnctl.tables.table import Table

TELLING = (*WORDS, pl.Boolean, pl.Date, pl.Datetime)
"""Types, besides numbers, of columns that may tell series apart."""

MOST = 3
"""Most columns that are tried together."""
_CANDIDATES = 20
_ROWS_OF_A_SERIES = 3
"""Fewest rows of a series, on average, that a combination of columns is believed for."""
_SHARED = 0.1
"""Least share of the rows that repeat a time of their series, if columns are sought that tell them apart."""
_FILLED = 0.3
"""Least share of the pairs of series and time that have a row, if a column that is a number is believed."""


def columns_apart(
    times: pl.Series, columns: Mapping[str, pl.Series], *, fixed: Sequence[str] = (), sure: Collection[str] = ()
) -> tuple[str, ...] | None:
    """The fewest columns whose combination holds each time once; of several such sets the one of the fewest series.

    Args:
        times: ``[rows]``.
        columns: Columns without missing values that may tell series apart, ``fixed`` ones among them.
        fixed: Columns that are always of the set.
        sure: Columns that tell series apart by their names or words, however few rows each series has.
    """
    frame = pl.DataFrame({"t": times, **{str(place): column for place, column in enumerate(columns.values())}})
    places = {name: str(place) for place, name in enumerate(columns)}
    counts = {name: frame.get_column(place).n_unique() for name, place in places.items()}
    height, moments = frame.height, frame.get_column("t").n_unique()
    for size in range(0 if fixed else 1, MOST + 1):
        found = []
        for names in combinations([name for name in columns if name not in fixed], size):
            chosen = (*fixed, *names)
            if prod(counts[name] for name in chosen) * moments < height:
                continue
            keys = [places[name] for name in chosen]
            series = frame.select(keys).n_unique()
            thin = height < max(_FILLED * series * moments, _ROWS_OF_A_SERIES * series)
            if (not thin or set(names) <= {*sure}) and frame.select("t", *keys).n_unique() == height:
                found.append((series, chosen))
        if found:
            return min(found, key=lambda item: item[0])[1]
    return None


def missing_series(table: Table, times: pl.Series) -> tuple[str, ...] | None:
    """The columns of the file that, with ``data.series``, give series that hold each time once; None for none.

    Args:
        times: ``[rows]``, in the file's order.
    """
    data = table.data
    fixed = parts_of(data.series)
    others = {*fixed, *parts_of(data.time), *data.target, data.split.column}
    try:
        cells = _text(data, [*fixed, *other_columns(data, others)[:_CANDIDATES]], len(times))
    except DataError:  # of a column that the config does not name
        return None
    usable = {
        name: column
        for name, column in cells.items()
        if not column.null_count() and (name in fixed or 2 * column.n_unique() <= len(column))
    }
    pairs = pl.DataFrame({"t": times, **{str(place): usable.get(name) for place, name in enumerate(fixed)}})
    if not set(fixed) <= set(usable) or pairs.n_unique() > (1 - _SHARED) * pairs.height:
        return None
    return columns_apart(times, usable, fixed=fixed)


def other_columns(data: TableData, used: Collection[str | None]) -> list[str]:
    """Names of the columns of a table's files that are not used, but for those that several columns have."""
    return [name for name, times in Counter(data.column_names()[1]).items() if times == 1 and name not in used]


def _text(data: TableData, names: Sequence[str], rows: int) -> dict[str, pl.Series]:
    """Columns of a table's files as text, but for those of other types than words, numbers, dates and flags."""
    pieces = list(data.open_files(BLOCK_BYTES).text(names))
    kinds = {name: column.dtype for name, column in pieces[0].items()} if pieces else {}
    plain = [name for name, kind in kinds.items() if kind in TELLING or kind.is_numeric()]
    found = {name: pl.concat([_as_text(piece[name]) for piece in pieces]) for name in plain}
    return {name: column.head(rows) for name, column in found.items() if len(column) >= rows}


def _as_text(column: pl.Series) -> pl.Series:
    """Polars writes no times before the year 1 or after 9999, and panics: they are none."""
    times = column.dtype.base_type() in (pl.Date, pl.Datetime)
    return (within_years(column) if times else column).cast(pl.String)


def advice(table: Table, times: pl.Series) -> str:
    """What to do where a series holds a time twice."""
    series = missing_series(table, times)
    if series is None:
        data = table.data
        others = {*data.column_names()[1]} - {*parts_of(data.time), *data.target}  # without any, nothing can tell apart
        other = ", or set data.series to the column that tells series apart" if others and not data.series else ""
        return f"keep one row for each time{other}"
    new = [name for name in series if name not in parts_of(table.data.series)]
    told = " and ".join(map(repr, new))
    verb = "tells" if len(new) == 1 else "tell"
    return f"{told} {verb} these rows apart: set data.series: {flow_names(series)}"


def flow_names(names: Sequence[str]) -> str:
    """Names of columns as they stand in a config: one name, or a list."""
    from rnnctl.tables.cells import key_in_yaml

    text = ", ".join(map(key_in_yaml, names))
    return text if as_one(names) in names else f"[{text}]"
