"""Cells that are most likely read otherwise than they are meant: codes for missing values, and a lost first row."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rnnctl.results.data_check import Finding
from rnnctl.tables.frames import column_of
from rnnctl.tables.sentinels import flattening, sentinels
from rnnctl.tables.table import Table
from rnnctl.util.format import counted

_MOST = 3
_EXACT = 2**53


def examine_cells(table: Table) -> Iterator[Finding]:
    """Finds numbers that stand for missing values or are misread, and names of columns that look like data."""
    data = table.data
    for name in dict.fromkeys((*data.seen, *data.target)):
        if name not in table.frame.columns or data.column(name).kind != "number":
            continue
        column = column_of(table.frame, name)
        codes = sentinels(column)
        lone = {value: count for value, count in flattening(column).items() if value not in codes}
        for value, count in (codes | dict(list(lone.items())[:_MOST])).items():
            mark = int(value) if value == int(value) and abs(value) < _EXACT else value
            marks = json.dumps([*data.missing_marks, mark], ensure_ascii=False)
            drop = " and data.missing: drop" if data.missing == "error" else ""
            where = table.lines(column.eq(value).fill_null(value=False).arg_true())
            if value in codes:
                distance, unless = "far from all others", ""
            else:
                distance, unless = "so far that all others are alike once they are scaled", "correct it; or, "
            message = (
                f"{name!r} is {mark} in {counted(count, 'cell')} ({where}), {distance}; {unless}if that stands for a "
                f"missing value, set data.missing_marks: {marks}{drop}"
            )
            yield Finding("warning", "sentinel", message, (name,))
    for name, misread in data.misread_numbers().items():
        yield Finding("warning", "thousands", misread, (name,))
    if (told := data.lost_row()) is not None:
        yield Finding("warning", "header", told)
