"""Vocabularies of tokens, made from training rows; columns of tokens as codes; classes of a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import UNKNOWN
from rnnctl.errors import DataError
from rnnctl.util.format import first_few

if TYPE_CHECKING:
    from rnnctl.data.row_order import Rows
    from rnnctl.schema.table import TableData

START, END = "<start>", "<end>"
"""Tokens before the first and after the last token of a text that is to be continued."""


def make_vocabulary(training: pl.Series, size: int | None, *, special: Sequence[str] = (UNKNOWN,)) -> tuple[str, ...]:
    """The tokens of a column's training rows, the most frequent first and equally frequent ones in their own order.

    Args:
        size: Most tokens; None for all.
        special: Tokens that come first, whatever the column holds.
    """
    return vocabulary_of(training.drop_nulls().rename("token").value_counts(name="count"), size, special=special)


def vocabulary_of(counts: pl.DataFrame, size: int | None, *, special: Sequence[str] = (UNKNOWN,)) -> tuple[str, ...]:
    """The same from the columns ``token`` and ``count``."""
    ordered = counts.sort(["count", "token"], descending=[True, False]).get_column("token")
    found = [token for token in ordered.to_list() if token not in special]
    return (*special, *found[:size])


def encode(column: pl.Series, tokens: Sequence[str], *, unknown: int = 0) -> npt.NDArray[np.int64]:
    """A column's tokens ``[rows]`` as int64 codes; ``unknown`` for a null and a token that is not in the vocabulary."""
    codes = column.replace_strict(list(tokens), np.arange(len(tokens)), default=unknown, return_dtype=pl.Int64)
    return codes.to_numpy()


def learn_vocabulary(data: TableData, name: str, training: pl.Series, *, own: bool) -> tuple[str, ...]:
    """Makes the vocabulary of a table's column.

    Args:
        own: Whether it is a target whose classes are these tokens alone, without an unknown one.

    Raises:
        DataError: It is a target, and all training rows hold the same token.
    """
    continued = name == data.text and data.task_entry.continues
    special = () if own else (UNKNOWN, START, END) if continued else (UNKNOWN,)
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
    """Checks that training rows hold every class that held-out rows hold.

    Args:
        codes: Their codes, −1 for a class that is in no training row.
        learning: Whether the training rows are this table's own.

    Raises:
        DataError: A class is in no training row.
    """
    unknown = (codes < 0) & column.is_not_null().to_numpy()
    if not unknown.any():
        return
    at = np.flatnonzero(unknown)
    classes = first_few(map(repr, column.gather(at).unique(maintain_order=True).to_list()), 5)
    whose, todo = ("", "change data.split (shuffle: true), or ") if learning else (" of the run", "")
    raise DataError(
        f"{rows.data.path}: column {name!r}: {rows.lines(at[:1].tolist())}: no training row{whose} holds {classes}, so "
        f"the network never says that; {todo}remove those series"
    )
