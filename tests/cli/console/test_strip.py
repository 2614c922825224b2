"""The strip through time: each bar lower is half the gradient."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from rnnctl.cli.console.strip import BARS, strip


def expected(norm: float, largest: float) -> str:
    """The bar by its definition: halvings below the largest, counted one by one."""
    level = len(BARS) - 1
    while level > 0 and norm < largest / 2:
        largest, level = largest / 2, level - 1
    return BARS[level]


def test_each_halving_is_a_bar_lower() -> None:
    assert strip([2.0**power for power in range(-2, 8)], 24) == "▁▁▂▃▄▅▆▇██"


def test_the_same_norms_in_another_unit_are_the_same_strip() -> None:
    norms = [0.223, 0.615, 1.298, 1.431]
    assert strip(norms, 24) == strip([norm * 1e-30 for norm in norms], 24) == strip([norm * 1e30 for norm in norms], 24)


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=24))
def test_bars_follow_their_definition(norms: list[float]) -> None:
    largest = max(norms)
    # One rounding error away from a halving, either bar is right.
    norms = [norm for norm in norms if (ratio := math.log2(largest / norm)) == 0 or abs(ratio - round(ratio)) > 1e-9]
    assert strip(norms, 24) == "".join(expected(norm, largest) for norm in norms)


def test_many_time_steps_are_binned_by_their_largest() -> None:
    norms = [0.001] * 100
    norms[50] = 1.0
    assert strip(norms, 10) == "▁▁▁▁▁█▁▁▁▁"


@given(st.lists(st.floats(min_value=0), max_size=60), st.integers(1, 30))
def test_any_norms_give_one_character_a_bin(norms: list[float], width: int) -> None:
    assert len(strip(norms, width)) == min(width, len(norms))


@pytest.mark.parametrize("width", [4, 24])
def test_a_norm_that_is_not_finite_is_marked(width: int) -> None:
    assert strip([1.0, math.nan, math.inf, 1.0], width) == "█!!█"


def test_a_nan_within_a_bin_is_not_hidden() -> None:
    assert strip([1.0, math.nan, 1.0, 1.0], 2) == "!█"


def test_no_gradient_at_all_is_flat() -> None:
    assert strip([0.0, 0.0], 24) == "▁▁"
    assert strip([0.0, 5e-324], 24) == "▁█"
