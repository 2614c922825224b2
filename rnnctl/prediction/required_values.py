"""Values that a prediction needs: those of future rows, and those of the rows before them."""

from __future__ import annotations

import numpy as np

from rnnctl.data.dataset import Dataset
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.errors import DataError
from rnnctl.tables.frames import column_of
from rnnctl.tables.table import Table


def check_known(table: Table, order: Order, last: Ints, needed: int, horizon: int) -> None:
    """Checks that the file holds all that the model sees of future rows.

    Features whose future is known are needed for all of them; others, where predictions are fed back, for all but the
    last ``horizon``.

    Args:
        last: ``[series]``, the last known row of each series; −1 where none is.
        needed: Number of future rows.

    Raises:
        DataError: A value is missing.
    """
    data = table.data
    own = {*data.target, *(data.static or ())}
    others = [name for name in data.seen if name not in own and name not in (data.known or ())]
    for names, rows in ((data.known or (), needed), (others, needed - horizon)):
        for name in names:
            flags = order.take(column_of(table.frame, name).is_null().to_numpy())
            for place in np.flatnonzero(last >= 0):
                first, stop = int(last[place]) + 1, int(order.bounds[place + 1])
                missing = flags[first : min(stop, first + rows)]
                absent = int(np.argmax(missing)) if missing.any() else stop - first if stop - first < rows else None
                if absent is not None and rows:
                    raise DataError(_unknown(table, order, name, int(place), absent, rows, horizon))


def _unknown(table: Table, order: Order, name: str, place: int, absent: int, rows: int, horizon: int) -> str:
    data = table.data
    whose = f" of series {order.names[place]!r}" if data.series is not None else ""
    from_when = f"{absent + 1} rows after the last one that is known" if absent else "right after the last known row"
    if order.times is not None:
        from_when += f" (the file's rows end at {order.times[int(order.bounds[place + 1]) - 1]})"
    why = f"predictions beyond data.window.horizon {horizon} are fed back, and the other features with them"
    todo = "add rows with it filled in and the target left empty"
    if name in (data.known or ()):
        why = "its future must be known (data.known)"
    else:
        todo += ", or predict fewer rows"
    return (
        f"{data.path}: column {name!r}{whose}: {rows} rows to come are needed, because {why}; missing from "
        f"{from_when}: {todo}"
    )


def check_seen(dataset: Dataset, begin: Ints, end: Ints, where: str) -> None:
    """Checks that no value is missing in the rows that the model is about to see.

    Args:
        begin: ``[stretches]``, int64, first row of each stretch of rows.
        end: ``[stretches]``, int64, the row after its last.

    Raises:
        DataError: One is.
    """
    for first, stop in zip(begin, end, strict=True):
        missing = np.argwhere(np.isnan(dataset.train.values[first:stop]))
        if len(missing):
            row, place = int(first + missing[0][0]), int(missing[0][1])
            column = dataset.inputs[place].source or dataset.inputs[place].name
            raise DataError(
                f"{where}: column {column!r}{_place(dataset, row)}: a value is "
                f"missing among the last rows, which the network is shown; fill it in"
            )


def _place(dataset: Dataset, row: int) -> str:
    """Series, and time or number in it, of a row."""
    order = dataset.order
    if order is None:
        return ""
    series = int(np.searchsorted(order.bounds, row, side="right")) - 1
    whose = f" of series {order.names[series]!r}" if len(order.names) > 1 else ""
    at = order.times[row] if order.times is not None else f"its row {row - int(order.bounds[series]) + 1}"
    return f"{whose} at {at}"
