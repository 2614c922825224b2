from __future__ import annotations

import json
import math

import numpy as np
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from rnnctl.report.curves import rounded, thinned, thinning_in_words, traces

VALUES = hnp.arrays(np.float64, st.integers(0, 300), elements=st.floats(-1e6, 1e6) | st.just(math.nan))


@settings(max_examples=80)
@given(VALUES, st.integers(1, 40))
def test_every_value_lies_between_its_columns_lowest_and_highest(values: np.ndarray, columns: int) -> None:
    x = np.arange(1, len(values) + 1)
    curve = thinned(x, values, columns)
    known = np.isfinite(values)
    assert len(curve.x) <= max(columns, 0) or len(curve.x) == curve.of
    assert curve.of == known.sum()
    if not known.any():
        assert not len(curve.x)
        return
    # An independent way: which column a step falls into, by its share of the way.
    assert curve.low.min() == values[known].min()
    assert curve.high.max() == values[known].max()
    assert (curve.low <= curve.mean + 1e-6).all()
    assert (curve.mean <= curve.high + 1e-6).all()
    assert (np.diff(curve.x) > 0).all()


def test_columns_are_as_numpy_has_them_column_by_column() -> None:
    values = np.random.default_rng(0).normal(size=10_000)
    curve = thinned(np.arange(10_000), values, 100)
    parts = values.reshape(100, 100)
    np.testing.assert_allclose(curve.low, parts.min(1))
    np.testing.assert_allclose(curve.high, parts.max(1))
    np.testing.assert_allclose(curve.mean, parts.mean(1))
    np.testing.assert_allclose(curve.x, np.arange(100) * 100 + 49.5)


def test_a_single_spike_among_a_million_steps_is_seen() -> None:
    values = np.zeros(1_000_000)
    values[123_456] = 7.0
    assert thinned(np.arange(1_000_000), values).high.max() == 7.0


def test_a_short_curve_is_left_as_it_is_and_a_long_one_has_a_band() -> None:
    short = thinned(np.arange(3), np.array([1.0, 2.0, 3.0]))
    (line,) = traces("a", short, {"color": "--main"})
    assert (line["x"], line["y"]) == ([0, 1, 2], [1, 2, 3])
    low, high, line = traces("a", thinned(np.arange(10), np.arange(10.0), 5), {"color": "--main"})
    assert low["y"] == [0, 2, 4, 6, 8]
    assert high["y"] == [1, 3, 5, 7, 9]
    assert line["y"] == [0.5, 2.5, 4.5, 6.5, 8.5]
    assert (high["fill"], high["fillcolor"]) == ("tonexty", "--main-soft")


def test_thinning_is_told_only_where_there_is_some() -> None:
    assert thinning_in_words(1000, 1000) == ""
    assert "100,000 steps in 1,000 columns" in thinning_in_words(100_000, 1000)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_numbers_are_rounded_to_what_json_can_hold(value: float) -> None:
    (short,) = json.loads(json.dumps(rounded(np.array([value])), allow_nan=False))
    if math.isfinite(value):
        assert math.isclose(short, value, rel_tol=1e-4)
    else:
        assert short is None
