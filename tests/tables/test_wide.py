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
    assert columns_of_times(["YEAR", *map(str, range(1, 32))]) == ("", [])
    assert columns_of_times(["id", *(f"x{place}" for place in range(1, 13))]) == ("", [])


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
    step, first = timedelta(hours=24 / len(names)), datetime(2023, 2, 1)
    first += step if names[0] in ("HE01", "hour_1", "1", "01:00") else timedelta()
    assert times == [first + step * row for row in range(count * len(names))] * many


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
        rows = "".join(f"{name},{','.join(map(str, draw.normal(9, 1, 40).round(2)))}{more}\n" for name in names)
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
    assert "wide:" not in made(list("abcdefghijkl"), ",3.5")
