"""A table extended by the rows that are to be predicted; nothing is learnt from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.frequency import repeated
from rnnctl.data.grids import Grids
from rnnctl.data.row_order import Order, order_rows
from rnnctl.data.sequence_checks import note_on_order
from rnnctl.data.sequences import Ints
from rnnctl.data.table_dataset import make_dataset
from rnnctl.errors import DataError
from rnnctl.prediction.future_times import future_grids, future_times, notes_of_times
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
        lead = None if self.lead is None else self.lead[series]
        return replace(self, notes=(*self.notes, *notes), lead=lead, **chosen)


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
    order = order_rows(table)
    last = _last_known(data, table.frame, order)
    has_some = last >= 0
    if not has_some.any():
        names = " or ".join(repr(name) for name in _observed(data))
        raise DataError(
            f"{data.path}: no row holds {names}, so there is nothing to predict from; fill in the rows that are known"
        )
    if known.frequency is None:  # else rows are put in between
        _check_long(data, order.names, last - order.begin + 1 - data.rows_before)
    grids = future_grids(table, order, known)
    ends = find_ends(data, order, last, grids, _observed(data), known)
    between = _between(order, last, ends)
    check_known(table, order, last + between, -(-steps // horizon) * horizon, horizon, known.masked)
    lead = 0 if ends.filled else int(ends.late.max())
    needed = -(-(steps + lead) // horizon) * horizon - (0 if ends.filled else ends.late)
    future = order.end - 1 - last - between
    added = np.where(has_some, np.maximum(0, needed - future), 0)
    new = _new_rows(table, order, last, ends, grids, future, added)
    longer, coming = _longer(table, order, last, *new, ends, known.masked)
    times = None if order.times is None else order.times.gather(np.maximum(last, 0))
    if times is not None and ends.until is not None and ends.filled:
        times = times.zip_with(pl.Series(ends.late == 0), ends.until.new_from_index(0, len(times)))
    dataset = make_dataset(longer, per_step=config.model.return_sequences, known=known, unlabelled=True, future=coming)
    dataset = dataset.with_quantiles(config.loss.levels)
    if order.was_sorted:  # before rows were added at the end
        dataset = replace(dataset, notes=tuple(note for note in dataset.notes if note != note_on_order(data)))
    extended = _extended(data, dataset, last, added + future, times)
    lead_of = None if ends.filled else ends.late[extended.series]
    notes = notes_of_times(data, order, grids, added, known)
    return replace(extended, notes=(*notes, *ends.notes, *extended.notes), lead=lead_of)


def _between(order: Order, last: Ints, ends: Ends) -> Ints:
    """``[series]``: the file's rows after the last known one that are not after the panel's last time."""
    if ends.until is None or order.times is None:
        return np.zeros_like(last)
    places = np.arange(len(order.times))
    series = order.series_of(places)
    inside = (order.times <= ends.until.new_from_index(0, len(places))).to_numpy()
    inside &= (places > last[series]) & (ends.late[series] > 0)
    return np.add.reduceat(inside, order.begin, dtype=np.int64)


def _new_rows(
    table: Table, order: Order, last: Ints, ends: Ends, grids: Grids | None, future: Ints, added: Ints
) -> tuple[Ints, pl.Series | None]:
    """The rows that are missing up to the panel's last time, and those after all of the file's.

    Args:
        future: ``[series]``, the file's rows that are asked for.
        added: ``[series]``, how many more are.

    Returns:
        ``[rows]`` each: their series, and their times, where the file has any.
    """
    after, step = repeated(added)
    if order.times is None:
        return after, None
    early, nth = repeated(ends.late)
    alone = (ends.late > 0) & (future == 0)
    after_row = np.where(alone, last, order.end - 1)[after]
    step = step + np.where(alone, ends.late, 0)[after]
    rows, steps = np.append(last[early], after_row), np.append(nth, step)
    series = np.append(early, after)
    if not len(rows):
        return series, order.times.clear()
    times = future_times(table, order, rows, steps, grids)
    if not len(early):
        return series, times
    there = pl.DataFrame({"series": order.series_of(np.arange(len(order.times))), "time": order.times})
    new = pl.DataFrame({"series": series, "time": times})
    new = new.join(there, on=["series", "time"], how="anti", maintain_order="left")
    return new.get_column("series").to_numpy(), new.get_column("time")


def _observed(data: TableData) -> tuple[str, ...]:
    """Columns that are all missing in future rows, and in no known row."""
    static, known = set(data.static or ()), set(data.known or ())
    if data.difference or data.lags or set(data.target) & set(data.seen):
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


def _longer(
    table: Table, order: Order, last: Ints, series: Ints, times: pl.Series | None, ends: Ends, masked: tuple[str, ...]
) -> tuple[Table, npt.NDArray[np.bool_]]:
    """The table with new rows at its end, unknown cells of future rows filled; and which rows are future ones.

    They are filled with the last known value. The model never sees that value (`check_known`), or a prediction replaces
    it. In rows up to the panel's last time known features stay empty, as does all that ``data.missing`` fills there.

    Args:
        series: ``[new rows]``; ``times`` are theirs.
        masked: Columns of which the model sees where there is no value: known ones stay empty.
    """
    data, height = table.data, table.frame.height
    rows = np.arange(height) if order.rows is None else order.rows
    place = np.argsort(rows)  # of each row of the file in order
    own = np.arange(height + len(series))
    added, whose = own >= height, np.append(order.series_of(place), series)
    future = np.append(place, np.full(len(series), height)) > last[whose]
    future &= last[whose] >= 0
    source = np.where(future, rows[last[whose]], own)  # the row whose cells stand in for those that are empty
    frame = table.frame[np.where(added, source, own)]
    early = np.zeros(len(own), dtype=np.bool_)
    if data.time is not None and times is not None:
        frame = replaced(frame, {data.time: pl.concat([column_of(table.frame, data.time), times])})
        if ends.until is not None:
            until = column_of(frame, data.time) <= ends.until.new_from_index(0, len(own))
            early = (ends.late > 0)[whose] & future & until.to_numpy()
    empty = dict.fromkeys(_observed(data) if ends.filled else (), early)
    empty |= {name: future if name in masked else early for name in data.known or ()}
    for name in dict.fromkeys((*data.seen, *data.target)):
        column, value = column_of(frame, name), column_of(table.frame, name).gather(source)
        if name in empty:
            value = value.zip_with(pl.Series(~empty[name]), value.clear(len(value)))
        # An added row's own cells are the source's, so that they are empty where those are.
        frame = replaced(frame, {name: value.zip_with(pl.Series(added) | column.is_null(), column)})
    return replace(table, frame=frame), future


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
    first = begin + data.rows_before
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
    more = f" and {data.rows_before} before them ({data.why_before})" if data.rows_before else ""
    return f"{who}; a prediction needs {_needed(data)} known rows{more}"
