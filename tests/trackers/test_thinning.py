from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnctl.trackers.thinning import in_words, is_told


@given(st.integers(1, 300), st.integers(1, 6))
def test_all_steps_are_told_at_first_and_then_every_second_fourth_eighth(whole, doublings):
    told = [step for step in range(1, whole * 2 ** (doublings + 1)) if is_told(step, whole)]
    assert told[: 2 * whole - 1] == list(range(1, 2 * whole))
    for power in range(1, doublings + 1):
        of_these = [step for step in told if whole * 2**power <= step < whole * 2 ** (power + 1)]
        assert abs(len(of_these) - whole) <= 1
        assert {after - before for before, after in pairwise(of_these)} <= {2**power}


def test_a_million_steps_are_some_ten_thousand():
    assert sum(is_told(step, 1000) for step in range(1, 10**6 + 1)) == pytest.approx(10_977, rel=0.01)


def test_the_rule_is_told_in_words_that_agree_with_it():
    assert "steps all up to 500 are here, every second up to 1,000, every fourth up to 2,000, and so on" in in_words(
        250
    )
