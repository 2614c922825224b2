"""Sequences as (start, length) views of a table's rows: windows of a forecast, whole series, or pieces of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.missing_values import Gaps
from rnnctl.data.sequences import Ints
from rnnctl.data.splits import SPLITS, RowSplits
from rnnctl.schema.table import TableData
from rnnctl.schema.table_keys import Window

Spans = tuple[Ints, Ints]
"""``[sequences]`` each: first rows and lengths."""


@dataclass(frozen=True, eq=False, slots=True)
class Views:
    """The sequences of each split.

    Attributes:
        spans: Starts and lengths by split.
        short: Positions of series that are too short for a sequence (of training, where sequences are windows).
        dropped: Number of sequences left out because something in them is missing.
        emptied: Splits that have no sequence left after that.
    """

    spans: Mapping[str, Spans]
    short: Ints
    dropped: int
    emptied: tuple[str, ...]


def cut_windows(
    splits: RowSplits, window: Window, gaps: Gaps | None, *, per_step: bool, learning: bool = True
) -> Views:
    """Cuts each series into windows of ``length`` input rows and the ``horizon`` rows after them.

    No window crosses from one series into another.

    - Training windows, targets included, lie wholly in the training rows; the first begins with the series.
    - A validation or test window's last forecast lies wholly in that split, and its inputs may reach back into the rows
      before it: at the time of the forecast they are known. So 46 test rows give 46 forecasts one row ahead.

    The first row of a differenced series has no change from a row before it: ``splits`` come without it.

    Args:
        gaps: What is missing; None where nothing is. Left out are windows that hold a row whose features or targets
            are missing, those whose forecast would be scored by a value that was filled in, and those in which a row
            that a forecast is made at was filled in from later ones, which that forecast must not know.
    """
    rows = window.length + window.horizon
    found = {
        "train": window_starts(splits.begin, splits.validation, rows, window.stride),
        "validation": _held_out(splits, splits.validation, splits.test, window),
        "test": _held_out(splits, splits.test, splits.end, window),
    }
    kept = {
        name: starts if gaps is None else starts[~_any_missing(starts, window, gaps, per_step=per_step)]
        for name, starts in found.items()
    }
    dropped = sum(len(found[name]) - len(kept[name]) for name in SPLITS)
    emptied = tuple(name for name in SPLITS if len(found[name]) and not len(kept[name]))
    short = np.flatnonzero((splits.validation if learning else splits.end) - splits.begin < rows).astype(np.int64)
    length = np.int64(window.length)
    spans = {name: (starts, np.broadcast_to(length, len(starts))) for name, starts in kept.items()}
    return Views(spans, short, dropped, emptied)


def window_starts(first: Ints, stop: Ints, rows: int, stride: int) -> Ints:
    """First rows of all windows: ``first[i] + k × stride``, as long as ``rows`` rows end at or before ``stop[i]``.

    Returns:
        ``[windows]``, int64, rising within each series.
    """
    counts = np.maximum(0, (stop - first - rows) // stride + 1)
    before = np.cumsum(counts) - counts
    place = np.arange(counts.sum(), dtype=np.int64)
    place -= np.repeat(before, counts)
    place *= stride
    place += np.repeat(first, counts)
    return place


def _held_out(splits: RowSplits, first: Ints, stop: Ints, window: Window) -> Ints:
    earliest = np.maximum(splits.begin, first - window.length)
    stop = np.where(stop > first, stop, earliest)
    return window_starts(earliest, stop, window.length + window.horizon, window.stride)


def _any_missing(starts: Ints, window: Window, gaps: Gaps, *, per_step: bool) -> npt.NDArray[np.bool_]:
    """``[windows]``: whether a window may not be used."""
    inputs_end = starts + window.length
    end = inputs_end + window.horizon
    return (
        any_between(gaps.features, starts, inputs_end)
        | any_between(gaps.targets, starts + 1 if per_step else inputs_end, end)
        | any_between(gaps.truths, inputs_end, end)
        | any_between(gaps.borrowed, starts if per_step else inputs_end - 1, inputs_end)
    )


def any_between(flags: npt.NDArray[np.bool_] | None, begin: Ints, end: Ints) -> npt.NDArray[np.bool_]:
    """Whether a flag is set in any of some stretches of rows, by differences of running counts.

    Args:
        flags: ``[rows]``; None where none is set.
        begin: ``[stretches]``, their first rows.
        end: ``[stretches]``, the rows after their last.
    """
    if flags is None:
        return np.zeros(len(begin), dtype=np.bool_)
    before = np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))
    return before[end] > before[begin]


def cut_series(data: TableData, splits: RowSplits, gaps: Gaps) -> Views:
    """Cuts whole series, or the splits of a lone series, into sequences.

    The first row of a differenced series has no change from a row before it and is left out. Without ``data.window``
    each series is one sequence; with it, pieces of its length, ``stride`` rows apart, and where rows are left after the
    last one a piece that ends with them. A shorter series is one sequence. The last ``horizon`` rows are targets only.

    Sequences that hold a row with a missing feature or target are left out.
    """
    horizon = data.task_entry.horizon(data.window)
    splits = splits.after(data.difference)
    spans, dropped, emptied = {}, 0, []
    flags = [flag for flag in (gaps.features, gaps.targets) if flag is not None]
    for name in SPLITS:
        begin, end = splits.stretches(name)
        long = end - begin > horizon
        starts, lengths = _cut(data, begin[long], end[long], horizon)
        if flags and len(starts):
            bad = any_between(np.logical_or.reduce(flags), starts, starts + lengths + horizon)
            dropped += int(bad.sum())
            if bad.all():
                emptied.append(name)
            starts, lengths = starts[~bad], lengths[~bad]
        spans[name] = starts, lengths
    short = np.flatnonzero(splits.whole & (splits.end - splits.begin <= horizon)).astype(np.int64)
    return Views(spans, short, dropped, tuple(emptied))


def _cut(data: TableData, begin: Ints, end: Ints, horizon: int) -> Spans:
    if data.window is None:
        return begin, end - begin - horizon
    length, stride = data.window.length, data.window.stride
    left = end - begin - length - horizon
    whole = left < 0  # too short for one piece
    last = (end - length - horizon)[~whole & (left % stride > 0)]
    pieces = np.concatenate((window_starts(begin, end, length + horizon, stride), last))
    starts = np.concatenate((pieces, begin[whole]))
    lengths = np.concatenate((np.full(len(pieces), length, dtype=np.int64), (end - begin - horizon)[whole]))
    order = np.argsort(starts, kind="stable")
    return starts[order], lengths[order]
