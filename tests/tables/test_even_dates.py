"""Ambiguous dates: read where the order or the distances of the rows speak for one way alone."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from rnnctl.tables.date_form_search import FormSearch

DAYS = [date(2022, 3, 1) + timedelta(days=day) for day in range(200)]
MONTHS = [date(2015 + month // 12, month % 12 + 1, 1) for month in range(60)]
CASES = {
    "days of two years or days of one": (DAYS, "%d.%m.%y", "%d.%m.%y"),
    "newest first": (DAYS[::-1], "%d-%m-%y", "%d-%m-%y"),
    "with gaps": (DAYS[::3] + DAYS[1:2], "%y-%m-%d", None),  # neither in order nor even
    "with gaps, in order": (DAYS[:50] + DAYS[70:90], "%y-%m-%d", "%y-%m-%d"),
    "first days of months": (MONTHS, "%d/%m/%Y", "%d/%m/%Y"),
    "first days of months, month first": (MONTHS, "%m/%d/%Y", "%m/%d/%Y"),
    "month ends": ([day - timedelta(days=1) for day in MONTHS], "%d.%m.%y", "%d.%m.%y"),
    "series after series": ([*DAYS[:40], *DAYS[:90]], "%d.%m.%y", "%d.%m.%y"),
    "twelve days or twelve months": (MONTHS[:12], "%d/%m/%Y", None),
    "too few": (DAYS[:9], "%d.%m.%y", None),
}


@pytest.mark.parametrize(("days", "form", "found"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("piece", [13, 1000])
def test_the_rows_speak_for_one_way(days: list[date], form: str, found: str | None, piece: int) -> None:
    search = FormSearch("day", numbers=False)
    cells = pl.Series([day.strftime(form) for day in days])
    for begin in range(0, len(cells), piece):
        search.feed(cells[begin : begin + piece])
    search.finish()
    assert search.form == found
    assert found is not None or len(search.choices) > 1
