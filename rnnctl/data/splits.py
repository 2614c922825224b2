"""The splits of a table: sizes, and the rows at which each series' splits begin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.row_order import Order, Rows
from rnnctl.data.sequences import Ints, covered, generator
from rnnctl.errors import DataError
from rnnctl.schema.split import Split
from rnnctl.util.suggest import nearest

SPLITS = ("train", "validation", "test")
WORDS = {name: name for name in SPLITS} | {"training": "train", "valid": "validation", "val": "validation"}
"""Words of ``data.split.column``, in any case, and their splits."""


def share_count(share: float | int, total: int) -> int:
    """The number that a share of ``total`` stands for; a whole number may exceed it.

    A fraction is rounded to the nearest number, halves up, and is at least one where it is above zero.
    """
    if isinstance(share, int):
        return share
    return max(1, int(share * total + 0.5)) if share > 0 else 0


def split_counts(split: Split, total: int, what: str) -> tuple[int, int, int]:
    """Numbers for training, validation and test, ``total`` together, of ``what`` is counted (in the plural).

    Raises:
        DataError: Nothing is left for training.
    """
    validation, test = share_count(split.validation, total), share_count(split.test, total)
    train = total - validation - test
    if train < 1:
        raise DataError(
            f"data.split: validation takes {validation:,} and test {test:,} of {total:,} {what}, which leaves none for "
            f"training; make data.split.validation or data.split.test smaller"
        )
    return train, validation, test


@dataclass(frozen=True, slots=True)
class RowSplits:
    """Each series' rows by split: training from ``begin`` on, then validation, then test.

    Attributes:
        begin, validation, test, end: ``[series]``, int64, the rows at which splits begin, and the row after the last.
        validation_from: Time at which validation begins in every series; None without a time column or such a split.
        test_from: The same for the test.
        whole: Whether each series is in one split as a whole.
    """

    begin: Ints
    validation: Ints
    test: Ints
    end: Ints
    validation_from: str | None = None
    test_from: str | None = None
    whole: bool = False

    def after(self, rows: int) -> RowSplits:
        """The splits without the first ``rows`` rows of each series, such as the row that has no change before it."""
        begin = np.minimum(self.begin + rows, self.end)
        return replace(
            self, begin=begin, validation=np.maximum(begin, self.validation), test=np.maximum(begin, self.test)
        )

    def stretches(self, name: str) -> tuple[Ints, Ints]:
        """First rows of a split in each series that has some, and the rows after their last."""
        edges = (self.begin, self.validation, self.test, self.end)
        place = SPLITS.index(name)
        begin, end = edges[place], edges[place + 1]
        return begin[end > begin], end[end > begin]

    def training(self) -> npt.NDArray[np.bool_]:
        """``[rows]``: whether a row is for training."""
        return covered(int(self.end[-1]), self.begin, self.validation)

    def edges(self) -> Ints:
        """First row of every stretch of rows of one series and one split, rising."""
        edges: Ints = np.unique(np.concatenate((self.begin, self.validation, self.test, self.end)))
        return edges[:-1]


def split_table(rows: Rows, seed: int) -> RowSplits:
    """Splits a table.

    A forecast, and a lone series, are split by time: training rows first, then validation, then test. Otherwise whole
    series (or texts) are split: the last ones are held out, or some drawn at random, or those that a column names.

    Args:
        seed: The run's seed, for ``split.shuffle``.

    Raises:
        DataError: Nothing is left for training, or the column that names splits holds something else.
    """
    data, begin, end = rows.data, rows.order.begin, rows.order.end
    if data.task_entry.splits_rows(data):
        return _split_rows(rows.order, data.split)
    if data.split.column is not None:
        which = _named(rows, data.split.column)
    else:
        counts = split_counts(data.split, len(begin), "series" if data.text is None else "texts")
        which = np.repeat(np.arange(len(SPLITS)), counts)
        if data.split.shuffle:
            which[generator(seed, "split").permutation(len(begin))] = which.copy()
    return RowSplits(begin, np.where(which == 0, end, begin), np.where(which <= 1, end, begin), end, whole=True)


def all_in_test(rows: Rows) -> RowSplits:
    """The splits of rows that nothing is learnt from: all are for the test."""
    begin, end = rows.order.begin, rows.order.end
    return RowSplits(begin, begin, begin, end, whole=not rows.data.task_entry.windowed)


def _split_rows(order: Order, split: Split) -> RowSplits:
    """Splits the rows of every series by time: training first, then validation, then test.

    With a time column all series are split at the same two points in time, so that no training row of any series is
    later than a validation or test row of another, which would leak what is common to all series (weather, market) into
    training. Shares are then counted in distinct times; with one series, these are its rows. Without a time column
    shares are counted in each series' own rows, as they are with ``split.per_series``.
    """
    begin, end, times = order.begin, order.end, order.times
    if times is not None and not split.per_series:
        return _split_at_times(order, times, split)
    if len(order) == 1:
        split_counts(split, int(end[0]), "rows")  # of several series some may be held out as a whole, of one not
    validation, test = (
        np.array([share_count(share, int(size)) for size in end - begin], dtype=np.int64)
        for share in (split.validation, split.test)
    )
    first_test = np.maximum(begin, end - test)
    return RowSplits(begin, np.maximum(begin, first_test - validation), first_test, end)


def _split_at_times(order: Order, times: pl.Series, split: Split) -> RowSplits:
    distinct = times if len(order) == 1 else times.unique().sort()
    counted, edges = times.to_physical().to_numpy(), distinct.to_physical().to_numpy()
    train, validation, test = split_counts(split, len(distinct), "rows" if len(order) == 1 else "times")
    begin, end = order.begin, order.end

    def first_row(place: int) -> Ints:
        if place == len(distinct):
            return end
        return begin + np.add.reduceat(counted < edges[place], begin, dtype=np.int64)

    validation_from = str(distinct[train]) if validation else None
    test_from = str(distinct[train + validation]) if test else None
    return RowSplits(begin, first_row(train), first_row(train + validation), end, validation_from, test_from)


def _named(rows: Rows, name: str) -> Ints:
    """``[series]``: the number of the split that a column names."""
    begin, column = rows.order.begin, rows.column(name)
    where = f"{rows.data.path}: column {name!r}"
    if (changing := _changing(column, rows)) is not None:
        raise DataError(
            f"{where}: {rows.lines([changing])}: the series changes from one split "
            f"to another; write the same word in all of its rows"
        )
    words = column.gather(begin).fill_null("").str.strip_chars().str.to_lowercase()
    unknown = ~words.is_in(list(WORDS))
    if unknown.any():
        at = unknown.arg_true().to_list()
        found = column[int(begin[at[0]])]
        near = nearest(found or "", WORDS)
        raise DataError(
            f"{where}: {rows.lines(begin[at])}: found "
            f"{'nothing' if found is None else repr(found)}, expected train, validation or test"
            + (f"; did you mean {near}?" if near else "")
        )
    which: Ints = words.replace_strict(WORDS).replace_strict(SPLITS, range(3), return_dtype=pl.Int64).to_numpy()
    if not (which == 0).any():
        raise DataError(f"{where} names no series for training; write train")
    return which


def _changing(column: pl.Series, rows: Rows) -> int | None:
    """The first row whose cell is not that of the row before it in its series; None where all are."""
    same = column.eq_missing(column.shift(1)).to_numpy().copy()
    same[rows.order.begin] = True
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
    at = next((row for row in (changing - 1, changing) if column[row] is None), changing)
    fault, todo = ("is missing", "fill it in") if column[at] is None else ("changes", "correct it")
    raise DataError(
        f"{rows.data.path}: column {name!r}{rows.order.whose(int(rows.order.series_of(at)))}: {rows.lines([at])}: "
        f"it {fault}, and {what} is the same in all rows of a series; {todo}"
    )
