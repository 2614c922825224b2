"""Columns that name each block of rows in its first row alone, as merged cells of a workbook do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from rnnctl.tables.frames import named_apart

if TYPE_CHECKING:
    from rnnctl.starter.column_guess import ColumnGuess

FILL_DOWN = "if so, fill it down in the file"
"""What is to be done."""


def without_merged(columns: Sequence[ColumnGuess], first: str) -> tuple[ColumnGuess, ...]:
    """The columns, those that name each block of rows in its first row alone as ones that cannot be used.

    Args:
        first: The place of the first row.
    """
    found = set(_merged(columns))
    return tuple(_told(column, first) if column.name in found else column for column in columns)


def _told(column: ColumnGuess, first: str) -> ColumnGuess:
    rows, filled = column.values.len(), column.values.len() - column.missing
    why = f"filled in {filled:,} of {rows:,} rows: perhaps it holds for the rows below"
    name = int(column.values[0]) if column.whole else str(column.values[0])[:30]
    return replace(column, kind="unusable", why=why, at=f"{str(name)!r} in {first}", option=FILL_DOWN)


def _merged(columns: Sequence[ColumnGuess]) -> Iterator[str]:
    """Their names: filled down, they tell rows apart that have the same date, name or number."""
    blocks = [column for column in columns if _names_blocks(column)]
    beside = [column for column in columns if _repeats(column)]
    if not blocks or not beside:
        return
    down = {column.name: column.values.cast(pl.String).fill_null(strategy="forward") for column in blocks}
    for column in blocks:
        keys = [[down[column.name]], list(down.values())]
        if any(_tell_apart([*key, other.values]) for key in keys for other in beside):
            yield column.name


def _tell_apart(columns: Sequence[pl.Series]) -> bool:
    """Whether no two rows are the same in some columns."""
    return bool(named_apart(columns).is_unique().all())


def _names_blocks(column: ColumnGuess) -> bool:
    """Whether the first row is filled, and at most half of all are, with words or whole numbers that change."""
    known = column.kind in ("category", "unusable") or column.whole
    few = column.distinct > 1 and 2 * column.missing >= column.values.len()
    return known and few and not column.broken and column.values[0] is not None


def _repeats(column: ColumnGuess) -> bool:
    """Whether dates, names or whole numbers without gaps stand several times."""
    if column.kind == "date":
        return not column.missing and column.distinct < column.values.len()
    return column.repeats
