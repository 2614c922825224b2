"""`init` scales each series by itself where some would hardly vary if all were scaled together."""

from __future__ import annotations

import re
from datetime import date, timedelta

import numpy as np
import pytest

from rnnctl.starter.window_guess import guess_window
from tests.starter.test_guessing import guessed


def _keys(factor: float, level: float) -> dict:
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(80)]
    random = np.random.default_rng(0)
    small, large = random.normal(size=80), level + factor * random.normal(size=80)
    rows = {"day": [*days, *days], "shop": ["a"] * 80 + ["b"] * 80, "sold": [*small.round(4), *large.round(4)]}
    return dict(guess_window(guessed("sold", **rows)).keys)


@pytest.mark.parametrize(("factor", "level"), [(1000, 0), (1, 1e6)], ids=["spread", "level"])
def test_series_that_differ_much_are_scaled_each_by_itself_and_the_reason_says_how_much(factor, level):
    chosen, why = _keys(factor, level)["scale_by"]
    assert chosen == "series"
    assert re.search(r"scaled all together, [12] of 2 would vary by less than 0\.1, and hardly count", why)


@pytest.mark.parametrize(("factor", "level"), [(1, 0), (3, 2)])
def test_series_alike_are_scaled_together(factor, level):
    assert "scale_by" not in _keys(factor, level)
