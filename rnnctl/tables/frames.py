"""Columns of frames with any name: Polars takes some names, such as ``*`` and ``^x.*$``, for patterns.

Even methods of a single column go by its name, so columns are computed with nameless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl


def column_of(frame: pl.DataFrame, name: str) -> pl.Series:
    """A column without its name."""
    return frame.get_column(name).alias("")


def in_whole(column: pl.Series) -> pl.Series:
    """Floats as whole numbers, Int64; null where one is missing or has decimals."""
    whole = column.cast(pl.Int64, strict=False)
    return whole.set(whole.cast(pl.Float64) != column, None)


def concatenated(parts: Iterable[pl.Series], between: str = "") -> pl.Series:
    """Columns of text as one, with something between their cells; null where one is."""
    named = (part.alias(str(place)) for place, part in enumerate(parts))
    return pl.select(pl.concat_str(*named, separator=between)).to_series().alias("")


def replaced(frame: pl.DataFrame, columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    """The frame with some columns replaced or added."""
    return pl.DataFrame({**frame.to_dict(as_series=True), **columns})


def places(names: Sequence[str]) -> list[str]:
    """Other names for columns: ``0``, ``1`` and so on."""
    return [str(place) for place in range(len(names))]


def by_place(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its columns named by their `places`."""
    return pl.DataFrame(dict(zip(places(frame.columns), frame.get_columns(), strict=True)))


def named_apart(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """A frame of columns of which some may have the same name; the later ones get a number after it."""
    found: dict[str, pl.Series] = {}
    for column in columns:
        name, number = column.name, 1
        while name in found:
            number += 1
            name = f"{column.name} ({number})"
        found[name] = column
    return pl.DataFrame(found)
