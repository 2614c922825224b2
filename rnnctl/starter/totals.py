"""Sums that stand among the data: a column, a series or a row that adds up others. A model takes them for data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import polars as pl

from rnnctl.starter.column_guess import ColumnGuess, left_out
from rnnctl.starter.csv_layout import TOTALS
from rnnctl.starter.roles import Roles
from rnnctl.tables.sums import (
    CLOSE,
    FEWEST,
    MOST_COLUMNS,
    MOST_ROWS,
    called_a_sum,
    running_totals,
    same,
    sums_among,
)
from rnnctl.util.suggest import named


def notes_on_totals(columns: Sequence[ColumnGuess], target: ColumnGuess, roles: Roles) -> Iterator[str]:
    """What to say of sums among the columns that are used, the target one of them."""
    numbers = [column for column in columns if column.kind == "number"]
    yield from _columns(numbers)
    if roles.series is not None and target.kind == "number":
        yield from _series(target, roles.series, roles.time)


def _columns(numbers: Sequence[ColumnGuess]) -> Iterator[str]:
    if not 3 <= len(numbers) <= MOST_COLUMNS:
        return
    rows = pl.DataFrame([column.values.alias(str(place)) for place, column in enumerate(numbers)]).drop_nulls()
    names = [column.name for column in numbers]
    for found in sums_among(rows.head(MOST_ROWS).to_numpy().astype(np.float64), list(map(called_a_sum, names))):
        yield (
            f"column {names[found.column][:40]!r} is {found.words(names)} in every row: it tells nothing that they do "
            "not; leave it out of data.features, or predict it alone"
        )


def without_running_totals(
    columns: Sequence[ColumnGuess], roles: Roles, asked: Collection[ColumnGuess]
) -> tuple[ColumnGuess, ...]:
    """The columns, those that add up another one from row to row as ones that cannot be used, unless asked for."""
    numbers = [column for column in columns if column.kind == "number" and not roles.take(column)]
    if not 2 <= len(numbers) <= MOST_COLUMNS:
        return tuple(columns)
    frame = pl.DataFrame([column.values.alias(str(place)) for place, column in enumerate(numbers)])
    series, time = (None if role is None else role.values for role in (roles.series, roles.time))
    found = running_totals(frame.to_numpy().astype(np.float64), series, time)
    names = [column.name for column in numbers]
    free = (one for one in found if numbers[one.column] not in asked)
    whys = {names[one.column]: f"it is {one.words(names)}" for one in free}
    return left_out(columns, whys, "name it in data.features to use it")


def total_rows(columns: Sequence[ColumnGuess]) -> Iterator[str]:
    """What to say of a first or last row of the file that adds up the others."""
    numbers = [column for column in columns if column.kind == "number"]
    for place, (name, rest) in {0: ("first", slice(1, None)), -1: ("last", slice(None, -1))}.items():
        sums = []
        for column in numbers:
            values = column.values.cast(pl.Float64).to_numpy()
            others = values[rest][~np.isnan(values[rest])]
            total = float(others.sum())
            if len(others) >= FEWEST and total and same(np.array([total]), values[[place]]):
                sums.append(column.name)
        if sums and 2 * len(sums) >= len(numbers):
            yield (
                f"the {name} row of the file is the sum of all the others (in {named(sums)}): it is a total, not data; "
                f"take the row out of the file{' (of CSV, data.skip_footer does so)' if place else ''}"
            )


def _series(target: ColumnGuess, series: ColumnGuess, time: ColumnGuess | None) -> Iterator[str]:
    """A series whose target adds up those of all the others at each time, or that is called like a total."""
    names = [str(name) for name in series.values.drop_nulls().unique(maintain_order=True).to_list()]
    found = [name for name in names if name.casefold() in TOTALS]
    if time is not None and len(names) > 2:
        frame = pl.DataFrame(
            {"series": series.values.cast(pl.String), "time": time.values, "value": target.values.cast(pl.Float64)}
        ).drop_nulls()
        whole = pl.col("value").sum().over("time")
        apart = (whole - 2 * pl.col("value")).abs() <= CLOSE * pl.col("value").abs()
        sums = frame.with_columns(sums=apart & (pl.len().over("time") > 2) & (pl.col("value") != 0))
        counted = sums.group_by("series", maintain_order=True).agg(pl.col("sums").all(), times=pl.len())
        added = counted.filter("sums", pl.col("times") >= FEWEST).get_column("series").to_list()
        found = list(dict.fromkeys([*added, *found]))
    for name in found:
        yield (
            f"series {name[:40]!r} of {series.name[:40]!r} looks like the total of the others: it would be trained on "
            "and scored beside them; take its rows out of the file, or forecast it alone"
        )
