"""The script that prints rnnctl/docs/data.md's table of intervals: its lines, from handmade scores."""

from __future__ import annotations

import math

import pytest
from bench.interval_table import HEAD, figures, line, together


def score(who: str, level: float, coverage: float, width: float, crps: float, ahead: int | None = None) -> dict:
    return {"who": who, "ahead": ahead, "level": level, "coverage": coverage, "width": width, "crps": crps}


REPORT = {
    "entries": 1030,
    "metrics": {"mae": 2.0},
    "baselines": {"naive": {"mae": 8.0}, "seasonal_naive": {"mae": 4.0}, "mean": {"mae": 1.0}},
    "intervals": [
        score("model", 80, 0.775, 3.0, 1.5),
        score("model", 80, 0.1, 99.0, 99.0, ahead=1),
        score("naive", 80, 0.9, 90.0, 9.0),
        score("seasonal_naive", 80, 0.9, 6.0, 3.0),
    ],
}


def test_ratios_are_over_the_naive_forecast_that_errs_less():
    numbers = figures(REPORT)
    assert numbers == [1030, 0.5, 0.5, 0.775, 0.5, None, None]
    assert line("some", numbers) == "| some | 1,030 | 0.50 | 0.50 | 77.5 % | 0.50 | – | – |"
    assert len(numbers) + 1 == len(HEAD)


def test_coverage_is_of_all_rows_and_ratios_have_their_geometric_mean():
    found = together([[100, 0.5, 0.5, 0.7, 2.0, None, None], [300, 2.0, 0.125, 0.9, 0.5, 0.95, 4.0]])
    assert found == pytest.approx([400, 1.0, math.sqrt(0.5 * 0.125), 0.85, 1.0, 0.95, 4.0])
