"""What is asked of a starter config is done as it is asked, or refused with what there is to choose from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from rnnctl.errors import DataError
from rnnctl.starter.rows_ahead import find_rows_ahead
from rnnctl.starter.window_guess import guess_window
from tests.starter.test_guessing import NUMBERS, guessed, sentences, value

DAYS = [date(2024, 1, 1) + timedelta(days=k) for k in range(60)]
COUNTS = [(7 * k * k + 3 * k) % 23 for k in range(60)]


def shops(rows: int = 60, ahead: int = 0, **more: list) -> dict[str, list]:
    """Four shops; units are empty in the last ``ahead`` rows of each, price and promo are filled."""
    wave = [round(20 + 5 * np.sin(k * 2 * np.pi / 7) + COUNTS[k % 60] / 10, 1) for k in range(rows)]
    columns = {
        "day": [day for day in (date(2024, 1, 1) + timedelta(days=k) for k in range(rows)) for _ in "abcd"],
        "shop": list("abcd") * rows,
        "region": ["north", "south", "south", "north"] * rows,
        "units": [("" if k >= rows - ahead else wave[k]) for k in range(rows) for _ in "abcd"],
        "price": [[1.5, 2.5, 3.5, 1.99][(5 * k + place) % 4] for k in range(rows) for place in range(4)],
        "promo": [int(k % 9 == 0) for k in range(rows) for _ in "abcd"],
    }
    return {**columns, **more}


def names(columns) -> list[str]:
    return [column.name for column in columns]


def test_a_word_is_forecast_where_that_is_asked_for() -> None:
    words = [("red", "blue", "green")[count % 3] for count in COUNTS]
    guess = guessed(day=DAYS, colour=words, x=NUMBERS, target="colour", task="forecast")
    window = guess_window(guess)
    assert (guess.task.word, guess.kind, window.keys["window"][0]["horizon"]) == ("forecast", "category", 1)
    assert not window.keys.keys() & {"season", "transform", "difference", "lags", "scale_by"}


def test_words_that_are_said_to_be_the_time_are_no_seasons_of_the_rows() -> None:
    guess = guessed(order=list("acb") * 20, y=NUMBERS, time="order")
    assert "season" not in guess_window(guess).keys


@pytest.mark.parametrize("name", ["y", "outcome", "rating"])
def test_whole_numbers_in_time_are_forecast_and_a_task_that_was_asked_for_decides(name: str) -> None:
    rows = [(7 * k * k + 3 * k) % 23 for k in range(400)]
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(400)]
    for target in (None, name):
        guess = guessed(target, ds=days, **{name: rows})
        assert (guess.task.word, guess.kind) == ("forecast", "number")
        assert any(repr(name) in note and "--task next_step takes them for" in note for note in guess.notes)
    asked = guessed(task="next_step", ds=days, **{name: rows})
    assert (asked.task.word, asked.kind) == ("next_step", "category")
    assert "--task forecast takes them for numbers" in asked.notes[0]
    back = guessed(task="forecast", ds=days, **{name: rows})
    assert (back.task.word, back.kind) == ("forecast", "number")


def test_few_codes_stay_classes_and_a_state_that_lasts_too() -> None:
    days = [date(2024, 1, 1) + timedelta(days=k) for k in range(200)]
    lasting = [k // 20 % 4 + 1 for k in range(200)]
    guess = guessed(day=days, x=NUMBERS * 3 + NUMBERS[:20], y=lasting)
    assert (guess.task.word, guess.kind) == ("per_step", "category")
    assert "taken for codes of classes" in guess.notes[0]
    counts = [(k * k + k // 3) % 5 for k in range(200)]
    assert guessed(day=days, x=NUMBERS * 3 + NUMBERS[:20], y=counts).task.word == "forecast"
    coded = guessed(day=days, x=NUMBERS * 3 + NUMBERS[:20], **{"class": [k * k % 13 for k in range(200)]})
    assert (coded.task.word, coded.kind) == ("per_step", "category")


def test_few_values_that_lie_apart_are_no_codes() -> None:
    rows = {"id": ["a", "b"] * 60, "t": [k // 2 for k in range(120)]}
    assert guessed(**rows, y=[1000 * (k * k % 3) for k in range(120)]).task.word == "forecast"
    assert guessed(**rows, topic=[k % 3 for k in range(120)]).kind == "category"


def test_codes_of_whole_series_are_told() -> None:
    ids, steps = [k // 5 for k in range(210)], [k % 5 for k in range(210)]
    values = (NUMBERS * 4)[:210]
    grades = [k // 5 % 7 + 1 for k in range(210)]
    guess = guessed("grade", id=ids, t=steps, x=values, grade=grades)
    assert (guess.task.word, guess.kind) == ("per_sequence", "number")
    assert "data.columns: {grade: category} with loss: categorical_crossentropy takes them for" in guess.notes[0]
    named = guessed(id=ids, t=steps, x=values, label=grades)
    assert (named.task.word, named.kind) == ("per_sequence", "category")
    assert "data.columns: {label: number} with loss: mse takes them for numbers" in named.notes[0]


def test_a_column_that_is_empty_at_the_end_is_the_target_and_the_filled_ones_are_known() -> None:
    guess = guessed(**shops(120, 14))
    assert (guess.target.name, names(guess.known), guess.horizon) == ("units", ["price", "promo"], 14)
    assert names(guess.static) == ["region"]
    keys = guess_window(guess).keys
    assert value(keys, "window")["horizon"] == 14
    assert value(keys, "split") == {"validation": 16, "test": 30}
    assert value(keys, "missing") == "drop"
    assert "14 rows" in guess.reasons["known"]
    own = guessed(horizon=3, known=("promo",), **shops(120, 14))
    assert (names(own.known), value(guess_window(own).keys, "window")["horizon"]) == (["promo"], 3)


def test_a_lone_column_that_is_empty_where_there_are_times_is_forecast_so_far() -> None:
    alone = guessed(day=DAYS, sold=[*NUMBERS[:53], *[""] * 7])
    assert (alone.target.name, alone.horizon, alone.known) == ("sold", 7, ())
    assert guessed(day=DAYS, sold=NUMBERS).horizon is None


@pytest.mark.parametrize("shops", [1, 5])
def test_a_gap_that_is_longer_than_the_rows_to_come_does_not_hide_them(shops: int) -> None:
    gap = {(shops - 1, day) for day in range(30, 46)}
    places = [(shop, day) for shop in range(shops) for day in range(400)]
    units = ["" if place in gap or place[1] >= 393 else NUMBERS[place[1] % 60] for place in places]
    days = [DAYS[0] + timedelta(days=day) for _, day in places]
    price = [place % 7 + 1 for place in range(len(places))]
    guess = guessed(shop=[f"s{shop}" for shop, _ in places], day=days, price=price, units=units)
    assert (guess.target.name, guess.horizon, [one.name for one in guess.known]) == ("units", 7, ["price"])


def test_more_rows_to_come_than_the_training_rows_allow_are_told() -> None:
    sold = [*NUMBERS[:40], *[""] * 19]
    guess = guessed(day=DAYS[:59], sold=sold)
    assert guess.horizon == 19
    window, why = guess_window(guess).keys["window"]
    assert (window["horizon"] == 19) is ("19 rows are to be forecast, more than" not in why)
    few = guess_window(replace(guess, horizon=60))
    assert "the last 60 rows are to be forecast, more than the training rows allow" in few.keys["window"][1]


def test_gaps_elsewhere_are_no_rows_to_come() -> None:
    full = shops(60)
    assert guessed(**full).known == ()
    holes = shops(60, units=["" if 40 < k < 80 else k % 13 for k in range(240)])
    assert guessed(**holes).horizon is None
    dead = shops(60, 0, wind=[(k * 7 % 11) if k < 100 else "" for k in range(240)])  # more than half is missing
    assert guessed(**dead).target.name == "units"
    assert find_rows_ahead([], guessed(**full).roles).rows == 0


def test_what_is_asked_for_is_done() -> None:
    guess = guessed("units", horizon=7, known=("price",), static=("region",), **shops())
    assert (guess.task.word, guess.horizon) == ("forecast", 7)
    assert (names(guess.known), names(guess.static)) == (["price"], ["region"])
    assert value(guess_window(guess).keys, "window") == {"length": 8, "horizon": 7}
    assert guessed(task="per_step", target="promo", **shops()).task.word == "per_step"
    whole = guessed(task="per_sequence", **shops())
    assert (whole.task.word, whole.target.name) == ("per_sequence", "region")
    texts = guessed(task="next_step", review=sentences(40), feeling=["good", "bad"] * 20)
    assert (texts.task.word, texts.target.name) == ("next_step", "review")
    still = guessed(known=("late",), day=DAYS, late=[0] * 50 + [1] * 10, x=NUMBERS)
    assert names(still.known) == ["late"]


def test_a_column_that_was_guessed_to_tell_series_apart_can_be_known() -> None:
    rows = {"day": DAYS, "item": [k % 3 for k in range(60)], "x": NUMBERS}
    assert names(guessed(known=("item",), **rows).known) == ["item"]


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"known": ("prise",)}, r"--known: there is no column 'prise'; the columns are .*did you mean 'price'\?"),
        ({"static": ("price",)}, "--static: 'price' changes within the series of 'shop'; .*region"),
        ({"known": ("price",), "static": ("price",)}, "--static and --known both name 'price'"),
        ({"target": "units", "known": ("units",)}, "--known and --target both name 'units'"),
        ({"target": "shop", "series": "shop"}, "--target and --series both name 'shop'"),
        ({"known": ("day",)}, "--known: 'day' cannot be seen by the model: dates"),
        ({"task": "per_step", "horizon": 3}, "--task per_step: --horizon can be said of a forecast alone"),
        ({"task": "per_sequence", "known": ("price",)}, "--task per_sequence: --known can be said of a forecast alone"),
        ({"task": "per_sequence", "target": "units"}, "'units' changes within the series of 'shop'; .*region"),
        ({"target": "region", "horizon": 3}, "--horizon 3: 'region' holds classes"),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_choice(wishes: dict, told: str) -> None:
    with pytest.raises(DataError, match=told):
        guessed(**wishes, **shops())


def test_what_a_table_cannot_have_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"needs a column that tells series apart; name it with --series \(there are x\),"
    ):
        guessed(task="per_sequence", day=DAYS, x=NUMBERS)
    with pytest.raises(DataError, match="no other column is left to tell 'x' from"):
        guessed(task="per_step", day=DAYS, x=NUMBERS)
    with pytest.raises(DataError, match="--static needs series"):
        guessed(static=("x",), day=DAYS, x=NUMBERS, z=NUMBERS)
    with pytest.raises(DataError, match="--horizon 50: a series has 60 rows, which allow a forecast of 19 at most"):
        guess_window(guessed(horizon=50, day=DAYS, x=NUMBERS))


def test_sums_among_the_data_are_told() -> None:
    parts = {"a": COUNTS, "b": [(3 * k * k + k) % 17 for k in range(60)], "c": NUMBERS}
    total = [x + y for x, y in zip(parts["a"], parts["b"], strict=True)]
    (note,) = guessed(day=DAYS, **parts, all_of_it=total).notes
    assert "'all_of_it' is the sum of 'a' and 'b' in every row" in note
    assert guessed("c", day=DAYS, **parts).notes == ()
    (last,) = guessed(n=list(range(60)), x=[*COUNTS[:59], sum(COUNTS[:59])]).notes
    assert "the last row of the file is the sum of all the others (in x)" in last
    (first,) = guessed(n=list(range(60)), x=[sum(COUNTS[:59]), *COUNTS[:59]]).notes
    assert "the first row of the file" in first
    (dated,) = guessed(day=[*DAYS[:59], "Total"], x=[*COUNTS[:59], sum(COUNTS[:59])]).notes
    assert "the last row of the file is the sum" in dated


@pytest.mark.parametrize("name", ["Wales", "Total"])
def test_a_series_that_adds_up_the_others_is_told(name: str) -> None:
    cells = [[COUNTS[k] + 1, COUNTS[-k] + 2] for k in range(60)]
    rows = [(day, shop, pair[place]) for day, pair in zip(DAYS, cells, strict=True) for place, shop in enumerate("ab")]
    rows += [(day, name, sum(pair)) for day, pair in zip(DAYS, cells, strict=True)]
    day, shop, sold = (list(column) for column in zip(*rows, strict=True))
    (note,) = guessed(day=day, shop=shop, sold=sold).notes
    assert f"series {name!r} of 'shop' looks like the total of the others" in note
    other = [number + 1 for number in sold]
    assert bool(guessed(day=day, shop=shop, sold=other).notes) == (name == "Total")


@pytest.mark.parametrize(("series", "rest"), [("shop", "dept"), ("dept", "shop")])
def test_series_of_which_one_part_was_given_keep_the_time_and_name_the_other(series, rest) -> None:
    table = {"shop": ["a", "a", "b", "b"] * 60, "dept": [1, 2, 1, 2] * 60}
    days = {"day": [day for day in DAYS for _ in range(4)], "year": [1960 + k // 4 for k in range(240)]}
    for name, times in days.items():
        guess = guessed(series=series, **{name: times}, **table, y=NUMBERS * 4)
        assert (guess.roles.time.name, guess.roles.series.name) == (name, series)
        assert f"{name!r}: it stands up to 2 times in a series" in guess.notes[-1]
        given = guess.notes[-1].partition("--series ")[2]
        assert guess.notes[-1].endswith(f"{rest!r} tells these rows apart: --series {series},{rest}")
        followed = guessed(series=given, **{name: times}, **table, y=NUMBERS * 4)
        assert followed.roles.time.name == name
        assert not followed.roles.doubts


def test_a_date_that_never_changes_in_a_series_is_no_time() -> None:
    admitted = [day for day in DAYS[:20] for _ in range(12)]
    guess = guessed(series="pid", pid=[k // 12 for k in range(240)], admitted=admitted, y=NUMBERS * 4)
    assert guess.roles.time is None
    assert not guess.roles.doubts
