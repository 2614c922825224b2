"""Codes for missing values among series of different levels: found per series, and never in honest panels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from rnnctl.tables.sentinels import sentinels, series_sentinels

ROWS = 120
Values = npt.NDArray[np.float64]


def panel(levels: list[float], seed: int = 0) -> tuple[Values, list[str]]:
    """``[series, ROWS]``: a wave about each level, and the series' names by row."""
    draw = np.random.default_rng(seed)
    wave = 0.05 * np.sin(np.arange(ROWS) / 7) + 0.02 * draw.normal(size=(len(levels), ROWS))
    names = [f"s{place}" for place in range(len(levels)) for _ in range(ROWS)]
    return (np.array(levels)[:, None] * (1 + wave)).round(2), names


@pytest.mark.parametrize(
    ("levels", "code", "each"),
    [
        ([12, 500], -99.99, 4),
        ([12, 40, 500, 900, 30], -99.99, 1),
        ([10, 200, 9000], 9999, 3),
        ([3, 50, 400, 5000], 999.9, 3),
        ([2, 5, 300], 99, 3),
        ([0.2, 0.5, 50], -1, 3),
        ([1e-3, 1e25], 1e20, 3),
    ],
)
def test_a_code_that_single_series_show_is_found(levels: list[float], code: float, each: int) -> None:
    values, names = panel(levels)
    values[:, 10 : 10 + each] = code
    column = pl.Series(values.ravel())
    (found,) = series_sentinels(column, pl.Series(names)).items()
    assert found[0] == code
    assert not sentinels(column)
    assert found[1].cells == each * len(levels)
    assert set(found[1].far.values()) == {each}


def test_a_code_within_another_series_is_said_to_be_so() -> None:
    values, names = panel([12, 40, 100])
    values[:2, 5:9] = 99.99
    values[2] += 0.001
    values[2, 7] = 99.99
    (code,) = series_sentinels(pl.Series(values.ravel()), pl.Series(names)).values()
    assert code == (9, {"s0": 4, "s1": 4}, ("s2",))


def test_a_code_once_in_few_series_is_none_where_more_have_another_value_as_far() -> None:
    values, names = panel([2, 5, 300, 500, 900])
    values[:2, 10] = 99
    assert 99 in series_sentinels(pl.Series(values.ravel()), pl.Series(names))
    values[2:, 10] *= 12.3
    assert series_sentinels(pl.Series(values.ravel()), pl.Series(names)) == {}


def honest(kind: str, seed: int) -> tuple[Values, list[str]]:
    draw = np.random.default_rng(seed)
    series = int(draw.choice([2, 5, 30, 100]))
    level, shape = 10 ** draw.uniform(-1, 4.5, (series, 1)), (series, ROWS)
    once = (level * (1 + 0.1 * draw.normal(size=shape))).round(1)
    once[np.arange(series), draw.integers(ROWS, size=series)] *= draw.choice([10, -3, 30])
    tails = {
        "lognormal": np.exp(draw.normal(0, 2, shape)) * level,
        "heavy counts": np.floor(draw.pareto(1, shape) * level**0.3),
        "counts with zeros": draw.poisson(level**0.4, shape) * (draw.random(shape) < 0.4),
        "one outlier a series": once,
        "0 and 100 %": draw.normal(draw.uniform(0, 100, (series, 1)), 30, shape).round(1).clip(0, 100),
        "at most 99.9": draw.normal(draw.uniform(60, 100, (series, 1)), 10, shape).round(1).clip(0, 99.9),
        "a sensor's maximum": np.minimum(draw.gamma(2, level**0.8, shape).round(), 999),
        "returns": draw.standard_t(2, shape).round(2),
        "temperatures": draw.normal(draw.uniform(-20, 25, (series, 1)), 8, shape).round(1),
        "prices": draw.choice([0.99, 9.99, 99.99, 199.99, 999.99, 3, 7, 12, 25, 48], shape),
    }
    return tails[kind], [f"s{place}" for place in range(series) for _ in range(ROWS)]


KINDS = (
    "lognormal,heavy counts,counts with zeros,one outlier a series,0 and 100 %,at most 99.9,a sensor's maximum,returns,"
    "temperatures,prices"
)


@pytest.mark.parametrize("kind", KINDS.split(","))
def test_honest_panels_hold_no_code(kind: str) -> None:
    for seed in range(6):
        values, names = honest(kind, seed)
        for column in (values, values.round()):
            assert series_sentinels(pl.Series(column.ravel()), pl.Series(names)) == {}
