"""Features whose future is known: never filled from the past, and taken from other series at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from rnnctl.data.row_order import Rows
from rnnctl.errors import DataError
from rnnctl.tables.frames import column_of, replaced
from rnnctl.util.format import counted

FILLING = ("forward", "interpolate")
"""Values of ``data.missing`` that fill a cell from others of its series."""


def known_of_others(rows: Rows) -> Rows:
    """Fills missing cells of known features in as other series have them at the same time.

    Only of features that are the same in all series at each time, such as a holiday.
    """
    data = rows.data
    if data.series is None or data.time is None:
        return rows
    notes = list[str]()
    for name in data.known or ():
        column, times = column_of(rows.frame, name), column_of(rows.frame, data.time)
        absent = column.is_null()
        if not absent.any():
            continue
        by_time = pl.DataFrame({"time": times, "value": column}).drop_nulls().group_by("time").agg(
            pl.col("value").n_unique().alias("different"), pl.len().alias("rows"), pl.col("value").first()
        )  # fmt: skip
        if by_time.filter(pl.col("different") > 1).height or not by_time.filter(pl.col("rows") > 1).height:
            continue
        joined = pl.DataFrame({"time": times}).join(by_time, on="time", how="left", maintain_order="left")
        found = joined.get_column("value")
        filled = int((absent & found.is_not_null()).sum())
        if filled:
            rows = replace(rows, frame=replaced(rows.frame, {name: column.fill_null(found)}))
            notes.append(
                f"{data.path}: column {name!r}: {counted(filled, 'missing cell')} as in the other series at the same "
                f"time, where it is the same in all of them"
            )
    return replace(rows, notes=(*rows.notes, *notes))


def check_filled_in(rows: Rows, missing: Mapping[str, pl.Series]) -> None:
    """Checks that ``data.missing`` has no feature to fill whose future is known: the row before says nothing of it.

    Rows after the last one with a target are not learnt from, and may miss it.

    Raises:
        DataError: A cell is missing.
    """
    data, order = rows.data, rows.order
    if data.missing not in FILLING:
        return
    for name in data.known or ():
        if name not in missing:
            continue
        learnt = np.zeros(int(order.bounds[-1]), dtype=np.bool_)
        for target in data.target:
            learnt |= rows.column(target).is_not_null().to_numpy()
        last = np.maximum.reduceat(np.where(learnt, np.arange(len(learnt)), -1), order.begin)
        needed = np.arange(len(learnt)) <= np.repeat(last, np.diff(order.bounds))
        at = np.flatnonzero(missing[name].to_numpy() & needed)
        if len(at):
            raise DataError(_absent(rows, name, int(at[0]), len(at)))


def _absent(rows: Rows, name: str, row: int, count: int) -> str:
    data, order = rows.data, rows.order
    more = f" ({count:,} such rows)" if count > 1 else ""
    why = f"its future must be known (data.known), and data.missing: {data.missing} fills nothing of it from the past"
    where, todo = rows.lines([row]), "fill it in"
    if rows.origin is not None and rows.origin[row] < 0:
        before = int(np.flatnonzero(rows.origin[:row] >= 0)[-1])
        where = f"the row of {order.where(row)}, which data.frequency puts in after {rows.lines([before])}"
        todo = f"add that row with its {name!r} to the file, the target may be empty"
    return (
        f"{data.path}: column {name!r}: {where}: a value is missing{more}; {why}: {todo}, or take {name!r} out of "
        f"data.known"
    )
