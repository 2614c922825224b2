"""What to tell of a table's sequences: those too short, rows out of order, what was left out. Computes nothing."""

from __future__ import annotations

from rnnctl.data.series_pieces import Views
from rnnctl.data.table_encoding import Encoded
from rnnctl.data.table_rows import Rows
from rnnctl.data.table_splits import SPLITS, Parts
from rnnctl.data.windows_check import SPLIT_WORDS, needed, rows_of
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.util.format import counted, first_few

SHOWN = 3


def check_sequences(data: TableData, rows: Rows, views: Views, *, learning: bool = True) -> None:
    """Checks that every split that the config asks for has a sequence.

    Args:
        data: The data section.
        rows: The rows.
        views: The sequences of each split.
        learning: Whether there is something to train on; else all rows are for the test.

    Raises:
        DataError: One has none.
    """
    if views.emptied:
        every = f"every sequence of the {SPLIT_WORDS[views.emptied[0]]} split" if learning else "every sequence"
        todo = f"fill values in{_or_fill(data)}" if learning else "fill values in"
        raise DataError(f"{data.path}: {every} holds a missing value; {todo}")
    for name in SPLITS:
        asked_for = name == "train" or getattr(data.split, name) if learning else name == "test"
        if not asked_for or len(views.spans[name][0]):
            continue
        told, what = "it holds no series", "series"
        if data.series is None and data.text is None and learning:
            told, what = f"it holds fewer than {_needed(data)} rows", "rows"
        told = _short_series(data, rows, views) if len(views.short) else told
        if not learning:
            raise DataError(f"{data.path}: no series is long enough: {told}; give more rows")
        raise DataError(
            f"{data.path}: the {SPLIT_WORDS[name]} split has no sequence: {told}; add {what}, or "
            + ("hold out fewer (data.split)" if name == "train" else f"make data.split.{name} larger")
        )


def _or_fill(data: TableData) -> str:
    """What else keeps sequences that hold a missing value, in words; next_step is not filled in from later rows."""
    ways = [way for way in ("forward", "interpolate", "mask") if way != data.missing]
    if not data.task_entry.interpolates:
        ways.remove("interpolate")
    return f", or set data.missing: {' or '.join(ways)}"


def _needed(data: TableData) -> int:
    """Rows that a sequence needs at the least."""
    return data.task_entry.horizon(data.window) + 1 + data.difference


def _short_series(data: TableData, rows: Rows, views: Views) -> str:
    bounds, names = rows.order.bounds, rows.order.names
    told = [
        (f"series {names[place]!r} has " if names[place] else "the file has ")
        + counted(int(bounds[place + 1] - bounds[place]), "row")
        for place in views.short[:SHOWN]
    ]
    series = first_few(told, SHOWN, len(views.short), "; ")
    return f"{series}, and a sequence needs {_needed(data)} to predict one"


def facts_of(data: TableData, rows: Rows, parts: Parts, views: Views, encoded: Encoded) -> dict[str, int | float | str]:
    """What is worth telling of the data.

    Args:
        data: The data section.
        rows: The rows.
        parts: The splits.
        views: The sequences.
        encoded: The columns.
    """
    order = rows.order
    facts: dict[str, int | float | str] = {"rows": int(order.bounds[-1]), "series": len(order.names)}
    if data.text is not None:
        facts = {"texts": len(order.names), "tokens": int(order.bounds[-1]) - rows.empty}
    if not order.was_sorted:
        facts["order"] = f"rows were not in time order; sorted by {data.time}"
    if parts.rows is not None:
        begins = {"validation_from": parts.rows.validation_from, "test_from": parts.rows.test_from}
        facts |= {name: time for name, time in begins.items() if time is not None}
    if encoded.gaps.count:
        facts["missing_values"] = encoded.gaps.count
        facts["windows_dropped" if data.window else "sequences_dropped"] = views.dropped
    if len(views.short):
        windowed = data.task_entry.windowed
        facts["series_without_training_window" if windowed else "series_too_short"] = len(views.short)
    for name, tokens in encoded.preparation.vocabularies.items():
        facts[f"vocabulary of {name}"] = len(tokens)
    if rows.frequency is not None:
        facts["frequency"] = rows.frequency
    return facts


def notes_of(data: TableData, rows: Rows, parts: Parts, views: Views, encoded: Encoded) -> tuple[str, ...]:
    """Says what was done to the rows that their owner may not expect.

    Args:
        data: The data section.
        rows: The rows.
        parts: The splits.
        views: The sequences.
        encoded: The columns.
    """
    notes = [*rows.notes]
    if not rows.order.was_sorted:
        notes.append(f"{data.path}: rows were not in time order and were sorted by {data.time!r}")
    if encoded.gaps.count:
        notes.append(f"{data.path}: {counted(encoded.gaps.count, 'missing value')}; {_left_out(data, views)}")
    if len(views.short):
        total = len(rows.order.names)
        if parts.rows is not None and data.task_entry.windowed:
            told = f"{rows_of(data, rows.order, parts.rows, views.short)}; {needed(data)}"
            notes.append(f"{data.path}: {len(views.short):,} of {total:,} series too short to train on: {told}")
        else:
            told = _short_series(data, rows, views)
            notes.append(f"{data.path}: {len(views.short):,} of {total:,} series too short and left out: {told}")
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
