"""Which of several ways to read a column's dates its rows speak for."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rnnctl.tables.date_forms import parse_dates

MOST = 10_000
"""Most different cells that are looked at."""

_FEWEST = 10
"""Fewest different dates that speak for one way."""


def likeliest(cells: pl.Series, forms: Sequence[str]) -> str | None:
    """The only form in which the different dates are in order; if several are, the only one with even steps.

    Args:
        cells: Different cells, in the order of the file.
        forms: Two forms or more.
    """
    if len(cells) < _FEWEST:
        return None
    dates = {form: parse_dates(cells, form) for form in forms}
    dates = {form: found for form, found in dates.items() if not found.null_count()}
    ordered = [form for form, found in dates.items() if _in_order(found)]
    even = [form for form in ordered or dates if _even(dates[form])]
    return next((found[0] for found in (ordered, even) if len(found) == 1), None)


def _in_order(dates: pl.Series) -> bool:
    """Whether dates rise from row to row, or fall."""
    steps = dates.to_physical().diff().drop_nulls()
    return bool((steps > 0).all() or (steps < 0).all())


def _even(dates: pl.Series) -> bool:
    """Whether dates are a constant number of seconds apart, or of months on one day of the month or on its last."""
    times = dates.sort()
    months = times.dt.year().cast(pl.Int64) * 12 + times.dt.month()
    same_day = times.dt.day().n_unique() == 1 or bool((times.dt.month_end().dt.day() == times.dt.day()).all())
    return times.to_physical().diff().n_unique() == 2 or (same_day and months.diff().n_unique() == 2)
