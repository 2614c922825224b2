"""Cells that are most likely read otherwise than they are meant: codes for missing values, and a lost first row."""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl

from rnnctl.results.data_check import Finding
from rnnctl.tables.frames import column_of
from rnnctl.tables.sentinels import as_mark, flattening, sentinels, series_sentinels
from rnnctl.tables.table import Table
from rnnctl.util.format import counted, first_few

_MOST = 3


def examine_cells(table: Table) -> Iterator[Finding]:
    """Finds numbers that stand for missing values or are misread, and names of columns that look like data."""
    data, there = table.data, set(table.frame.columns)
    for name in dict.fromkeys((*data.seen, *data.target)):
        if name not in there or data.column(name).kind != "number":
            continue
        yield from _codes(table, name, column_of(table.frame, name))
    for name, misread in data.misread_numbers().items():
        yield Finding("warning", "thousands", misread, (name,))
    if (told := data.lost_row()) is not None:
        yield Finding("warning", "header", told)


def _codes(table: Table, name: str, column: pl.Series) -> Iterator[Finding]:
    """Values of a column that most likely stand for missing ones."""
    data, codes = table.data, sentinels(column)
    series = None if data.series is None else column_of(table.frame, data.series)
    own = {} if series is None else series_sentinels(column, series)
    lone = {value: count for value, count in flattening(column).items() if value not in codes and value not in own}
    for value in (*codes, *own, *list(lone)[:_MOST]):
        here = column.eq(value).fill_null(value=False)
        mark, unless = as_mark(value), ""
        marks = json.dumps([*data.missing_marks, mark], ensure_ascii=False)
        todo = f"set data.missing_marks: {marks}{' and data.missing: drop' if data.missing == 'error' else ''}"
        if value in codes:
            distance = "far from all others"
        elif series is not None and value in own:
            code = own[value]
            distance = code.words()
            if code.within:
                here &= series.is_in(list(code.far))
                many = first_few(map(repr, code.within), _MOST)
                todo = f"leave those cells empty (data.missing_marks would take it out of series {many} too)"
        else:
            distance = "so far that all others are alike once they are scaled"
            unless = "correct it; or, "
        rows = here.arg_true()
        message = (
            f"{name!r} is {mark} in {counted(len(rows), 'cell')} ({table.lines(rows)}), {distance}; {unless}if that "
            f"stands for a missing value, {todo}"
        )
        yield Finding("warning", "sentinel", message, (name,))
