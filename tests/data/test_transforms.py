"""Transforms of targets, changes over several rows, and earlier values as inputs, against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rnnctl.errors import DataError
from rnnctl.scoring import scores
from rnnctl.scoring.units import mean_outputs, own_units
from rnnctl.transforms import TRANSFORMS

GROWTH = [round(100 * 1.1**row * (1.5 if row % 3 == 0 else 1), 6) for row in range(24)]
TEXT = "y\n" + "".join(f"{value}\n" for value in GROWTH)


@pytest.mark.parametrize("word", TRANSFORMS)
@given(exponent=st.floats(-9, 9), mantissa=st.floats(1, 10))
def test_a_transform_is_inverted_to_the_last_digits(word: str, exponent: float, mantissa: float) -> None:
    transform, value = TRANSFORMS[word], mantissa * 10.0**exponent
    assert transform.inverse(transform.forward(value)) == pytest.approx(value, rel=1e-14)
    assert transform.forward(value) < transform.forward(np.nextafter(value, np.inf) * (1 + 1e-9))
    assert np.isnan(transform.forward(np.nan))


@pytest.mark.parametrize("word", TRANSFORMS)
@pytest.mark.parametrize("difference", [0, 1, 3])
@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_exact_targets_are_forecasts_without_error(word: str, difference: int, horizon: int, load: Any) -> None:
    window = {"length": 3, "horizon": horizon}
    dataset = load(
        TEXT, transform=word, difference=difference, window=window, scale="standard", split={"validation": 0, "test": 6}
    )
    for part in (dataset.train, dataset.test):
        found = own_units(part.last_targets(), dataset, part.last_rows())
        rows = part.last_rows()[:, None] + np.arange(1, horizon + 1)
        np.testing.assert_allclose(found, np.array(GROWTH)[rows], rtol=1e-5)
        nets = part.last_targets() + np.array([-0.5, 0.1, 0.7])[:, None, None]
        told = np.array([own_units(net, dataset, part.last_rows()) for net in nets])
        mean = mean_outputs(nets, dataset, part.last_rows())
        np.testing.assert_allclose(own_units(mean, dataset, part.last_rows()), told.mean(axis=0), rtol=1e-12)
        both = mean_outputs(np.concatenate([nets, nets], axis=-1), dataset, part.last_rows())  # of two quantiles
        np.testing.assert_array_equal(both, np.concatenate([mean, mean], axis=-1))
    exact = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset)
    assert exact.metrics["mae"] == pytest.approx(0, abs=1e-2)


def test_of_a_series_that_grows_by_a_share_the_seasonal_changes_of_logarithms_are_one_number(load: Any) -> None:
    dataset = load(TEXT, transform="log", difference=3, lags=[3], window={"length": 2}, scale="none")
    inputs = dataset.train.gather(np.arange(len(dataset.train))).inputs
    np.testing.assert_allclose(inputs, 3 * np.log(1.1), rtol=1e-5)
    assert dataset.feature_names == ("y", "y (3 before 1 ahead)")
    assert dataset.train.starts[0] == 5  # 3 rows for the change, and 2 more for the change 3 before the forecast


@pytest.mark.parametrize(
    ("word", "value", "advice"),
    [
        ("log", 0, "is for values above 0; correct it, or set data.transform: sqrt or none"),
        ("log", -2, "is for values above 0; correct it, or set data.transform: none"),
        ("sqrt", -2, "is for values of 0 or more; correct it, or set data.transform: none"),
    ],
)
def test_values_that_a_transform_is_not_for_are_named_and_the_advice_helps(
    word: str, value: int, advice: str, load: Any
) -> None:
    text = TEXT.replace(f"{GROWTH[4]}", f"{value}")
    with pytest.raises(DataError, match=rf"column 'y': line 6: found {value}, and data.transform: {word} {advice}"):
        load(text, transform=word, window={"length": 2})
    for other in advice.rpartition("data.transform: ")[2].split(" or "):
        assert len(load(text, transform=other, window={"length": 2}).train)


def test_the_season_of_a_config_is_that_of_the_seasonal_naive_forecast_and_of_mase(load: Any) -> None:
    settings = {"window": {"length": 2}, "split": {"validation": 0, "test": 6}, "scale": "none"}
    values = np.array(GROWTH)
    for season, used in ((6, 6), ([6, 9], 6)):
        dataset = load(TEXT, season=season, **settings)
        found = scores.score(dataset.test.last_targets() + 5, dataset, dataset.test, dataset)
        assert found.season == used
        assert found.baselines["seasonal_naive"]["mae"] == pytest.approx(
            np.abs(values[18:] - values[18 - used : -used]).mean()
        )
        assert found.metrics["mase"] == pytest.approx(
            5 / np.abs(values[used:18] - values[: 18 - used]).mean(), rel=1e-4
        )


def test_a_season_longer_than_the_training_rows_is_refused_and_the_advice_helps(load: Any) -> None:
    settings = {"window": {"length": 2}, "split": {"validation": 0, "test": 6}}
    with pytest.raises(DataError, match=r"data.season: 18 rows, and the file has 18 training rows; give a shorter"):
        load(TEXT, season=[6, 18], **settings)
    assert load(TEXT, season=17, **settings).season == (17,)
    assert load(TEXT, **settings).season == ()
    longer = TEXT + "".join(f"{value}\n" for value in GROWTH)
    assert load(longer, season=[6, 18], **settings).season == (6, 18)
