"""Which rows belong to which split: by time within each series, or whole series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.generated import generator
from rnnctl.data.row_order import Rows
from rnnctl.data.sequences import Ints
from rnnctl.data.splits import RowSplits, split_counts, split_rows
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.util.suggest import nearest

SPLITS = ("train", "validation", "test")
WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
"""Words of ``data.split.column``, in any case, and their splits."""


@dataclass(frozen=True, eq=False, slots=True)
class Parts:
    """The splits of a table's rows.

    Attributes:
        rows: Where each series' splits begin; None where series are split as wholes.
        series: ``[series]`` positions by split; None where the rows of each series are split.
        training: ``[rows]``, whether a row is for training.
        edges: First row of every stretch of rows of one series and one split, rising.
    """

    rows: RowSplits | None
    series: Mapping[str, Ints] | None
    training: npt.NDArray[np.bool_]
    edges: Ints


def split_table(rows: Rows, seed: int) -> Parts:
    """Splits a table.

    A forecast, and a lone series, are split by time: training rows first, then validation, then test. Otherwise whole
    series (or texts) are split: the last ones are held out, or some drawn at random, or those that a column names.

    Args:
        seed: The run's seed, for ``split.shuffle``.

    Raises:
        DataError: Nothing is left for training, or the column that names splits holds something else.
    """
    data, bounds = rows.data, rows.order.bounds
    if data.task_entry.splits_rows(data):
        splits = split_rows(rows.order, data.split)
        training = _inside(splits.begin, splits.validation, rows.count)
        edges = np.unique(np.concatenate((splits.begin, splits.validation, splits.test)))
        return Parts(splits, None, training, edges[edges < rows.count])
    series = _named(rows) if data.split.column is not None else _counted(data, len(bounds) - 1, seed)
    chosen = series["train"]
    return Parts(None, series, _inside(bounds[chosen], bounds[chosen + 1], rows.count), bounds[:-1])


def all_in_test(rows: Rows) -> Parts:
    """The splits of rows that nothing is learnt from: all are for the test."""
    begin, end = rows.order.bounds[:-1], rows.order.bounds[1:]
    nothing = np.zeros(rows.count, dtype=np.bool_)
    if rows.data.task_entry.windowed:
        return Parts(RowSplits(begin, begin, begin, end), None, nothing, begin)
    every = np.arange(len(begin), dtype=np.int64)
    return Parts(None, {"train": every[:0], "validation": every[:0], "test": every}, nothing, begin)


def _inside(begin: Ints, end: Ints, count: int) -> npt.NDArray[np.bool_]:
    steps = np.zeros(count + 1, dtype=np.int8)
    np.add.at(steps, begin, 1)
    np.add.at(steps, end, -1)
    inside: npt.NDArray[np.bool_] = np.cumsum(steps[:-1], dtype=np.int8).astype(np.bool_)
    return inside


def _counted(data: TableData, total: int, seed: int) -> dict[str, Ints]:
    what = "texts" if data.text is not None else "series"
    counts = split_counts(data.split, total, what)
    order = np.arange(total, dtype=np.int64)
    if data.split.shuffle:
        order = generator(seed, "split").permutation(total)
    ends = np.cumsum(counts)
    return {name: np.sort(order[end - size : end]) for name, size, end in zip(SPLITS, counts, ends, strict=True)}


def _named(rows: Rows) -> dict[str, Ints]:
    data, begin = rows.data, rows.order.bounds[:-1]
    column = rows.column(str(data.split.column))
    first = column.gather(begin)
    if (changing := _changing(column, rows)) is not None:
        raise DataError(
            f"{data.path}: column {data.split.column!r}: {rows.lines([changing])}: the series changes from one split "
            f"to another; write the same word in all of its rows"
        )
    words = first.fill_null("").str.strip_chars().str.to_lowercase()
    unknown = ~words.is_in(list(WORDS))
    if unknown.any():
        at = unknown.arg_true().to_list()
        found = first[at[0]]
        near = nearest(found or "", WORDS)
        raise DataError(
            f"{data.path}: column {data.split.column!r}: {rows.lines(begin[at])}: found "
            f"{'nothing' if found is None else repr(found)}, expected train, validation or test"
            + (f"; did you mean {near}?" if near else "")
        )
    places = words.replace_strict(WORDS).to_numpy()
    found = {name: np.flatnonzero(places == name).astype(np.int64) for name in SPLITS}
    if not len(found["train"]):
        raise DataError(f"{data.path}: column {data.split.column!r} names no series for training; write train")
    return found


def _changing(column: pl.Series, rows: Rows) -> int | None:
    """The first row whose cell is not that of the row before it in its series; None where all are."""
    same = column.eq_missing(column.shift(1)).to_numpy().copy()
    same[rows.order.bounds[:-1]] = True
    changed = np.flatnonzero(~same)
    return int(changed[0]) if len(changed) else None


def check_constant(rows: Rows, name: str, what: str) -> None:
    """Checks that a column is the same in all rows of a series; ``what`` it is, such as "a static feature".

    Raises:
        DataError: It changes within a series.
    """
    column = rows.column(name)
    changing = _changing(column, rows)
    if changing is None:
        return
    series = repr(rows.order.names[int(np.searchsorted(rows.order.bounds, changing, side="right")) - 1])
    missing = next((row for row in (changing - 1, changing) if column[row] is None), None)
    told = f"it changes within series {series}, and {what} is the same in all of its rows; correct it"
    if missing is not None:
        told = f"it is missing, and {what} is the same in all rows of series {series}; fill it in"
    at = changing if missing is None else missing
    raise DataError(f"{rows.data.path}: column {name!r}: {rows.lines([at])}: {told}")
