"""What `check` says of times, and of what missing values cost; its advice helps."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from data_check.test_examination import about, examined

from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.workflows.check import check

DAYS = [date(2023, 1, 2) + timedelta(days=day) for day in range(200)]


def values(count):
    return np.random.default_rng(4).normal(size=count).round(3).tolist()


def panel(lost):
    """Five series of the same days, each without some of its values."""
    found = {"id": [], "day": [], "y": []}
    for place, name in enumerate("abcde"):
        found["id"] += [name] * len(DAYS)
        found["day"] += DAYS
        found["y"] += [None if row in lost.get(name, ()) else y for row, y in enumerate(values(len(DAYS)))]
        assert place < 5
    return found


SETTINGS = {"time": "day", "series": "id", "target": ["y"], "window": {"length": 10, "horizon": 2}}


def test_the_cost_of_missing_values_is_a_warning_with_its_share_and_the_advice_helps(tmp_path):
    # Of 'a' every fifth test row is missing, so that no ten rows in a row are there; of 'b' one training row.
    table = panel({"a": range(170, 200, 5), "b": [50]})
    report = examined(tmp_path, table, missing="drop", **SETTINGS)
    (found,) = about(report, "missing values")
    assert found.level == "warning"
    kept = {split.name: split.sequences for split in report.splits}
    assert kept == {"train": 5 * (140 - 11) - 10, "validation": 5 * 29, "test": 4 * 29 + 1}
    assert found.message == (
        "missing values cost 1.6 % of the 645 training windows and 19 % of the 145 test windows: data.missing: "
        "interpolate, forward or mask keeps those of which inputs are missing, or fill the values in"
    )
    for way in re.findall("forward|interpolate|mask", found.message):
        other = examined(tmp_path, table, missing=way, **SETTINGS)
        more = {split.name: split.sequences for split in other.splits}
        assert more["test"] > kept["test"]
        assert more["train"] > kept["train"]


def test_nothing_is_advised_to_stand_in_for_a_text(tmp_path):
    table = {"text": [*["good day", "bad day"] * 20, None], "topic": [*[0, 1] * 20, 1]}
    settings = {"task": "per_sequence", "columns": {"text": "words", "topic": "category"}, "missing": "drop"}
    report = examined(tmp_path, table, target=["topic"], features=["text"], **settings)
    (found,) = about(report, "missing values")
    assert re.fullmatch(r"missing values cost .* % of the \d+ test sequences: fill the values in", found.message)


def test_series_without_a_test_window_are_counted(tmp_path):
    table = panel({"a": range(169, 200, 5), "c": range(168, 200, 4)})
    (found,) = about(examined(tmp_path, table, missing="drop", **SETTINGS), "missing values")
    assert "; 2 of 5 series have no test window: " in found.message


def test_nothing_is_said_where_nothing_is_lost(tmp_path):
    assert about(examined(tmp_path, panel({}), missing="drop", **SETTINGS), "missing values") == []


def test_days_that_are_closed_each_week_are_no_gap(tmp_path):
    days = [day for day in DAYS if day.weekday() != 6]
    report = examined(tmp_path, {"day": days, "y": values(len(days))}, time="day", target=["y"])
    assert about(report, "times") == []
    assert (report.times.frequency, report.times.pattern, report.times.even) == ("1d", "within Mon-Sat", True)


@pytest.mark.parametrize("frequency", [None, "1d", "auto"])
@pytest.mark.parametrize("missing", ["error", "forward"])
def test_closed_sundays_and_a_holiday(frequency, missing, tmp_path):
    days = [day for day in DAYS if day.weekday() != 6 and day != date(2023, 5, 1)]
    settings = {"time": "day", "target": ["y"], "frequency": frequency, "missing": missing}
    table = {"day": days, "y": values(len(days))}
    if frequency is None:
        (found,) = about(examined(tmp_path, table, **settings), "times")
        assert found.message.endswith("; data.frequency: 1d puts in the 1 missing row")
    elif missing == "error":
        with pytest.raises(DataError, match=r"1 row put in by data.frequency, 2023-05-01") as told:
            examined(tmp_path, table, **settings)
        for way in re.findall("drop|forward|interpolate|mask", str(told.value)):
            assert examined(tmp_path, table, **settings | {"missing": way}).rows == len(days) + 1
    else:
        assert examined(tmp_path, table, **settings).rows == len(days) + 1


def test_where_every_window_holds_a_closed_day_the_advice_helps(tmp_path):
    days = [day for day in DAYS if day.weekday() != 6]
    table = {"day": days, "y": values(len(days))}
    settings = {"time": "day", "target": ["y"], "frequency": "1d", "open": "all", "window": {"length": 10}}
    with pytest.raises(DataError, match=r"or leave out data\.open: all") as refused:
        examined(tmp_path, table, **settings)
    assert "missing: drop" not in str(refused.value)
    assert "drop would leave none" in str(refused.value)
    with pytest.raises(DataError, match="every window of the training split") as told:
        examined(tmp_path, table, missing="drop", **settings)
    assert "leave out data.open: all" in str(told.value)
    assert examined(tmp_path, table, **settings | {"open": "auto"}).rows == len(days)
    assert examined(tmp_path, table, missing="drop", **settings | {"open": "auto"}).rows == len(days)
    for way in ("forward", "interpolate", "mask"):
        assert way in str(told.value)
        assert way in str(refused.value)
        assert examined(tmp_path, table, missing=way, **settings).rows > len(days)


@pytest.mark.parametrize(("every", "helps"), [(12, True), (10, False), (3, False)])
def test_drop_is_advised_where_it_leaves_some_windows(tmp_path, every, helps):
    y = [None if row % every == 0 else value for row, value in enumerate(values(200))]
    table, settings = {"day": DAYS, "y": y}, {"time": "day", "target": ["y"], "window": {"length": 10}}
    with pytest.raises(DataError, match="values are missing: column 'y'") as told:
        examined(tmp_path, table, **settings)
    assert ("data.missing: drop" in str(told.value)) == helps
    if helps:
        assert examined(tmp_path, table, missing="drop", **settings).rows == 200
    for way in re.findall("forward|interpolate|mask", str(told.value)):
        assert examined(tmp_path, table, missing=way, **settings).rows == 200


def test_a_time_far_from_the_others_is_a_warning(tmp_path):
    hours = [datetime(2023, 1, 2) + timedelta(hours=hour) for hour in range(150)]
    report = examined(tmp_path, {"t": [*hours, datetime(9999, 12, 31)], "y": values(151)}, time="t", target=["y"])
    (found,) = about(report, "times")
    assert (found.level, "time 9999-12-31 00:00:00 is far from the next one in time" in found.message) == (
        "warning",
        True,
    )


def test_series_of_other_distances_are_told(tmp_path):
    hours = [datetime(2023, 1, 2) + timedelta(hours=hour) for hour in range(150)]
    days = [datetime(2023, 1, 2) + timedelta(days=day) for day in range(100)]
    table = {"id": ["h"] * 150 + ["d"] * 100, "t": [*hours, *days], "y": values(250)}
    report = examined(tmp_path, table, time="t", series="id", target=["y"])
    assert [found.message for found in about(report, "times")] == [
        "series with another distance of their own: 'd' 1d ('t')"
    ]
    assert report.times is not None
    assert report.times.other_series == 1


def test_rows_that_were_put_in_are_told_apart_from_a_series_own(tmp_path):
    short = [DAYS[0], DAYS[1], DAYS[4], DAYS[5]]
    count = len(DAYS)
    table = {"id": ["a"] * count + ["b"] * 4, "day": [*DAYS, *short], "y": values(count + 4)}
    settings = SETTINGS | {"window": {"length": 7}, "missing": "forward"}
    for frequency, told in (("1d", "6 rows (2 of them put in)"), (None, "4 rows")):
        report = examined(tmp_path, table, frequency=frequency, **settings)
        notes = " ".join(found.message for found in about(report, "note"))
        assert f"series 'b' has {told}, " in notes


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (DAYS, "in which they rise"),
        (DAYS[::-1], "from the newest to the oldest, so that the past is predicted from the future"),
        ([DAYS[5], *DAYS[:5], *DAYS[6:]], "in which 1 row is earlier than the one before"),
    ],
)
@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y"])
def test_dates_that_no_key_names_are_told_with_the_order_of_the_rows_and_the_advice_helps(tmp_path, days, told, form):
    table = {"day": [day.strftime(form) for day in days], "note": [None] * len(days), "y": values(len(days))}
    (found,) = about(examined(tmp_path, table, target=["y"]), "times")
    assert (found.level, found.columns) == ("warning", ("day",))
    text = f"'day' holds dates, and data.time is not set: rows are taken in the order of the file, {told}"
    assert found.message == f"{text}; set data.time: day"
    assert about(examined(tmp_path, table, target=["y"], time="day"), "times") == []


def test_a_date_of_which_no_row_tells_the_day_is_named_with_the_clock_beside_it_and_the_advice_helps(tmp_path):
    moments = [datetime(2023, 5, 1) + timedelta(hours=hour) for hour in range(12 * 24)]
    table = {"day": [f"{time:%d.%m.%Y}" for time in moments], "clock": [f"{time:%H:%M}" for time in moments]}
    table["y"] = values(len(moments))
    (found,) = about(examined(tmp_path, table, target=["y"]), "times")
    forms = '["%d.%m.%Y", "%H:%M"] or ["%m.%d.%Y", "%H:%M"]'
    assert found.message.endswith(f"; set data.time: [day, clock], and data.time_format: {forms}")
    form = ["%d.%m.%Y", "%H:%M"]
    assert about(examined(tmp_path, table, target=["y"], time=["day", "clock"], time_format=form), "times") == []


def test_each_series_from_its_newest_to_its_oldest_row_is_told(tmp_path):
    table = {"id": ["a"] * 200 + ["b"] * 200, "day": [*DAYS[::-1], *DAYS[::-1]], "y": values(400)}
    (found,) = about(examined(tmp_path, table, target=["y"], series="id"), "times")
    assert "from the newest to the oldest" in found.message
    assert about(examined(tmp_path, table, target=["y"], series="id", time="day"), "times") == []


@pytest.mark.parametrize("odd", ["week 117", "--", "31.02.2023", "2023"])
@pytest.mark.parametrize("every", [5, 3])
def test_dates_of_which_many_cannot_be_read_are_told_with_their_lines_and_the_order(tmp_path, odd, every):
    bad = [row for row in range(200) if row and row % every == 0]
    days = [odd if row in bad else str(day) for row, day in enumerate(DAYS[::-1])]
    (found,) = about(examined(tmp_path, {"day": days, "y": values(200)}, target=["y"]), "times")
    cells = f"'day' holds dates but for {len(bad)} cells (lines {bad[0] + 2}, {bad[1] + 2}, "
    assert found.message.startswith(cells)
    assert "from the newest to the oldest, so that the past is predicted from the future" in found.message
    assert found.message.endswith("; correct or remove these rows, and set data.time: day")
    kept = {"day": [day for day in days if day != odd], "y": values(200 - len(bad))}
    assert "not set" not in str(about(examined(tmp_path, kept, target=["y"], time="day"), "times"))


def test_dates_of_some_rows_alone_order_none(tmp_path):
    shipped = [day if row % 5 else None for row, day in enumerate(DAYS)]
    assert about(examined(tmp_path, {"shipped": shipped, "y": values(200)}, target=["y"]), "times") == []


@pytest.mark.parametrize(("series", "told"), [("store", " in one series"), (None, "")])
def test_rows_of_one_day_that_a_column_tells_apart_are_told_and_the_advice_helps(tmp_path, series, told):
    table = {"day": [day for day in DAYS for _ in range(4)], "store": ["a", "a", "b", "b"] * 200}
    table |= {"dept": ["x", "y"] * 400, "y": values(800)}
    (found,) = about(examined(tmp_path, table, target=["y"], series=series), "times")
    assert f"and those of one time{told} follow one another as if in time" in found.message
    assert found.message.endswith("; set data.time: day and data.series: [store, dept]")
    assert about(examined(tmp_path, table, target=["y"], series=["store", "dept"], time="day"), "times") == []


def test_a_date_and_a_clock_that_no_key_names_are_told_together(tmp_path):
    stamps = [datetime(2023, 1, 1) + timedelta(hours=hour) for hour in range(150)]
    clock, empty = [f"{at:%H:%M}" for at in stamps], [None] * 150
    table = {"d": [at.date() for at in stamps], "note": empty, "c": clock, "y": values(150)}
    (found,) = about(examined(tmp_path, table, target=["y"]), "times")
    assert found.message.endswith("; set data.time: [d, c]")
    assert about(examined(tmp_path, table, target=["y"], time=["d", "c"]), "times") == []


def test_dates_whose_form_is_not_decided_are_told_too_and_the_advice_helps(tmp_path):
    table = {"day": [f"{k % 12 + 1:02}/{k % 12 + 1:02}/{1900 + k}" for k in range(200)], "y": values(200)}
    (found,) = about(examined(tmp_path, table, target=["y"]), "times")
    todo = 'set data.time: day, and data.time_format: "%d/%m/%Y" or "%m/%d/%Y"'
    assert found.message.endswith(f"rows are taken in the order of the file; {todo}")
    assert examined(tmp_path, table, target=["y"], time="day", time_format="%d/%m/%Y").times is not None


def test_columns_of_other_things_are_no_dates(tmp_path):
    table = {"x": [20240100 + k % 90 for k in range(200)], "name": ["a", "b"] * 100, "y": values(200)}
    table |= {"month": [f"2023{k % 12 + 1:02}" for k in range(200)], "opened": ["2020-01-01"] * 200}
    assert about(examined(tmp_path, table, target=["y"]), "times") == []


def test_rows_whose_target_is_still_to_come_are_no_loss(tmp_path):
    table = panel({name: range(193, 200) for name in "abcde"})
    settings = SETTINGS | {"window": {"length": 10, "horizon": 7}, "missing": "drop"}
    assert about(examined(tmp_path, table, **settings), "missing values") == []
    table["y"][185] = None  # of a; windows that hold it are lost
    (found,) = about(examined(tmp_path, table, **settings), "missing values")
    assert "test windows" in found.message


def test_no_advice_interpolates_where_a_forecast_is_made_at_each_row(tmp_path):
    table, more = panel({"a": range(170, 200, 5), "b": [50]}), {"model": {"return_sequences": True}}
    settings = SETTINGS | {"window": {"length": 10}}
    report = examined(tmp_path, table, more, missing="drop", **settings)
    (found,) = about(report, "missing values")
    assert "data.missing: forward or mask keeps those" in found.message
    kept = {split.name: split.sequences for split in report.splits}
    for way, helps in (("forward", True), ("mask", True), ("interpolate", False)):
        other = examined(tmp_path, table, more, missing=way, **settings)
        assert ({split.name: split.sequences for split in other.splits}["test"] > kept["test"]) is helps
    with pytest.raises(DataError, match=r"holds one \(forward and mask keep them\)"):
        examined(tmp_path, table, more, **settings)


def test_columns_of_lists_and_bytes_that_are_not_used_are_no_matter(tmp_path):
    days = [day for day in DAYS[:50] for _ in range(2)]
    more = {"list": [[1]] * 100, "bytes": [b"x"] * 100, "length": [timedelta(days=1)] * 100}
    pl.DataFrame({**more, "shop": ["a", "b"] * 50, "day": days, "y": values(100)}).write_parquet(tmp_path / "x.parquet")
    section = {"kind": "parquet", "path": str(tmp_path / "x.parquet"), "target": ["y"], "window": {"length": 5}}
    (found,) = about(check(Config.model_validate({"data": section})), "times")
    assert found.columns == ("day",)
    with pytest.raises(DataError, match=r"'shop' tells these rows apart: set data\.series"):
        check(Config.model_validate({"data": {**section, "time": "day"}}))
    check(Config.model_validate({"data": {**section, "time": "day", "series": "shop"}}))


@pytest.mark.parametrize("unit", ["ms", "us"])
def test_times_in_a_parquet_file_that_nobody_can_write_are_none(tmp_path, capfd, unit):
    far = (
        pl.Series([9_000_000_000_000_000 + row // 2 for row in range(100)], dtype=pl.Int64)
        * {"ms": 1, "us": 1000}[unit]
    )
    path = tmp_path / "x.parquet"
    pl.DataFrame({"t": far.cast(pl.Datetime(unit)), "y": values(100)}).write_parquet(path)
    section = {"kind": "parquet", "path": str(path), "target": ["y"], "window": {"length": 5}}
    assert not about(check(Config.model_validate({"data": section})), "times")
    assert "panicked" not in capfd.readouterr().err
