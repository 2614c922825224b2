"""A table as a `Dataset`: rows in order, split, encoded, cut into sequences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rnnctl.data.dataset import Dataset, Preparation
from rnnctl.data.frequency import regular, sure_grids
from rnnctl.data.input_columns import target_of
from rnnctl.data.known_features import check_filled_in, known_of_others
from rnnctl.data.missing_values import Gaps, find_missing
from rnnctl.data.row_order import Order, Rows, order_rows
from rnnctl.data.sequence_checks import check_views, facts_of, notes_of
from rnnctl.data.sequence_cutting import Spans, Views, cut_series, cut_windows
from rnnctl.data.sequences import FLATTEST, Flags, Placement, Sequences, covered
from rnnctl.data.splits import RowSplits, all_in_test, split_table
from rnnctl.data.table_encoding import Encoded, Encoder
from rnnctl.data.tokens import between_ends, explode, text_tokens, with_missing
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.tables.frames import column_of
from rnnctl.tables.table import Table
from rnnctl.util.format import counted


def make_dataset(
    table: Table,
    *,
    per_step: bool,
    seed: int = 0,
    known: Preparation | None = None,
    unlabelled: bool = False,
    future: Flags | None = None,
) -> Dataset:
    """Makes sequences of a table.

    Args:
        table: The table; loses its columns.
        seed: Of ``split.shuffle``.
        known: What was learnt from another table's training rows; then nothing is learnt from this one, and all of its
            sequences are for the test (and stand as the training split too, which every dataset has). None learns from
            this table's training rows.
        unlabelled: Whether targets may be missing, as they are where they are to be predicted. What misses an input
            that ``data.missing`` fills in nothing for is left out, whatever it says.
        future: ``[rows of the table]``, whether a row is one that is to be predicted; None where none is.

    Raises:
        DataError: The table cannot be used as the config asks.
    """
    data = table.data
    rows = known_of_others(_ordered(table, known, unlabelled=unlabelled))
    row_splits = split_table(rows, seed) if known is None else all_in_test(rows)
    missing = find_missing(rows, refuse=data.missing == "error" and known is None, per_step=per_step)
    if unlabelled:
        missing = {name: gap for name, gap in missing.items() if name in data.seen}
    else:
        check_filled_in(rows, missing)
    encoded = Encoder(rows, row_splits, missing, known, _known_before(rows, future)).encode()
    gaps = replace(encoded.gaps, targets=None, absent=None, levels=None) if unlabelled else encoded.gaps
    views = _views(rows, row_splits, gaps, per_step=per_step, learning=known is None)
    splits = {name: _sequences(data, encoded, gaps, span, per_step=per_step) for name, span in views.spans.items()}
    train = splits["train"] if known is None else splits["test"]
    if train is None:
        raise ValueError("the checks let no empty training split through")
    train.rest()
    return Dataset(
        train=train,
        validation=splits["validation"],
        test=splits["test"],
        inputs=encoded.inputs,
        target_names=data.target,
        target_kind=data.target_kind,
        classes=encoded.classes,
        task=data.task_entry,
        target_scaler=encoded.scaler,
        own=encoded.arrays.own,
        difference=data.difference,
        transform=data.transform_entry,
        season=data.season,
        training_rows=row_splits.stretches("train"),
        absent=gaps.absent,
        left_out=views.left_out if gaps.count else {},
        forecast=data.task_entry.windowed and data.target_kind == "number",
        fingerprints=table.fingerprints,
        preparation=encoded.preparation,
        order=rows.order,
        table_rows=rows.table_rows if unlabelled else None,
        unseen=gaps.features if unlabelled else None,
        facts=facts_of(rows, row_splits, views, encoded),
        notes=(
            *notes_of(rows, row_splits, views, encoded, unlabelled=unlabelled),
            *(_flat_windows(data, train) if known is None else ()),
        ),
    )


def _flat_windows(data: TableData, train: Sequences) -> Iterator[str]:
    """Tells of training windows that hardly move, which are not scaled by their own spread."""
    if train.by_window is None:
        return
    flat = int((train.window_scales(train.last_rows())[1, :, train.features :] <= FLATTEST).any(axis=1).sum())
    if flat:
        yield (
            f"{data.path}: {flat:,} of {counted(len(train), 'training window')} hardly move: their spread is taken for "
            f"a tenth of that of the training rows, which it does not reach (data.scale_by: window)"
        )


def _known_before(rows: Rows, future: Flags | None) -> Flags:
    """``[rows]``: whether a row is known when something is first predicted of its series, as all rows of labels are.

    Where rows are predicted that are in the table, these are a series' first rows: those of its first window, or one.
    """
    data, order = rows.data, rows.order
    if data.task_entry.labels:
        return np.ones(order.bounds[-1], dtype=np.bool_)
    if future is not None:
        return np.asarray(~np.append(future, True)[rows.table_rows])
    first = data.rows_before + (data.windowed.length if data.task_entry.windowed else 1)
    return covered(int(order.bounds[-1]), order.begin, np.minimum(order.begin + first, order.end))


def _views(rows: Rows, splits: RowSplits, gaps: Gaps, *, per_step: bool, learning: bool) -> Views:
    data = rows.data
    if data.task_entry.windowed:
        usable = splits.after(data.rows_before)
        views = cut_windows(
            usable, data.windowed, gaps, per_step=per_step, learning=learning, difference=data.difference
        )
    else:
        views = cut_series(data, splits, gaps)
    check_views(rows, splits, views, per_step=per_step, learning=learning)
    return views


def _sequences(data: TableData, encoded: Encoded, gaps: Gaps, span: Spans, *, per_step: bool) -> Sequences | None:
    starts, lengths = span
    if not len(starts):
        return None
    target_rows = data.task_entry.target_rows(starts, lengths)
    placement: Placement = "sequence" if target_rows is not None else "each" if per_step else "last"
    horizon, arrays = data.task_entry.horizon(data.window), encoded.arrays
    sequences = Sequences(arrays.values, arrays.targets, starts, lengths, placement, horizon, target_rows)
    if data.scale_by == "window":
        sequences = replace(sequences, by_window=tuple(target_of(one, data.target) for one in encoded.inputs))
    if gaps.targets is None:
        return sequences
    reached = gaps.targets[sequences.aims() if target_rows is None else target_rows]
    return replace(sequences, valid=~gaps.targets) if reached.any() else sequences


def _ordered(table: Table, known: Preparation | None, *, unlabelled: bool) -> Rows:
    """Puts a table's rows in order: by series and time, or the tokens of each text one after the other.

    Raises:
        DataError: Two rows of a series have the same time, a time lies off the grid, or a text holds no token and may
            not be dropped.
    """
    if table.data.text is not None:
        return _tokens(table, table.data.text, drop=unlabelled or table.data.missing == "drop")
    order, every = order_rows(table), table.data.frequency
    if known is not None and not known.grids:  # of runs that keep none
        every = known.frequency
    if every is not None:
        return regular(table, order, every, None if known is None else known.grids)
    return Rows(table, table.frame, order, grids=sure_grids(table, order) if known is None else None)


def _tokens(table: Table, name: str, *, drop: bool) -> Rows:
    tokens = text_tokens(table.data, column_of(table.frame, name))
    empty = (tokens.list.len() == 0).arg_true().to_list()
    if empty and not drop:
        kind = table.data.column(name).kind.removesuffix("s")
        raise DataError(
            f"{table.data.path}: column {name!r}: {table.lines(empty)}: no {kind} is in the text, and nothing can "
            f"stand in for one; fill it in, remove the row, or set data.missing: drop to leave it out"
        )
    tokens = with_missing(tokens) if empty else tokens
    if table.data.task_entry.continues:
        tokens = between_ends(tokens)
    frame, origin = explode(table.frame, name, tokens)
    bounds = np.concatenate(([0], np.cumsum(tokens.list.len().to_numpy(), dtype=np.int64)))
    names = tuple(str(row + 1) for row in range(table.frame.height))
    return Rows(table, frame, Order(bounds, names), origin, empty=len(empty))
