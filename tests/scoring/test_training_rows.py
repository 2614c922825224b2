"""The training rows that baselines and MASE's divisor are of, and truths as the file has them."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.scoring import scores
from rnnctl.scoring.entries import scored_entries

SMALL = 100_000_000.0
LARGE = 2e13


def zigzag(height, rows):
    return [height * (row % 2) for row in range(rows)]


def table(series):
    return "id,y\n" + "".join(f"{name},{float(y)!r}\n" for name, values in series.items() for y in values)


@pytest.mark.parametrize("difference", [0, 1])
@pytest.mark.parametrize("stride", [1, 5])
def test_rows_that_no_training_window_covers_count_in_the_mean_and_in_the_divisor_of_mase(load, stride, difference):
    # Of b ten rows are for training, fewer than the twelve of a window.
    series = {"a": zigzag(1000.0, 61), "b": zigzag(1.0, 22)}
    dataset = load(
        table(series), series="id", features=["y"], window={"length": 6, "horizon": 6, "stride": stride},
        split={"validation": 0, "test": 12}, difference=difference,
    )  # fmt: skip
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset)
    naive, mean, scaled = [], [], []
    for values in map(np.array, series.values()):
        training = values[:-12]
        for last in range(len(values) - 13, len(values) - 6, stride):
            ahead = values[last + 1 : last + 7]
            naive += np.abs(values[last] - ahead).tolist()
            mean += np.abs(training.mean() - ahead).tolist()
            scaled += (np.abs(values[last] - ahead) / np.abs(np.diff(training)).mean()).tolist()
    assert found.baselines["naive"]["mae"] == pytest.approx(np.mean(naive), rel=1e-12)
    assert found.baselines["mean"]["mae"] == pytest.approx(np.mean(mean), rel=1e-12)
    assert found.baselines["naive"]["mase"] == pytest.approx(np.mean(scaled), rel=1e-12)
    # Each forecast of six rows is wrong by the height in three of them, and the height is the change from row to row.
    assert found.baselines["naive"]["mase"] == pytest.approx(0.5)
    assert found.baselines["naive"]["mae"] == pytest.approx((500 + 0.5) / 2)


def test_rows_beside_a_gap_count_though_every_window_that_holds_it_is_left_out(load):
    values = [3.0, 8, 4, None, 6, 5, 9, 2, 7, 1, 4, 6]
    text = "x,y\n" + "".join(f"{row},{'' if y is None else y}\n" for row, y in enumerate(values))
    dataset = load(
        text, features=["x"], target=["y"], missing="drop", window={"length": 2}, split={"validation": 0, "test": 4}
    )
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset)
    mean = np.mean([3, 8, 4, 6, 5, 9, 2])
    assert found.baselines["mean"]["mae"] == pytest.approx(np.abs(mean - np.array([7, 1, 4, 6])).mean(), rel=1e-12)
    errors = np.abs(np.array([2, 7, 1, 4]) - np.array([7, 1, 4, 6]))
    assert found.baselines["naive"]["mase"] == pytest.approx(errors.mean() / np.mean([5, 4, 1, 4, 7]), rel=1e-12)


@pytest.mark.parametrize("scale", ["standard", "minmax", "none"])
@pytest.mark.parametrize("difference", [0, 1])
def test_truths_and_baselines_are_the_files_own_numbers_beside_a_series_a_million_times_as_large(
    load, scale, difference
):
    random = np.random.default_rng(3)
    series = {name: (size + size / 100 * random.normal(size=40).cumsum()) for name, size in
              (("large", LARGE), ("small", SMALL))}  # fmt: skip
    dataset = load(
        table(series), series="id", features=["y"], window={"length": 3, "horizon": 2},
        split={"validation": 0, "test": 6}, scale=scale, difference=difference,
    )  # fmt: skip
    entries = scored_entries(dataset, dataset.test)
    wanted = [values[last + 1 : last + 3] for values in series.values() for last in range(33, 38)]
    np.testing.assert_array_equal(entries.truth, wanted)
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset)
    naive = [np.abs(values[last] - values[last + 1 : last + 3]) for values in series.values() for last in range(33, 38)]
    back = [np.abs(np.diff(values[:34])).mean() for values in series.values()]
    assert found.baselines["naive"]["mae"] == pytest.approx(np.mean(naive), rel=1e-14)
    assert found.baselines["naive"]["mase"] == pytest.approx(
        np.mean([error / back[place // 5] for place, error in enumerate(naive)]), rel=1e-13
    )


def test_numbers_of_whole_series_are_the_files_own_too(load):
    labels = [LARGE + 1, LARGE + 2, LARGE + 5, LARGE + 3]
    text = "s,x,y\n" + "".join(f"{s},{x},{labels[s]!r}\n" for s in range(4) for x in range(3))
    dataset = load(
        text, task="per_sequence", series="s", features=["x"], window=None, split={"validation": 0, "test": 1}
    )
    assert scored_entries(dataset, dataset.test).truth.tolist() == [[labels[3]]]
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset)
    assert found.baselines["mean"]["mae"] == pytest.approx(1 / 3, abs=0.01)
