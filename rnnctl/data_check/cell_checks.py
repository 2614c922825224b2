"""Cells that are most likely read otherwise than they are meant: codes for missing values, and a lost first row."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rnnctl.results.data_check import Finding
from rnnctl.tables.frames import column_of
from rnnctl.tables.sentinels import sentinels
from rnnctl.tables.table import Table
from rnnctl.util.format import counted


def examine_cells(table: Table) -> Iterator[Finding]:
    """Finds numbers that stand for missing values, and names of columns that look like data."""
    data = table.data
    for name in dict.fromkeys((*data.seen, *data.target)):
        if name not in table.frame.columns or data.column(name).kind != "number":
            continue
        column = column_of(table.frame, name)
        for value, count in sentinels(column).items():
            mark = int(value) if value == int(value) else value
            marks = json.dumps([*data.missing_marks, mark], ensure_ascii=False)
            drop = " and data.missing: drop" if data.missing == "error" else ""
            where = table.lines(column.eq(value).fill_null(value=False).arg_true())
            message = (
                f"{name!r} is {mark} in {counted(count, 'cell')} ({where}), far from all others; if that stands for a "
                f"missing value, set data.missing_marks: {marks}{drop}"
            )
            yield Finding("warning", "sentinel", message, (name,))
    if (told := data.lost_row()) is not None:
        yield Finding("warning", "header", told)
