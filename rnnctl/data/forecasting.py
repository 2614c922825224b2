"""A CSV file as windows to forecast from: the way from file to `Dataset`. Knows neither TensorFlow nor models."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.config.schema import Config
from rnnctl.config.table_schema import CsvData
from rnnctl.data.csv_file import Table, number_columns, read_table
from rnnctl.data.dataset import Dataset, number_inputs
from rnnctl.data.scaling import scale_columns
from rnnctl.data.sequences import Ints, Sequences
from rnnctl.data.series import Order, order_rows
from rnnctl.data.splits import RowSplits, split_rows
from rnnctl.data.windows import Windows, cut_windows
from rnnctl.data.windows_check import check_windows, data_notes
from rnnctl.errors import DataError

Flags = npt.NDArray[np.bool_]

LARGEST = 1e38
"""The largest magnitude that a number may have: sequences are float32, the difference of two numbers too."""


def load_csv(data: CsvData, config: Config) -> Dataset:
    """Reads a CSV file, orders, splits, windows and scales it.

    Args:
        data: The data section.
        config: The whole config, for ``model.return_sequences``.

    Returns:
        The dataset. Memory is that of its table in float32, and while loading of the file's columns in float64; with
        ``data.difference: 1`` also that of the targets in float64, which stay (`Dataset.levels`).

    Raises:
        DataError: The file cannot be used as the config asks.
    """
    table = read_table(data)
    gaps = _count_missing(table)
    order = order_rows(table)
    splits = split_rows(order, data.split)
    placement: Literal["last", "each"] = "each" if config.model.return_sequences else "last"
    missing = _missing_rows(table, order) if gaps else None
    windows = cut_windows(splits.after(data.difference), data.windowed, placement, missing)
    check_windows(data, order, splits, windows)
    columns = scale_columns(table, order, splits)

    def part(starts: Ints) -> Sequences | None:
        if not len(starts):
            return None
        lengths = np.full(len(starts), data.windowed.length, dtype=np.int64)
        return Sequences(columns.values, columns.targets, starts, lengths, placement, data.windowed.horizon)

    train = part(windows.train)
    if train is None:
        raise ValueError("check_windows lets no empty training split through")
    return Dataset(
        train=train,
        validation=part(windows.validation),
        test=part(windows.test),
        inputs=number_inputs(data.features or data.target),
        task="forecast",
        target_names=data.target,
        target_scaler=columns.scaler,
        levels=columns.levels,
        forecast=True,
        order=order,
        fingerprints={str(data.path): table.facts.sha256},
        facts=_facts(data, order, splits, windows, gaps),
        notes=data_notes(data, order, splits, windows, gaps),
    )


def _count_missing(table: Table) -> int:
    """Counts missing cells; stops at infinite ones, and at missing ones where the config says so."""
    gaps: dict[str, pl.Series] = {}
    for name in number_columns(table.data):
        column = table.frame.get_column(name)
        if _largest(column) > LARGEST:
            rows = (column.abs() > LARGEST).fill_null(value=False).arg_true().to_list()
            raise DataError(
                f"{table.data.path}: column {name!r}: {table.lines(rows)}: infinite, or too large for a number; "
                f"expected a finite number up to {LARGEST:g}; correct it"
            )
        if column.null_count():
            gaps[name] = column.is_null()
    if gaps and table.data.missing == "error":
        told = "; ".join(f"column {name!r}: {table.lines(gap.arg_true().to_list())}" for name, gap in gaps.items())
        raise DataError(
            f"{table.data.path}: values are missing: {told}; fill them in, or set data.missing: drop to leave out "
            f"every window that holds one"
        )
    return sum(int(gap.sum()) for gap in gaps.values())


def _largest(column: pl.Series) -> float:
    """The largest magnitude; 0 of a column without values. A minimum and a maximum take no memory."""
    low, high = column.min(), column.max()
    return max(-low, high) if isinstance(low, float) and isinstance(high, float) else 0.0


def _missing_rows(table: Table, order: Order) -> tuple[Flags, Flags]:
    """``[rows]`` each, in the table's order: whether a feature is missing, and whether a target is.

    With ``data.difference: 1``: whether one is missing in the row or in the one before it, as its change then is.
    """

    def missing(names: tuple[str, ...]) -> Flags:
        flags = np.zeros(table.frame.height, dtype=np.bool_)
        for name in names:
            flags |= table.frame.get_column(name).is_null().to_numpy()
        if order.rows is not None:
            flags = flags[order.rows]
        if table.data.difference:
            # The row before a series' first is another's; no window holds a first row, so its flag is never asked for.
            flags[1:] |= flags[:-1].copy()
        return flags

    return missing(table.data.features or table.data.target), missing(table.data.target)


def _facts(data: CsvData, order: Order, splits: RowSplits, windows: Windows, gaps: int) -> dict[str, int | float | str]:
    facts: dict[str, int | float | str] = {"rows": int(order.bounds[-1]), "series": len(order.names)}
    if not order.was_sorted:
        facts["order"] = f"rows were not in time order; sorted by {data.time}"
    begins = {"validation_from": splits.validation_from, "test_from": splits.test_from}
    facts |= {name: time for name, time in begins.items() if time is not None}
    if gaps:
        facts["missing_values"] = gaps
        facts["windows_dropped"] = windows.dropped
    if windows.skipped:
        facts["series_without_training_window"] = windows.skipped
    return facts
