"""Checks that every split of a table has sequences; facts and notices about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnctl.data.row_order import Rows
from rnnctl.data.sequence_cutting import Views
from rnnctl.data.sequences import Ints
from rnnctl.data.splits import SPLITS, RowSplits
from rnnctl.data.table_encoding import Encoded
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, first_few

SHOWN = 3
SPLIT_NAMES = {"train": "training", "validation": "validation", "test": "test"}


def check_windows(rows: Rows, splits: RowSplits, views: Views, *, learning: bool = True) -> None:
    """Checks that every split of a forecast that the config asks for has a window.

    Without ``learning`` all rows are for the test.

    Raises:
        DataError: One has none.
    """
    data = rows.data
    if not learning and not len(views.spans["test"][0]) and not views.emptied:
        longest = counted(int((splits.end - splits.begin).max()), "row")
        raise DataError(
            f"{data.path}: too short: {'the longest series' if data.series else 'the file'} has {longest}, and "
            f"{_rows_of_window(data)}; give more rows"
        )
    if views.emptied:
        every = f"every window of the {SPLIT_NAMES[views.emptied[0]]} split" if learning else "every window"
        todo = f", or make data.window.length ({data.windowed.length}) smaller" if learning else ""
        raise DataError(f"{data.path}: {every} holds a missing value; fill values in{todo}")
    if learning and not len(views.spans["train"][0]):
        raise DataError(
            f"{data.path}: too short for one training window: "
            f"{_rows_of_series(rows, range(len(rows.order)), splits)}; {_rows_of_window(data)}; make the "
            f"window smaller, or hold out fewer rows (data.split)"
        )
    for name, counts in (("validation", splits.test - splits.validation), ("test", splits.end - splits.test)):
        if learning and getattr(data.split, name) and not len(views.spans[name][0]):
            longest = counted(int(counts.max()), "row") + (" in its longest series" if data.series else "")
            raise DataError(
                f"{data.path}: the {name} split has {longest}, too few "
                f"for one forecast of data.window.horizon {data.windowed.horizon} from data.window.length "
                f"{data.windowed.length}{_and_difference(data)} rows before it; make data.split.{name} larger or the "
                f"window smaller"
            )


def _rows_of_series(rows: Rows, places: Sequence[int] | Ints, splits: RowSplits | None = None) -> str:
    """The number of rows, and of training rows, of some series, the first few of them by name."""
    sizes, names = np.diff(rows.order.bounds), rows.order.names
    described = (
        (f"series {names[place]!r} has " if names else "the file has ")
        + counted(int(sizes[place]), "row")
        + ("" if splits is None else f", {splits.validation[place] - splits.begin[place]} of them for training")
        for place in places[:SHOWN]
    )
    return first_few(described, SHOWN, len(places), "; ")


def _rows_of_window(data: TableData) -> str:
    rows = data.windowed.length + data.windowed.horizon + data.difference
    return (
        f"one window needs {rows} (data.window.length {data.windowed.length} + data.window.horizon "
        f"{data.windowed.horizon}{_and_difference(data)})"
    )


def _and_difference(data: TableData) -> str:
    return f" + data.difference {data.difference}" if data.difference else ""


def check_sequences(rows: Rows, views: Views, *, learning: bool = True) -> None:
    """Checks that every split of whole series or pieces that the config asks for has a sequence.

    Without ``learning`` all rows are for the test.

    Raises:
        DataError: One has none.
    """
    data = rows.data
    if views.emptied:
        every = f"every sequence of the {SPLIT_NAMES[views.emptied[0]]} split" if learning else "every sequence"
        todo = f"fill values in{_or_fill(data)}" if learning else "fill values in"
        raise DataError(f"{data.path}: {every} holds a missing value; {todo}")
    for name in SPLITS:
        asked_for = name == "train" or getattr(data.split, name) if learning else name == "test"
        if not asked_for or len(views.spans[name][0]):
            continue
        why, what = "it holds no series", "series"
        if data.series is None and data.text is None and learning:
            why, what = f"it holds fewer than {_needed(data)} rows", "rows"
        why = _short_series(rows, views) if len(views.short) else why
        if not learning:
            raise DataError(f"{data.path}: no series is long enough: {why}; give more rows")
        raise DataError(
            f"{data.path}: the {SPLIT_NAMES[name]} split has no sequence: {why}; add {what}, or "
            + ("hold out fewer (data.split)" if name == "train" else f"make data.split.{name} larger")
        )


def _or_fill(data: TableData) -> str:
    ways = ("forward", "interpolate", "mask") if data.task_entry.interpolates else ("forward", "mask")
    return f", or set data.missing: {' or '.join(way for way in ways if way != data.missing)}"


def _needed(data: TableData) -> int:
    """Fewest rows of a sequence."""
    return data.task_entry.horizon(data.window) + 1 + data.difference


def _short_series(rows: Rows, views: Views) -> str:
    return f"{_rows_of_series(rows, views.short)}, and a sequence needs {_needed(rows.data)} to predict one"


def facts_of(rows: Rows, splits: RowSplits, views: Views, encoded: Encoded) -> dict[str, int | float | str]:
    """Facts about the data, by name."""
    data, order = rows.data, rows.order
    facts: dict[str, int | float | str] = {"rows": int(order.bounds[-1]), "series": len(order)}
    if data.text is not None:
        facts = {"texts": len(order), "tokens": int(order.bounds[-1]) - rows.empty}
    if not order.was_sorted:
        facts["order"] = f"rows were not in time order; sorted by {data.time}"
    begins = {"validation_from": splits.validation_from, "test_from": splits.test_from}
    facts |= {name: time for name, time in begins.items() if time is not None}
    if encoded.gaps.count:
        facts["missing_values"] = encoded.gaps.count
        facts["windows_dropped" if data.window else "sequences_dropped"] = views.dropped
    if len(views.short):
        name = "series_without_training_window" if data.task_entry.windowed else "series_too_short"
        facts[name] = len(views.short)
    for name, tokens in encoded.preparation.vocabularies.items():
        facts[f"vocabulary of {name}"] = len(tokens)
    if rows.frequency is not None:
        facts["frequency"] = rows.frequency
    return facts


def notes_of(rows: Rows, splits: RowSplits, views: Views, encoded: Encoded) -> tuple[str, ...]:
    """What was done to the rows that the user may not expect, one sentence each."""
    data, notes = rows.data, [*rows.notes]
    if not rows.order.was_sorted:
        notes.append(f"{data.path}: rows were not in time order and were sorted by {data.time!r}")
    if encoded.gaps.count:
        notes.append(f"{data.path}: {counted(encoded.gaps.count, 'missing value')}; {_left_out(data, views)}")
    if len(views.short):
        short = f"{data.path}: {len(views.short):,} of {len(rows.order):,} series too short"
        if data.task_entry.windowed:
            series = _rows_of_series(rows, views.short, splits)
            notes.append(f"{short} to train on: {series}; {_rows_of_window(data)}")
        else:
            notes.append(f"{short} and left out: {_short_series(rows, views)}")
    return tuple(notes)


def _left_out(data: TableData, views: Views) -> str:
    done = {
        "forward": "the last value seen was repeated",
        "interpolate": "numbers lie on straight lines between those around them within a split, others were repeated",
        "mask": "where training rows miss some, the model sees 0 and a column that says so",
    }.get(data.missing)
    what = "window" if data.window else "sequence"
    holds = "would hold one" if done is None else "would hold one that could not be filled in, or be scored by it,"
    left = f"{counted(views.dropped, what)} that {holds} {'is' if views.dropped == 1 else 'are'} left out"
    if done is None:
        return f"{left} (data.missing: {data.missing})"
    return f"{done} (data.missing: {data.missing})" + (f"; {left}" if views.dropped else "")
