"""Windows of series as rows to start from. Knows neither values nor files; copies nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.missing_values import Gaps
from rnnctl.data.sequences import Ints
from rnnctl.data.splits import RowSplits
from rnnctl.schema.table_keys import Window


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of each split, by their first rows.

    Attributes:
        train: ``[windows]``, int64.
        validation: ``[windows]``, int64.
        test: ``[windows]``, int64.
        dropped: Windows left out because they hold a missing value.
        emptied: Splits that had windows before those were left out, and have none now.
        skipped: Series that have no training window because they have too few training rows.
    """

    train: Ints
    validation: Ints
    test: Ints
    dropped: int
    emptied: tuple[str, ...]
    skipped: int


def cut_windows(
    splits: RowSplits,
    window: Window,
    gaps: Gaps | None,
    *,
    per_step: bool,
) -> Windows:
    """Cuts each series into windows of ``length`` input rows and the ``horizon`` rows after them.

    No window crosses from one series into another.

    - Training windows, targets included, lie wholly in the training rows; the first begins with the series.
    - A validation or test window's last forecast lies wholly in that split, and its inputs may reach back into the rows
      before it: at the time of the forecast they are known. So 46 test rows give 46 forecasts one row ahead.

    Of differenced series, whose rows hold their change from the row before, the first rows hold none: ``splits`` come
    without them (`RowSplits.after`). Then the row before a window, which its first change is from, is in the same
    series, and for a training window in the training rows.

    Args:
        splits: Each series' rows by split, as far as they can be in windows.
        window: Length, horizon, and stride from one window of a split to its next.
        gaps: What is missing; None where nothing is. Left out are windows that hold a row whose features or targets
            are missing, those whose forecast would be scored by a value that was filled in, and those whose last row
            was filled in from later ones, which a forecast must not know.
        per_step: Whether there are targets after every row of the window.
    """
    rows = window.length + window.horizon
    found = {
        "train": window_starts(splits.begin, splits.validation, rows, window.stride),
        "validation": _held_out(splits, splits.validation, splits.test, window),
        "test": _held_out(splits, splits.test, splits.end, window),
    }
    skipped = int(np.count_nonzero(splits.validation - splits.begin < rows))
    kept = {
        name: starts if gaps is None else starts[~_any_missing(starts, window, gaps, per_step=per_step)]
        for name, starts in found.items()
    }
    dropped = sum(len(found[name]) - len(kept[name]) for name in found)
    emptied = tuple(name for name in found if len(found[name]) and not len(kept[name]))
    return Windows(kept["train"], kept["validation"], kept["test"], dropped, emptied, skipped)


def window_starts(first: Ints, stop: Ints, rows: int, stride: int) -> Ints:
    """First rows of all windows: ``first[i] + k × stride``, as long as ``rows`` rows end at or before ``stop[i]``.

    Args:
        first: ``[series]``, int64, where the first window of each series begins.
        stop: ``[series]``, int64, the row that no window may hold.
        rows: Rows of a window, its targets included.
        stride: Rows from one window's beginning to the next one's.

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
    first_target = starts + 1 if per_step else inputs_end
    return (
        any_between(gaps.features, starts, inputs_end)
        | any_between(gaps.targets, first_target, end)
        | any_between(gaps.truths, inputs_end, end)
        | any_between(gaps.borrowed, inputs_end - 1, inputs_end)
    )


def any_between(flags: npt.NDArray[np.bool_] | None, begin: Ints, end: Ints) -> npt.NDArray[np.bool_]:
    """Whether a flag is set in any of some stretches of rows, by differences of running counts.

    Args:
        flags: ``[rows]``; None where none is set.
        begin: ``[stretches]``, their first rows.
        end: ``[stretches]``, the rows after their last.

    Returns:
        ``[stretches]``.
    """
    if flags is None:
        return np.zeros(len(begin), dtype=np.bool_)
    before = np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))
    found: npt.NDArray[np.bool_] = before[end] > before[begin]
    return found
