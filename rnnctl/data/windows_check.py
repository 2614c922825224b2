"""What is wrong with the windows of a forecast: series too short for them, splits without one. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.data.splits import RowSplits
from rnnctl.data.windows import Windows
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, first_few

SHOWN = 3
SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}


def check_windows(data: TableData, order: Order, splits: RowSplits, windows: Windows, *, learning: bool = True) -> None:
    """Checks that every split that the config asks for has a window.

    Args:
        data: The data section.
        order: The rows' order.
        splits: Each series' rows by split.
        windows: The windows.
        learning: Whether there is something to train on; else all rows are for the test.

    Raises:
        DataError: One has none.
    """
    if not learning and not len(windows.test) and not windows.emptied:
        longest = counted(int((splits.end - splits.begin).max()), "row")
        raise DataError(
            f"{data.path}: too short: {'the longest series' if data.series else 'the file'} has {longest}, and "
            f"{needed(data)}; give more rows"
        )
    if windows.emptied:
        every = f"every window of the {SPLIT_WORDS[windows.emptied[0]]} split" if learning else "every window"
        todo = f", or make data.window.length ({data.windowed.length}) smaller" if learning else ""
        raise DataError(f"{data.path}: {every} holds a missing value; fill values in{todo}")
    if learning and not len(windows.train):
        raise DataError(_too_short(data, order, splits))
    for name, starts, first, stop in (
        ("validation", windows.validation, splits.validation, splits.test),
        ("test", windows.test, splits.test, splits.end),
    ):
        if learning and getattr(data.split, name) and not len(starts):
            longest = counted(int((stop - first).max()), "row") + (" in its longest series" if data.series else "")
            raise DataError(
                f"{data.path}: the {name} split has {longest}, too few "
                f"for one forecast of data.window.horizon {data.windowed.horizon} from data.window.length "
                f"{data.windowed.length}{_and_difference(data)} rows before it; make data.split.{name} larger or the "
                f"window smaller"
            )


def _too_short(data: TableData, order: Order, splits: RowSplits) -> str:
    return (
        f"{data.path}: too short for one training window: {rows_of(data, order, splits, range(len(order.names)))}; "
        f"{needed(data)}; make the window smaller, or hold out fewer rows (data.split)"
    )


def rows_of(data: TableData, order: Order, splits: RowSplits, places: Sequence[int] | Ints) -> str:
    """How many rows some series have, the first few of them by name."""
    rows, training = splits.end - splits.begin, splits.validation - splits.begin
    told = [
        (f"series {order.names[place]!r} has" if data.series else "the file has")
        + f" {counted(int(rows[place]), 'row')}, {training[place]} of them for training"
        for place in places[:SHOWN]
    ]
    return first_few(told, SHOWN, len(places), "; ")


def needed(data: TableData) -> str:
    """How many rows one window needs, in words."""
    rows = data.windowed.length + data.windowed.horizon + data.difference
    return (
        f"one window needs {rows} (data.window.length {data.windowed.length} + data.window.horizon "
        f"{data.windowed.horizon}{_and_difference(data)})"
    )


def _and_difference(data: TableData) -> str:
    return f" + data.difference {data.difference}" if data.difference else ""
