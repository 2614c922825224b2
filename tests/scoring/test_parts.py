"""Scores by target, row ahead and series, against sums over the numbers of the file."""

from __future__ import annotations

import numpy as np
import pytest

from rnnctl.scoring import scores
from rnnctl.scoring.units import own_units

ROWS, HELD, LENGTH, HORIZON = 40, 8, 3, 2
RANDOM = np.random.default_rng(5)
SERIES = {
    name: np.stack([size * (1 + 0.1 * RANDOM.normal(size=ROWS).cumsum()), 12 + RANDOM.normal(size=ROWS)], axis=1)
    for name, size in (("large", 1e12), ("small", 1e3), ("middle", 1e6))
}


@pytest.fixture
def scored(load):
    lines = [f"{name},{a!r},{b!r}" for name, rows in SERIES.items() for a, b in rows.tolist()]
    dataset = load(
        "s,flow,level\n" + "\n".join(lines) + "\n", series="s", features=["flow", "level"], target=["flow", "level"],
        window={"length": LENGTH, "horizon": HORIZON}, split={"validation": 0, "test": HELD},
    )  # fmt: skip
    said = dataset.test.last_targets() + np.random.default_rng(0).normal(size=dataset.test.last_targets().shape)
    found = scores.score(said.astype(np.float32), dataset, dataset.test, dataset, parts=True)
    forecasts = own_units(said.astype(np.float32), dataset).reshape(len(SERIES), -1, HORIZON, 2)
    return found, forecasts


def by_hand(forecasts):
    """``[series, forecasts, horizon, targets]`` each: truths, naive forecasts; ``[series, targets]``: divisors."""
    last = np.arange(ROWS - HELD - 1, ROWS - HORIZON)
    assert forecasts.shape[1] == len(last)
    truth = np.stack([values[last[:, None] + [1, 2]] for values in SERIES.values()])
    naive = np.stack([np.repeat(values[last][:, None], HORIZON, axis=1) for values in SERIES.values()])
    back = np.stack([np.abs(np.diff(values[: ROWS - HELD], axis=0)).mean(axis=0) for values in SERIES.values()])
    return truth, naive, back


def metrics(truth, said, back):
    error = np.abs(said - truth)
    return {
        "mae": error.mean(),
        "rmse": np.sqrt(np.square(error).mean()),
        "mase": (error / back).mean(),
        "r2": 1 - np.square(error).sum() / np.square(truth - truth.mean()).sum(),
    }


def test_every_target_row_ahead_and_series_has_the_metrics_of_its_own_numbers(scored):
    found, forecasts = scored
    truth, naive, back = by_hand(forecasts)
    back = np.broadcast_to(back[:, None, None], truth.shape)
    places = {"flow": 0, "level": 1}
    assert [part.target for part in found.by_target] == ["flow", "level"]
    assert [(part.target, part.ahead) for part in found.by_step] == [
        (target, ahead) for ahead in (1, 2) for target in places
    ]
    whole, apart = found.by_series[:3], found.by_series[3:]
    assert [part.series for part in whole] == list(SERIES)
    assert [(part.series, part.target) for part in apart] == [(name, target) for name in SERIES for target in places]
    for part in (*found.by_target, *found.by_step, *apart):
        series = slice(None) if part.series is None else slice((at := list(SERIES).index(part.series)), at + 1)
        ahead = slice(None) if part.ahead is None else slice(part.ahead - 1, part.ahead)
        cut = (series, slice(None), ahead, places[part.target])
        assert part.metrics == pytest.approx(metrics(truth[cut], forecasts[cut], back[cut]), rel=1e-9)
        assert part.baselines["naive"] == pytest.approx(metrics(truth[cut], naive[cut], back[cut]), rel=1e-9)
        assert part.values == truth[cut].size
    for at, part in enumerate(whole):  # errors of a flow and a level have no mean
        assert part.metrics == pytest.approx({"mase": (np.abs(forecasts - truth) / back)[at].mean()}, rel=1e-9)
    assert set(found.metrics) == {"mase", "r2"}
    assert found.metrics["mase"] == pytest.approx((np.abs(forecasts - truth) / back).mean(), rel=1e-9)
    assert found.over == f"{forecasts.shape[0] * forecasts.shape[1]} forecasts of 2 rows each, 2 targets"


def test_one_series_of_one_number_has_one_part(load):
    dataset = load("y\n" + "".join(f"{row * row % 7}\n" for row in range(20)), split={"validation": 0, "test": 5})
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset, parts=True)
    assert [part.metrics for part in found.by_target] == [found.metrics]
    assert (found.by_step, found.by_series) == ((), ())


def test_a_part_counts_the_values_that_have_a_truth(load):
    lines = [f"{name},{'' if (name, row) == ('b', 18) else row * row % 7}" for name in "ab" for row in range(20)]
    dataset = load(
        "s,x,y\n" + "\n".join(line.replace(",", f",{place % 20},") for place, line in enumerate(lines)) + "\n",
        series="s", features=["x"], missing="mask", window={"length": 2, "horizon": 2},
        split={"validation": 0, "test": 4},
    )  # fmt: skip
    found = scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset, parts=True)
    # Forecasts of rows 16 and 17, 17 and 18, 18 and 19 of each.
    assert [(part.series, part.values) for part in found.by_series] == [("a", 6), ("b", 4)]
    assert [part.values for part in (*found.by_target, *found.by_step)] == [10, 5, 5]


def test_tags_of_several_series_are_scored_in_each(load):
    tags = {name: "".join(np.random.default_rng(place).choice(list("ab"), 6)) for place, name in enumerate("vwxyz")}
    lines = [f"{name},{row},{tag}" for name, text in tags.items() for row, tag in enumerate(text)]
    dataset = load(
        "s,x,tag\n" + "\n".join(lines) + "\n", task="per_step", series="s", features=["x"], target=["tag"],
        columns={"tag": "category"}, window=None, return_sequences=True, split={"validation": 0, "test": 2},
    )  # fmt: skip
    said = np.zeros((2, 6, 2))
    said[..., dataset.classes.index("a")], said[..., dataset.classes.index("b")] = 0.75, 0.25
    found = scores.score(said, dataset, dataset.test, dataset, parts=True)
    assert [part.series for part in found.by_series] == ["y", "z"]
    known = "".join(tags[name] for name in "vwx")
    often = max("ab", key=known.count)
    for part in found.by_series:
        text = tags[part.series]
        assert part.values == 6
        assert part.metrics["accuracy"] == pytest.approx(text.count("a") / 6)
        assert part.metrics["crossentropy"] == pytest.approx(
            -np.log([0.75 if tag == "a" else 0.25 for tag in text]).mean()
        )
        assert part.baselines["majority"]["accuracy"] == pytest.approx(text.count(often) / 6)


def test_the_next_token_is_scored_in_each_series_and_texts_have_none(load):
    texts = {name: "".join(np.random.default_rng(place).choice(list("ab"), 9)) for place, name in enumerate("vwxyz")}
    rows = "\n".join(f"{name},{letter}" for name, text in texts.items() for letter in text)
    more = {"task": "next_step", "target": ["c"], "window": None, "split": {"validation": 0, "test": 2}}
    dataset = load("s,c\n" + rows + "\n", series="s", columns={"c": "category"}, return_sequences=True, **more)
    said = np.zeros((2, 8, len(dataset.classes)))
    said[..., dataset.classes.index("a")], said[..., dataset.classes.index("b")] = 0.75, 0.25
    found = scores.score(said, dataset, dataset.test, dataset, parts=True)
    assert [(part.series, part.values) for part in found.by_series] == [("y", 8), ("z", 8)]
    for part in found.by_series:
        chance = [0.75 if letter == "a" else 0.25 for letter in texts[part.series][1:]]
        assert part.metrics["bits"] == pytest.approx(-np.log2(chance).mean())
        assert part.metrics["accuracy"] == pytest.approx(np.mean(np.array(chance) > 0.5))
    assert found.over == "16 time steps of 2 sequences, one answer each"
    words = "c\n" + "\n".join(texts.values()) + "\n"
    dataset = load(words, columns={"c": "characters"}, return_sequences=True, **more)
    said = np.full((2, dataset.test.length, len(dataset.classes)), 0.2)
    found = scores.score(said, dataset, dataset.test, dataset, parts=True)
    assert (found.by_series, found.over) == ((), "20 time steps of 2 sequences, one answer each")


def test_an_answer_that_is_no_number_is_an_infinite_error_and_is_counted(load):
    lines = [f"{name},{row * row % 7}" for name in "ab" for row in range(20)]
    dataset = load("s,y\n" + "\n".join(lines) + "\n", series="s", split={"validation": 0, "test": 5})
    said = dataset.test.last_targets().astype(np.float64)
    said[0] = np.nan
    found = scores.score(said, dataset, dataset.test, dataset, parts=True)
    assert (found.not_finite, found.metrics["mae"]) == (1, np.inf)
    mae = [part.metrics["mae"] for part in found.by_series]
    assert mae == [np.inf, pytest.approx(0, abs=1e-6)]


def test_without_asking_there_are_no_parts(load):
    dataset = load("y\n" + "".join(f"{row * row % 7}\n" for row in range(20)), split={"validation": 0, "test": 5})
    assert scores.score(dataset.test.last_targets(), dataset, dataset.test, dataset).by_target == ()


def test_a_network_that_always_says_unknown_is_never_right_and_baselines_say_a_word_that_they_know(load):
    # Letters that the training rows never hold are unknown; seven of the last ten are.
    text = "c\n" + "".join(f"{letter}\n" for letter in "babababababababababa" + "xyzxyzxaba")
    dataset = load(
        text, features=["c"], target=["c"], columns={"c": "category"}, window={"length": 2},
        split={"validation": 0, "test": 10},
    )  # fmt: skip
    said = np.zeros((len(dataset.test), len(dataset.classes)))
    said[:, dataset.classes.index("<unknown>")] = 1
    found = scores.score(said, dataset, dataset.test, dataset)
    assert (found.entries, found.unknown) == (10, 7)
    assert found.metrics["accuracy"] == 0
    assert found.metrics["bits"] == pytest.approx(-np.log2(1e-7))
    # Baselines answer with letters that they know: a, the most frequent, where nothing is known, b after a, a after b.
    assert found.baselines["markov1"]["accuracy"] == pytest.approx(3 / 10)
    assert max(metrics["accuracy"] for metrics in found.baselines.values()) == pytest.approx(3 / 10)
