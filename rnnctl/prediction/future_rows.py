"""A table extended by the rows that are to be predicted; nothing is learnt from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.frequency import inner_steps, most_common, no_distance, parts_of
from rnnctl.data.row_order import Order, order_rows
from rnnctl.data.sequences import Ints
from rnnctl.data.table_dataset import make_dataset
from rnnctl.errors import DataError
from rnnctl.prediction.new_data import check_known
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.table import Table
from rnnctl.util.format import first_few

SHOWN = 3


@dataclass(frozen=True, eq=False, slots=True)
class Extended:
    """A dataset extended by future rows after the end of each series.

    Attributes:
        dataset: The dataset. Its values in future rows are undefined until predictions are written there.
        origin: ``[predicted]``, int64, the last known row of each series that is continued.
        begin: ``[predicted]``, int64, the first row of it that the model may see.
        series: ``[predicted]``, int64, its position among the dataset's series.
    """

    dataset: Dataset
    origin: Ints
    begin: Ints
    series: Ints
    notes: tuple[str, ...] = ()

    def only(self, series: npt.NDArray[np.bool_], notes: tuple[str, ...]) -> Extended:
        """Some of the series that are continued, ``series [predicted]``, and what is to be said of the others."""
        chosen = {name: getattr(self, name)[series] for name in ("origin", "begin", "series")}
        return replace(self, notes=(*self.notes, *notes), **chosen)


def add_future_rows(config: Config, table: Table, known: Preparation, steps: int) -> Extended:
    """Extends each series by future rows, in the form that the run was trained on.

    Rows at a series' end whose target is empty are future rows already: they hold the features whose future is known.
    Rows that are missing after them are added, at the distance in time of the others and with the static columns of the
    row before.

    Args:
        table: Its targets may be missing.

    Raises:
        DataError: Features of future rows that the model needs are not in the file, or no series is long enough.
    """
    data = table.data
    horizon = data.task_entry.horizon(data.window)
    needed = -(-steps // horizon) * horizon
    order = order_rows(table)
    last = _last_known(data, table.frame, order)
    has_some = last >= 0
    if not has_some.any():
        names = " or ".join(repr(name) for name in _observed(data))
        raise DataError(
            f"{data.path}: no row holds {names}, so there is nothing to predict from; fill in the rows that are known"
        )
    if known.frequency is None:  # else rows are put in between
        _check_long(data, order.names, last - order.begin + 1 - data.difference)
    added = np.where(has_some, np.maximum(0, needed - (order.end - 1 - last)), 0)
    check_known(table, order, last, needed, horizon)
    longer = _longer(table, order, last, added, known.frequency)
    times = None if order.times is None else order.times.gather(np.maximum(last, 0))
    dataset = make_dataset(longer, per_step=config.model.return_sequences, known=known, unlabelled=True)
    return _extended(data, dataset, last, added + order.end - 1 - last, times)


def _observed(data: TableData) -> tuple[str, ...]:
    """Columns that are all missing in future rows, and in no known row."""
    static, known = set(data.static or ()), set(data.known or ())
    if data.difference or set(data.target) & set(data.seen):
        return data.target
    return tuple(name for name in data.seen if name not in static | known) or data.target


def _last_known(data: TableData, frame: pl.DataFrame, order: Order) -> Ints:
    """``[series]``: the last row of each series, in order, that holds an observed column; −1 where none does."""
    there = np.zeros(frame.height, dtype=np.bool_)
    for name in _observed(data):
        there |= column_of(frame, name).is_not_null().to_numpy()
    there = order.take(there).astype(np.bool_)
    rows = np.where(there, np.arange(len(there)), -1)
    return np.maximum.reduceat(rows, order.begin)


def _longer(table: Table, order: Order, last: Ints, added: Ints, every: str | None) -> Table:
    """The table with the added rows at its end, unknown cells of future rows filled with the last known value.

    The model never sees that value (`check_known`), or a prediction replaces it.
    """
    data, height = table.data, table.frame.height
    places = np.arange(height)
    rows = places if order.rows is None else order.rows
    series, which = order.series_of(places), np.repeat(np.arange(len(last)), added)
    future = (places > last[series]) & (last[series] >= 0)
    source = np.append(places, rows[last[which]])  # the row whose cells stand in for those that are empty
    source[rows[future]] = rows[last[series[future]]]
    frame = table.frame[np.append(places, source[height:])]
    for name in dict.fromkeys((*data.seen, *data.target)):
        column, known = column_of(frame, name), column_of(table.frame, name).gather(source)
        frame = replaced(frame, {name: known.zip_with(column.is_null(), column)})
    if data.time is not None and len(which):
        steps = np.arange(len(which)) - np.repeat(np.cumsum(added) - added, added) + 1
        times = future_times(table, order, order.end[which] - 1, steps, every)
        frame = replaced(frame, {data.time: pl.concat([column_of(table.frame, data.time), times])})
    return replace(table, frame=frame)


def _extended(data: TableData, dataset: Dataset, last: Ints, future: Ints, times: pl.Series | None) -> Extended:
    """Finds each series' last known row in the dataset, and the series that are long enough.

    Args:
        last: ``[series]``, last known row in the file's table; ``times`` are its times.
        future: ``[series]``, number of future rows.
    """
    order = dataset.order
    begin, stop = order.begin, order.end
    origin = stop - 1 - future
    if times is not None and order.times is not None:
        keys, wanted = order.times.to_physical().to_numpy(), times.to_physical().to_numpy()
        origin = begin + np.add.reduceat(keys <= np.repeat(wanted, stop - begin), begin, dtype=np.int64) - 1
    first = begin + data.difference
    long = _check_long(data, order.names, np.where(last >= 0, origin - first + 1, 0))
    notes = dataset.notes
    if not long.all():
        left = _too_short(data, order.names, np.flatnonzero(~long))
        notes = (*notes, f"{data.path}: {int((~long).sum()):,} series too short and left out: {left}")
    chosen = np.flatnonzero(long)
    return Extended(dataset, origin[chosen], first[chosen], chosen, notes)


def _check_long(data: TableData, names: tuple[str, ...], rows: Ints) -> npt.NDArray[np.bool_]:
    """Which series have enough known rows; a `DataError` where none has."""
    long: npt.NDArray[np.bool_] = rows >= _needed(data)
    if not long.any():
        raise DataError(f"{data.path}: too short to predict from: {_too_short(data, names, np.flatnonzero(~long))}")
    return long


def _needed(data: TableData) -> int:
    return data.windowed.length if data.task_entry.windowed else 1


def _too_short(data: TableData, names: tuple[str, ...], places: Ints) -> str:
    who = "the file"
    if data.series is not None:
        who = f"series {first_few((repr(names[place]) for place in places), SHOWN)}"
    more = f" and {data.difference} before them (data.difference)" if data.difference else ""
    return f"{who}; a prediction needs {_needed(data)} known rows{more}"


def future_times(table: Table, order: Order, last: Ints, steps: Ints, every: str | None) -> pl.Series:
    """Times a number of steps after some rows.

    Args:
        last: ``[rows]``, int64, rows in that order.
        steps: ``[rows]``, int64, number of steps after each.
        every: The distance, as ``data.frequency``; None for the most common one of the table.

    Raises:
        DataError: No distance can be found.
    """
    if order.times is None:
        raise ValueError("rows without times have no future times")
    times = order.times.gather(last)
    if times.dtype.is_float():
        differences = inner_steps(order.times.to_numpy(), order.bounds)
        if not len(differences):
            raise no_distance(table)
        return times + pl.Series(steps) * float(np.median(differences))
    number, unit = parts_of(every or most_common(table, order, order.times))
    if unit == "i":
        return (times + pl.Series(steps * number)).cast(times.dtype)
    return times.dt.offset_by(pl.Series([f"{number * step}{unit}" for step in steps.tolist()]))
