"""A table's rows in the order in which sequences are views of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from rnnctl.data.frequency import regular
from rnnctl.data.row_order import Order, order_rows
from rnnctl.data.sequences import Ints
from rnnctl.data.tokens import between_ends, explode, tokenise, with_missing
from rnnctl.errors import DataError
from rnnctl.schema.column_kinds import CharactersColumn, WordsColumn
from rnnctl.tables.frames import column_of

if TYPE_CHECKING:
    from rnnctl.schema.table import TableData
    from rnnctl.tables.table import Table


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """Rows, series after series, each in time order.

    Attributes:
        table: The table that they come from.
        frame: The wanted columns; loses those that are taken.
        order: Series and times; ``order.rows`` says which row of ``frame`` each row is.
        origin: Row of the table for each row of ``frame``, int64, −1 of an added row; None where they are the same.
        frequency: Time from row to row, where one was asked for.
        notes: What was done to the rows, one sentence each.
        empty: Texts without a token; each is a row whose token is missing.
    """

    table: Table
    frame: pl.DataFrame
    order: Order
    origin: Ints | None = None
    frequency: str | None = None
    notes: tuple[str, ...] = ()
    empty: int = 0

    @property
    def data(self) -> TableData:
        """The data section."""
        return self.table.data

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.frame.height

    def column(self, name: str, *, last: bool = False) -> pl.Series:
        """A column in order, without its name; on ``last`` use it leaves the frame, so that its memory is released."""
        column = self.frame.drop_in_place(name).alias("") if last else column_of(self.frame, name)
        return column if self.order.rows is None else column.gather(self.order.rows)

    def lines(self, rows: Iterable[int]) -> str:
        """Names the places in the file of some rows."""
        at = np.asarray(list(rows), dtype=np.int64)
        at = at if self.order.rows is None else self.order.rows[at]
        at = at if self.origin is None else self.origin[at]
        return self.table.lines(np.unique(at[at >= 0]).tolist())


def order_table_rows(table: Table, *, frequency: str | None = None) -> Rows:
    """Puts a table's rows in order: by series and time, or the tokens of each text one after the other.

    Args:
        table: The table.
        frequency: Time from row to row, as a run learnt it; None for ``data.frequency``.

    Raises:
        DataError: Two rows of a series have the same time, a time lies off the grid, or a text holds no token and may
            not be dropped.
    """
    name = table.data.text
    if name is not None:
        return _tokens(table, name)
    order = order_rows(table)
    every = frequency or table.data.frequency
    if every is None:
        return Rows(table, table.frame, order)
    grid = regular(table, order, every)
    return Rows(table, grid.frame, grid.order, grid.origin, grid.every, grid.notes)


def _tokens(table: Table, name: str) -> Rows:
    column = table.data.column(name)
    if not isinstance(column, (WordsColumn, CharactersColumn)):
        raise TypeError(f"{name} is no column of text")
    tokens = tokenise(column_of(table.frame, name), column.kind, lowercase=column.lowercase)
    counts = tokens.list.len().to_numpy()
    empty = np.flatnonzero(counts == 0).tolist()
    if empty and table.data.missing != "drop":
        raise DataError(f"{table.data.path}: column {name!r}: {table.lines(empty)}: {_no_token(table, column.kind)}")
    tokens = with_missing(tokens) if empty else tokens
    if table.data.task_entry.continues:
        tokens = between_ends(tokens)
    frame, origin = explode(table.frame, name, tokens)
    bounds = np.concatenate(([0], np.cumsum(tokens.list.len().to_numpy(), dtype=np.int64)))
    names = tuple(str(row + 1) for row in range(table.frame.height))
    return Rows(table, frame, Order(None, bounds, names, None, was_sorted=True), origin, empty=len(empty))


def _no_token(table: Table, kind: str) -> str:
    told = f"no {kind[:-1]} is in the text; fill it in, remove the row, or set data.missing: drop to leave it out"
    if table.data.missing == "error":
        return told
    return f"{told} (nothing can stand in for a text, as data.missing: {table.data.missing} asks)"
