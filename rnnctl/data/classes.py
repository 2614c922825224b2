"""The vocabulary of a table's column of tokens, and the classes of a target. Fills in nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import UNKNOWN
from rnnctl.data.table_rows import Rows
from rnnctl.data.vocabulary import END, START, make_vocabulary
from rnnctl.errors import DataError
from rnnctl.schema.table import TableData
from rnnctl.util.format import first_few


def learn_vocabulary(data: TableData, name: str, training: pl.Series, *, own: bool) -> tuple[str, ...]:
    """Makes a column's vocabulary.

    Args:
        data: The data section.
        name: The column.
        training: Its training rows.
        own: Whether it is a target whose classes are these tokens alone, with none for what is unknown.

    Raises:
        DataError: It is a target, and all training rows hold the same.
    """
    goes_on = name == data.text and data.task_entry.continues
    special = () if own else (UNKNOWN, START, END) if goes_on else (UNKNOWN,)
    tokens = make_vocabulary(training, getattr(data.column(name), "size", None), special=special)
    if name in data.target and len(tokens) < len(special) + 2:
        held = repr(tokens[-1]) if len(tokens) > len(special) else "empty"
        raise DataError(
            f"{data.path}: column {name!r} is {held} in all training rows, so there is nothing to learn; choose "
            f"another data.target or another data.split"
        )
    return tokens


def check_classes(
    rows: Rows, name: str, column: pl.Series, codes: npt.NDArray[np.float64], *, learning: bool = True
) -> None:
    """Checks that training shows every class that held-out rows hold.

    Args:
        rows: The rows.
        name: The target's column.
        column: Its cells, in order.
        codes: Their codes, −1 where a cell is in no training row.
        learning: Whether the training rows are this table's own.

    Raises:
        DataError: It does not show some of them.
    """
    strange = (codes < 0) & column.is_not_null().to_numpy()
    if not strange.any():
        return
    at = np.flatnonzero(strange)
    found = column.gather(at).unique(maintain_order=True).to_list()
    shown = first_few(map(repr, found), 5)
    stand, them = ("stands", "it") if len(found) == 1 else ("stand", "them")
    where = (
        f"{rows.table.data.path}: column {name!r}: {rows.lines(at[:1].tolist())}: {shown} {stand} in no training row"
    )
    if not learning:
        raise DataError(f"{where} of the run, so its network never says {them}; remove those series")
    raise DataError(
        f"{where}, so the network cannot learn to say {them}; change data.split (shuffle: true), or remove those series"
    )
