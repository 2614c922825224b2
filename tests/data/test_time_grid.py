"""Which times rows have: distances, days of the month, business days, opening hours, and what is found of them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from data.tabled import make, settings_of
from pydantic import ValidationError

from rnnctl.config.dataset import load_dataset
from rnnctl.data.dataset import Preparation
from rnnctl.data.grid_search import find_grids
from rnnctl.data.pace import find_far, find_pace
from rnnctl.data.row_order import Order
from rnnctl.data.time_grid import Grid, Steps, moments, times_of
from rnnctl.errors import DataError, RunError
from rnnctl.runs.run_schema import checked_as

DAYS = [date(2023, 1, 2) + timedelta(days=day) for day in range(364)]
HOURS = [datetime(2023, 1, 2) + timedelta(hours=hour) for hour in range(24 * 7 * 6)]


def month_end(month: int) -> date:
    """The last day of a month, counted from January of the year 0."""
    return date(month // 12, month % 12 + 1, 28) + timedelta(days=next(
        day for day in range(1, 5) if (date(month // 12, month % 12 + 1, 28) + timedelta(days=day)).day == 1
    ) - 1)  # fmt: skip


def workday(month: int, *, last: bool) -> date:
    """The first or last day from Monday to Friday of a month."""
    day = month_end(month) if last else month_end(month - 1) + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=-1 if last else 1)
    return day


def go_on(times: list, count: int) -> tuple[Grid, list]:
    """The grid that all but the last few times show, and how it goes on after them."""
    series = pl.Series(times)
    pace = find_pace(series, np.array([0, len(times)]))
    grid = pace.grids.main
    values = moments(series, wall=grid.wall)
    after = Steps(grid, values[:1]).after(values[[-1] * count], np.arange(count) + 1)
    return grid, times_of(after, series.dtype, wall=grid.wall).to_list()


M = 12 * 2015
KINDS = {
    "month ends": ([month_end(M + n) for n in range(40)], Grid("1mo", day="31")),
    "month ends from November": ([month_end(M + 10 + n) for n in range(41)], Grid("1mo", day="31")),
    "quarter ends": ([month_end(M + 2 + 3 * n) for n in range(20)], Grid("3mo", day="31")),
    "year ends": ([month_end(M + 11 + 12 * n) for n in range(9)], Grid("1y", day="31")),
    "years that end in February": ([month_end(M + 1 + 12 * n) for n in range(9)], Grid("1y", day="31")),
    "the 30th, or February's last": (
        [min(month_end(M + n), month_end(M + n).replace(day=min(30, month_end(M + n).day))) for n in range(30)],
        Grid("1mo", day="30"),
    ),
    "last business days": ([workday(M + n, last=True) for n in range(40)], Grid("1mo", day="last business day")),
    "first business days": ([workday(M + n, last=False) for n in range(40)], Grid("1mo", day="first business day")),
    "business days": ([day for day in DAYS if day.weekday() < 5], Grid("1b")),
    "three weeks of business days": ([day for day in DAYS[:21] if day.weekday() < 5], Grid("1b")),
    "Sundays closed": ([day for day in DAYS if day.weekday() != 6], Grid("1d", ("Mon-Sat",))),
    "three days a week": ([day for day in DAYS if day.weekday() in (0, 2, 4)], Grid("1d", ("Mon", "Wed", "Fri"))),
    "opening hours": ([hour for hour in HOURS if 9 <= hour.hour <= 17], Grid("1h", ("09:00-17:00",))),
    "opening hours on weekdays": (
        [hour for hour in HOURS if 9 <= hour.hour <= 17 and hour.weekday() < 5], Grid("1h", ("Mon-Fri 09:00-17:00",)),
    ),
    "shorter on Saturdays": (
        [hour for hour in HOURS if (9, 10)[hour.weekday() == 5] <= hour.hour <= (17, 14)[hour.weekday() == 5]
         and hour.weekday() < 6],
        Grid("1h", ("Mon-Fri 09:00-17:00", "Sat 10:00-14:00")),
    ),
    "nights": (
        [hour for hour in HOURS if hour.hour >= 20 or hour.hour < 4], Grid("1h", ("00:00-03:00", "20:00-23:00")),
    ),
    "half hours, at a quarter past": (
        [hour + timedelta(minutes=minute) for hour in HOURS if 8 <= hour.hour < 12 for minute in (15, 45)],
        Grid("30m", ("08:15-11:45",)),
    ),
    "every day": (DAYS, Grid("1d")),
    "every hour": (HOURS, Grid("1h")),
    "whole numbers": ([*range(3, 300, 3)], Grid("3i")),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_times_go_on_as_the_file_has_them(kind):
    times, grid = KINDS[kind]
    ahead = max(2, min(12, len(times) // 4))
    found, after = go_on(times[:-ahead], ahead)
    assert (found, after) == (grid, times[-ahead:])


@pytest.mark.parametrize("kind", ["business days", "Sundays closed", "opening hours on weekdays", "month ends"])
def test_what_is_missing_within_the_pattern_is_missing(kind):
    times, grid = KINDS[kind]
    few = [time for place, time in enumerate(times) if place not in (7, 19, 20)]
    pace = find_pace(pl.Series(few), np.array([0, len(few)]))
    assert (pace.grids.main, pace.missing, pace.odd.tolist()) == (grid, 3, [6, 17])


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2])
def test_rows_that_are_missing_by_chance_are_no_pattern(share):
    random = np.random.default_rng(1)
    for _ in range(100):
        days = pl.Series(DAYS[:90]).filter(pl.Series(random.random(90) > share))
        main = find_grids(days, np.array([0, len(days)])).main
        assert main is None or (main.every in ("1d", "2d") and not main.parts)


def test_a_few_open_sundays_are_exceptions():
    times = [day for day in DAYS if day.weekday() != 6 or day.month == 12]
    assert go_on(times, 8)[0] == Grid("1d", ("Mon-Sat",))


def test_clocks_that_are_changed_make_no_gap():
    zone = {"eager": True, "time_zone": "Europe/Berlin"}
    berlin = pl.datetime_range(
        datetime(2023, 3, 1), datetime(2023, 11, 30), "1d", eager=True, time_zone="Europe/Berlin"
    )
    pace = find_pace(berlin, np.array([0, len(berlin)]))
    assert (pace.frequency, pace.even) == ("1d", True)
    hours = pl.datetime_range(datetime(2023, 3, 1), datetime(2023, 11, 30), "1h", **zone)
    assert find_pace(hours, np.array([0, len(hours)])).even
    shop = hours.filter(hours.dt.hour().is_between(9, 17))
    pace = find_pace(shop, np.array([0, len(shop)]))
    assert (str(pace), pace.even) == ("1h (within 09:00-17:00)", True)


def panel(**times: list) -> str:
    return "id,t,y\n" + "".join(
        f"{name},{time},{place % 7}\n" for name, some in times.items() for place, time in enumerate(some)
    )


COMMON = {"time": "t", "series": "id", "target": ["y"], "window": {"length": 2}, "missing": "forward"}


def test_each_series_has_a_distance_of_its_own(tmp_path):
    hours, days = HOURS[:100], [datetime(2023, 1, 2) + timedelta(days=day) for day in range(50)]
    dataset = make(tmp_path, panel(hourly=hours, daily=[*days[:20], *days[22:]]), frequency="auto", **COMMON)
    assert np.diff(dataset.order.bounds).tolist() == [100, 50]
    assert dataset.order.times[100:].to_list() == days
    assert dataset.preparation.grids == {"": Grid("1h"), "daily": Grid("1d")}
    assert any(note.endswith("series with another distance of their own: 'daily' 1d") for note in dataset.notes)


def test_a_time_far_from_the_others_is_found_among_many_distances_without_a_pass_for_each():
    steps = np.arange(2000) + 7
    times = (np.arange(6) * steps[:, None] + np.arange(2000)[:, None] % 60) * 60 * 10**6
    times[1234, -1] += 10**18
    series = pl.Series(times.ravel()).cast(pl.Datetime("us"))
    bounds = np.arange(0, times.size + 1, 6)
    grids = find_grids(series, bounds)
    assert [grids.of(place).size for place in (0, 500, 1999)] == [steps[place] * 60 * 10**6 for place in (0, 500, 1999)]
    chosen = np.array([3, 900, 3, 4])
    found = {grid: places.tolist() for grid, places in grids.groups(chosen)}
    assert found == {grids.of(3): [0, 2], grids.of(900): [1], grids.of(4): [3]}
    order = Order(bounds, tuple(map(str, range(2000))), times=series)
    far = find_far(order, grids)
    assert (far.row, far.other) == (1234 * 6 + 5, 1234 * 6 + 4)


def test_each_series_skips_what_it_always_skips(tmp_path):
    six, five = [day for day in DAYS if day.weekday() != 6], [day for day in DAYS if day.weekday() < 5]
    holiday = date(2023, 5, 1)
    dataset = make(
        tmp_path, panel(a=six, b=[day for day in five if day != holiday], c=DAYS[:9]), frequency="1d", **COMMON
    )
    order = dataset.order
    assert [order.times[order.begin[place] : order.end[place]].to_list() for place in (0, 1)] == [six, five]
    assert dataset.notes[0].endswith("(data.open: all puts in these rows too)")
    assert "2023-05-01 after line 398" in " ".join(dataset.notes)


@pytest.mark.parametrize(("settings", "wanted"), [
    ({"frequency": "1d"}, 0), ({"frequency": "auto"}, 0), ({"frequency": "1d", "open": "all"}, 51),
    ({"frequency": "1d", "open": ["Mon-Sat"]}, 0), ({"frequency": "1d", "open": "sunday-saturday"}, 51),
])  # fmt: skip
def test_closed_sundays_are_put_in_only_where_that_is_asked_for(settings, wanted, tmp_path):
    days = [day for day in DAYS if day.weekday() != 6]
    dataset = make(tmp_path, panel(a=days), **settings, **COMMON)
    assert int(dataset.order.bounds[-1]) - len(days) == wanted


def test_business_days_may_be_asked_for(tmp_path):
    days = [day for day in DAYS[:10] if day.weekday() < 5]
    dataset = make(tmp_path, panel(a=[*days[:3], *days[4:]]), frequency="1b", **COMMON)
    assert dataset.order.times.to_list() == days


@pytest.mark.parametrize("every", ["1mo", "auto"])
def test_a_month_end_that_is_missing_is_put_in_at_its_last_day(every, tmp_path):
    ends = [month_end(M + n) for n in range(30)]
    dataset = make(tmp_path, panel(a=[*ends[:13], *ends[14:]]), frequency=every, **COMMON)
    assert dataset.order.times.to_list() == ends


def test_a_time_off_the_grid_is_named(tmp_path):
    days = [*DAYS[:30]]
    hours = [datetime(2023, 1, 2, 9) + timedelta(days=day) for day in range(len(days))]
    hours[17] += timedelta(minutes=7)
    with pytest.raises(DataError, match="line 19: time 2023-01-19 09:07:00 does not lie a whole number of 1d"):
        make(tmp_path, panel(a=hours), frequency="1d", **COMMON)


def test_rows_at_times_that_are_else_skipped_are_kept_and_told(tmp_path):
    days = [day for day in DAYS if day.weekday() != 6 or day == date(2023, 12, 17)]
    dataset = make(tmp_path, panel(a=days), frequency="1d", **COMMON)
    assert dataset.order.times.to_list() == days
    assert any("line 302: 1 row kept, though at times that the others skip" in note for note in dataset.notes)


def test_what_a_run_has_found_holds_for_another_file(tmp_path):
    days = [day for day in DAYS if day.weekday() < 5]
    text = panel(a=days, b=[*days[::5]], c=days[::-1])
    known = make(tmp_path, text, frequency="auto", **COMMON).preparation
    assert known == checked_as(Preparation, json.loads(json.dumps(known.to_json())), tmp_path)
    assert known.grids == {"": Grid("1b"), "b": Grid("7d")}
    path = tmp_path / "new.csv"
    path.write_text(panel(b=days[:20:5], a=[*days[:3], *days[4:7]], new=days[3:7]))
    config = settings_of(path, frequency="auto", **COMMON)
    order = config.data.load(seed=0, per_step=False, known=known).order
    found = [order.times[order.begin[place] : order.end[place]].to_list() for place in range(3)]
    assert found == [days[:20:5], days[:7], days[3:7]]


@pytest.mark.parametrize("apart", [1, 999, 1_666_000_001, 86_400_000_001])
@pytest.mark.parametrize("frequency", [None, "auto"])
def test_a_run_keeps_every_distance_that_a_file_may_have(apart, frequency, tmp_path):
    times = [datetime(2023, 1, 2) + timedelta(microseconds=apart * place) for place in range(9)]
    known = make(tmp_path, panel(a=times), frequency=frequency, **COMMON).preparation
    assert known.grids[""].size == apart
    assert checked_as(Preparation, json.loads(json.dumps(known.to_json())), tmp_path) == known


@pytest.mark.parametrize("changed", [
    {"every": "foo"}, {"every": "2b"}, {"every": "0d"}, {"every": "18446744073709551617d"}, {"every": "9" * 18 + "mo"},
    {"day": "32"}, {"day": "first"}, {"open": ["Mon-Fri 25:00"]},
])  # fmt: skip
def test_a_distance_that_was_changed_in_a_runs_folder_is_named(changed, tmp_path):
    plain = Preparation(grids={"": Grid("1d")}).to_json()
    plain["grids"][""] |= changed
    with pytest.raises(RunError, match=r"no distance in time|no part of a week"):
        checked_as(Preparation, plain, tmp_path)


def test_times_after_the_year_9999_are_named(tmp_path):
    frame = pl.DataFrame({"t": pl.Series([0, 1, 10**7], dtype=pl.Int32).cast(pl.Date), "y": [1.0, 5.0, 2.0]})
    frame.write_parquet(tmp_path / "table.parquet")
    config = settings_of(tmp_path / "table.parquet", kind="parquet", time="t", target=["y"], window={"length": 1})
    with pytest.raises(DataError, match=r"column 't': row 3: found '\+29349-01-26', expected"):
        load_dataset(config)


@pytest.mark.parametrize("every", ["18446744073709551617d", "0d", "2b", "1001y", "99999999w", "d", "-1d", "1e3d"])
def test_distances_out_of_range_are_refused(every, tmp_path):
    with pytest.raises(ValidationError, match=r"is no distance in time|is longer than 1000 years"):
        settings_of(tmp_path / "t.csv", frequency=every, **COMMON)


@pytest.mark.parametrize("parts", [["Mon-Fri 25:00"], ["Someday"], [""], [], "9-17", 3])
def test_what_is_no_part_of_a_week_is_refused(parts, tmp_path):
    with pytest.raises(ValidationError):
        settings_of(tmp_path / "t.csv", open=parts, **COMMON)


@pytest.mark.parametrize(("settings", "told"), [
    ({"frequency": "1h"}, "'1h' is no distance between dates without a time of day; write one such as 1d"),
    ({"frequency": "1i"}, "'1i' is no distance between these times"),
    ({"frequency": "7d", "open": ["Mon"]}, "data.open is for distances of whole seconds of which a day is a multiple"),
    ({"frequency": "1mo", "open": ["Mon"]}, "data.open is for distances of whole seconds of which a day is a multiple"),
])  # fmt: skip
def test_distances_that_do_not_go_with_the_times_are_refused(settings, told, tmp_path):
    with pytest.raises(DataError, match=told):
        make(tmp_path, panel(a=DAYS[:30]), **settings, **COMMON)
