"""Intervals of a split, against loops over the numbers of the file."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from rnnctl.scoring.conformal import Errors
from rnnctl.scoring.entries import scored_entries
from rnnctl.scoring.intervals import Calibration, Intervals, interval_scores
from rnnctl.scoring.volatility import volatility_of

RANDOM = np.random.default_rng(8)
SERIES = {name: size * np.exp(0.3 * RANDOM.normal(size=60)) for name, size in (("a", 5.0), ("b", 4000.0))}
TEXT = "s,y,z\n" + "".join(
    f"{s},{y!r},{50 + t}\n" for s, values in SERIES.items() for t, y in enumerate(values.tolist())
)
HORIZON, VALIDATION, TEST = 2, 20, 12


def windows(split):
    first, last = {"validation": (60 - TEST - VALIDATION, 60 - TEST), "test": (60 - TEST, 60)}[split]
    return range(first - 1, last - HORIZON)


def both(split, value):
    """``[windows of both series, horizon, targets]``: a function of series and row."""
    return np.array(
        [[value(name, row + ahead) for ahead in (1, 2)] for name in SERIES for row in windows(split)], dtype=np.float64
    )


def truths(split):
    return both(split, lambda name, row: (SERIES[name][row], 50 + row))


def said(split):
    """What some forecaster says: too much, and of the second target nothing of interest."""
    return both(split, lambda name, row: (1.2 * np.mean(SERIES[name][row - 3 : row]), 50 + row - 0.1 * (row % 7)))


@pytest.fixture(params=["none", "log"])
def data(request, load):
    return load(
        TEXT, series="s", target=["y", "z"], features=["y"], window={"length": 3, "horizon": HORIZON}, scale="standard",
        scale_by="series", transform=request.param, split={"validation": VALIDATION, "test": TEST},
    )  # fmt: skip


def units(dataset):
    """The way to where errors are alike, the way back, and the size of each series there."""
    forward, back = (np.log, np.exp) if dataset.transform.word == "log" else (np.array, np.array)
    training = 60 - TEST - VALIDATION
    columns = {name: np.stack([values, 50 + np.arange(60)], axis=1)[:training] for name, values in SERIES.items()}
    return forward, back, {name: forward(values).std(axis=0) for name, values in columns.items()}


def test_intervals_are_the_quantiles_of_errors_where_these_are_alike(data):
    forward, back, size = units(data)
    held, entries = scored_entries(data, data.validation), scored_entries(data, data.test)
    np.testing.assert_allclose(held.truth.reshape(truths("validation").shape), truths("validation"))
    model = Calibration.of_entries(held, said("validation"), None)
    count, new = len(windows("validation")), len(windows("test"))
    sizes = {
        split: np.repeat([*size.values()], len(windows(split)), axis=0)[:, None] for split in ("validation", "test")
    }
    off = (forward(truths("validation")) - forward(said("validation"))) / sizes["validation"]
    ranked = np.sort(off, axis=0)
    cut = math.floor((2 * count + 1) * 0.2 + 1e-9)
    around = Intervals(model, (80, 99)).around(said("test"), data, entries.row)
    assert [*around] == [80]
    expected = [np.minimum(ranked[-(-cut // 2) - 1], 0), np.maximum(ranked[len(ranked) - cut // 2], 0)]
    for found, offset in zip(around[80], expected, strict=True):
        np.testing.assert_allclose(found, back(forward(said("test")) + offset * sizes["test"]), rtol=1e-6)

    (told,) = Intervals(model, (80, 99)).too_few()
    assert told == (
        "--interval 99: left out: there are 38 validation forecasts, and it takes 99; hold out more rows "
        "(data.split.validation) and train again, or ask for --interval 97 or less"
    )

    scores = interval_scores(entries, {"model": said("test").reshape(2 * new, -1)}, {"model": model}, (80, 99))
    assert {(one.target, one.ahead, one.level) for one in scores} == set(product("yz", (None, 1, 2), (80,)))
    low, high = around[80]
    truth = truths("test")
    for one in scores:
        place = ("yz").index(one.target)
        steps = slice(None) if one.ahead is None else slice(one.ahead - 1, one.ahead)
        y, a, b = (values[:, steps, place].ravel() for values in (truth, low, high))
        assert one.values == y.size
        assert one.coverage == pytest.approx(np.mean((a <= y) & (y <= b)))
        assert one.width == pytest.approx(np.mean(b - a), rel=1e-6)
        # The interval score of Gneiting & Raftery (2007) times α/4.
        winkler = (b - a) + 10 * np.maximum(a - y, 0) + 10 * np.maximum(y - b, 0)
        assert one.pinball == pytest.approx(np.mean(winkler) * 0.2 / 4, rel=1e-6)
        by_hand = []
        for entry, step in product(range(len(truth)), range(HORIZON)[steps]):
            middle = forward(said("test")[entry, step, place])
            sample = back(middle + off[:, step, place] * sizes["test"][entry, 0, place])
            apart = np.abs(sample[:, None] - sample).mean() / 2
            by_hand.append(np.abs(sample - truth[entry, step, place]).mean() - apart)
        assert one.crps == pytest.approx(np.mean(by_hand), rel=1e-6)


def test_rows_ahead_are_counted_from_the_last_row_seen(data):
    held = scored_entries(data, data.validation)
    model, rows = Calibration.of_entries(held, said("validation"), None), held.row[:3]
    every = said("validation")[:3]
    low, _ = model.interval(80, every, data, rows)
    later, _ = model.interval(80, every[:, 1:], data, rows, np.full((3, 1), 2))
    np.testing.assert_array_equal(later, low[:, 1:])


def test_an_answer_that_is_no_number_holds_nothing_and_has_no_width(data):
    entries = scored_entries(data, data.test)
    said_now = said("test").reshape(len(entries), -1)
    said_now[0] = np.inf
    model = Calibration.of_entries(scored_entries(data, data.validation), said("validation"), None)
    whole = interval_scores(entries, {"model": said_now}, {"model": model}, (80,))[0]
    assert (whole.values, whole.width, whole.pinball, whole.crps) == (said_now.size / 2, None, None, None)
    assert whole.coverage < 1


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((9, 9), ""),
        ((9, 3), "left empty from 2 rows ahead on: there are 3 validation forecasts so far ahead, and it takes 4; "),
        ((1, 0), "left out: there is 1 validation forecast, and it takes 4; "),
        ((0, 0), "left out: there are 0 validation forecasts, and it takes 4; "),
    ],
)
def test_where_validation_forecasts_are_too_few_is_told(counts, told):
    errors = np.full((9, 2, 1), np.nan)
    for step, count in enumerate(counts):
        errors[:count, step] = np.arange(count)[:, None]
    found = Calibration(Errors.of(errors, np.zeros_like(errors))).too_few(80)
    assert found.startswith(f"--interval 80: {told}") if told else not found


def test_rows_of_pieces_that_overlap_count_once_as_the_longest_past_sees_them(load):
    data = load(
        TEXT, series="s", target=["y"], task="next_step", window={"length": 6, "stride": 2},
        split={"validation": 0.5, "test": 0}, return_sequences=True,
    )  # fmt: skip
    whole = scored_entries(data, data.validation)
    part, kept = whole.once()
    assert len(part) == len(set(whole.row.tolist())) < len(whole)
    seen = {}
    for row, step in zip(whole.row.tolist(), whole.step.tolist(), strict=True):
        seen[row] = max(step, seen.get(row, 0))
    assert dict(zip(part.row.tolist(), part.step.tolist(), strict=True)) == seen
    np.testing.assert_array_equal(part.truth, whole.truth[kept])


NOISES = {
    "normal": lambda random, rows: random.normal(size=rows),
    "skewed": lambda random, rows: random.exponential(size=rows) - 1,
    "by the season": lambda random, rows: random.normal(size=rows) * (1 + 2 * (np.arange(rows) % 12 < 6)),
    "as it moved": lambda random, rows: arch(random.normal(size=rows)),
}


def arch(draws):
    """Noise that is larger after it was large (Engle 1982)."""
    found = [0.0]
    for draw in draws[1:].tolist():
        found.append(draw * math.sqrt(0.3 + 0.6 * found[-1] ** 2))
    return np.array(found)


@pytest.mark.parametrize("noise", NOISES)
def test_intervals_of_known_noise_cover_what_they_say_within_three_points(noise, load):
    rows, held, tested = 8000, 2500, 5000
    draws, values = NOISES[noise](np.random.default_rng(11), rows), [0.0]
    for draw in draws[1:].tolist():
        values.append(0.6 * values[-1] + draw)
    data = load(
        "y\n" + "\n".join(map(repr, values)) + "\n", window={"length": 3, "horizon": 2}, season=12,
        split={"validation": held, "test": tested},
    )  # fmt: skip
    before, after = (scored_entries(data, split) for split in (data.validation, data.test))
    said = {part: np.array(values)[part.row, None] * [0.6, 0.36] for part in (before, after)}
    model = Calibration.of_entries(before, said[before], volatility_of(data))
    scores = interval_scores(after, {"model": said[after]}, {"model": model}, (80, 95))
    assert len(scores) == 6
    for one in scores:  # of that many forecasts chance moves it by one point
        assert 100 * one.coverage == pytest.approx(one.level, abs=3)
        assert one.values >= tested - 1


def test_intervals_between_predicted_quantiles_are_moved_by_what_these_were_off_by(data):
    data = replace(data, quantiles=(0.1, 0.4, 0.9))
    forward, back, size = units(data)
    held, entries = scored_entries(data, data.validation), scored_entries(data, data.test)

    def quantiles(split):
        """Too low a lower one, too narrow in all: ``[windows, horizon, quantiles, targets]``."""
        return said(split)[:, :, None] * np.array([0.7, 1.0, 1.05])[:, None]

    model = Calibration.of_entries(held, said("validation"), None, quantiles("validation"))
    now = said("test")
    found = Intervals(model, (60, 80)).around(now, data, entries.row, quantiles=quantiles("test"))
    plain = Intervals(model, (60, 80)).around(now, data, entries.row)
    np.testing.assert_array_equal(found[60], plain[60])  # whose levels are not predicted
    sizes = {
        split: np.repeat([*size.values()], len(windows(split)), axis=0)[:, None] for split in ("validation", "test")
    }
    count = len(held)
    cut = math.floor((count + 1) * 0.2 + 1e-9)
    for place, rank, bound, end in ((0, -(-cut // 2) - 1, np.minimum, 0), (2, count - cut // 2, np.maximum, 1)):
        off = (forward(truths("validation")) - forward(quantiles("validation")[:, :, place])) / sizes["validation"]
        moved = forward(quantiles("test")[:, :, place]) + np.sort(off, axis=0)[rank] * sizes["test"]
        np.testing.assert_allclose(found[80][end], back(bound(moved, forward(now))), rtol=1e-6)
    # Beyond the horizon no quantile is predicted, and the interval is around the forecast.
    none = quantiles("test")
    none[:, 1] = np.nan
    partly = Intervals(model, (80,)).around(now, data, entries.row, quantiles=none)[80]
    for end in (0, 1):
        np.testing.assert_array_equal(partly[end][:, 0], found[80][end][:, 0])
        np.testing.assert_array_equal(partly[end][:, 1], plain[80][end][:, 1])


def test_one_entry_that_is_cut_off_moves_both_quantiles_alike():
    random = np.random.default_rng(3)
    truth, lower, upper = random.normal(size=(3, 9, 1))
    low, high = Errors.of(truth, lower).ends(90, Errors.of(truth, upper))
    moved = np.maximum(lower - truth, truth - upper).max()
    assert (low[0], high[0]) == pytest.approx((-moved, moved))
