"""The use of each column of a file, and why the others are left out; the same for `init` and `check`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import polars as pl

from rnnctl.errors import DataError
from rnnctl.schema.column_names import parts_of
from rnnctl.schema.number_form import NumberForm
from rnnctl.schema.table import TableData
from rnnctl.starter.column_guess import ColumnGuess, describe_columns
from rnnctl.starter.label_guess import called_codes, other_way
from rnnctl.starter.remarks import DOUBTFUL, LEFT_OUT, Remark
from rnnctl.starter.roles import Roles, still_in_training
from rnnctl.starter.sample import Sample, sample_of
from rnnctl.starter.target_guess import is_identifier, is_useless
from rnnctl.starter.time_columns import given_time, long_of, without_clock
from rnnctl.starter.time_parts import told_by_time
from rnnctl.tables.cells import key_in_yaml
from rnnctl.tables.parquet_scan import panics_told
from rnnctl.util.format import counted, cut

NOT_CHOSEN = "usable, and not chosen"
UNSEEN = "one of many columns, and not looked at"
MOST_LOOKED_AT = 100
"""Most columns of a config's file that are looked at again."""


def remarks_on(
    columns: Sequence[ColumnGuess],
    uses: Mapping[str, str],
    still: frozenset[str],
    *,
    reasons: Mapping[str, str] = {},
    given: Collection[str] = (),
) -> Iterator[Remark]:
    """One remark for each column with its use, and the doubts about those that are used.

    Args:
        columns: The columns of the file.
        uses: The key of ``data`` that names a column, by the names of those that are used.
        still: Names of columns that do not change in the training rows.
        reasons: Reasons of the uses, by key of ``data``; what a column holds is the reason of the others.
        given: Names of columns of which a person said whether they hold numbers or classes.
    """
    for column in columns:
        if column.name in uses:
            use = uses[column.name]
            yield Remark(column.name, use, reasons.get(use, column.why))
            yield from column.doubts
            if use != "target" and column.name not in given and called_codes(column):
                todo = f"set data.columns: {{{key_in_yaml(column.name)}: category}} if they are codes of classes"
                yield Remark(column.name, DOUBTFUL, f"{column.why}, taken for numbers with an order", option=todo)
        else:
            yield why_left_out(column, still)


def remarks_on_file(data: TableData) -> tuple[Remark, ...]:
    """The remarks on a config's first file; none where it cannot be looked at.

    Args:
        data: The section, with names in place of patterns.
    """
    uses = dict.fromkeys(data.seen, "features") | dict.fromkeys(data.target, "target")
    keys = {"time": data.time, "series": data.series, "split.column": data.split.column}
    uses |= {name: key for key, column in keys.items() if column is not None for name in parts_of(column)}
    try:
        _, names = data.column_names()
        # The target, the time and the like first, then what is not used, and features last.
        ranks = {name: 1 if name not in uses else 2 * (uses[name] == "features") for name in names}
        looked_at = set(sorted(ranks, key=lambda name: ranks[name])[:MOST_LOOKED_AT])
        # Cells of 1e308, and what Polars does not know, are no faults here.
        with panics_told("this file"), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            sample = long_of(sample_of(data, looked_at), data, uses)
            columns = describe_columns(sample)
            columns = without_clock(columns, uses) if data.time is None else columns
    except DataError:
        return ()
    if data.number_form("")[:2] != (sample.numbers.form or NumberForm())[:2]:  # which settles what the cells leave open
        columns = tuple(replace(column, doubts=()) for column in columns)
    if data.task_entry.windowed and data.time is not None:
        columns = _told_by_time(columns, data.time, uses)
    named = {column.name: column for column in columns}
    time, series = (named.get(str(keys[key])) for key in ("time", "series"))
    still = still_in_training(columns, Roles(time, series, None, {}, frozenset()))
    target = named.get(data.target[0])
    remarks = [*remarks_on(columns, uses, still, given=data.columns), *unusable(sample)]
    if (
        target is not None
        and data.target_kind == "number"
        and len(data.target) == 1
        and target.name not in data.columns
    ):
        remarks += other_way(target, "number", data.task_entry, ordered=data.time is not None, in_config=True)
    remarks += [Remark(name, LEFT_OUT, UNSEEN) for name in ranks if name not in uses and name not in looked_at]
    kinds = {name: data.column(name).kind for name in uses}
    return tuple(one for one in remarks if one.use != DOUBTFUL or kinds.get(one.column) == "number")


def _told_by_time(columns: Sequence[ColumnGuess], time: str, uses: Collection[str]) -> tuple[ColumnGuess, ...]:
    """The columns, of which those that are not used and follow from the time say so."""
    parts = [column for column in columns if column.name in parts_of(time)]
    with suppress(DataError):
        told = told_by_time([column for column in columns if column.name not in uses], given_time(parts))
        named = {column.name: column for column in told}
        return tuple(named.get(column.name, column) for column in columns)
    return tuple(columns)


def unusable(sample: Sample) -> Iterator[Remark]:
    """Columns that are not looked at: those of one name, or that hold no single values."""
    return (Remark(name, LEFT_OUT, why) for name, why in sample.unusable)


def why_left_out(column: ColumnGuess, still: frozenset[str] = frozenset()) -> Remark:
    """Why a column is not used, and what a person does to use it."""
    if column.kind == "unusable":
        return column.unusable
    why, at, option = NOT_CHOSEN, column.why, "name it in data.features to use it"
    if column.distinct <= 1:
        why, at, option = "it never changes", "", ""
        if column.missing:
            what = "text" if column.values.dtype == pl.String else "value"
            why, at = (
                f"one {what}, empty in {counted(column.missing, 'row')}",
                repr(cut(str(column.values.drop_nulls()[0]), 40)),
            )
            option = "write 1 in the file where it stands and 0 elsewhere to use it"
    elif useless := is_useless(column):
        why, at, option = useless, "", ""
        if is_identifier(column):
            at = column.why
            option = "name it in data.series if it tells series apart" if column.repeats else ""
    elif column.name in still:
        why, at, option = "it never changes in the rows that come first, which are for training", "", ""
    elif column.kind == "date":
        why, at, option = _unused_dates(column)
    return Remark(column.name, LEFT_OUT, why, at, option)


def _unused_dates(column: ColumnGuess) -> tuple[str, str, str]:
    """Why dates are not the time, the cells that show it, and what a person does."""
    dates = column.values.drop_nulls()
    if column.distinct == dates.len():
        return NOT_CHOSEN, column.why, "name it in data.time if it orders the rows"
    twice = dates.filter(dates.is_duplicated())[0]
    what = "date" if dates.dtype == pl.Date else "time"
    todo = f"to use it, add up or average the rows of each {what} in the file, and set data.time to it"
    return f"several rows have the same {what}", f"such as {twice}", todo
