"""What to tell of the windows: series too short for them, rows out of order, windows left out. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnctl.config.table_schema import CsvData
from rnnctl.data.csv_scan import counted
from rnnctl.data.sequences import Ints
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
            f"values in, or make data.window.length ({data.windowed.length}) smaller"
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
                f"for one forecast of data.window.horizon {data.windowed.horizon} from data.window.length "
                f"{data.windowed.length}{_and_difference(data)} rows before it; make data.split.{name} larger or the "
                f"window smaller"
            )


def data_notes(data: CsvData, order: Order, splits: RowSplits, windows: Windows, gaps: int) -> tuple[str, ...]:
    """Says what was done to the rows that their owner may not expect.

    Args:
        data: The data section.
        order: The rows' order.
        splits: Each series' rows by split.
        windows: The windows.
        gaps: Number of missing values.
    """
    notes = []
    if not order.was_sorted:
        notes.append(f"{data.path}: rows were not in time order and were sorted by {data.time!r}")
    if gaps:
        left_out = f"{counted(windows.dropped, 'window')} that would hold one {'is' if windows.dropped == 1 else 'are'}"
        notes.append(f"{data.path}: {counted(gaps, 'missing value')}; {left_out} left out (data.missing: drop)")
    if windows.skipped:
        needed = data.windowed.length + data.windowed.horizon + data.difference
        short = np.flatnonzero(splits.validation - splits.begin < needed)
        notes.append(
            f"{data.path}: {windows.skipped:,} of {len(order.names):,} series too short to train on: "
            f"{_rows_of(data, order, splits, short)}; {_needed(data)}"
        )
    return tuple(notes)


def _too_short(data: CsvData, order: Order, splits: RowSplits) -> str:
    return (
        f"{data.path}: too short for one training window: {_rows_of(data, order, splits, range(len(order.names)))}; "
        f"{_needed(data)}; make the window smaller, or hold out fewer rows (data.split)"
    )


def _rows_of(data: CsvData, order: Order, splits: RowSplits, places: Sequence[int] | Ints) -> str:
    """How many rows some series have, the first few of them by name."""
    rows, training = splits.end - splits.begin, splits.validation - splits.begin
    told = [
        (f"series {order.names[place]!r} has" if data.series else "the file has")
        + f" {counted(int(rows[place]), 'row')}, {training[place]} of them for training"
        for place in places[:SHOWN]
    ]
    more = len(places) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def _needed(data: CsvData) -> str:
    needed = data.windowed.length + data.windowed.horizon + data.difference
    return (
        f"one window needs {needed} (data.window.length {data.windowed.length} + data.window.horizon "
        f"{data.windowed.horizon}{_and_difference(data)})"
    )


def _and_difference(data: CsvData) -> str:
    return f" + data.difference {data.difference}" if data.difference else ""
