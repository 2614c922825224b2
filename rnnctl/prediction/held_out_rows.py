"""Held-out windows as series of their own, so that each can be continued beyond the trained horizon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnctl.data.dataset import Dataset, Scaler
from rnnctl.data.row_order import Order
from rnnctl.data.sequences import Flags, Ints
from rnnctl.prediction.future_rows import Extended
from rnnctl.scoring.entries import Entries
from rnnctl.scoring.units import Numbers, values_of_rows

MOST = 1000
"""Windows at most, evenly chosen."""

CELLS = 1 << 25
"""Numbers in the table of all windows at most."""


def windows_apart(entries: Entries, steps: int, reach: int) -> tuple[Extended, Numbers] | None:
    """The windows of a split that have a truth beyond the trained horizon, to be continued by so many rows.

    Each is a series of its own, so that what is written to its future rows is seen by no other.

    Args:
        entries: Those of the split.
        steps: Rows to continue by.
        reach: Rows before a forecast that it is counted from, or repeats, whether the model sees them or not.

    Returns:
        The windows, and ``[windows, steps, targets]``, what came true within the split, NaN elsewhere; None where there
        are no such windows.
    """
    dataset, horizon = entries.dataset, max(entries.sequences.horizon, 1)
    series = dataset.order.series_of(entries.row)
    last = np.zeros(len(dataset.order), dtype=np.int64)  # the last row of the split, by series
    np.maximum.at(last, series, entries.row + horizon)
    chosen = np.flatnonzero(entries.row + horizon < last[series])
    before = max(reach, int(entries.step[chosen].max(initial=0)) + 1)
    width = before + -(-steps // horizon) * horizon
    most = min(MOST, CELLS // (width * dataset.train.features))
    if not len(chosen) or not most:
        return None
    chosen = chosen[np.unique(np.linspace(0, len(chosen) - 1, most).round().astype(np.int64))]
    row, series = entries.row[chosen, None], series[chosen, None]
    rows = row + np.arange(width) - (before - 1)
    inside = (rows >= dataset.order.begin[series]) & (rows < dataset.order.end[series])
    rows = np.where(inside, rows, row)
    usable = ~_lacking(dataset, rows[:, before:])
    if not usable.any():
        return None
    rows, inside, series = rows[usable], inside[usable], series[usable, 0]
    origin = np.arange(len(rows)) * width + before - 1
    begin = origin - entries.step[chosen][usable]
    apart = _apart(dataset, rows, inside, series, begin, origin)
    extended = Extended(apart, origin, begin, np.arange(len(rows)))
    future = rows[:, before : before + steps]
    known = inside[:, before : before + steps] & (future <= last[series, None])
    truth = np.where(known[:, :, None], values_of_rows(dataset, future), np.nan)
    return extended, truth if dataset.absent is None else np.where(dataset.absent[future], np.nan, truth)


def _lacking(dataset: Dataset, rows: Ints) -> Flags:
    """``[windows]``: whether an input other than the targets has no value in one of ``rows [windows, rows]``."""
    others = [place for place, one in enumerate(dataset.inputs) if one.source not in dataset.target_names]
    return np.asarray(np.isnan(dataset.train.values[rows[:, :, None], others]).any(axis=(1, 2)))


def _apart(dataset: Dataset, rows: Ints, inside: Flags, series: Ints, begin: Ints, origin: Ints) -> Dataset:
    """A dataset of copies of ``rows [windows, rows]``, each window a series with the scale of ``series [windows]``.

    Args:
        begin: ``[windows]``, the first of the copies that the model sees, up to ``origin [windows]``.
    """
    flat, bounds = rows.reshape(-1), np.arange(len(rows) + 1) * rows.shape[1]
    train, scaler = dataset.train, dataset.target_scaler
    if scaler is not None and scaler.by_series:
        scaler = Scaler(scaler.center[series], scaler.scale[series])
    own = np.where(inside.reshape(-1, 1), values_of_rows(dataset, flat), np.nan)
    copies = replace(
        train,
        values=np.array(train.values[flat]),
        targets=np.array(train.targets[flat]),
        starts=begin,
        lengths=origin - begin + 1,
        valid=None,
    )
    return replace(
        dataset, train=copies, validation=None, test=None, target_scaler=scaler, own=own, absent=None,
        training_rows=None, unseen=None, table_rows=None, order=Order(bounds),
    )  # fmt: skip
