"""Features that follow from the target and others: totals, means and running totals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnctl.results.data_check import Finding
from rnnctl.tables.frames import column_of
from rnnctl.tables.sums import MOST_COLUMNS, MOST_ROWS, called_a_sum, follows_from_row, running_totals, sums_among
from rnnctl.tables.table import Table

_MOST_LOOKED_AT = 100_000
"""Rows at the beginning of the table."""


def examine_sums(table: Table) -> Iterator[Finding]:
    """Finds features that add up others, and tells where the model sees in them what it is to predict."""
    data = table.data
    used = dict.fromkeys((*data.seen, *data.target))
    names = [name for name in used if name in table.frame.columns and data.column(name).kind == "number"]
    if not 1 < len(names) <= MOST_COLUMNS:
        return
    wide = (data.wide and data.wide.columns) or ()
    each = max(1, len(wide))
    frame = table.frame.head(_MOST_LOOKED_AT // each * each)
    columns = {name: column_of(frame, name).to_numpy() for name in names}
    if data.wide is not None and data.wide.values in columns:
        row, at = np.array(table.parts[0].in_file(range(min(frame.height, table.parts[0].rows)))).T
        rows = np.full((row.max() + 1, each), np.nan)
        rows[row, at] = columns.pop(data.wide.values)[: len(row)]
        first = np.unique(row, return_index=True)[1]
        for name, column in columns.items():
            if said := follows_from_row(rows[row[first]], column[first], wide):
                message = (
                    f"{name!r} is {said} of its row: in it the model sees what it is to predict; take it out of "
                    "data.features"
                )
                yield Finding("warning", "leak", message, (name,))
        return
    values = np.column_stack(list(columns.values()))
    series, time = (None if key is None else column_of(frame, key) for key in (data.series, data.time))
    whole = values[np.isfinite(values).all(axis=1)][:MOST_ROWS]
    found = [*sums_among(whole, list(map(called_a_sum, names))), *running_totals(values, series, time)]
    for one in found:
        name, of = names[one.column], {names[part] for part in one.parts}
        if name not in data.target and of & set(data.target):
            known = data.task_entry.labels or name in (data.known or ())
            why = "which is to be predicted: the model sees it there" if known else "and tells no more than they do"
            message = f"{name!r} is {one.words(names)}, {why}; take it out of data.features"
            yield Finding("warning" if known else "fact", "leak", message, (name,))
