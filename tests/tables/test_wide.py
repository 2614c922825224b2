"""Files with a column for each time: every value is a row, times are read from names of columns."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import TypeAdapter

from rnnctl.config.dataset import load_dataset
from rnnctl.config.load import load_config
from rnnctl.errors import DataError
from rnnctl.sources import Data
from rnnctl.tables.date_forms import written
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.tables.wide_columns import columns_of_times
from rnnctl.workflows.init import fault_of, starter_config

DATA: TypeAdapter[Any] = TypeAdapter(Data)
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
GERMAN = ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
NUMBERS = range(1, 13)
MONTHLY = {"wide": {"names": "month", "values": "y"}, "time": ["YEAR", "month"]}


def read(path: Path, text: str | None = None, **settings: Any) -> Table:
    if text is not None:
        path.write_text(text)
    section = {"kind": path.suffix[1:], "path": str(path), "target": ["y"], "window": {"length": 1}}
    return read_table(DATA.validate_python(section | settings))


def years(count: int = 8, names: list[str] = MONTHS) -> str:
    rows = "".join(
        f"{2000 + year},{','.join(str(100 * year + place) for place in range(12))}\n" for year in range(count)
    )
    return f"YEAR,{','.join(names)}\n{rows}"


@pytest.mark.parametrize("cache", ["never", "always"])
@pytest.mark.parametrize("names", [MONTHS, [month.title() for month in MONTHS], GERMAN])
def test_a_column_for_each_month_is_one_series(tmp_path, monkeypatch, cache, names) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    table = read(tmp_path / "t.csv", years(2, names), cache=cache, **MONTHLY)
    assert table.frame["YEAR, month"].to_list() == [date(2000 + at // 12, at % 12 + 1, 1) for at in range(24)]
    assert table.frame["y"].to_list() == [100 * year + month for year in range(2) for month in range(12)]
    again = written(table.frame, table.forms)
    assert again["YEAR"].to_list() == ["2000"] * 12 + ["2001"] * 12
    assert again["month"].to_list() == names * 2


def test_columns_of_parquet_too(tmp_path: Path) -> None:
    rows = {"land": ["a", "b"], "2020-01": [1, 2], "2020-02": [3.5, None], "2020-03": [5, 6]}
    pl.DataFrame(rows, strict=False).write_parquet(tmp_path / "t.parquet")
    table = read(tmp_path / "t.parquet", wide={"names": "when", "values": "y"}, time="when", series="land")
    assert table.frame.rows() == [
        *((date(2020, at, 1), "a", value) for at, value in ((1, 1.0), (2, 3.5), (3, 5.0))),
        *((date(2020, at, 1), "b", value) for at, value in ((1, 2.0), (2, None), (3, 6.0))),
    ]


def test_quarters_and_years_and_columns_that_are_named(tmp_path: Path) -> None:
    text = "year,Q1,Q2,Q3,Q4\n2000,1,2,3,4\n2001,5,6,7,8\n"
    table = read(tmp_path / "t.csv", text, wide={"names": "quarter", "values": "y"}, time=["year", "quarter"])
    assert table.frame["year, quarter"].to_list()[3:5] == [date(2000, 10, 1), date(2001, 1, 1)]
    text = "land,code,1999,2000,2001\na,7,1,2,3\nb,8,4,5,6\n"
    table = read(tmp_path / "t.csv", text, wide={"names": "year", "values": "y"}, time="year", series="land")
    assert table.frame.rows() == [
        *((1999 + at, "a", 1.0 + at) for at in range(3)),
        *((1999 + at, "b", 4.0 + at) for at in range(3)),
    ]
    text = "shop,w_1,w_2,note\na,1,2,x\nb,3,4,y\n"
    wide = {"columns": ["w_*"], "names": "week", "values": "y"}
    assert read(tmp_path / "t.csv", text, wide=wide, series="shop").frame["y"].to_list() == [1, 2, 3, 4]


def test_faults_name_the_line_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'y': line 3 'many' under 'JUN': not a number"):
        read(tmp_path / "t.csv", years(3).replace(",105,", ",many,"), **MONTHLY)
    with pytest.raises(DataError, match=r"line 4: found 'soon JAN', expected a time like .* of t.csv, '2000 JAN'"):
        read(tmp_path / "t.csv", years(3).replace("2002,", "soon,"), **MONTHLY)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"wide": {"names": "m", "values": "y", "columns": ["x*"]}},
            "no column is called x\\*, which data.wide asks for",
        ),
        ({"wide": {"names": "YEAR", "values": "y"}}, "data.wide.names: 'YEAR' is a column of the file already"),
    ],
)
def test_what_is_not_in_the_file_is_told(tmp_path: Path, settings: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        read(tmp_path / "t.csv", years(), **settings)


@pytest.mark.parametrize(
    "names",
    [MONTHS, *([form.format(month) for month in NUMBERS] for form in ("{}", "{:02}", "m{}", "M{:02}", "month_{}"))],
)
def test_init_makes_one_series_of_months(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "t.csv").write_text(years(9, names))
    text = starter_config(tmp_path / "t.csv", tmp_path)
    assert "\n  wide: {names: month, values: value}" in text
    assert "\n  time: [YEAR, month]" in text
    assert "\n  target: [value]" in text
    assert "series:" not in text
    (tmp_path / "c.yaml").write_text(text)
    assert fault_of(tmp_path / "c.yaml") is None
    dataset = load_dataset(load_config(tmp_path / "c.yaml"))
    assert np.diff(dataset.order.bounds).tolist() == [108]


def test_numbers_beyond_those_of_months_are_none() -> None:
    assert columns_of_times(["YEAR", *map(str, NUMBERS)]) == ("month", [*map(str, NUMBERS)])
    assert columns_of_times(["YEAR", *map(str, range(23))]) == ("", [])
    assert columns_of_times(["YEAR", *map(str, range(1, 32))])[0] == "day"
    for count in (12, 24, 31, 48):
        assert columns_of_times(["id", *(f"x{place}" for place in range(1, count + 1))]) == ("", [])
    assert columns_of_times(["id", *map(str, range(1900, 2400, 100))])[0] != "clock"


@pytest.mark.parametrize("cache", ["never", "always"])
@pytest.mark.parametrize(("none", "marks"), [("", []), ("-", ["-"]), ("-999.9", [-999.9])])
def test_days_that_a_month_does_not_have_are_no_rows(tmp_path, monkeypatch, cache, none, marks) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    days = [date(2023, 1, 1) + timedelta(day) for day in range(424)]  # to the end of February of a leap year
    months = dict.fromkeys((day.year, day.month) for day in days)
    rows = [[day.timetuple().tm_yday for day in days if (day.year, day.month) == month] for month in months]
    lines = (
        ",".join(map(str, [*month, *row, *[none] * (31 - len(row))])) for month, row in zip(months, rows, strict=True)
    )
    text = "\n".join([f"Year,Month,{','.join(map(str, range(1, 32)))}", *lines, ""])
    keys = {"wide": {"names": "day", "values": "y", "ragged": True}, "time": ["Year", "Month", "day"], "cache": cache}
    table = read(tmp_path / "t.csv", text, **keys, missing_marks=marks)
    assert table.frame["Year, Month, day"].to_list() == days
    assert table.frame["y"].to_list() == [day.timetuple().tm_yday for day in days]
    assert [table.lines([row]) for row in (0, 31, 58, 423)] == ["line 2", "line 3", "line 3", "line 15"]
    with pytest.raises(DataError, match="column 'y': line 4 'x' under '1': not a number"):
        read(tmp_path / "t.csv", text.replace("2023,3,60,", "2023,3,x,"), **keys, missing_marks=marks)
    if none:
        return
    with pytest.raises(DataError, match="line 3: found '2023 2 29', expected a time like that of the first row"):
        read(tmp_path / "t.csv", text.replace(",59,,", ",59,60,", 1), **keys)
    with pytest.raises(DataError, match=r"no value in the columns of data\.wide"):
        read(tmp_path / "t.csv", text.splitlines()[0] + "\n2023,1" + "," * 31 + "\n", **keys)
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "c.yaml").write_text(starter_config(tmp_path / "t.csv", tmp_path))
    assert load_dataset(load_config(tmp_path / "c.yaml")).order.times.to_list() == days


def test_series_of_different_lengths_end_where_their_values_do(tmp_path: Path) -> None:
    draw, lengths = np.random.default_rng(1), [30, 13, 25, 18, 29, 40]
    rows = [draw.normal(9, 1, length).round(2).tolist() for length in lengths]
    late = [["", "", *rows[0]], *rows[1:]]
    header = ",".join(f'"V{place}"' for place in range(1, 42))
    lines = [",".join(map(str, [f"Y{at}", *row, *[""] * (40 - len(row))])) for at, row in enumerate(late, start=1)]
    (tmp_path / "t.csv").write_text("\n".join([header, *lines, ""]))
    text = starter_config(tmp_path / "t.csv", tmp_path)
    assert "\n  wide: {names: step, values: value, ragged: true}" in text
    assert "\n  series: V1" in text
    assert "per_series: true" in text
    (tmp_path / "c.yaml").write_text(text)
    order = load_dataset(load_config(tmp_path / "c.yaml")).order
    assert np.diff(order.bounds).tolist() == lengths
    begin = [4, *[2] * 5]
    assert order.times.to_list() == [
        first + step for first, length in zip(begin, lengths, strict=True) for step in range(length)
    ]
    lines[1] = lines[1].replace(str(rows[1][7]), "many", 1)
    (tmp_path / "t.csv").write_text("\n".join([header, *lines, ""]))
    with pytest.raises(DataError, match="line 3 'many' under 'V9': not a number"):
        load_dataset(load_config(tmp_path / "c.yaml"))


def test_columns_beside_steps_that_tell_nothing_of_the_series_are_left_out(tmp_path: Path) -> None:
    draw, names = np.random.default_rng(1), list(map(str, range(1, 31)))
    header = f"Series,N,NF,Kind,Starting Year,Starting Month,{','.join(names)}"
    counts = [30 - at for at in range(9)]
    lines = [
        f"N{at},{count},6,{'ab'[at % 2]},19{80 + at},{at + 1},{','.join(map(str, draw.normal(9, 1, count).round(2)))}"
        + "," * (30 - count)
        for at, count in enumerate(counts)
    ]
    (tmp_path / "t.csv").write_text("\n".join([header, *lines, ""]))
    text = starter_config(tmp_path / "t.csv", tmp_path)
    assert "\n  time: step " in text
    assert "\n  series: Series " in text
    assert "\n  task: forecast" in text
    assert "\n  features: [value, Kind]" in text
    assert "  # not used: N\n" in text
    assert "it may tell when each series begins, and steps are read by their order alone" in text


def test_days_of_the_week_are_those_after_the_date_of_their_row(tmp_path: Path) -> None:
    draw, days = np.random.default_rng(1), [date(2022, 1, 5) + timedelta(day) for day in range(140)]
    for first, names in (
        ("Week of", "Wed Thu Fri Sat Sun Mon Tue"),
        ("Week of", "Mon Tue Wed Thu Fri Sat Sun"),
        ("Woche", "Mo Di Mi Do Fr Sa So"),
        ("Year,Week", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    ):
        begin = [day - timedelta(day.weekday()) if first == "Year,Week" else day for day in days[::7]]
        keys = [f"{day:%G,%V}" if first == "Year,Week" else str(day) for day in begin]
        rows = [",".join([key, *map(str, draw.normal(9, 1, 7).round(2))]) for key in keys]
        (tmp_path / "t.csv").write_text("\n".join([f"{first},{names.replace(' ', ',')}", *rows, ""]))
        text = starter_config(tmp_path / "t.csv", tmp_path)
        assert "\n  wide: {names: weekday, values: value}" in text
        (tmp_path / "c.yaml").write_text(text)
        dataset = load_dataset(load_config(tmp_path / "c.yaml"))
        assert dataset.order.times.to_list() == [begin[0] + timedelta(day) for day in range(140)]


def test_what_a_row_tells_for_all_its_months_is_no_feature(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    lines = [",".join([line, *map(str, draw.normal(9, 1, 2).round(2))]) for line in years(9).splitlines()[1:]]
    (tmp_path / "t.csv").write_text("\n".join([f"{years().splitlines()[0]},J-D,DJF", *lines, ""]))
    text = starter_config(tmp_path / "t.csv", tmp_path)
    assert "features:" not in text
    assert text.count("a row of the file tells it for all its months, and so for later ones as well") == 2


def test_names_of_indicators_are_no_labels_of_their_series(tmp_path: Path) -> None:
    draw, years = np.random.default_rng(1), range(1960, 2021)
    lines = [
        f"{land},{land[:3]},{what},{what[:2]}.X,{','.join(map(str, draw.normal(9, 1, 61).round(2)))}"
        for land in ("Aruba", "Chad", "Peru")
        for what in ("GDP", "Population")
    ]
    source = '"Data Source","World Development Indicators",\n\n"Last Updated Date","2024-03-28",\n\n'
    header = f"Country Name,Country Code,Indicator Name,Indicator Code,{','.join(map(str, years))}"
    (tmp_path / "t.csv").write_text("\n".join([source + header, *lines, ""]))
    text = starter_config(tmp_path / "t.csv", tmp_path)
    assert "\n  task: forecast" in text
    assert "\n  target: [value]" in text
    assert "\n  series: [Country Name, Indicator Name]" in text


def test_periods_of_a_day_in_a_column_of_their_own_are_read_and_written(tmp_path: Path) -> None:
    days = [date(2023, 10, 1) + timedelta(day) for day in range(30)]
    for first, count, name in ((1, 48, "SETTLEMENT_PERIOD"), (0, 48, "half_hour"), (1, 96, "block")):
        rows = [f"{day},{first + number},{number}" for day in days for number in range(count)]
        lines = [f"date,{name},y", *rows, ""]
        table = read(tmp_path / "t.csv", "\n".join(lines), time=["date", name])
        assert table.frame[f"date, {name}"].to_list() == [
            datetime(2023, 10, 1) + timedelta(days=1) / count * row for row in range(30 * count)
        ]
        again = written(table.frame, table.forms)
        assert again[name].to_list() == [str(first + number) for number in range(count)] * 30
    lines.insert(-1, "2023-10-31,97,3")
    with pytest.raises(DataError, match=r"line 2882: found '2023-10-31 97', .* remove these lines"):
        read(tmp_path / "t.csv", "\n".join(lines), time=["date", "block"])


HOURS_ENDING = [*range(1, 25)]


@pytest.mark.parametrize(
    "names",
    [
        [f"HE{hour:02}" for hour in HOURS_ENDING],
        [f"hour_{hour}" for hour in HOURS_ENDING],
        [f"{hour}" for hour in HOURS_ENDING],
        [f"{hour:02}:00" for hour in HOURS_ENDING],
        [f"h{hour}" for hour in range(24)],
        [f"{hour:02}:00" for hour in range(24)],
        [f"{half // 2:02}:{half % 2 * 30:02}" for half in range(48)],
    ],
)
@pytest.mark.parametrize("sites", ["", "ab"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_init_makes_a_row_of_each_hour_beside_a_date(tmp_path: Path, names: list[str], sites: str, ending: str) -> None:
    days, draw = [date(2023, 2, 1 + day) for day in range(28)], np.random.default_rng(1)
    count, many = len(days), max(1, len(sites))
    frame = pl.DataFrame({"date": days * many} | {name: draw.normal(9, 1, count * many).round(2) for name in names})
    frame = frame.with_columns(pl.Series("site", [site for site in sites for _ in days])) if sites else frame
    getattr(frame, f"write_{ending}")(tmp_path / f"t.{ending}")
    text = starter_config(tmp_path / f"t.{ending}", tmp_path)
    (tmp_path / "c.yaml").write_text(text)
    assert ("series: site" in text) == bool(sites)
    dataset = load_dataset(load_config(tmp_path / "c.yaml"))
    times = dataset.order.times.to_list()
    names = names[:48] if names[0] == "SP1" else names  # the others are of the day on which clocks are put back
    step, first = timedelta(hours=24 / len(names)), datetime(2023, 2, 1)
    first += step if len(names) == 24 and names[0] in ("HE01", "hour_1", "1", "01:00") else timedelta()
    assert times == [first + step * row for row in range(count * len(names))] * many


@pytest.mark.parametrize(
    "names",
    [
        [f"SP{half}" for half in range(1, 51)],
        [f"hh_{half}" for half in range(48)],
        [f"{quarter}" for quarter in range(1, 97)],
        [f"K{half // 2:02}{half % 2 * 30:02}" for half in range(48)],
        [f"{hour:02}:00-{hour + 1:02}:00" for hour in range(24)],
        [f"{hour % 12 or 12} {'AP'[hour // 12]}M" for hour in range(24)],
    ],
)
def test_init_makes_a_row_of_each_period_of_a_day(tmp_path: Path, names: list[str]) -> None:
    test_init_makes_a_row_of_each_hour_beside_a_date(tmp_path, names, "", "csv")


def test_years_as_r_and_the_world_bank_name_them(tmp_path: Path) -> None:
    for form in ("X{0}", "{0} [YR{0}]"):
        text = f"land,{','.join(map(form.format, range(1999, 2002)))}\na,1,2,3\n"
        table = read(tmp_path / "t.csv", text, wide={"names": "year", "values": "y"}, time="year", series="land")
        assert table.frame.rows() == [(1999, "a", 1.0), (2000, "a", 2.0), (2001, "a", 3.0)]


def test_a_column_for_each_series(tmp_path: Path) -> None:
    wide = {"columns": ["north", "south"], "names": "shop", "values": "y"}
    table = read(tmp_path / "t.csv", "t,north,south\n2020,1,2\n2021,3,4\n", wide=wide, time="t", series="shop")
    assert table.frame.rows() == [
        (2020, "north", 1.0),
        (2020, "south", 2.0),
        (2021, "north", 3.0),
        (2021, "south", 4.0),
    ]


def test_init_makes_a_series_of_each_row_of_dates(tmp_path: Path) -> None:
    dates = [f"{2015 + month // 12}-{month % 12 + 1:02d}" for month in range(60)]
    draw = np.random.default_rng(1)
    rows = "".join(f"{land},{','.join(map(str, draw.integers(100, 999, 60)))}\n" for land in ("a", "b", "c"))
    (tmp_path / "t.csv").write_text(f"land,{','.join(dates)}\n{rows}")
    text = starter_config(tmp_path / "t.csv", tmp_path)
    assert "\n  wide: {names: date, values: value}" in text
    assert "\n  time: date" in text
    assert "\n  series: land" in text
    (tmp_path / "c.yaml").write_text(text)
    assert fault_of(tmp_path / "c.yaml") is None


def test_init_makes_a_series_of_each_row_of_numbered_steps_that_has_a_name(tmp_path: Path) -> None:
    draw, header = np.random.default_rng(1), ",".join(f"d_{step}" for step in range(1, 41))

    def made(names: list[str], more: str = "") -> str:
        rows = "".join(
            f"{name},{','.join(map(str, draw.normal(9, 1, 40).round(2)))}{more and f',{at}.5'}\n"
            for at, name in enumerate(names)
        )
        (tmp_path / "t.csv").write_text(f"item,{header}{',x' if more else ''}\n{rows}")
        text = starter_config(tmp_path / "t.csv", tmp_path)
        (tmp_path / "c.yaml").write_text(text)
        return text

    text = made(["a", "b", "c"])
    assert "\n  time: step" in text
    assert "\n  series: item" in text
    order = load_dataset(load_config(tmp_path / "c.yaml")).order
    assert order.times.to_list() == [*range(1, 41)] * 3
    assert "wide:" not in made(["a", "b", "a", "b"] * 3)  # labels of sequences
    assert "wide:" not in made(list("abcdefghijkl"), "x")
