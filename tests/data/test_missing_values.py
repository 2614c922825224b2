"""What is put where numbers are missing, against brute force."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, strategies as st

from rnnctl.data.missing_values import fill_forward, interpolate

numbers = st.lists(st.lists(st.none() | st.floats(-9, 9), min_size=1, max_size=8), min_size=1, max_size=4)


def _laid_out(series):
    values = np.array([math.nan if one is None else one for rows in series for one in rows])
    begin = np.cumsum([0, *(len(rows) for rows in series)])[:-1]
    return values, begin


@given(numbers)
def test_the_last_value_seen_of_the_same_series_is_repeated(series):
    values, begin = _laid_out(series)
    expected = []
    for rows in series:
        seen = None
        for one in rows:
            seen = seen if one is None else one
            expected.append(math.nan if seen is None else seen)
    np.testing.assert_array_equal(fill_forward(values, begin), expected)


@given(numbers)
def test_a_straight_line_is_drawn_between_the_values_around_within_a_stretch(series):
    values, begin = _laid_out(series)
    expected = []
    for rows in series:
        known = [place for place, one in enumerate(rows) if one is not None]
        for place, one in enumerate(rows):
            before = [at for at in known if at <= place]
            after = [at for at in known if at >= place]
            if one is not None or not before or not after:
                expected.append(math.nan if one is None else one)
                continue
            low, high = before[-1], after[0]
            expected.append(rows[low] + (rows[high] - rows[low]) * (place - low) / (high - low))
    np.testing.assert_allclose(interpolate(values, begin), expected, atol=1e-12)


def test_nothing_is_filled_where_nothing_is_known():
    nothing = np.full(3, np.nan)
    np.testing.assert_array_equal(fill_forward(nothing, np.array([0])), nothing)
    np.testing.assert_array_equal(interpolate(nothing, np.array([0])), nothing)
