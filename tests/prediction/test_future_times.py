"""When the rows to come are: they follow from the file's times, and begin after the last time of a panel."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.errors import DataError
from rnnctl.prediction.autoregression import continue_series
from rnnctl.prediction.future_rows import add_future_rows
from rnnctl.prediction.new_data import read_unlabelled, wholly_seen
from rnnctl.prediction.prediction_frames import continuation_frame
from rnnctl.tables.date_forms import written

DAYS = [date(2023, 1, 2) + timedelta(days=day) for day in range(60)]


class Forecast:
    """A forecast by a formula: the last value that is seen and one more."""

    def __init__(self, tmp_path, rows, steps=3, other=None, **settings):
        columns = settings.pop("names", "id,t,y")
        path = tmp_path / "known.csv"
        path.write_text("\n".join([columns, *rows]) + "\n")
        data = {"kind": "csv", "path": str(path), "time": "t", "series": "id", "target": ["y"], "scale": "none"}
        data |= {"window": {"length": 4}, "split": {"validation": 0, "test": 0}}
        config = Config.model_validate({"data": data | settings})
        dataset = load_dataset(config)
        if other is not None:
            path = tmp_path / "new.csv"
            path.write_text("\n".join([columns, *other]) + "\n")
        table, *_ = read_unlabelled(config.data.with_file(path))
        ahead = add_future_rows(config, table, dataset.preparation, steps)
        self.shown = []

        def predict(inputs, lengths):
            self.shown.append(inputs.copy())
            last = inputs[np.arange(len(inputs)), lengths - 1, 0]
            return last[:, None] + 1 + np.arange(config.data.window.horizon)

        first = np.maximum(ahead.begin, ahead.origin - config.data.window.length + 1)
        ahead = ahead.only(*wholly_seen(ahead.dataset, first, ahead.before + 1, path.name))
        found = continuation_frame(config.data, ahead, continue_series(ahead, predict, steps, seen=4))
        self.cells = written(found, table.forms)["t"].to_list()
        self.notes = " ".join(ahead.notes)
        self.times = {str(name[0]): some["t"].to_list() for name, some in found.group_by("id", maintain_order=True)}
        self.values = {str(name[0]): some["y"].to_list() for name, some in found.group_by("id", maintain_order=True)}


def rows_of(name, times, first=0):
    return [f"{name},{time},{first + place}" for place, time in enumerate(times)]


def test_fractions_go_on_with_the_digits_of_the_file(tmp_path):
    found = Forecast(tmp_path, rows_of("a", [f"{1970 + month / 12:.3f}" for month in range(60)]))
    assert found.times["a"] == pytest.approx([1975, 1975 + 1 / 12, 1975 + 2 / 12], abs=0.001)
    assert [round(time, 3) for time in found.times["a"]] == found.times["a"]


@pytest.mark.parametrize("frequency", [None, "1mo", "auto"])
def test_month_ends_go_on_at_month_ends(frequency, tmp_path):
    ends = [date(2023 + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1) for month in range(13)]
    found = Forecast(tmp_path, rows_of("a", ends), frequency=frequency)
    assert found.times["a"] == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert frequency is not None or "1mo (on the last day of the month)" in found.notes


MONTHS = [date(2016 + month // 12, month % 12 + 1, 1) for month in range(43)]
ENDS = [date(2016 + month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in range(1, 44)]
QUARTERS = [(2010 + place // 4, place % 4 + 1) for place in range(42)]
HOURS = [datetime(2021, 3, 1) + timedelta(hours=hour) for hour in range(303)]
CELLS = {
    "months without a mark": [f"{day:%Y%m}" for day in MONTHS],
    "months": [f"{day:%m/%Y}" for day in MONTHS],
    "names of months": [f"{day:%b-%y}" for day in MONTHS],
    "weeks with a word": [f"KW {week}/2023" for week in range(5, 52)],
    "quarters with a word": [f"{quarter}. Quartal {year}" for year, quarter in QUARTERS],
    "halves": [f"{1985 + half // 2}H{half % 2 + 1}" for half in range(43)],
    "seasons": [f"{year}/{(year + 1) % 100:02d}" for year in range(1961, 2002)],
    "hours to 24": [f"{hour:%d.%m.%Y} {hour.hour + 1}:00" for hour in HOURS[:289]],  # 23:00, 24:00 and 1:00
    "month ends without a mark": [f"{day:%Y%m%d}" for day in ENDS],
    "month ends, one of which is missing": [f"{day:%d.%m.%Y}" for day in (*ENDS[:17], *ENDS[18:])],
    "quarters without a mark": [f"{year}{quarter}" for year, quarter in QUARTERS],
    "quarters": [f"Q{quarter} {year}" for year, quarter in QUARTERS],
    "short quarters": [f"{quarter}Q{year % 100}" for year, quarter in QUARTERS],
    "weeks": [f"{day:%G-W%V}" for day in (date(2018, 1, 1) + timedelta(days=7 * week) for week in range(158))],
    "Fridays": [str(date(2018, 1, 5) + timedelta(days=7 * week)) for week in range(60)],
    "weekends": [str(day) for day in (DAYS[0] + timedelta(days=place) for place in range(200)) if day.weekday() > 4],
    "hours before and after noon": [f"{hour:%m/%d/%Y %I:%M %p}" for hour in HOURS],
    "hours in UTC": [f"{hour:%Y-%m-%dT%H:%M:%SZ}" for hour in HOURS],
    "days by name, newest first": [f"{date(2023, 3, 1) + timedelta(days=day):%d-%b-%y}" for day in range(90)],
}


@pytest.mark.parametrize("kind", CELLS)
def test_times_are_those_that_the_file_goes_on_with_as_it_writes_them(kind, tmp_path):
    cells = CELLS[kind]
    known = rows_of("a", cells[:-3])
    found = Forecast(tmp_path, known[::-1] if kind.endswith("newest first") else known)
    assert found.cells == cells[-3:]


@pytest.mark.parametrize("frequency", [None, "1d", "1b", "auto"])
def test_no_weekend_is_forecast_where_the_file_has_none(frequency, tmp_path):
    days = [day for day in DAYS if day.weekday() < 5][:30]
    assert days[-1] == date(2023, 2, 10)
    found = Forecast(tmp_path, rows_of("a", days), frequency=frequency)
    assert found.times["a"] == [date(2023, 2, 13), date(2023, 2, 14), date(2023, 2, 15)]


@pytest.mark.parametrize("frequency", [None, "auto"])
def test_a_file_of_a_few_days_goes_on_as_the_runs_own(frequency, tmp_path):
    days = [day for day in DAYS if day.weekday() < 5][:30]
    found = Forecast(tmp_path, rows_of("a", days), other=rows_of("a", days[:5]), frequency=frequency)
    assert found.times["a"] == days[5:8]


@pytest.mark.parametrize("frequency", [None, "auto"])
def test_a_file_of_another_distance_goes_on_at_its_own_which_is_told(frequency, tmp_path):
    found = Forecast(tmp_path, rows_of("a", DAYS), other=rows_of("a", DAYS[:50:7]), frequency=frequency)
    assert found.times["a"] == [DAYS[49] + timedelta(days=7 * step) for step in (1, 2, 3)]
    assert "column 't': the time from row to row is 7d" in found.notes


def test_a_few_rows_further_apart_than_the_runs_go_on_as_those_which_is_told(tmp_path):
    found = Forecast(tmp_path, rows_of("a", DAYS), other=rows_of("a", DAYS[:28:7]))
    assert found.times["a"] == DAYS[22:25]
    assert "those of the forecast go on by that of the run's own file, 1d; set data.frequency" in found.notes


def test_nights_are_not_forecast(tmp_path):
    hours = [datetime(2023, 1, 2, hour) + timedelta(days=day) for day in range(9) for hour in range(9, 18)]
    found = Forecast(tmp_path, rows_of("a", hours[:-3]), steps=5)
    assert found.times["a"] == [*hours[-3:], datetime(2023, 1, 11, 9), datetime(2023, 1, 11, 10)]


def test_each_series_goes_on_at_its_own_distance(tmp_path):
    hours = [datetime(2023, 1, 2) + timedelta(hours=hour) for hour in range(48)]
    days = [datetime(2023, 1, 2) + timedelta(days=day) for day in range(40)]
    found = Forecast(tmp_path, [*rows_of("hourly", hours), *rows_of("daily", days)], steps=2)
    assert found.times["hourly"] == [datetime(2023, 1, 4, 0), datetime(2023, 1, 4, 1)]
    assert found.times["daily"] == [datetime(2023, 2, 11), datetime(2023, 2, 12)]
    assert "'hourly' ends at 2023-01-03 23:00:00, 889 rows before: forecast from there" in found.notes


def test_times_without_a_rule_are_told(tmp_path):
    days = [DAYS[place] for place in (0, 1, 3, 4, 8, 9, 14, 20, 21, 28)]
    found = Forecast(tmp_path, rows_of("a", days), steps=1)
    assert found.times["a"] == [days[-1] + timedelta(days=1)]
    assert (
        "the file's times do not keep to one distance; those of the forecast go on by the most common one, 1d"
        in found.notes
    )


RAGGED = [*rows_of("a", DAYS[:30]), *rows_of("b", DAYS[:28], 100), *rows_of("c", DAYS[:30], 200)]
TO_COME = [f"{name},{day}," for name in "abc" for day in DAYS[30:33]]


@pytest.mark.parametrize(("missing", "how", "b"), [
    ("forward", "filled as data.missing: forward says", [128, 129, 130]),
    ("error", "predicted by the model itself", [130, 131, 132]),
    ("drop", "predicted by the model itself", [130, 131, 132]),
])  # fmt: skip
@pytest.mark.parametrize("frequency", [None, "1d"])
@pytest.mark.parametrize("horizon", [1, 2])
@pytest.mark.parametrize("other", [None, RAGGED, [*RAGGED, *TO_COME]], ids=["its own", "another", "with empty rows"])
def test_a_series_that_ends_early_is_forecast_after_the_others_end(
    other, horizon, frequency, missing, how, b, tmp_path
):
    found = Forecast(
        tmp_path, RAGGED, other=other, missing=missing, frequency=frequency, window={"length": 4, "horizon": horizon}
    )
    if missing == "forward":  # the rows put in are shown
        assert [128 - horizon, 127, 127, 127] not in found.shown[0][1].tolist()
        assert found.shown[0][1][:, 0].tolist() == [126, 127, 127, 127]
    assert found.times == dict.fromkeys("abc", DAYS[30:33])
    assert found.values == {"a": [30, 31, 32], "b": b, "c": [230, 231, 232]}
    assert (
        "series 'b' ends at 2023-01-29, 2 rows before: the rows missing up to 2023-01-31, where the others end, "
        in (found.notes)
    )
    assert how in found.notes
    assert "sorted" not in found.notes


def test_a_series_that_ends_early_stays_itself_where_another_one_is_left_out(tmp_path):
    gap = [f"a,{DAYS[29]}," if row.startswith(f"a,{DAYS[29]}") else row for row in RAGGED]
    rows = [*gap, f"a,{DAYS[30]},30", *(f"c,{day},{200 + DAYS.index(day)}" for day in (DAYS[30],))]
    found = Forecast(tmp_path, RAGGED, other=rows, missing="drop")
    assert found.times == dict.fromkeys("bc", DAYS[31:34])
    assert found.values == {"b": [131, 132, 133], "c": [231, 232, 233]}
    assert "column 'y' at 2023-01-31 of series 'a'; 1 series not predicted" in found.notes


def test_what_is_missing_at_the_end_is_shown_as_missing_where_the_run_masks(tmp_path):
    known = [row for row in RAGGED if not row.startswith(f"a,{DAYS[7]}")]
    found = Forecast(tmp_path, [*known, f"a,{DAYS[7]},"], missing="mask")
    assert found.times == dict.fromkeys("abc", DAYS[30:33])
    assert found.shown[0][1].tolist() == [[126, 1], [127, 1], [0, 0], [0, 0]]
    assert found.shown[0][0].tolist() == [[26, 1], [27, 1], [28, 1], [29, 1]]


def test_what_is_known_of_the_future_may_be_empty_where_the_run_masks(tmp_path):
    settings = {"names": "id,t,y,price", "features": ["y", "price"], "known": ["price"], "missing": "mask"}
    settings |= {"window": {"length": 4, "horizon": 2}, "columns": {"price": {"kind": "number"}}}
    rows = [f"a,{day},{place},{'' if place in (5, 28) else place * 10}" for place, day in enumerate(DAYS[:30])]
    ahead = [f"a,{DAYS[30]},,300", f"a,{DAYS[31]},,"]
    found = Forecast(tmp_path, rows, steps=2, other=[*rows, *ahead], **settings)
    assert found.times["a"] == DAYS[30:32]
    # The level, the price and those of the next two rows; then whether these are there.
    assert found.shown[0][0].tolist() == [
        [26, 260, 270, 0, 1, 1, 0], [27, 270, 0, 290, 1, 0, 1], [28, 0, 290, 300, 0, 1, 1], [29, 290, 300, 0, 1, 1, 0],
    ]  # fmt: skip
    with pytest.raises(DataError, match="column 'price' of series 'a': 2 future rows are needed"):
        Forecast(tmp_path, rows, steps=2, other=[*rows, ahead[0]], **settings)
    settings["missing"] = "drop"
    with pytest.raises(DataError, match="missing from 2 rows after the last one that is known"):
        Forecast(tmp_path, rows, steps=2, other=[*rows, *ahead], **settings)


def test_a_series_that_ended_long_ago_is_told_apart(tmp_path):
    rows = [
        *rows_of("a", DAYS[:30]),
        *rows_of("b", DAYS[:26], 100),
        *rows_of("c", DAYS[:27], 200),
        *rows_of("d", DAYS[:30]),
    ]
    found = Forecast(tmp_path, rows)
    assert found.times == {"a": DAYS[30:33], "b": DAYS[26:29], "c": DAYS[30:33], "d": DAYS[30:33]}
    assert (
        "series 'b' ends at 2023-01-27, 4 rows before: forecast from there, for the others end at 2023-01-31, and no "
        "row of a window (data.window.length 4) would be known"
    ) in found.notes


def test_many_that_ended_long_ago_do_not_hide_the_end_of_the_others(tmp_path):
    closed = [row for place in range(6) for row in rows_of(f"closed{place}", DAYS[: 10 + place])]
    found = Forecast(tmp_path, [*closed, *RAGGED])
    assert [found.times[name][0] for name in "abc"] == [DAYS[30]] * 3
    assert [found.times[f"closed{place}"][0] for place in range(6)] == DAYS[10:16]
    assert "'closed1' ends at 2023-01-12, 19 rows before" in found.notes


def test_of_an_hourly_and_a_daily_series_one_ends_early(tmp_path):
    hours = [datetime(2023, 1, 2) + timedelta(hours=hour) for hour in range(24 * 20)]
    days = [datetime(2023, 1, 2) + timedelta(days=day) for day in range(20)]
    for hourly, daily, told in ((hours, days, ""), (hours, days[:-1], "'daily' ends at 2023-01-20 00:00:00, 1 row")):
        found = Forecast(tmp_path, [*rows_of("hourly", hourly), *rows_of("daily", daily)], steps=2)
        assert found.times["hourly"] == [datetime(2023, 1, 22), datetime(2023, 1, 22, 1)]
        assert found.times["daily"] == [datetime(2023, 1, 22), datetime(2023, 1, 23)]
        assert told in found.notes
        assert bool(told) == ("rows missing up to 2023-01-21 23:00:00" in found.notes)


def test_a_series_that_ended_long_ago_leaves_the_common_end_to_the_others(tmp_path):
    ends = {"a": 30, "b": 28, "c": 12}
    found = Forecast(tmp_path, [row for name, end in ends.items() for row in rows_of(name, DAYS[:end])])
    assert [times[0] for times in found.times.values()] == [DAYS[30], DAYS[30], DAYS[12]]
    assert f"'c' ends at {DAYS[11]}, 18 rows before" in found.notes


def test_series_without_a_common_end_have_their_own(tmp_path):
    rows = [row for place, name in enumerate("abc") for row in rows_of(name, DAYS[: 30 - 2 * place])]
    found = Forecast(tmp_path, rows)
    assert [times[0] for times in found.times.values()] == [DAYS[30], DAYS[28], DAYS[26]]
    assert "the series end at different times, from 2023-01-27 to 2023-01-31" in found.notes


@pytest.mark.parametrize("frequency", [None, "1d"])
@pytest.mark.parametrize(("missing", "b"), [("forward", 128), ("drop", 130)])
def test_a_known_feature_of_the_rows_in_between_is_that_of_the_others_or_asked_for(missing, b, frequency, tmp_path):
    settings = {"names": "id,t,y,holiday", "features": ["y", "holiday"], "known": ["holiday"], "missing": missing}
    settings |= {"frequency": frequency}
    ahead = [f"{name},{day},,0" for name in "abc" for day in DAYS[30:33]]
    known = [f"{row},{int(str(DAYS[28]) in row)}" for row in RAGGED]
    found = Forecast(tmp_path, known, other=[*known, *ahead], **settings)
    assert found.times == dict.fromkeys("abc", DAYS[30:33])
    assert found.values["b"][0] == b
    assert "column 'holiday': 2 missing cells as in the other series at the same time" in found.notes
    seen = found.shown[0][1][:, 2].tolist()  # one row ahead
    assert seen == ([0, 1, 0, 0] if missing == "forward" else [0, 0, 0, 1])
    apart = [f"{row},{int(place % 3 == 0)}" for place, row in enumerate(RAGGED)]
    found = Forecast(tmp_path, apart, other=[*apart, *ahead], **settings)
    assert found.times == dict.fromkeys("ac", DAYS[30:33])
    assert (
        "new.csv: a value is missing among the last rows, which the network is shown: column 'holiday' at "
        "2023-01-30 of series 'b'; 1 series not predicted" in found.notes
    )
    between = [f"b,{day},,1" for day in DAYS[28:30]]
    found = Forecast(tmp_path, apart, other=[*apart, *between, *ahead], **settings)
    assert found.times == dict.fromkeys("abc", DAYS[30:33])
    with pytest.raises(DataError, match="column 'holiday' of series 'a': 3 future rows are needed"):
        Forecast(tmp_path, apart, other=[*apart, *between], **settings)
