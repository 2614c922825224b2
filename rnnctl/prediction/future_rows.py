"""A table extended by the rows that are to be predicted; nothing is learnt from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.frequency import grids_of, no_distance, told
from rnnctl.data.grid_search import Grids, inner_steps
from rnnctl.data.row_order import Order, order_rows
from rnnctl.data.sequences import Ints
from rnnctl.data.table_dataset import make_dataset
from rnnctl.data.time_grid import Steps, moments, times_of
from rnnctl.errors import DataError
from rnnctl.prediction.new_data import check_known
from rnnctl.prediction.panel_end import Ends, find_ends
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
        lead: ``[predicted]``, int64, rows after the origin that are missing from the file and are predicted for the
            sake of those after them.
    """

    dataset: Dataset
    origin: Ints
    begin: Ints
    series: Ints
    notes: tuple[str, ...] = ()
    lead: Ints | None = None

    @property
    def before(self) -> Ints:
        """``[predicted]``: the row before the first one that is asked for."""
        return self.origin if self.lead is None else self.origin + self.lead

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
    grids = _grids(table, order, known)
    ends = find_ends(data, order, last, grids, _observed(data), known)
    future = _future(order, last)
    lead = 0 if ends.filled else int(ends.late.max())
    needed = -(-(steps + lead) // horizon) * horizon
    added = np.where(has_some, np.maximum(0, needed + (ends.late if ends.filled else 0) - future), 0)
    check_known(table, order, last, ends.late, -(-steps // horizon) * horizon, horizon)
    longer = _longer(table, order, last, added, grids, ends)
    times = None if order.times is None else order.times.gather(np.maximum(last, 0))
    if times is not None and ends.until is not None and ends.filled:
        times = times.zip_with(pl.Series(ends.late == 0), ends.until.new_from_index(0, len(times)))
    dataset = make_dataset(longer, per_step=config.model.return_sequences, known=known, unlabelled=True)
    extended = _extended(data, dataset, last, added + future - (ends.late if ends.filled else 0), times)
    lead_of = None if ends.filled else ends.late[extended.series]
    notes = _notes(data, order, grids, added)
    return replace(extended, notes=(*notes, *ends.notes, *extended.notes), lead=lead_of)


def _grids(table: Table, order: Order, known: Preparation) -> Grids | None:
    """Each series' grid; None where times are none, or have fractions."""
    if order.times is None or order.times.dtype.is_float():
        return None
    every = table.data.frequency if known.grids or known.frequency is None else known.frequency
    return grids_of(table, order, every, known.grids)


def _future(order: Order, last: Ints) -> Ints:
    """``[series]``: the file's rows after the last known one."""
    return np.asarray(order.end - 1 - last)


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


def _longer(table: Table, order: Order, last: Ints, added: Ints, grids: Grids | None, ends: Ends) -> Table:
    """The table with the added rows at its end, unknown cells of future rows filled with the last known value.

    The model never sees that value (`check_known`), or a prediction replaces it. Rows that ``data.missing`` fills
    stay empty.
    """
    data, height = table.data, table.frame.height
    places = np.arange(height)
    rows = places if order.rows is None else order.rows
    series, which = order.series_of(places), np.repeat(np.arange(len(last)), added)
    future = (places > last[series]) & (last[series] >= 0)
    source = np.append(places, rows[last[which]])  # the row whose cells stand in for those that are empty
    source[rows[future]] = rows[last[series[future]]]
    times, column_of_times = order.times, None
    if data.time is not None and times is not None:
        column_of_times = column_of(table.frame, data.time)
        if len(which):
            steps = np.arange(len(which)) - np.repeat(np.cumsum(added) - added, added) + 1
            new = future_times(table, order, order.end[which] - 1, steps, grids)
            column_of_times = pl.concat([column_of_times, new])
    empty = np.zeros(len(source), dtype=np.bool_)
    if ends.until is not None and ends.filled and column_of_times is not None:
        whose = np.append(series[np.argsort(rows)], which)
        early = (ends.late > 0)[whose] & np.append(future[np.argsort(rows)], np.ones(len(which), dtype=np.bool_))
        empty = early & (column_of_times <= ends.until.new_from_index(0, len(source))).to_numpy()
    frame = table.frame[np.append(places, source[height:])]
    for name in dict.fromkeys((*data.seen, *data.target)):
        column, known = column_of(frame, name), column_of(table.frame, name).gather(source)
        if name in _observed(data):
            known = known.zip_with(
                pl.Series(~empty), pl.Series([None], dtype=known.dtype).new_from_index(0, len(known))
            )
        # An added row's own cells are the source's, so that they are empty where those are.
        own = pl.Series(np.arange(len(source)) < height) & column.is_not_null()
        frame = replaced(frame, {name: known.zip_with(~own, column)})
    if data.time is not None and column_of_times is not None:
        frame = replaced(frame, {data.time: column_of_times})
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


def future_times(table: Table, order: Order, last: Ints, steps: Ints, grids: Grids | None) -> pl.Series:
    """Times a number of steps after some rows.

    Args:
        last: ``[rows]``, int64, rows in that order.
        steps: ``[rows]``, int64, number of steps after each.
        grids: Each series' own; None of times with fractions, which go on by the median distance.

    Raises:
        DataError: No distance can be found, or a time is beyond the year 9999.
    """
    if order.times is None:
        raise ValueError("rows without times have no future times")
    times = order.times.gather(last)
    if grids is None:
        differences = inner_steps(order.times.to_numpy(), order.bounds)
        if not len(differences):
            raise no_distance(table)
        return times + pl.Series(steps) * float(np.median(differences))
    series = order.series_of(last)
    place, found = np.zeros(len(last), dtype=np.int64), list[pl.Series]()
    for grid, some in grids.groups():
        rows = np.flatnonzero(np.isin(series, some))
        if not len(rows):
            continue
        if grid is None:
            raise no_distance(table)
        values = moments(times, wall=grid.wall)[rows]
        phases = values % grid.size if grid.parts else np.zeros(len(rows), dtype=np.int64)
        for phase in np.unique(phases):
            at = rows[phases == phase]
            moved = Steps(grid, values[phases == phase]).after(values[phases == phase], steps[at])
            place[at] = np.arange(len(at)) + sum(map(len, found))
            found.append(times_of(moved, times.dtype, wall=grid.wall))
    new = pl.concat(found).gather(place)
    if new.dtype.is_temporal() and new.dt.year().max() > 9999:  # type: ignore[operator]
        raise DataError(
            f"{table.data.path}: column {table.data.time!r}: the rows to come are after the year 9999; correct the "
            f"last times, or predict fewer rows"
        )
    return new


def _notes(data: TableData, order: Order, grids: Grids | None, added: Ints) -> list[str]:
    """What is to be said of the times of added rows."""
    if grids is None or not added.any() or data.frequency is not None:
        return []
    where = f"{data.path}: column {data.time!r}"
    if not grids.sure:
        return [
            f"{where}: the file's times keep to no distance; those of the forecast go on by the most common one, "
            f"{grids.main}; set data.frequency to the one that is meant"
        ]
    plain = grids.main is None or not grids.main.pattern
    return [] if plain and not grids.own else [f"{where}: {text}" for text in told(data, order, grids, found=True)]
