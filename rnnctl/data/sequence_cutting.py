"""Sequences as (start, length) views of a table's rows: windows of a forecast, whole series, or pieces of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnnctl.data.dataset import LeftOut
from rnnctl.data.missing_values import Gaps
from rnnctl.data.sequences import Flags, Ints
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
        left_out: By split, what is left out of it.
    """

    spans: Mapping[str, Spans]
    short: Ints
    left_out: Mapping[str, LeftOut]

    @property
    def emptied(self) -> tuple[str, ...]:
        """Splits that have no sequence left after some were left out."""
        return tuple(name for name, out in self.left_out.items() if 0 < out.sequences == out.all_sequences)


def cut_windows(
    splits: RowSplits, window: Window, gaps: Gaps, *, per_step: bool, learning: bool = True, difference: int = 0
) -> Views:
    """Cuts each series into windows of ``length`` input rows and the ``horizon`` rows after them.

    No window crosses from one series into another.

    - Training windows, targets included, lie wholly in the training rows; the first begins with the series.
    - A validation or test window's last forecast lies wholly in that split, and its inputs may reach back into the rows
      before it: at the time of the forecast they are known. So 46 test rows give 46 forecasts one row ahead.

    The first rows have no change from a row before them, or lack an earlier value: ``splits`` come without them.

    Args:
        gaps: What is missing. Left out are windows of which an input row is missing, or no row of the forecast has a
            target (to learn from, or for the test to score by), and those in which a row that a forecast is made at was
            filled in from later ones, which that forecast must not know. Others keep their missing targets, which
            `Sequences.valid` flags.
        per_step: Whether a forecast is made at each row.
        difference: Rows that changes are over.
    """
    rows = window.length + window.horizon
    found = {
        "train": window_starts(splits.begin, splits.validation, rows, window.stride),
        "validation": _held_out(splits, splits.validation, splits.test, window),
        "test": _held_out(splits, splits.test, splits.end, window),
    }
    kept, left_out = {}, {}
    for name, starts in found.items():
        end = starts + window.length
        seen = ~any_between(gaps.features, starts, end)
        seen &= ~any_between(gaps.borrowed, starts if per_step else end - 1, end)
        if name == "test" and gaps.levels is not None:  # it is scored by levels; what is learnt are changes
            aimed = _level_between(gaps.absent, gaps.levels, end, window.horizon, difference)
        else:
            aimed = _target_between(gaps.absent if name == "test" else gaps.targets, end, end + window.horizon)
        kept[name] = starts[seen & aimed]
        left_out[name] = _left_out(seen, aimed, gaps.targets, end, end + window.horizon)
    short = np.flatnonzero((splits.validation if learning else splits.end) - splits.begin < rows).astype(np.int64)
    length = np.int64(window.length)
    spans = {name: (starts, np.broadcast_to(length, len(starts))) for name, starts in kept.items()}
    return Views(spans, short, left_out)


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


def _target_between(missing: Flags | None, begin: Ints, end: Ints) -> Flags:
    """Whether some target is there in any of some stretches of rows.

    Args:
        missing: ``[rows, targets]``; None where none is.
    """
    if missing is None:
        return np.ones(len(begin), dtype=np.bool_)
    found = np.zeros(len(begin), dtype=np.bool_)
    for flags in missing.T:
        found |= any_between(~flags, begin, end)
    return found


def _level_between(missing: Flags | None, lost: Flags, begin: Ints, horizon: int, difference: int) -> Flags:
    """Whether some target is there, and the level that its change is added to, in any of some stretches of rows.

    Args:
        missing: ``[rows, targets]``, whether a target is; None where none is.
        lost: Likewise, whether there is no level at a row.
        begin: ``[stretches]``, their first rows.
        horizon: Their rows.
        difference: Rows that changes are over.
    """
    found = np.zeros(len(begin), dtype=np.bool_)
    for ahead in range(horizon):
        there = np.ones(1, dtype=np.bool_) if missing is None else ~missing[begin + ahead]
        found |= (there & ~lost[begin + ahead % difference - difference]).any(axis=1)
    return found


def _left_out(seen: Flags, aimed: Flags, missing: Flags | None, begin: Ints, end: Ints) -> LeftOut:
    """What is left out of a split.

    Args:
        seen: ``[sequences]``, whether a sequence may be used for its inputs.
        aimed: ``[sequences]``, whether it has a target.
        missing: ``[rows, targets]``; None where none is.
        begin: ``[sequences]``, the first row that is a target.
        end: ``[sequences]``, the row after the last one.
    """
    kept = seen & aimed
    begin, end = begin[kept], end[kept]
    masked = 0 if missing is None else int(sum(_count_between(flags, begin, end).sum() for flags in missing.T))
    targets = int((end - begin).sum()) * (1 if missing is None else missing.shape[1])
    return LeftOut(int((~kept).sum()), int((~aimed).sum()), len(kept), masked, targets)


def any_between(flags: Flags | None, begin: Ints, end: Ints) -> Flags:
    """Whether a flag is set in any of some stretches of rows.

    Args:
        flags: ``[rows]``; None where none is set.
        begin: ``[stretches]``, their first rows.
        end: ``[stretches]``, the rows after their last.
    """
    return np.zeros(len(begin), dtype=np.bool_) if flags is None else _count_between(flags, begin, end) > 0


def _count_between(flags: Flags, begin: Ints, end: Ints) -> Ints:
    """``[stretches]``: how many flags are set in each, by differences of running counts."""
    before = np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))
    counts: Ints = before[end] - before[begin]
    return counts


def cut_series(data: TableData, splits: RowSplits, gaps: Gaps) -> Views:
    """Cuts whole series, or the splits of a lone series, into sequences.

    The first rows, which have no change from a row before them or lack an earlier value, are left out. Without
    ``data.window`` each series is one sequence; with it, pieces of its length, ``stride`` rows apart, and where rows
    are left after the last one a piece that ends with them. A shorter series is one sequence. The last ``horizon`` rows
    are targets only.

    Sequences of which an input is missing, or all targets are, are left out.
    """
    horizon = data.task_entry.horizon(data.window)
    splits = splits.after(data.rows_before)
    spans, left_out = {}, {}
    for name in SPLITS:
        begin, end = splits.stretches(name)
        long = end - begin > horizon
        starts, lengths = _cut(data, begin[long], end[long], horizon)
        seen = ~any_between(gaps.features, starts, starts + lengths)
        first, stop = starts + min(horizon, 1), starts + lengths + horizon
        aimed = _target_between(gaps.targets, first, stop)
        spans[name] = starts[seen & aimed], lengths[seen & aimed]
        left_out[name] = _left_out(seen, aimed, gaps.targets, first, stop)
    short = np.flatnonzero(splits.whole & (splits.end - splits.begin <= horizon)).astype(np.int64)
    return Views(spans, short, left_out)


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
