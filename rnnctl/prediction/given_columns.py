"""Columns of a file that come through to predictions from it as they are: ids, texts, planned prices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.data.telling_apart import other_columns
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.split import Split
from rnnctl.schema.table import TableData
from rnnctl.tables.csv_blocks import BLOCK_BYTES
from rnnctl.tables.reading import LARGE
from rnnctl.util.suggest import named


def given_columns(data: TableData) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Reads the columns of a file that do not say which row of which series a row is, nor what is forecast.

    Cells are text in CSV, and what they are in Parquet.

    Returns:
        A frame ``[rows of the file]``; and notes where columns are left out: the file is large or one of many, or names
        several alike.

    Raises:
        DataError: A file cannot be read.
    """
    own = {*(() if data.task_entry.labels else data.target), *parts_of(data.time), *parts_of(data.series)}
    names = other_columns(data, own)
    twice = sorted({*data.column_names()[1]} - {*names, *own})
    several = f"{data.path}: several columns are named {named(twice)}, so these do not stand beside the predictions"
    notes = (several,) if twice else ()
    if not names:
        return pl.DataFrame(), notes
    only = {"time": None, "series": None, "split": Split(), "target": tuple(names), "features": tuple(names)}
    files = data.model_copy(update=only | {"known": None, "static": None, "columns": {}}).open_files(BLOCK_BYTES)
    large = files.larger_than(LARGE)
    if large or len(files.paths) > 1:
        why = "the file is large" if large else "there are several files"
        return pl.DataFrame(), (f"{data.path}: {why}, so its other columns do not stand beside the predictions",)
    pieces = list(files.text(names))
    columns = {name: pl.concat([piece[name] for piece in pieces]) for name in names}
    return pl.DataFrame({name: cells for name, cells in columns.items() if _is_plain(cells.dtype)}), notes


def _is_plain(dtype: pl.DataType) -> bool:
    return not dtype.is_nested() and dtype not in (pl.Binary, pl.Object)


def of_rows(given: pl.DataFrame, order: Order, table_rows: Ints, rows: Ints, *, own: bool = True) -> list[pl.Series]:
    """What the given columns say of some rows.

    A column that is the same in all rows of each series says it of every row of the series; others say it of the file's
    own rows alone.

    Args:
        table_rows: ``[rows of order]``, the file's row of each; those that the file has not are negative, or beyond it.
        rows: ``[rows]``, int64, rows in that order.
        own: Whether columns that differ within a series come through too.

    Returns:
        A column ``[rows]`` each; none without a value.
    """
    there = (table_rows >= 0) & (table_rows < given.height)
    series, file_rows = order.series_of(np.flatnonzero(there)), table_rows[there]
    first = np.append(True, np.diff(series) != 0) if len(series) else np.zeros(0, dtype=np.bool_)
    some = np.full(len(order), -1, dtype=np.int64)
    some[series[first]] = file_rows[first]
    where = np.where(there[rows], table_rows[rows], -1)
    of_series = some[order.series_of(rows)]
    found = []
    for column in given.get_columns():
        if _changes(column.gather(file_rows), first):
            found += [_gathered(column, where)] if own else []
        else:
            found.append(_gathered(column, of_series))
    return [column for column in found if column.null_count() < len(column)]


def _changes(cells: pl.Series, first: npt.NDArray[np.bool_]) -> bool:
    """Whether a cell differs from the one before, but for the ``first [rows]`` ones of series."""
    return bool((cells.ne_missing(cells.shift(1)).to_numpy() & ~first).any())


def _gathered(column: pl.Series, rows: Ints) -> pl.Series:
    return column.gather(pl.Series(rows, dtype=pl.Int64).set(pl.Series(rows < 0), None))
