"""The order of rows: series after series, each in time order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.sequences import Ints
from rnnctl.data.telling_apart import advice
from rnnctl.errors import DataError
from rnnctl.tables.frames import column_of
from rnnctl.tables.table import Table
from rnnctl.tables.time_zones import zone_of_changes

if TYPE_CHECKING:
    from rnnctl.data.grids import Grids
    from rnnctl.schema.table import TableData


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a table's rows, and where each series begins.

    Attributes:
        bounds: ``[series + 1]``, int64, first row of each series, and the number of rows.
        names: Name of each series; none where no column tells series apart.
        rows: ``[rows]``, int64, row of the file for each row of the table; None where they are the same.
        times: ``[rows]``, in the table's order; None without a time column. Integers, floats, dates or datetimes.
        was_sorted: Whether each series was in time order in the file.
    """

    bounds: Ints
    names: tuple[str, ...] = ()
    rows: Ints | None = None
    times: pl.Series | None = None
    was_sorted: bool = True

    def __len__(self) -> int:
        """The number of series."""
        return len(self.bounds) - 1

    @property
    def begin(self) -> Ints:
        """``[series]``: the first row of each series."""
        return self.bounds[:-1]

    @property
    def end(self) -> Ints:
        """``[series]``: the row after the last one of each series."""
        return self.bounds[1:]

    def series_of(self, rows: npt.ArrayLike) -> Ints:
        """``[rows]``: the series that each row belongs to."""
        return np.asarray(np.searchsorted(self.bounds, rows, side="right") - 1)

    def clock(self, rows: Ints) -> npt.NDArray[np.number]:
        """``[rows]``: numbers that order rows in time; without times their numbers in their series, from 0."""
        if self.times is None:
            return rows - self.bounds[self.series_of(rows)]
        return self.times.gather(rows).to_physical().to_numpy()

    def time_of(self, row: int) -> int | float | str:
        """The time of a row, a date as text, or its number in its series from 1."""
        if self.times is None:
            return int(self.clock(np.array([row]))[0]) + 1
        time = self.times[row]
        return time if isinstance(time, int | float) else str(time)

    def whose(self, series: int) -> str:
        """The name of a series after what it is of: `` of series 'b'``; nothing where no column tells series apart."""
        return f" of series {self.names[series]!r}" if self.names else ""

    def where(self, row: int) -> str:
        """The place of a row in a message: ``2024-03-01 of series 'b'``, ``row 7``."""
        time = f"{'row ' if self.times is None else ''}{self.time_of(row)}"
        return time + self.whose(int(self.series_of(row)))

    def take(self, column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Brings a column ``[rows]`` from the file's order to the table's."""
        return column if self.rows is None else column[self.rows]


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """Rows, series after series, each in time order.

    Attributes:
        frame: The wanted columns; loses those that are taken.
        order: Series and times; ``order.rows`` says which row of ``frame`` each row is.
        origin: Row of the table for each row of ``frame``, int64, −1 of an added row; None where they are the same.
        frequency: Time from row to row, where one was asked for.
        notes: What was done to the rows, one sentence each.
        empty: Texts without a token; each is a row whose token is missing.
        grids: Each series' own distance, where one was asked for, or most rows keep to one.
    """

    table: Table
    frame: pl.DataFrame
    order: Order
    origin: Ints | None = None
    frequency: str | None = None
    notes: tuple[str, ...] = ()
    empty: int = 0
    grids: Grids | None = None

    @property
    def data(self) -> TableData:
        """The data section."""
        return self.table.data

    @property
    def table_rows(self) -> Ints:
        """``[rows]``, int64: the row of the table that each row is, −1 of an added one."""
        rows = np.arange(self.frame.height) if self.order.rows is None else self.order.rows
        return rows if self.origin is None else self.origin[rows]

    def column(self, name: str, *, last: bool = False) -> pl.Series:
        """A column in order, without its name; on ``last`` use it leaves the frame, so that its memory is released."""
        column = self.frame.drop_in_place(name).alias("") if last else column_of(self.frame, name)
        return column if self.order.rows is None else column.gather(self.order.rows)

    def lines(self, rows: Iterable[int]) -> str:
        """Names the places in the file of some rows."""
        at = np.asarray(list(rows), dtype=np.int64)
        at = at if self.order.rows is None else self.order.rows[at]
        at = at if self.origin is None else self.origin[at]
        return self.table.lines(np.unique(at[at >= 0]).tolist())


def order_rows(table: Table) -> Order:
    """Groups rows by series, in the order in which the series first appear, and sorts each by time.

    Without a time column the file's order is kept within each series.

    Raises:
        DataError: Two rows of a series have the same time.
    """
    ids, names = _series_ids(table)
    times = None if table.data.time is None else column_of(table.frame, table.data.time)
    rows = None if (ids[1:] >= ids[:-1]).all() else np.argsort(ids, kind="stable")
    was_sorted = True
    if times is not None:
        keys = times.to_physical().to_numpy()
        key, series = (keys, ids) if rows is None else (keys[rows], ids[rows])
        if not ((key[1:] >= key[:-1]) | (series[1:] != series[:-1])).all():
            was_sorted = False
            rows = np.lexsort((keys, ids))
    ordered = ids if rows is None else ids[rows]
    bounds = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, [len(ids)])).astype(np.int64)
    if times is not None and rows is not None:
        times = times.gather(rows)
    order = Order(bounds, names, rows, times, was_sorted)
    if times is not None:
        _check_unique_times(table, order, times, ordered)
    return order


def _series_ids(table: Table) -> tuple[npt.NDArray[np.integer], tuple[str, ...]]:
    if table.data.series is None:
        return np.zeros(table.frame.height, dtype=np.int8), ()
    column = column_of(table.frame, table.data.series)
    names = column.unique(maintain_order=True)
    return column.cast(pl.Enum(names)).to_physical().to_numpy(), tuple(names.to_list())


def _check_unique_times(table: Table, order: Order, times: pl.Series, ids: npt.NDArray[np.integer]) -> None:
    keys = times.to_physical().to_numpy()
    same = np.flatnonzero((keys[1:] == keys[:-1]) & (ids[1:] == ids[:-1]))
    if not len(same):
        return
    first, series = int(same[0]), int(ids[same[0]])
    where = Rows(table, table.frame, order).lines(np.flatnonzero((keys == keys[first]) & (ids == series)))
    more = f" ({len(same):,} such rows in the file)" if len(same) > 1 else ""
    zone = zone_of_changes(times, pl.Series(ids)) if times.dtype.is_temporal() else None
    todo = advice(table, column_of(table.frame, str(table.data.time)))
    if zone is not None:
        todo = (
            f"clocks are put back then in {zone}, so that both rows are right: set data.time_zone: {zone}, or the zone "
            f"that the times are of"
        )
    raise DataError(
        f"{table.data.path}: {where}{order.whose(series)} have the same time, {table.data.time} {times[first]}{more}; "
        f"{todo}"
    )
