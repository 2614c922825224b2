"""Whole series, or pieces of them, as (start, length) views of a table's rows, by split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnnctl.data.sequences import Ints
from rnnctl.data.table_splits import SPLITS, Parts
from rnnctl.data.windows import any_between, window_starts
from rnnctl.schema.table import TableData

Spans = tuple[Ints, Ints]
"""``[sequences]`` each: first rows and lengths."""


@dataclass(frozen=True, eq=False, slots=True)
class Views:
    """The sequences of each split.

    Attributes:
        spans: Starts and lengths by split.
        short: Series that are too short for a sequence, by position.
        dropped: Sequences left out because something in them is missing.
        emptied: Splits of which nothing is left after that.
    """

    spans: Mapping[str, Spans]
    short: Ints
    dropped: int
    emptied: tuple[str, ...]


def cut_series(data: TableData, parts: Parts, bounds: Ints, missing: tuple[npt.NDArray[np.bool_] | None, ...]) -> Views:
    """Cuts whole series, or a lone series' splits, into sequences.

    Of differenced series, whose rows hold their change from the row before, the first row holds none and is left out.
    Without ``data.window`` each is one sequence; with it, pieces of its length, ``stride`` rows apart, and where rows
    are left after the last one a piece that ends with them; a series shorter than that as it is. The last ``horizon``
    rows are targets only.

    Args:
        data: The data section.
        parts: The splits.
        bounds: ``[series + 1]``, first row of each series, and the number of rows.
        missing: ``[rows]`` flags of rows that no sequence may hold, or None.
    """
    ahead = data.task_entry.horizon(data.window)
    spans, short, dropped, emptied = {}, [np.zeros(0, dtype=np.int64)], 0, []
    flags = [flag for flag in missing if flag is not None]
    for name in SPLITS:
        begin, end = _stretches(parts, bounds, name, data.difference)
        if parts.series is not None:
            short.append(parts.series[name][end - begin <= ahead])
        long = end - begin > ahead
        starts, lengths = _cut(data, begin[long], end[long], ahead)
        if flags and len(starts):
            bad = any_between(np.logical_or.reduce(flags), starts, starts + lengths + ahead)
            dropped += int(bad.sum())
            if bad.all():
                emptied.append(name)
            starts, lengths = starts[~bad], lengths[~bad]
        spans[name] = starts, lengths
    return Views(spans, np.unique(np.concatenate(short)).astype(np.int64), dropped, tuple(emptied))


def _stretches(parts: Parts, bounds: Ints, name: str, without: int) -> Spans:
    """First rows of a split's series, and the rows after their last, ``without`` so many rows where a series begins."""
    if parts.series is not None:
        chosen = parts.series[name]
        return np.minimum(bounds[chosen] + without, bounds[chosen + 1]), bounds[chosen + 1]
    if parts.rows is None:
        raise ValueError("rows are split one way or the other")
    edges = {"train": ("begin", "validation"), "validation": ("validation", "test"), "test": ("test", "end")}[name]
    begin, end = (getattr(parts.rows.after(without), edge) for edge in edges)
    there = end > begin
    return begin[there], end[there]


def _cut(data: TableData, begin: Ints, end: Ints, ahead: int) -> Spans:
    if data.window is None:
        return begin, end - begin - ahead
    length, stride = data.window.length, data.window.stride
    left = end - begin - length - ahead
    whole = left < 0  # too short for one piece: taken as it is
    last = (end - length - ahead)[~whole & (left % stride > 0)]
    pieces = np.concatenate((window_starts(begin, end, length + ahead, stride), last))
    starts = np.concatenate((pieces, begin[whole]))
    lengths = np.concatenate((np.full(len(pieces), length, dtype=np.int64), (end - begin - ahead)[whole]))
    order = np.argsort(starts, kind="stable")
    return starts[order], lengths[order]
