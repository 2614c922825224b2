"""What to tell a user whose series are too short for the windows asked for. Computes nothing."""

from __future__ import annotations

from rnnctl.config.data_schema import CsvData
from rnnctl.data.csv_scan import counted
from rnnctl.data.series import Order
from rnnctl.data.splits import RowSplits
from rnnctl.data.windows import Windows
from rnnctl.errors import DataError

SHOWN = 3
SPLIT_WORDS = {"train": "training", "validation": "validation", "test": "test"}


def check_windows(data: CsvData, order: Order, splits: RowSplits, windows: Windows) -> None:
    """Checks that every split that the config asks for has a window.

    Raises:
        DataError: One has none.
    """
    if windows.emptied:
        raise DataError(
            f"{data.path}: every window of the {SPLIT_WORDS[windows.emptied[0]]} split holds a missing value; fill "
            f"values in, or make data.window.length ({data.window.length}) smaller"
        )
    if not len(windows.train):
        raise DataError(_too_short(data, order, splits))
    for name, starts, first, stop in (
        ("validation", windows.validation, splits.validation, splits.test),
        ("test", windows.test, splits.test, splits.end),
    ):
        if getattr(data.split, name) and not len(starts):
            longest = counted(int((stop - first).max()), "row") + (" in its longest series" if data.series else "")
            raise DataError(
                f"{data.path}: the {name} split has {longest}, too few "
                f"for one forecast of data.window.horizon {data.window.horizon} from data.window.length "
                f"{data.window.length}{_and_difference(data)} rows before it; make data.split.{name} larger or the "
                f"window smaller"
            )


def _too_short(data: CsvData, order: Order, splits: RowSplits) -> str:
    needed = data.window.length + data.window.horizon + data.difference
    rows, training = splits.end - splits.begin, splits.validation - splits.begin
    told = [
        (f"series {name!r} has" if data.series else "the file has")
        + f" {counted(int(rows[place]), 'row')}, {training[place]} of them for training"
        for place, name in enumerate(order.names[:SHOWN])
    ]
    more = len(order.names) - len(told)
    return (
        f"{data.path}: too short for one training window: {'; '.join(told)}{f'; and {more} more' if more > 0 else ''}; "
        f"one window needs {needed} (data.window.length {data.window.length} + data.window.horizon "
        f"{data.window.horizon}{_and_difference(data)}); make the window smaller, or hold out fewer rows (data.split)"
    )


def _and_difference(data: CsvData) -> str:
    return f" + data.difference {data.difference}" if data.difference else ""
