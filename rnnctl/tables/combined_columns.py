"""Columns of a file that together are one column of the table: names of series of several parts."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

BETWEEN = ", "
_PART = re.compile(r"((?:[^\\,]|\\.)*)(?:, |$)", re.DOTALL)


def combined_names(parts: Sequence[pl.Series]) -> pl.Series:
    """One name for each combination of text; null where a part is.

    A comma or backslash within a part has a backslash before it, so that different parts never give the same name.
    """
    escaped = [part.str.replace_all(r"([\\,])", r"\$1").alias(str(place)) for place, part in enumerate(parts)]
    return pl.select(pl.concat_str(*escaped, separator=BETWEEN)).to_series().alias("")


def parts_of_names(names: Sequence[str], count: int) -> list[list[str]]:
    """The parts, ``count`` of them, that `combined_names` joined: a list of each part's values."""
    found = [[re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in _PART.findall(name)[:count]] for name in names]
    return [list(column) for column in zip(*found, strict=True)] if found else [[] for _ in range(count)]
