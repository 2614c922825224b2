"""A table with rows after its end: those that something is to be predicted for. Learns nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.row_order import Order, order_rows
from rnnctl.data.sequences import Ints
from rnnctl.data.table_dataset import make_dataset
from rnnctl.errors import DataError
from rnnctl.prediction.required_values import check_known
from rnnctl.prediction.times_ahead import times_ahead
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of, replaced
from rnnctl.tables.table import Table
from rnnctl.util.format import first_few

SHOWN = 3


@dataclass(frozen=True, eq=False, slots=True)
class Ahead:
    """A dataset with rows to come after the end of each series.

    Attributes:
        dataset: The dataset; what it holds in the rows to come is of no meaning until it is written there.
        origin: ``[predicted]``, int64, the last row that is known of each series that is gone on with.
        begin: ``[predicted]``, int64, the first row that may be seen of it.
        series: ``[predicted]``, int64, its position among the dataset's series.
        notes: What the user should know.
    """

    dataset: Dataset
    origin: Ints
    begin: Ints
    series: Ints
    notes: tuple[str, ...] = ()


def add_future_rows(config: Config, table: Table, known: Preparation, steps: int) -> Ahead:
    """Puts rows to come after the end of each series, in the form that the run was trained on.

    Where the rows at a series' end have no target (the column is empty there), these are the rows to come: they hold
    the features whose future is known. Rows that are missing after them are put in, their times going on at the
    distance of the others, static columns as in the row before.

    Args:
        config: The run's config; its task is a forecast or ``next_step`` of a table's rows.
        table: The table, whose targets may be missing.
        known: What was learnt from the run's training rows.
        steps: How many rows to predict.

    Raises:
        DataError: What must be known of the rows to come is not in the file, or no series is long enough.
    """
    data = table.data
    horizon = data.task_entry.horizon(data.window)
    needed = -(-steps // horizon) * horizon
    order = order_rows(table)
    last = _last_known(data, table.frame, order)
    has_some = last >= 0
    if not has_some.any():
        raise DataError(
            f"{data.path}: no row holds {_named(_telling(data))}, so there is nothing to predict from; fill in the "
            f"rows that are known"
        )
    if known.frequency is None:  # else rows are put in between
        _check_long(data, order.names, last - order.bounds[:-1] + 1 - data.difference)
    ends = order.bounds[1:]
    put_in = np.where(has_some, np.maximum(0, needed - (ends - 1 - last)), 0)
    check_known(table, order, last, needed, horizon)
    longer = _longer(table, order, (last, put_in), known.frequency)
    times = None if order.times is None else order.times.gather(np.maximum(last, 0))
    dataset = make_dataset(longer, per_step=config.model.return_sequences, known=known, unlabelled=True)
    return _found(data, dataset, (last, put_in, ends), times)


def _telling(data: TableData) -> tuple[str, ...]:
    """Columns that are all missing in the rows to come, and in no row that is known."""
    static, known = set(data.static or ()), set(data.known or ())
    if data.difference or set(data.target) & set(data.seen):
        return data.target
    return tuple(name for name in data.seen if name not in static | known) or data.target


def _last_known(data: TableData, frame: pl.DataFrame, order: Order) -> Ints:
    """``[series]``: the last row of each series, in order, that holds any of what tells; −1 where none does."""
    there = np.zeros(frame.height, dtype=np.bool_)
    for name in _telling(data):
        there |= column_of(frame, name).is_not_null().to_numpy()
    there = order.take(there).astype(np.bool_)
    rows = np.where(there, np.arange(len(there)), -1)
    last: Ints = np.maximum.reduceat(rows, order.bounds[:-1])
    return last


def _longer(table: Table, order: Order, ends: tuple[Ints, Ints], every: str | None) -> Table:
    """The table with the rows put in at its end, and what is unknown in the rows to come filled with the last value.

    That is never seen where it is not known (`check_known`), or is written over by predictions.
    """
    data, (last, put_in) = table.data, ends
    rows = np.arange(table.frame.height) if order.rows is None else order.rows
    which = np.repeat(np.arange(len(last)), put_in)
    copied = table.frame[rows[last[which]]]
    ahead = np.arange(len(which)) - np.repeat(np.cumsum(put_in) - put_in, put_in) + 1
    if data.time is not None and len(which):
        final = order.bounds[1:][which] - 1
        copied = replaced(copied, {data.time: times_ahead(table, order, final, ahead, every)})
    filled = _filled(table.frame, order, data, last)
    return replace(table, frame=pl.concat([filled, copied]) if len(which) else filled)


def _filled(frame: pl.DataFrame, order: Order, data: TableData, last: Ints) -> pl.DataFrame:
    """The frame, each row to come holding the last known row's value where it has none."""
    series = np.repeat(np.arange(len(last)), np.diff(order.bounds))
    place = np.arange(frame.height)
    to_come = (place > last[series]) & (last[series] >= 0)
    if not to_come.any():
        return frame
    rows = place if order.rows is None else order.rows
    source = place.copy()
    source[rows[to_come]] = rows[last[series[to_come]]]
    columns = {name: column_of(frame, name) for name in dict.fromkeys((*data.seen, *data.target))}
    filled = {name: column.gather(source).zip_with(column.is_null(), column) for name, column in columns.items()}
    return replaced(frame, filled)


def _found(data: TableData, dataset: Dataset, ends: tuple[Ints, Ints, Ints], times: pl.Series | None) -> Ahead:
    """Where each series' last known row stands in the dataset, and which series are long enough."""
    last, put_in, _ = ends
    order = dataset.order
    if order is None:
        raise ValueError("a table's rows are in order")
    begin, stop = order.bounds[:-1], order.bounds[1:]
    if times is None or order.times is None:
        origin = stop - 1 - put_in - (ends[2] - 1 - last)
    else:
        keys, wanted = order.times.to_physical().to_numpy(), times.to_physical().to_numpy()
        origin = np.array(
            [a + np.searchsorted(keys[a:b], time) for a, b, time in zip(begin, stop, wanted, strict=True)],
            dtype=np.int64,
        )
    first = begin + data.difference
    long = _check_long(data, order.names, np.where(last >= 0, origin - first + 1, 0))
    notes: tuple[str, ...] = dataset.notes
    if not long.all():
        left = _short(data, order.names, np.flatnonzero(~long))
        notes = (*notes, f"{data.path}: {int((~long).sum()):,} series too short and left out: {left}")
    chosen = np.flatnonzero(long)
    return Ahead(dataset, origin[chosen], first[chosen], chosen, notes)


def _check_long(data: TableData, names: tuple[str, ...], rows: Ints) -> npt.NDArray[np.bool_]:
    """Which series have enough known rows.

    Raises:
        DataError: None has.
    """
    long: npt.NDArray[np.bool_] = rows >= _needed(data)
    if not long.any():
        raise DataError(f"{data.path}: too short to predict from: {_short(data, names, np.flatnonzero(~long))}")
    return long


def _needed(data: TableData) -> int:
    return data.windowed.length if data.task_entry.windowed else 1


def _short(data: TableData, names: tuple[str, ...], places: Ints) -> str:
    told = first_few((repr(names[place]) for place in places), SHOWN)
    who = f"series {told}" if data.series is not None else "the file"
    more = f" and {data.difference} before them (data.difference)" if data.difference else ""
    return f"{who}; a prediction needs {_needed(data)} known rows{more}"


def _named(names: tuple[str, ...]) -> str:
    return " or ".join(repr(name) for name in names)
