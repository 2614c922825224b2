"""Baselines against loops over the rows themselves, and class scores of datasets made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnctl.data import Dataset, Sequences, number_inputs
from rnnctl.data.row_order import Order
from rnnctl.scoring import scores, training_rows
from rnnctl.scoring.baselines import class_baselines, mase_scale, number_baselines
from rnnctl.scoring.entries import scored_entries
from rnnctl.scoring.training_rows import TrainingRows
from rnnctl.scoring.units import own_units
from rnnctl.tasks import NEXT_STEP, PER_STEP

SERIES = {
    "p": [3.0, 5, 4, 8, 7, 9, 6, 11, 12, 10, 14, 15],
    "q": [100.0, 90, 110, 95, 120, 105, 130, 125, 140, 99, 98, 97],
}
TEXT = "s,t,y,z\n" + "".join(f"{s},{t},{y},{-y}\n" for s, values in SERIES.items() for t, y in enumerate(values))


@pytest.fixture(params=[0, 1])
def forecast(request, load):
    return load(
        TEXT,
        time="t",
        series="s",
        target=["y", "z"],
        window={"length": 3, "horizon": 2},
        split={"validation": 0, "test": 4},
        scale="standard",
        difference=request.param,
    )


def test_forecast_baselines_look_at_the_rows_of_their_own_series(forecast):
    entries = scored_entries(forecast, forecast.test)
    found = number_baselines(entries, forecast, 3)
    at = 0
    for values in SERIES.values():
        training = values[:8]
        for last in range(7, 10):  # the last row seen before the forecasts of rows 8 and 9, 9 and 10, 10 and 11
            for ahead in (1, 2):
                place = 2 * (ahead - 1)
                season = values[last + ahead - 3]
                assert found["naive"][at, place : place + 2] == pytest.approx([values[last], -values[last]])
                assert found["seasonal_naive"][at, place : place + 2] == pytest.approx([season, -season])
                assert found["mean"][at, place] == pytest.approx(np.mean(training))
            at += 1
    assert at == len(entries)


def test_a_season_longer_than_the_past_says_nothing(forecast):
    entries = scored_entries(forecast, forecast.test)
    found = number_baselines(entries, forecast, 9)["seasonal_naive"]
    assert np.isnan(found[0, 0])
    assert found[1, 0] == pytest.approx(SERIES["p"][0])
    assert np.isnan(found[3, 0])
    assert found[4, 0] == pytest.approx(SERIES["q"][0])
    told = scores.score(forecast.test.last_targets(), forecast, forecast.test, forecast, season=9)
    assert told.scored == {"naive": 6, "seasonal_naive": 4, "mean": 6}


@pytest.mark.parametrize("lag", [1, 3])
def test_mase_divides_each_error_by_its_series_own_naive_error_in_training(forecast, lag):
    entries = scored_entries(forecast, forecast.test)
    scale = mase_scale(entries, forecast, lag)
    wanted = [np.abs(np.subtract(values[lag:8], values[: 8 - lag])).mean() for values in SERIES.values()]
    np.testing.assert_allclose(scale, np.repeat(wanted, 3)[:, None] * np.ones(4), rtol=1e-5)
    off = forecast.test.last_targets() + 1
    errors = np.abs(own_units(off, forecast, entries.row) - entries.truth)
    found = scores.score(off, forecast, forecast.test, forecast, season=lag).metrics["mase"]
    assert found == pytest.approx((errors / scale).mean(), rel=1e-5)


def test_a_series_without_training_rows_is_measured_by_all_the_others():
    values = np.array([[1.0], [3], [2], [10], [14], [9]], dtype=np.float32)
    part = [Sequences(values, values, np.array([at]), np.array([2]), "each", 1) for at in (0, 3)]
    order = Order(np.array([0, 3, 6]))
    dataset = Dataset(part[0], None, part[1], number_inputs(("y",)), ("y",), task=NEXT_STEP, forecast=True, order=order)
    seen = TrainingRows(dataset)
    assert seen.means(np.array([0, 1]), 1).tolist() == [[1.5], [1.5]]
    assert seen.means(np.array([1, -1])).tolist() == [[2.0], [2.0]]
    assert scores.score(np.full((1, 2, 1), 12.0), dataset, dataset.test, dataset).flat() == pytest.approx(
        {
            "test_mae": 2.5,
            "test_rmse": math.sqrt((4 + 9) / 2),
            "test_mase": 2.5 / 1.5,
            "test_r2": 1 - 13 / 12.5,
            "naive_mae": 4.5,
            "naive_rmse": math.sqrt((16 + 25) / 2),
            "naive_mase": 3,
            "naive_r2": 1 - 41 / 12.5,
            "mean_mae": 9.5,
            "mean_rmse": math.sqrt((144 + 49) / 2),
            "mean_mase": 9.5 / 1.5,
            "mean_r2": 1 - 193 / 12.5,
        }
    )


def test_numbers_of_whole_sequences_are_compared_with_their_mean_alone():
    values, targets = np.zeros((6, 1), dtype=np.float32), np.array([[1.0], [2], [6], [4]], dtype=np.float32)

    def part(*rows):
        return Sequences(values, targets, np.array(rows), np.ones(len(rows), np.int64), "sequence", 0, np.array(rows))

    dataset = Dataset(part(0, 1, 2), None, part(3), number_inputs(("x",)), ("y",), order=Order(np.arange(7)))
    found = scores.score([[3.0]], dataset, dataset.test, dataset).flat()
    assert found == {"test_mae": 1, "test_rmse": 1, "mean_mae": 1, "mean_rmse": 1}


def tokens(train, test, classes="?ab", task=NEXT_STEP, lengths=None):
    """Sequences of tokens, one after the other; the last token of each is a target alone (next_step)."""
    everything = np.array([[classes.index(char)] for word in (*train, *test) for char in word], dtype=np.float32)
    horizon = task.horizon(None)
    sizes = np.array([len(word) for word in (*train, *test)])
    starts = np.cumsum(sizes) - sizes
    parts = [
        Sequences(everything, everything, starts[chosen], sizes[chosen] - horizon, "each", horizon)
        for chosen in (slice(0, len(train)), slice(len(train), None))
    ]
    columns, order = number_inputs(("c",)), Order(np.append(starts, len(everything)))
    options = {"task": task, "forecast": bool(horizon), "order": order}
    return Dataset(parts[0], None, parts[1], columns, ("c",), "category", tuple(classes), **options)


def test_next_tokens_are_scored_at_every_valid_step_beside_markov_models():
    dataset = tokens(["abab", "aab"], ["abb", "ab"])
    given = np.full((2, 2, 3), np.nan)
    given[0] = [[0.1, 0.3, 0.6], [0.2, 0.5, 0.3]]
    given[1, 0] = [0.0, 0.25, 0.75]
    found = scores.score(given, dataset, dataset.test, dataset)
    # True are b, b and b; the model says b, a, b.
    assert found.entries == 3
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    assert found.metrics["exact"] == pytest.approx(1 / 2)
    nats = -np.log([0.6, 0.3, 0.75]).mean()
    assert found.metrics["crossentropy"] == pytest.approx(nats)
    assert found.metrics["bits"] == pytest.approx(nats / math.log(2))
    assert found.metrics["perplexity"] == pytest.approx(math.exp(nats))
    # Training tells b, a, b and a, b; after a: b a… of three, b twice and a once; after b: a once.
    assert found.baselines["naive"]["accuracy"] == pytest.approx(1 / 3)
    after_nothing = (3 + 2 / 3) / (5 + 2)
    assert found.baselines["markov0"]["crossentropy"] == pytest.approx(-math.log(after_nothing))
    after_a = (3 + 2 * after_nothing) / (4 + 2)
    after_b = (0 + 1 * after_nothing) / (1 + 1)
    assert found.baselines["markov1"]["crossentropy"] == pytest.approx(-np.log([after_a, after_b, after_a]).mean())
    assert set(found.baselines) == {"naive", "markov0", "markov1", "markov2"}


def test_a_markov_model_sees_nothing_before_its_sequence():
    dataset = tokens(["ababab", "bbbb"], ["ba", "ab"])
    found = class_baselines(scored_entries(dataset, dataset.test), dataset)
    assert (found["markov2"].probability == found["markov1"].probability).all()


LETTERS = {"p": "abacabacbbacabacabbac", "q": "cabcab.cabcaabcc"}
TESTED = 5


@pytest.mark.parametrize("stride", [1, 4])
def test_markov_models_are_of_all_training_rows_whether_a_window_holds_them_or_not(load, stride):
    lines = [f"{name},{'' if letter == '.' else letter}" for name, text in LETTERS.items() for letter in text]
    dataset = load(
        "s,c\n" + "\n".join(lines) + "\n", series="s", features=["c"], target=["c"], columns={"c": "category"},
        window={"length": 2, "stride": stride}, split={"validation": 0, "test": TESTED}, missing="drop",
    )  # fmt: skip
    training = [text[:-TESTED] for text in LETTERS.values()]
    follows = {order: [] for order in (0, 1, 2)}
    for text in training:
        for at in range(1, len(text)):
            for order in (0, 1, 2):
                if at >= order and "." not in (pair := text[at - order : at + 1]):
                    follows[order].append((pair[:-1], pair[-1]))

    def probability(order, before, letter):
        shorter = 1 / len(dataset.classes) if not order else probability(order - 1, before[1:], letter)
        seen = [follower for context, follower in follows[order] if context == before]
        kinds = len(set(seen))
        return (seen.count(letter) + kinds * shorter) / (len(seen) + kinds) if seen else shorter

    entries = scored_entries(dataset, dataset.test)
    found, text = class_baselines(entries, dataset), "".join(LETTERS.values())
    assert len(entries) == len(dataset.test) > 3
    for order in (0, 1, 2):
        wanted = [probability(order, text[row + 1 - order : row + 1], text[row + 1]) for row in entries.row]
        assert found[f"markov{order}"].probability[:, 0] == pytest.approx(wanted)


@pytest.mark.parametrize("stride", [1, 4])
def test_the_majority_of_yes_and_no_is_of_all_training_rows_and_of_each_target(load, stride):
    random = np.random.default_rng(4)
    flags = {"a": random.random(40) < 0.3, "b": random.random(40) < 0.8}
    lines = [f"{x},{int(a)},{int(b)}" for x, (a, b) in enumerate(zip(*flags.values(), strict=True))]
    dataset = load(
        "x,a,b\n" + "\n".join(lines) + "\n", features=["x"], target=["a", "b"],
        columns={"a": "boolean", "b": "boolean"}, window={"length": 6, "horizon": 2, "stride": stride},
        split={"validation": 0, "test": 9},
    )  # fmt: skip
    entries = scored_entries(dataset, dataset.test)
    found = class_baselines(entries, dataset)["majority"]
    for output, name in enumerate(("a", "b", "a", "b")):
        yes = (flags[name][:31].sum() + 2 / 2) / (31 + 2)  # Witten and Bell's rule, both answers seen
        said = np.where(entries.codes[:, output] == 1, yes, 1 - yes)
        assert found.probability[:, output] == pytest.approx(said)
        assert set(found.predicted[:, output]) == {int(yes > 0.5)}


def test_tags_are_compared_with_the_tag_before_and_with_the_commonest():
    dataset = tokens(["aab", "aaa"], ["bba", "ab"], task=PER_STEP)
    found = class_baselines(scored_entries(dataset, dataset.test), dataset)
    names = np.array(list("?ab"))
    assert "".join(names[found["previous"].predicted[:, 0]]) == "abbaa"
    assert "".join(names[found["majority"].predicted[:, 0]]) == "aaaaa"
    assert set(found) == {"previous", "majority"}


def test_yes_or_no_is_told_at_a_half():
    values = np.zeros((6, 1), dtype=np.float32)
    targets = np.array([[0.0], [1], [1], [1], [0], [1]], dtype=np.float32)

    def part(*rows):
        return Sequences(values, targets, np.array(rows), np.ones(len(rows), np.int64), "sequence", 0, np.array(rows))

    columns, order = number_inputs(("x",)), Order(np.arange(7))
    dataset = Dataset(part(0, 1, 2), None, part(3, 4, 5), columns, ("y",), "boolean", order=order)
    found = scores.score([[0.5], [0.2], [0.4]], dataset, dataset.test, dataset).flat()
    yes = (2 + 2 / 2) / (3 + 2)
    assert found == pytest.approx(
        {
            "test_accuracy": 2 / 3,
            "test_macro_f1": (2 / 3 + 2 / 3) / 2,
            "test_crossentropy": -np.log([0.5, 0.8, 0.4]).mean(),
            "majority_accuracy": 2 / 3,
            "majority_macro_f1": (4 / 5 + 0) / 2,
            "majority_crossentropy": -np.log([yes, 1 - yes, yes]).mean(),
        }
    )


def test_a_class_that_training_never_saw_counts_against_whoever_denies_it():
    values = np.zeros((4, 1), dtype=np.float32)
    targets = np.array([[1.0], [1], [2], [0]], dtype=np.float32)

    def part(*rows):
        return Sequences(values, targets, np.array(rows), np.ones(len(rows), np.int64), "sequence", 0, np.array(rows))

    columns, classes, order = number_inputs(("x",)), ("<unknown>", "a", "b"), Order(np.arange(5))
    dataset = Dataset(part(0, 1), None, part(2, 3), columns, ("y",), "category", classes, order=order)
    found = scores.score([[0, 0, 1], [0, 1, 0]], dataset, dataset.test, dataset).flat()
    assert found["test_accuracy"] == 0.5
    assert found["test_crossentropy"] == 0  # of the class that training knew
    assert found["majority_accuracy"] == 0
    assert found["majority_crossentropy"] == pytest.approx(-math.log(1 / 3 / 3))


@pytest.mark.parametrize("difference", [0, 1])
def test_a_table_is_gone_through_in_stretches_to_the_same_end(difference, load, monkeypatch):
    random = np.random.default_rng(0)
    rows = [f"{s},{t},{y}" for s in range(9) for t, y in enumerate(random.normal(size=random.integers(6, 30)) + s)]
    dataset = load("s,t,y\n" + "\n".join(rows), series="s", split={"validation": 0, "test": 3}, difference=difference)
    at = np.arange(-1, 9)
    whole = TrainingRows(dataset)
    monkeypatch.setattr(training_rows, "STRETCH", 7)
    pieces = TrainingRows(dataset)
    np.testing.assert_allclose(pieces.means(at), whole.means(at), rtol=1e-12)
    np.testing.assert_allclose(pieces.means(at, 3), whole.means(at, 3), rtol=1e-12)
    assert pieces.season() == whole.season()
