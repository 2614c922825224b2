"""Features whose future is known are never filled in from the past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from data.tabled import make

from rnnctl.errors import DataError

DAYS = [date(2023, 1, 1) + timedelta(days=day) for day in range(12)]
HOLIDAY = DAYS[5]
SETTINGS = {
    "time": "t", "series": "id", "target": ["y"], "features": ["y", "holiday"], "known": ["holiday"],
    "window": {"length": 2}, "missing": "forward",
}  # fmt: skip


def rows(name, *, without=(), empty=(), holiday=HOLIDAY, first=0):
    return "".join(
        f"{name},{day},{first + place},{'' if day in empty else int(day == holiday)}\n"
        for place, day in enumerate(DAYS)
        if day not in without
    )


def table(*parts):
    return "id,t,y,holiday\n" + "".join(parts)


@pytest.mark.parametrize("missing", ["forward", "interpolate"])
def test_an_empty_cell_is_named(missing, tmp_path):
    text = table(rows("a", empty=[HOLIDAY]))
    with pytest.raises(
        DataError, match="column 'holiday': line 7: a value is missing; its future must be known"
    ) as told:
        make(tmp_path, text, **SETTINGS | {"missing": missing})
    assert str(told.value).endswith("fill it in, or take 'holiday' out of data.known")


def test_a_row_that_is_put_in_is_named_and_both_ways_out_help(tmp_path):
    text = table(rows("a", without=[HOLIDAY]), rows("b", first=100, holiday=DAYS[3]))
    with pytest.raises(DataError) as told:
        make(tmp_path, text, frequency="1d", **SETTINGS | {"features": ["y", "holiday"]})
    assert str(told.value).endswith(
        "column 'holiday': the row of 2023-01-06 of series 'a', which data.frequency puts in after line 6: a value is "
        "missing; its future must be known (data.known), and data.missing: forward fills nothing of it from the past: "
        "add that row with its 'holiday' to the file, the target may be empty, or take 'holiday' out of data.known"
    )
    added = make(tmp_path, text + f"a,{HOLIDAY},,1\n", frequency="1d", **SETTINGS)
    assert added.train.values[:12, :2].tolist() == [
        [4 if day == HOLIDAY else place, day == HOLIDAY] for place, day in enumerate(DAYS)
    ]
    make(tmp_path, text, frequency="1d", **{key: value for key, value in SETTINGS.items() if key != "known"})


def test_a_holiday_is_as_in_the_other_series_at_the_same_time(tmp_path):
    text = table(rows("a", without=[HOLIDAY]), rows("b", first=100), rows("c", first=200))
    dataset = make(tmp_path, text, frequency="1d", **SETTINGS)
    assert dataset.train.values[:12, 1].tolist() == [day == HOLIDAY for day in DAYS]
    assert any("1 missing cell as in the other series at the same time" in note for note in dataset.notes)


def test_what_differs_among_series_is_none_of_the_others(tmp_path):
    text = table(rows("a", without=[HOLIDAY]), rows("b", first=100), rows("c", first=200, holiday=DAYS[3]))
    with pytest.raises(DataError, match="the row of 2023-01-06 of series 'a'"):
        make(tmp_path, text, frequency="1d", **SETTINGS)


def test_parts_of_the_time_are_those_of_the_rows_that_are_put_in(tmp_path):
    settings = {"time": "t", "target": ["y"], "window": {"length": 2}, "missing": "forward", "calendar": ["weekday"]}
    text = "t,y\n" + "".join(f"{day},{place}\n" for place, day in enumerate(DAYS))
    whole = make(tmp_path, text, frequency="1d", **settings)
    few = make(tmp_path, text.replace(f"{HOLIDAY},5\n", ""), frequency="1d", **settings)
    assert few.train.values[:, :2].tolist() == whole.train.values[:, :2].tolist()


def test_rows_to_come_without_a_target_may_miss_it(tmp_path):
    text = table(rows("a"), f"a,{DAYS[-1] + timedelta(days=1)},,1\n", f"a,{DAYS[-1] + timedelta(days=2)},,\n")
    assert len(make(tmp_path, text, **SETTINGS).train) == 10
