"""Sizes of splits, and the rows at which each series' splits begin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Ints
from rnnctl.errors import DataError
from rnnctl.schema.split import Split


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
    """Each series' rows by split: ``begin``, training, ``validation``, validation, ``test``, test, ``end``.

    Attributes:
        begin: ``[series]``, int64, first row of each series.
        validation: ``[series]``, int64, first row of its validation split.
        test: ``[series]``, int64, first row of its test split.
        end: ``[series]``, int64, the row after its last.
        validation_from: Time at which validation begins in every series; None without a time column or such a split.
        test_from: The same for the test.
    """

    begin: Ints
    validation: Ints
    test: Ints
    end: Ints
    validation_from: str | None = None
    test_from: str | None = None

    def after(self, rows: int) -> RowSplits:
        """The splits without the first ``rows`` rows of each series, such as the row that has no change before it."""
        begin = np.minimum(self.begin + rows, self.end)
        return replace(
            self, begin=begin, validation=np.maximum(begin, self.validation), test=np.maximum(begin, self.test)
        )


def split_rows(order: Order, split: Split) -> RowSplits:
    """Splits the rows of every series by time: training first, then validation, then test.

    With a time column all series are split at the same two points in time, so that no training row of any series is
    later than a validation or test row of another, which would leak what is common to all series (weather, market) into
    training. Shares are then counted in distinct times; with one series, these are its rows. Without a time column
    shares are counted in each series' own rows.

    Raises:
        DataError: Nothing is left for training.
    """
    begin, end = order.bounds[:-1], order.bounds[1:]
    if len(begin) > 1 and order.times is not None:
        return _split_at_times(order, split)
    sizes = end - begin
    if len(begin) == 1:
        _, validation, test = split_counts(split, int(sizes[0]), "rows")
        first_test = end - test
        first_validation = first_test - validation
    else:
        first_test = end - np.array([min(share_count(split.test, int(size)), size) for size in sizes], dtype=np.int64)
        held = np.array([share_count(split.validation, int(size)) for size in sizes], dtype=np.int64)
        first_validation = np.maximum(begin, first_test - held)
    validation_from = _time_at(order, int(first_validation[0]), int(first_test[0]))
    return RowSplits(
        begin, first_validation, first_test, end, validation_from, _time_at(order, int(first_test[0]), int(end[0]))
    )


def _time_at(order: Order, row: int, stop: int) -> str | None:
    return None if order.times is None or row >= stop else str(order.times[row])


def _split_at_times(order: Order, split: Split) -> RowSplits:
    times = order.times
    if times is None:
        raise ValueError("splitting at times needs times")
    distinct = times.unique().sort()
    counted, edges = times.to_physical().to_numpy(), distinct.to_physical().to_numpy()
    train, validation, test = split_counts(split, len(distinct), "times")
    begin, end = order.bounds[:-1], order.bounds[1:]

    def first_row(place: int) -> Ints:
        if place == len(distinct):
            return end
        return begin + np.add.reduceat(counted < edges[place], begin, dtype=np.int64)

    return RowSplits(
        begin,
        first_row(train),
        first_row(train + validation),
        end,
        str(distinct[train]) if validation else None,
        str(distinct[train + validation]) if test else None,
    )
