"""Cells that cannot be read, gathered while a file is read piece after piece. Parses nothing and tells nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from rnnctl.tables.table import SHOWN


@dataclass(slots=True)
class BadCells:
    """Cells of one column that cannot be read.

    Attributes:
        count: How many.
        rows: 0-based rows of the first few.
        found: What stands in these; None of an empty cell.
    """

    count: int = 0
    rows: list[int] = field(default_factory=list)
    found: list[str | None] = field(default_factory=list)

    def add(self, bad: pl.Series, text: pl.Series, offset: int) -> None:
        """Takes the cells where ``bad`` is true.

        Args:
            bad: ``[rows]``, booleans.
            text: ``[rows]``, what stands there.
            offset: Row of the file of the first of these rows.
        """
        rows = bad.arg_true()
        self.count += len(rows)
        new = rows.head(SHOWN - len(self.rows))
        self.rows += [offset + row for row in new.to_list()]
        self.found += [None if cell is None else str(cell) for cell in text.gather(new).to_list()]
