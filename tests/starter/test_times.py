"""The column of times, in whatever form: found by init, with what is wrong in it named by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rnnctl.config.dataset import load_dataset
from rnnctl.config.load import load_config
from rnnctl.errors import DataError
from rnnctl.starter.column_uses import remarks_on_file
from rnnctl.starter.wishes import Wishes
from rnnctl.workflows.init import fault_of, make_starter, starter_config

ROWS = 60
Y = [f"{value:.2f}" for value in 100 + np.random.default_rng(1).normal(size=ROWS)]
DAYS = [date(2023, 1, 1) + timedelta(days=day) for day in range(ROWS)]


def written(folder: Path, header: str, *columns: list[str], more: str = "") -> str:
    rows = "".join(",".join(cells) + "\n" for cells in zip(*columns, strict=False))
    (folder / "data.csv").write_text(f"{header}\n{rows}{more}")
    text = starter_config(folder / "data.csv", folder)
    (folder / "config.yaml").write_text(text)
    return text


def months(form: str) -> list[str]:
    return [date(2015 + month // 12, month % 12 + 1, 1).strftime(form) for month in range(ROWS)]


HOURS = [(str(date(2023, 3, 6) + timedelta(days=row // 24)), row % 24 + 1) for row in range(ROWS)]
SECONDS = [1_700_000_000 + 600 * row for row in range(ROWS)]
QUARTERS = [(str(2000 + place // 4), str(place % 4 + 1)) for place in range(ROWS)]


@pytest.mark.parametrize(
    ("header", "columns", "told", "first"),
    [
        ("month,y", [months("%Y%m"), Y], "time: month", date(2015, 1, 1)),
        ("when,y", [months("%m.%Y"), Y], "time: when", date(2015, 1, 1)),
        ("Monat,y", [months("%Y.%m"), Y], "time: Monat", date(2015, 1, 1)),
        ("when,y", [months("%Y%m"), Y], "time: when", date(2015, 1, 1)),
        ("period,y", [["".join(quarter) for quarter in QUARTERS], Y], "time: period", date(2000, 1, 1)),
        ("p,y", [["Q".join(quarter) for quarter in QUARTERS], Y], "time: p", date(2000, 1, 1)),
        ("week,y", [[f"2023-W{week + 1:02d}" for week in range(50)], Y], "time: week", date(2023, 1, 2)),
        ("day,y", [[day.strftime("%d-%b-%y") for day in DAYS], Y], "time: day", DAYS[0]),
        ("year,quarter,y", [*map(list, zip(*QUARTERS, strict=True)), Y], "time: [year, quarter]", date(2000, 1, 1)),
        ("KW,y", [[f"KW {week + 1}/2023" for week in range(50)], Y], "time: KW", date(2023, 1, 2)),
        (
            "Quartal,y",
            [[f"{quarter}. Quartal {year}" for year, quarter in QUARTERS], Y],
            "time: Quartal",
            date(2000, 1, 1),
        ),
        (
            "Season,y",
            [[f"{year}/{(year + 1) % 100:02d}" for year in range(1950, 2010)], Y],
            "time: Season",
            date(1950, 1, 1),
        ),
        (
            "period,y",
            [[f"{1985 + half // 2}H{half % 2 + 1}" for half in range(ROWS)], Y],
            "time: period",
            date(1985, 1, 1),
        ),
        (
            "year,half,y",
            [[str(1985 + half // 2) for half in range(ROWS)], ["1", "2"] * 30, Y],
            "time: [year, half]",
            date(1985, 1, 1),
        ),
        (
            "year,week,y",
            [["2023"] * 50, [f"KW {week + 1}" for week in range(50)], Y],
            "time: [year, week]",
            date(2023, 1, 2),
        ),
        (
            "day,hour,y",
            [[day for day, _ in HOURS], [f"{hour}:00" for _, hour in HOURS], Y],
            "time: [day, hour]",
            datetime(2023, 3, 6, 1),
        ),
        (
            "day,hour,y",
            [[day for day, _ in HOURS], [str(hour) for _, hour in HOURS], Y],
            "time: [day, hour]",
            datetime(2023, 3, 6, 1),
        ),
        (
            "Fecha,Hora,y",
            [[day for day, _ in HOURS], [f"{hour - 1:02}h00" for _, hour in HOURS], Y],
            "time: [Fecha, Hora]",
            datetime(2023, 3, 6),
        ),
        ("Year,Period,y", [months("%Y"), months("M%m"), Y], "time: [Year, Period]", date(2015, 1, 1)),
        (
            "isoyear,isoweek,y",
            [["2023"] * 50, list(map(str, range(1, 51))), Y],
            "time: [isoyear, isoweek]",
            date(2023, 1, 2),
        ),
        (
            "Fiscal Year,Fiscal Quarter,y",
            [[f"FY{year}" for year, _ in QUARTERS], [f"Q{quarter}" for _, quarter in QUARTERS], Y],
            "time: [Fiscal Year, Fiscal Quarter]",
            date(2000, 1, 1),
        ),
        (
            "date,time,y",
            [[day for day, _ in HOURS], [str(100 * (hour - 1)) for _, hour in HOURS], Y],
            "time: [date, time]",
            datetime(2023, 3, 6),
        ),
        (
            "date,HrMn,y",
            [[day for day, _ in HOURS], [f"{100 * (hour - 1):04}" for _, hour in HOURS], Y],
            "time: [date, HrMn]",
            datetime(2023, 3, 6),
        ),
        (
            "YY,MM,DD,hh,mm,y",
            [
                ["2023"] * 60,
                ["03"] * 60,
                ["06"] * 60,
                [f"{row // 6:02}" for row in range(60)],
                [f"{row % 6}0" for row in range(60)],
                Y,
            ],
            "time: [YY, MM, DD, hh, mm]",
            datetime(2023, 3, 6),
        ),
        (
            "day,hours,y",
            [[day for day, _ in HOURS], [f"{hour - 1:02}:00 - {hour % 24:02}:00" for _, hour in HOURS], Y],
            "time: [day, hours]",
            datetime(2023, 3, 6),
        ),
        ("t,y", [[f"{day} {hour - 1}:00 UTC" for day, hour in HOURS], Y], "time: t", datetime(2023, 3, 6, tzinfo=UTC)),
        ("t,y", [[f"{day} {hour}:00" for day, hour in HOURS], Y], "time: t", datetime(2023, 3, 6, 1)),
        ("timestamp,y", [list(map(str, SECONDS)), Y], "time: timestamp", datetime(2023, 11, 14, 22, 13, 20)),
        ("Date,y", [[f"{44927 + row / 24:.6f}" for row in range(ROWS)], Y], "time: Date", datetime(2023, 1, 1)),
        (
            "when,y",
            [[f"{20230101 + row // 24}{row % 24:02}" for row in range(ROWS)], Y],
            "time: when",
            datetime(2023, 1, 1),
        ),
        ("x,y", [[f"{1000 * second + 400_000}" for second in SECONDS], Y], "time: x", datetime(2023, 11, 14, 22, 20)),
        ("y,yr,mon", [Y, months("%Y"), months("%b")], "time: [yr, mon]", date(2015, 1, 1)),
        (
            "yr,mo,dy,y",
            [*([f"{day:{part}}" for day in DAYS] for part in ("%Y", "%m", "%d")), Y],
            "time: [yr, mo, dy]",
            DAYS[0],
        ),
    ],
)
def test_the_time_is_found(tmp_path, header, columns, told, first):
    text = written(tmp_path, header, *columns)
    assert f"\n  {told} " in text
    assert "series:" not in text
    times = load_dataset(load_config(tmp_path / "config.yaml")).order.times
    assert times[0] == first
    assert times.is_sorted()
    if isinstance(first, datetime):
        assert times.diff().drop_nulls().n_unique() == 1


def test_parts_that_make_no_time_are_named_with_their_row(tmp_path):
    days = [(month, day) for month in range(1, 7) for day in (1, 31)]
    columns = [["2023"] * 12, [str(month) for month, _ in days], [str(day) for _, day in days], Y]
    text = written(tmp_path, "year,month,day,y", *columns)
    assert "\n  time: [year, month, day]" in text
    assert "lines 5, 9, 13: found '2023 2 31'" in str(fault_of(tmp_path / "config.yaml"))
    with pytest.raises(
        DataError, match=r"--time: 'day' and 'y' are not read as one time: row 1 has '1\.0' and '100\.35'"
    ):
        make_starter(tmp_path / "data.csv", tmp_path, Wishes(time="day,y"))


def test_series_called_like_parts_of_the_day_are_doubtful(tmp_path):
    (tmp_path / "data.csv").write_text(
        "date,period,y\n" + "".join(f"2023-01-{row // 40 + 1:02},{row % 40 + 1},{y}\n" for row, y in enumerate(Y * 8))
    )
    told = [one for one in make_starter(tmp_path / "data.csv", tmp_path, Wishes()).remarks if one.use == "doubtful"]
    assert [one.column for one in told] == ["period"]


@pytest.mark.parametrize("start", ["2023-03-20", "2023-10-20"])
@pytest.mark.parametrize("sites", ["a", "abc"])
def test_the_zone_of_changed_clocks_is_found(tmp_path, start, sites):
    moments = [datetime.fromisoformat(f"{start}T00:00Z") + timedelta(hours=row) for row in range(400)]
    clocks = [str(moment.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None)) for moment in moments]
    columns = [list(sites) * 400, [clock for clock in clocks for _ in sites], (Y * 7 * len(sites))]
    text = written(tmp_path, "site,t,y", *columns)
    assert "\n  time_zone: Europe/Berlin " in text
    assert ("\n  series: site " in text) == (len(sites) > 1)
    assert "frequency" not in text
    order = load_dataset(load_config(tmp_path / "config.yaml")).order
    assert order.times.dt.convert_time_zone("UTC").to_list() == moments * len(sites)


@pytest.mark.parametrize("form", ["{}", "{}:00"])
def test_an_hour_25_is_told_and_the_advice_helps(tmp_path, form):
    moments = [datetime(2023, 10, 25, 22, tzinfo=UTC) + timedelta(hours=row) for row in range(200)]
    local = [moment.astimezone(ZoneInfo("Europe/Berlin")) for moment in moments]
    days = [str(clock.date()) for clock in local]
    hours = [form.format(days[: row + 1].count(day)) for row, day in enumerate(days)]
    text = written(tmp_path, "day,hour,y", days, hours, Y * 4)
    assert "\n  time: [day, hour]" in text
    assert "series:" not in text
    told = str(fault_of(tmp_path / "config.yaml"))
    assert "found '2023-10-29 25" in told
    assert "write the times with their offset from UTC" in told
    written(tmp_path, "t,y", [clock.isoformat() for clock in local], Y * 4)
    assert fault_of(tmp_path / "config.yaml") is None
    times = load_dataset(load_config(tmp_path / "config.yaml")).order.times
    assert times.dt.convert_time_zone("UTC").to_list() == moments


@pytest.mark.parametrize("header", ["order_id,y", "a,y"])
def test_numbers_that_follow_one_another_are_no_seconds(tmp_path, header):
    assert "epoch_" not in written(tmp_path, header, [str(1_000_000_001 + row) for row in range(ROWS)], Y)


@pytest.mark.parametrize(
    "labels",
    [
        [f"Week {row}" for row in range(1, ROWS)],
        [f"{roman} kw. {year}" for year in range(2000, 2015) for roman in ("I", "II", "III", "IV")],
        [f"Jan-Mar {year}" for year in range(1950, 1950 + ROWS)],
        [f"Q{quarter} FY'{year}" for year in range(10, 25) for quarter in range(1, 5)],
        [f"{['I', 'II', 'III', 'IV'][quarter]} {year}" for year in range(2000, 2015) for quarter in range(4)],
        [f"{day}/{day + timedelta(days=6 + row % 3)}" for row, day in enumerate(DAYS)],
        [f"P{month:02} {year}" for year in range(2010, 2015) for month in range(1, 13)],
        [f"{year}年第{quarter}季度" for year in range(2000, 2015) for quarter in range(1, 5)],
        [f"{day} 07:30 - {day} 07:{45 + row % 10}" for row, day in enumerate(DAYS)],
        [f"2023-01-{row // 24 + 1:02}T{row % 24:02}:00-{row % 24 + 1:02}:{row % 5}0" for row in range(ROWS)],
        [f"{day} 07:30 CET" for day in DAYS],
        [f"{day}T07:30:00+01:00[Europe/Berlin]" for day in DAYS],
        [f"{day} 07:30 UTC+01:00" for day in DAYS],
        [f"{day}@07:30" for day in DAYS],
        [f"{day:%Y年%m月%d日}07時30分" for day in DAYS],
    ],
)
def test_times_that_are_not_read_are_told_and_never_modelled(tmp_path, labels):
    (tmp_path / "data.csv").write_text("when,y\n" + "".join(f"{one},{y}\n" for one, y in zip(labels, Y, strict=False)))
    starter = make_starter(tmp_path / "data.csv", tmp_path, Wishes())
    text, notes = starter.text, [remark.text for remark in starter.remarks]
    assert "\n  target: [y] " in text
    assert "# not used: when" in text
    advice = "write them as 2024-01-31, 2024-01-31 13:30"
    if " - " in labels[0] or labels[0].count("/") == 1 or labels[0].endswith("T00:00-01:00"):
        advice = "in the file, keep the time at which each begins"
    if labels[0].endswith(("CET", "]")):
        advice = "leave the zones' names out and set data.time_zone"
    assert any(f"times such as {labels[0]!r} are not read; {advice}" in note for note in notes)
    assert [remark.column for remark in starter.remarks if remark.use == "doubtful"] == ["when"]


def test_hours_with_their_ends_beside_a_date_are_its_times(tmp_path):
    times = [datetime(2023, 1, 1) + timedelta(hours=hour) for hour in range(240)]
    ends = [f"{time:%Y-%m-%d,%H:%M}-{time + timedelta(hours=1):%H:%M}" for time in times]
    rows = [f"{end},{y}\n" for end, y in zip(ends, Y * 4, strict=True)]
    (tmp_path / "data.csv").write_text("day,hours,y\n" + "".join(rows))
    (tmp_path / "config.yaml").write_text(make_starter(tmp_path / "data.csv", tmp_path, Wishes()).text)
    assert load_dataset(load_config(tmp_path / "config.yaml")).order.times.to_list() == times


@pytest.mark.parametrize("form", ["{:02}h00 – {:02}h00", "{:02} - {:02}"])
def test_hours_with_their_ends_are_no_series_and_their_beginnings_are_the_time(tmp_path, form):
    days, hours = [day for day in DAYS[:10] for _ in range(24)], list(range(24)) * 10
    ends = [form.format(hour, (hour + 1) % 24) for hour in hours]

    def made(clocks, **asked):
        rows = [f"{day},{clock},{y}\n" for day, clock, y in zip(days, clocks, Y * 4, strict=True)]
        (tmp_path / "data.csv").write_text("day,hours,y\n" + "".join(rows))
        return make_starter(tmp_path / "data.csv", tmp_path, Wishes(**asked))

    starter = made(ends)
    assert "series:" not in starter.text
    (doubt,) = [remark for remark in starter.remarks if remark.use == "doubtful"]
    told = f"times such as '{ends[0]}' are not read; in the file, keep the time at which each begins"
    assert doubt.text.startswith(told)
    with pytest.raises(
        DataError, match=r"--time: 'day' and 'hours' are not read as one time: row 1 has .*; 'hours': times such as"
    ):
        made(ends, time="day,hours")
    listed = starter.text.replace("\n  task:", "\n  time: [day, hours]\n  task:")
    (tmp_path / "config.yaml").write_text(listed)
    assert "it has a beginning and an end; in the file, keep the time" in str(fault_of(tmp_path / "config.yaml"))
    for asked in ({}, {"time": "day,hours"}, {"time": "day, hours"}):
        assert "\n  time: [day, hours] " in made([f"{hour:02}:00" for hour in hours], **asked).text


def test_a_date_of_which_no_row_tells_the_day_is_named_with_the_clock_beside_it(tmp_path):
    moments = [datetime(2023, 5, 1) + timedelta(hours=hour) for hour in range(240)]
    rows = [f"{time:%d.%m.%Y},{time:%H:%M},{y}\n" for time, y in zip(moments, Y * 4, strict=True)]
    (tmp_path / "data.csv").write_text("day,clock,y\n" + "".join(rows))
    starter = make_starter(tmp_path / "data.csv", tmp_path, Wishes())
    (doubt,) = [one for one in starter.remarks if one.use == "doubtful"]
    forms = '["%d.%m.%Y", "%H:%M"] or ["%m.%d.%Y", "%H:%M"]'
    assert doubt.text.endswith(f"; set data.time: [day, clock] and data.time_format: {forms}")
    assert {one.column: one.use for one in starter.remarks}["clock"] == "left out"
    (tmp_path / "config.yaml").write_text(starter.text)
    advice = ["data.time=[day, clock]", 'data.time_format=["%d.%m.%Y", "%H:%M"]']
    order = load_dataset(load_config(tmp_path / "config.yaml", advice)).order
    assert order.times.to_list() == moments
    table = load_config(tmp_path / "config.yaml").data.table
    assert table is not None
    assert [one.text for one in remarks_on_file(table) if one.column == "clock"] == ["it is the time of day of 'day'"]
    asked = make_starter(tmp_path / "data.csv", tmp_path, Wishes(known=("clock",))).remarks
    assert {one.column: one.use for one in asked}["clock"] == "known"


def test_a_panel_in_which_some_dates_have_a_clock_has_series_and_times(tmp_path):
    sites = [site for site in ("up", "mid", "low") for _ in range(20)]
    days = [*map(str, DAYS[:20]), *(f"{day} 00:00:00" for day in DAYS[:20]), *map(str, DAYS[:20])]
    text = written(tmp_path, "site,day,y", sites, days, Y)
    assert "\n  time: day " in text
    assert "\n  series: site " in text
    order = load_dataset(load_config(tmp_path / "config.yaml")).order
    assert order.times.to_list() == DAYS[:20] * 3


def test_numbers_with_decimals_that_are_called_a_time_and_rise_are_one(tmp_path):
    seconds = [f"{place / 50:.2f}" for place in range(ROWS)]
    assert "\n  time: t_seconds " in written(tmp_path, "t_seconds,y", seconds, Y)
    shuffled = np.random.default_rng(1).permutation(seconds).tolist()
    assert "\n  time:" not in written(tmp_path, "response_time,y", shuffled, Y)


def test_a_date_and_a_clock_are_one_time(tmp_path):
    stamps = [(f"{1 + hour // 24:02d}/01/2023", f"{hour % 24:02d}.00.00") for hour in range(ROWS + 300)]
    text = written(tmp_path, "Date,Time,y", *map(list, zip(*stamps, strict=True)), Y * 6)
    assert "\n  time: [Date, Time] " in text
    assert "series:" not in text
    times = load_dataset(load_config(tmp_path / "config.yaml")).order.times
    assert set(times.diff().drop_nulls().to_list()) == {timedelta(hours=1)}


def test_a_panel_has_times_of_two_columns_too(tmp_path):
    years, quarters = map(list, zip(*QUARTERS, strict=True))
    lands = ["here"] * ROWS + ["there"] * ROWS
    text = written(tmp_path, "land,year,quarter,y", lands, years * 2, quarters * 2, Y * 2)
    assert "\n  time: [year, quarter] " in text
    assert "\n  series: land " in text
    assert len(load_dataset(load_config(tmp_path / "config.yaml")).order) == 2


@pytest.mark.parametrize("step", [1, -1])
def test_blocks_whose_times_begin_anew_are_series(tmp_path, step):
    blocks = [months("%Y-%m-%d")[::3], list(map(str, DAYS[:40:2]))][::step]
    days = [day for block in blocks[::-1] for day in block[::step]]
    assert "\n  series: item " in written(tmp_path, "item,day,y", ["a"] * 20 + ["b"] * 20, days, Y)


@pytest.mark.parametrize("halves", [(DAYS[:30], DAYS[30:]), (DAYS[30:], DAYS[:30])], ids=["in order", "pasted"])
def test_two_halves_of_one_series_are_no_series(tmp_path, halves):
    days = [str(day) for half in halves for day in half]
    assert "\n  series:" not in written(tmp_path, "phase,day,y", ["a"] * 30 + ["b"] * 30, days, Y)


def test_numbers_of_shops_are_no_quarters(tmp_path):
    shops = [shop for shop in ("20001", "20002", "20003", "20004") for _ in range(15)]
    text = written(tmp_path, "shop,day,y", shops, list(map(str, DAYS[:15])) * 4, Y)
    assert "\n  time: day " in text
    assert "\n  series: shop " in text


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("2023-03-99,9999\n", "line 62: found '2023-03-99'"),
        ("2023-01-07,3\n", "lines 8, 62 have the same time"),
        (",3\n", "line 62: found no time"),
    ],
)
def test_what_is_wrong_with_a_date_is_named_and_following_that_helps(tmp_path, more, fault):
    text = written(tmp_path, "day,y", list(map(str, DAYS)), Y, more=more)
    assert "\n  time: day" in text
    assert fault in str(fault_of(tmp_path / "config.yaml"))
    lines = (tmp_path / "data.csv").read_text().splitlines()
    (tmp_path / "data.csv").write_text("\n".join(lines[:-1]))
    assert fault_of(tmp_path / "config.yaml") is None


def test_a_total_below_the_rows_is_left_out(tmp_path):
    text = written(tmp_path, "day,y", list(map(str, DAYS)), Y, more="Total,9999\n")
    assert "\n  skip_footer: 1 " in text
    assert fault_of(tmp_path / "config.yaml") is None


def test_a_fifth_of_the_dates_that_cannot_be_read_never_leave_the_rows_as_they_stand(tmp_path):
    cells = [str(day) if place % 5 else f"day {place}" for place, day in enumerate(reversed(DAYS))]
    text = written(tmp_path, "day,y", cells, Y)
    assert "12 cells of 60 have another form: 'day 0' in line 2" in " ".join(text.replace("#", "").split())
    assert "\n  time: day" in text
    with pytest.raises(DataError, match=r"lines 2, 7, 12, .* and 2 more: found 'day 0'"):
        load_dataset(load_config(tmp_path / "config.yaml"))


def test_features_that_are_parts_of_the_time_are_left_to_the_calendar(tmp_path):
    days = [date(2021, 8, 1) + timedelta(days=row) for row in range(400)]
    parts = {
        "yr": [day.year - 2021 for day in days],
        "month": [day.month for day in days],
        "dow": [f"{day:%a}" for day in days],
        "workday": [int(day.weekday() < 5) for day in days],
        "tier": ["ABC"[day.month % 3] if row < 399 else "D" for row, day in enumerate(days)],
    }
    columns = [list(map(str, cells)) for cells in (days, *parts.values())]
    text = written(tmp_path, f"date,{','.join(parts)},sales", *columns, (Y * 7)[:400])
    assert "\n  features: [sales, tier]" in text
    assert "\n  calendar: [weekday, month]" in text
    told = {remark.column: remark.reason for remark in make_starter(tmp_path / "data.csv", tmp_path, Wishes()).remarks}
    assert told["yr"] == "it follows from the year of 'date'"
    assert told["workday"] == "it follows from the weekday of 'date', which data.calendar can show"
    checked = {one.column: one.reason for one in remarks_on_file(load_config(tmp_path / "config.yaml").data.resolved())}
    assert {name: checked[name] for name in ("month", "dow", "workday")} == {
        name: told[name] for name in ("month", "dow", "workday")
    }
    asked = starter_config(tmp_path / "data.csv", tmp_path, known=("month",))
    assert "\n  known: [month]" in asked
