"""Shares in plain percent."""

from __future__ import annotations

import math

import pytest

from rnnctl.util.format import percent

CASES = [(1, 1, "100 %"), (0, 7, "0 %"), (9_996, 10_000, "99.9 %"), (27, 100, "27 %"), (59, 2284, "2.6 %"),
         (4, 10_000, "0.04 %"), (1, 1_000_000, "under 0.01 %"), (1, 57, "1.8 %"), (5, 100, "5 %"),
         (0, 0, "–"), (None, 1, "–"), (math.nan, 1, "–")]  # fmt: skip


@pytest.mark.parametrize(("part", "whole", "text"), CASES)
def test_a_share_is_plain_and_all_of_it_only_where_it_is(part, whole, text):
    assert percent(part, whole) == text
