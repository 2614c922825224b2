"""Checks that every split of a table has sequences; facts and notices about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnctl.data.missing_values import ways_to_keep
from rnnctl.data.row_order import Rows
from rnnctl.data.sequence_cutting import Views
from rnnctl.data.sequences import Ints
from rnnctl.data.splits import SPLITS, RowSplits
from rnnctl.data.table_encoding import Encoded
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.time_zones import notes_on_form
from rnnctl.util.format import counted, first_few, listed, percent

SHOWN = 3
SPLIT_NAMES = {"train": "training", "validation": "validation", "test": "test"}


def check_views(rows: Rows, splits: RowSplits, views: Views, *, per_step: bool, learning: bool) -> None:
    """Checks that every split that the config asks for has a sequence.

    Args:
        per_step: Whether a forecast is made at each row.
        learning: Whether the splits are those of the config, rather than all rows for the test.

    Raises:
        DataError: One has none.
    """
    data, windowed = rows.data, rows.data.task_entry.windowed
    what = "window" if windowed else "sequence"
    if views.emptied:
        every = f"every {what} of the {SPLIT_NAMES[views.emptied[0]]} split" if learning else f"every {what}"
        out = views.left_out[views.emptied[0]]
        if out.untargeted == out.all_sequences:
            ways = ["fill it in", *(["hold out other rows (data.split)"] if learning else ())]
            raise DataError(f"{data.path}: of {every} the target is missing; {', or '.join(ways)}")
        ways = ["fill values in", *(_ways_to_fill(data, per_step=per_step) if learning else ())]
        raise DataError(f"{data.path}: {every} misses an input or all its targets; {', or '.join(ways)}")
    begin, end = splits.stretches("train")
    longest = int((end - begin).max(initial=0))
    if learning and data.season and data.season[-1] >= longest > 0:
        whose = "the file has" if len(rows.order) == 1 else "the longest series has"
        raise DataError(
            f"{data.path}: data.season: {data.season[-1]} rows, and {whose} {counted(longest, 'training row')}; give a "
            f"shorter season, leave it out, or add rows"
        )
    asked = ["train", *(name for name in SPLITS[1:] if getattr(data.split, name))] if learning else ["test"]
    name = next((name for name in asked if not len(views.spans[name][0])), None)
    if name is None:
        return
    lone = data.series is None and data.text is None
    if windowed and learning and name != "train":
        begin, end = splits.stretches(name)
        window, most = data.windowed, counted(int((end - begin).max(initial=0)), "row")
        why = (
            f"it has {most}{'' if lone else ' in its longest series'}, and a forecast needs data.window.horizon "
            f"{window.horizon} after data.window.length {window.length}{_and_difference(data)} rows before it"
        )
    elif windowed:
        series = _rows_of_series(rows, range(len(rows.order)), splits if learning else None)
        why = f"{series}, and {_rows_of_window(data)}"
    elif len(views.short):
        why = _short_series(rows, views)
    else:
        why = f"it holds fewer than {_needed(data)} rows" if lone and learning else "it holds no series"
    if not learning:
        raise DataError(f"{data.path}: too short: {why}; give more rows")
    ways = [f"add {'rows' if windowed or lone else 'series'}"]
    ways.append("hold out fewer (data.split)" if name == "train" else f"make data.split.{name} larger")
    ways += ["make the window smaller"] if windowed else []
    raise DataError(f"{data.path}: the {SPLIT_NAMES[name]} split has no {what}: {why}; {', or '.join(ways)}")


def _rows_of_series(rows: Rows, places: Sequence[int] | Ints, splits: RowSplits | None = None) -> str:
    """The number of rows, and of training rows, of some series, the first few of them by name."""
    sizes, names = np.diff(rows.order.bounds), rows.order.names
    added = np.diff(np.concatenate(([0], np.cumsum(rows.table_rows < 0)))[rows.order.bounds])
    described = (
        (f"series {names[place]!r} has " if names else "the file has ")
        + counted(int(sizes[place]), "row")
        + (f" ({added[place]:,} of them put in)" if added[place] else "")
        + ("" if splits is None else f", {splits.validation[place] - splits.begin[place]} of them for training")
        for place in places[:SHOWN]
    )
    return first_few(described, SHOWN, len(places), "; ")


def _rows_of_window(data: TableData) -> str:
    rows = data.windowed.length + data.windowed.horizon + data.rows_before
    return (
        f"one window needs {rows} (data.window.length {data.windowed.length} + data.window.horizon "
        f"{data.windowed.horizon}{_and_difference(data)})"
    )


def _and_difference(data: TableData) -> str:
    if not data.lags:
        return f" + data.difference {data.difference}" if data.difference else ""
    return f" + {data.rows_before} for {data.why_before}" if data.rows_before else ""


def _ways_to_fill(data: TableData, *, per_step: bool) -> list[str]:
    ways = [f"set data.missing: {listed(kept)}"] if (kept := ways_to_keep(data, per_step=per_step)) else []
    ways += ["leave out data.open: all"] if data.frequency and data.open == "all" else []
    return [*ways, f"make data.window.length ({data.window.length}) smaller"] if data.window else ways


def _needed(data: TableData) -> int:
    """Fewest rows of a sequence."""
    return data.task_entry.horizon(data.window) + 1 + data.rows_before


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
        facts["windows_dropped" if data.window else "sequences_dropped"] = sum(
            out.sequences for out in views.left_out.values()
        )
    if len(views.short):
        name = "series_without_training_window" if data.task_entry.windowed else "series_too_short"
        facts[name] = len(views.short)
    for name, tokens in encoded.preparation.vocabularies.items():
        facts[f"vocabulary of {name}"] = len(tokens)
    if rows.frequency is not None:
        facts["frequency"] = rows.frequency
    return facts


def note_on_order(data: TableData) -> str:
    """Says that rows were sorted."""
    return f"{data.path}: rows were not in time order and were sorted by {data.time!r}"


def notes_of(rows: Rows, splits: RowSplits, views: Views, encoded: Encoded, *, unlabelled: bool) -> tuple[str, ...]:
    """What was done to the rows that the user may not expect, one sentence each.

    Of ``unlabelled`` ones that miss a value, each is named elsewhere.
    """
    data, notes = rows.data, [*rows.notes, *encoded.notes]
    if data.time is not None:
        told = notes_on_form(rows.table.forms.get(data.time, ""))
        notes += [f"{data.path}: column {data.time!r}: {note}" for note in told]
    if (lost := data.lost_footer()) is not None:
        notes.append(lost)
    if not rows.order.was_sorted:
        notes.append(note_on_order(data))
    if encoded.gaps.count and not (unlabelled and data.missing in ("error", "drop")):
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
    parts, every = [] if done is None else [done], views.left_out.values()
    dropped, sequences = sum(out.sequences for out in every), sum(out.all_sequences for out in every)
    masked, targets = sum(out.targets for out in every), sum(out.all_targets for out in every)
    if dropped or not parts:
        why = "an input or every target is missing"
        why += ", or the last row was filled in from later ones" if data.missing == "interpolate" else ""
        what = counted(sequences, "window" if data.window else "sequence")
        share = f"{dropped:,} of {what} ({percent(dropped, sequences)})"
        parts.append(f"{share} {'is' if dropped == 1 else 'are'} left out: {why}")
    if masked:
        share = f"{masked:,} of {counted(targets, 'target value')} ({percent(masked, targets)})"
        parts.append(f"{share} {'is' if masked == 1 else 'are'} missing and count{'s' * (masked == 1)} nowhere")
    return f"{'; '.join(parts)} (data.missing: {data.missing})"
