"""Vocabularies of tokens, made from training rows, and columns of tokens as codes. Knows no files and no models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rnnctl.data.dataset import UNKNOWN

START, END = "<start>", "<end>"
"""Tokens that stand before the first and after the last one of a text that is to be continued."""


def make_vocabulary(training: pl.Series, size: int | None, *, special: Sequence[str] = (UNKNOWN,)) -> tuple[str, ...]:
    """The tokens of a column, the most frequent first and equally frequent ones in their own order.

    Args:
        training: The column's training rows, strings; nulls aside.
        size: Most tokens; None for all.
        special: Tokens that come first whatever the column holds.

    Returns:
        ``special``, then the tokens.
    """
    counts = training.drop_nulls().rename("token").value_counts(name="count")
    ordered = counts.sort(["count", "token"], descending=[True, False]).get_column("token")
    found = [token for token in ordered.to_list() if token not in special]
    return (*special, *found[:size])


def encode(column: pl.Series, tokens: Sequence[str], *, unknown: int | None = 0) -> npt.NDArray[np.int64]:
    """A column's tokens as codes.

    Args:
        column: Strings ``[rows]``; a null is an unknown token.
        tokens: The vocabulary.
        unknown: Code of a token that is not in it; None gives it −1.

    Returns:
        ``[rows]``, int64.
    """
    codes = column.replace_strict(
        list(tokens), np.arange(len(tokens)), default=-1 if unknown is None else unknown, return_dtype=pl.Int64
    )
    return codes.to_numpy()
