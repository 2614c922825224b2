"""Times as people write them: months, quarters, weeks, parts in several columns, offsets; read, and written again."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError

from rnnctl.errors import DataError
from rnnctl.sources import Data
from rnnctl.tables.date_forms import written
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table

MARCH = datetime(2023, 3, 13, 10)
DATA: TypeAdapter[Any] = TypeAdapter(Data)


def read(folder: Path, text: str, **settings: Any) -> Table:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    section = {"kind": "csv", "path": str(path), "target": ["y"], "time": "t", "window": {"length": 1}}
    return read_table(DATA.validate_python(section | settings))


def of_cells(folder: Path, *cells: str, name: str = "t", **settings: Any) -> Table:
    return read(folder, f"{name},y\n" + "".join(f'"{cell}",1\n' for cell in cells), time=name, **settings)


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (("11-Jun-23", "01-May-23"), (date(2023, 6, 11), date(2023, 5, 1))),
        (("1 June 2023", "11 March 2024"), (date(2023, 6, 1), date(2024, 3, 11))),
        (("11.Jun.2023", "30.Nov.2023"), (date(2023, 6, 11), date(2023, 11, 30))),
        (("11Jun2023", "30Nov2023"), (date(2023, 6, 11), date(2023, 11, 30))),
        (("June 1 2023", "May 11 2023"), (date(2023, 6, 1), date(2023, 5, 11))),
        (("Sun, 11 Jun 2023", "Mon, 12 Jun 2023"), (date(2023, 6, 11), date(2023, 6, 12))),
        (("Jun-23", "Dec-99"), (date(2023, 6, 1), date(1999, 12, 1))),
        (("Jun 2023", "Dec 2023"), (date(2023, 6, 1), date(2023, 12, 1))),
        (("2023-Jun", "2023-Dec"), (date(2023, 6, 1), date(2023, 12, 1))),
        (("2023/6/1", "2023/11/30"), (date(2023, 6, 1), date(2023, 11, 30))),
        (("202012", "202101"), (date(2020, 12, 1), date(2021, 1, 1))),
        (("20204", "20211"), (date(2020, 10, 1), date(2021, 1, 1))),
        (("2020Q4", "2021Q1"), (date(2020, 10, 1), date(2021, 1, 1))),
        (("2020-Q4", "2021-Q1"), (date(2020, 10, 1), date(2021, 1, 1))),
        (("Q4 2020", "Q1 2021"), (date(2020, 10, 1), date(2021, 1, 1))),
        (("4Q20", "1Q21"), (date(2020, 10, 1), date(2021, 1, 1))),
        (("2020W53", "2021W01"), (date(2020, 12, 28), date(2021, 1, 4))),
        (("2020-W53", "2021-W01"), (date(2020, 12, 28), date(2021, 1, 4))),
        (("2021-W9", "2021-W10"), (date(2021, 3, 1), date(2021, 3, 8))),
        (("202053", "202101"), (date(2020, 12, 28), date(2021, 1, 4))),
        (("2021-09", "2021-27"), (date(2021, 3, 1), date(2021, 7, 5))),
        (("30.6.2023 10.00.00", "1.6.2023 09.30.00"), (datetime(2023, 6, 30, 10), datetime(2023, 6, 1, 9, 30))),
        (("20240131T180000", "20240201T060000"), (datetime(2024, 1, 31, 18), datetime(2024, 2, 1, 6))),
        (("202401311800", "202402010630"), (datetime(2024, 1, 31, 18), datetime(2024, 2, 1, 6, 30))),
    ],
)
def test_a_form_is_read_and_written_again(tmp_path: Path, cells: tuple[str, ...], days: tuple[date, ...]) -> None:
    table = of_cells(tmp_path, *cells)
    assert table.frame.get_column("t").to_list() == list(days)
    assert written(table.frame.select("t"), table.forms).get_column("t").to_list() == list(cells)


def test_whole_numbers_that_are_no_months_are_numbers(tmp_path: Path) -> None:
    for cells in (("202011", "202012", "202099"), ("20201", "20204", "20205"), ("2020", "2021"), ("1", "2")):
        assert of_cells(tmp_path, *cells).frame.get_column("t").to_list() == list(map(int, cells))


def test_months_and_weeks_are_told_apart_or_asked_for(tmp_path: Path) -> None:
    assert of_cells(tmp_path, "202401", "202402", name="week").frame["week"][1] == date(2024, 1, 8)
    assert of_cells(tmp_path, "202401", "202402", name="month").frame["month"][1] == date(2024, 2, 1)
    with pytest.raises(DataError) as raised:
        of_cells(tmp_path, "202401", "202402")
    assert str(raised.value).endswith(
        "column 't': the first cell is '202401', and no row of the column tells whether its numbers are months or "
        'weeks; set data.time_format: "%Y%m" or data.time_format: "%G%V"'
    )
    assert of_cells(tmp_path, "202401", "202402", time_format="%G%V").frame["t"][1] == date(2024, 1, 8)
    assert of_cells(tmp_path, "202401", "202402", time_format="%Y%m").frame["t"][1] == date(2024, 2, 1)


def test_a_quarter_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 4: found '2024Q5', expected a time like that of the first row"):
        of_cells(tmp_path, "2024Q1", "2024Q2", "2024Q5")


def test_a_total_above_or_below_dates_is_named_whatever_their_form(tmp_path: Path) -> None:
    for days in (("11-Jun-23", "12-Jun-23"), ("2024Q1", "2024Q2"), ("13/06/2023", "14/06/2023")):
        with pytest.raises(DataError, match=r"line 4: found 'Total', expected .*; rows without .*: correct or remove"):
            of_cells(tmp_path, *days, "Total")
        with pytest.raises(DataError, match=r"line 2: found 'Total', expected .*; rows without .*: correct or remove"):
            of_cells(tmp_path, "Total", *days)


@pytest.mark.parametrize(
    ("names", "rows", "times"),
    [
        ("year,quarter", ("1999,4", "2000,1"), (date(1999, 10, 1), date(2000, 1, 1))),
        ("Quarter,Year", ("Q4,1999", "Q1,2000"), (date(1999, 10, 1), date(2000, 1, 1))),
        ("YEAR,MONTH", ("1999,12", "2000,1"), (date(1999, 12, 1), date(2000, 1, 1))),
        ("Jahr,Monat", ("1999,12", "2000,01"), (date(1999, 12, 1), date(2000, 1, 1))),
        ("year,month", ("1999,Dec", "2000,Jan"), (date(1999, 12, 1), date(2000, 1, 1))),
        ("year,week", ("2020,53", "2021,1"), (date(2020, 12, 28), date(2021, 1, 4))),
        ("year,month,day,hour", ("2020,2,29,23", "2020,3,1,0"), (datetime(2020, 2, 29, 23), datetime(2020, 3, 1))),
        ("Date,Time", ("13/03/2023,10.00.00", "13/03/2023,11.30.00"), (MARCH, MARCH.replace(hour=11, minute=30))),
        ("d,clock", ("13 March 2023,9:05 PM", "13 March 2023,10:00 AM"), (MARCH.replace(hour=21, minute=5), MARCH)),
        ("day,hour", ("2023-06-01,22", "2023-06-01,7"), (datetime(2023, 6, 1, 22), datetime(2023, 6, 1, 7))),
    ],
)
@pytest.mark.parametrize("cache", ["never", "always"])
def test_columns_together_are_one_time(tmp_path: Path, monkeypatch: Any, names, rows, times, cache) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    parts = names.split(",")
    text = f"y,{names}\n" + "".join(f"1,{row}\n" for row in rows)
    table = read(tmp_path, text, time=parts, cache=cache)
    assert table.frame.columns == [", ".join(parts), "y"]
    assert table.frame[", ".join(parts)].to_list() == list(times)
    again = written(table.frame, table.forms)
    assert again.columns == [*parts, "y"]
    assert [",".join(row) for row in again.select(parts).rows()] == list(rows)


def test_a_part_of_the_time_may_be_a_feature(tmp_path: Path) -> None:
    text = "year,quarter,y\n1999,4,1\n2000,1,2\n"
    for columns, kept in (({}, [4.0, 1.0]), ({"quarter": "category"}, ["4", "1"])):
        table = read(tmp_path, text, time=["year", "quarter"], features=["y", "quarter"], columns=columns)
        assert table.frame["quarter"].to_list() == kept
        assert table.frame["year, quarter"].to_list() == [date(1999, 10, 1), date(2000, 1, 1)]


def test_parts_that_no_name_tells_are_asked_for_and_then_read(tmp_path: Path) -> None:
    text = "a,b,y\n1999,4,1\n2000,1,2\n"
    with pytest.raises(DataError) as raised:
        read(tmp_path, text, time=["a", "b"])
    assert str(raised.value).endswith(
        "column 'a, b': the first cell is '1999 4', and nothing tells how 'a' and 'b' are written; say it part by "
        'part, such as data.time_format: ["%Y", "%m"] (%m is a month; %q a quarter, %V a week)'
    )
    table = read(tmp_path, text, time=["a", "b"], time_format=["%Y", "%q"])
    assert table.frame["a, b"].to_list() == [date(1999, 10, 1), date(2000, 1, 1)]
    with pytest.raises(ValidationError, match="has 1 form for 2 columns; write a list of 2 forms, one for each column"):
        read(tmp_path, text, time=["a", "b"], time_format="%Y %q")


def test_the_forms_of_parts_that_are_not_read_are_shown_and_help(tmp_path: Path) -> None:
    text = "Datum,Uhrzeit,y\n31/01/2023,7 Uhr 30,1\n31/01/2023,11 Uhr 05,2\n"
    with pytest.raises(DataError, match="nothing tells how 'Uhrzeit' is written") as raised:
        read(tmp_path, text, time=["Datum", "Uhrzeit"])
    forms = json.loads(str(raised.value).partition("data.time_format: ")[2].partition("]")[0] + "]")
    assert forms == ["%d/%m/%Y", "%H Uhr %M"]
    table = read(tmp_path, text, time=["Datum", "Uhrzeit"], time_format=forms)
    assert table.frame["Datum, Uhrzeit"].to_list() == [datetime(2023, 1, 31, 7, 30), datetime(2023, 1, 31, 11, 5)]


def test_a_part_that_is_wrong_or_missing_is_named(tmp_path: Path) -> None:
    text = "year,month,y\n1999,12,1\n2000,{},2\n"
    for cell, told in (("13", "'2000 13'"), ("", "no time")):
        with pytest.raises(DataError) as raised:
            read(tmp_path, text.format(cell), time=["year", "month"])
        assert str(raised.value).endswith(
            f"column 'year, month': line 3: found {told}, expected a time like that of the first row of table.csv, "
            "'1999 12'; rows without a time cannot be ordered: correct or remove them"
        )


def test_typed_parts_of_parquet_are_one_time(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    times = [datetime(2023, 3, 26, 1, 30), datetime(2023, 3, 26, 2, 30)]
    clock = pl.Series(times).dt.time()
    pl.DataFrame({"day": pl.Series(times).dt.date(), "clock": clock, "y": [1, 2]}).write_parquet(path)
    section = {"kind": "parquet", "path": str(path), "target": ["y"], "time": ["day", "clock"], "window": {"length": 1}}
    assert read_table(DATA.validate_python(section)).frame["day, clock"].to_list() == times


@pytest.mark.parametrize(
    ("cells", "zone", "hours"),
    [
        (("2023-10-20T00:00:00+01:00", "2023-10-20T01:00:00+01:00"), "Etc/GMT-1", [0, 1]),
        (("2023-01-20 00:00:00-0330", "2023-01-20 01:00:00-0330"), "America/St_Johns", [0, 1]),
        (("2023-10-20 00:00:00+05:30", "2024-04-20 01:00:00+05:30"), "Asia/Kolkata", [0, 1]),
        (("2023-10-20T00:00:00Z", "2023-10-20T01:00:00Z"), "UTC", [0, 1]),
        (("2023-10-29T02:30:00+02:00", "2023-10-29T02:30:00+01:00"), "Europe/Berlin", [2, 2]),
        (("2023-03-12T01:00:00-05:00", "2023-03-12T03:00:00-04:00"), "America/New_York", [1, 3]),
    ],
)
def test_offsets_are_kept(tmp_path: Path, cells: tuple[str, ...], zone: str, hours: list[int]) -> None:
    table = of_cells(tmp_path, *cells)
    times = table.frame.get_column("t")
    assert times.dt.hour().to_list() == hours
    assert times.dtype == pl.Datetime("us", zone)
    assert written(table.frame.select("t"), table.forms).get_column("t").to_list() == list(cells)


def test_offsets_that_no_zone_has_are_those_of_utc(tmp_path: Path) -> None:
    table = of_cells(tmp_path, "2023-10-20T00:00:00+01:00", "2023-10-20T00:10:00+07:00", "2023-10-20T00:20:00+01:00")
    assert table.frame.schema["t"] == pl.Datetime("us", "UTC")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_year_that_is_none_is_named(tmp_path: Path, ending: str) -> None:
    if ending == "csv":
        with pytest.raises(DataError, match=r"line 3: found '0000-01-01', expected a time like that of the first row"):
            of_cells(tmp_path, "2024-01-01", "0000-01-01")
        return
    path = tmp_path / "table.parquet"
    days = pl.Series([19_000, -800_000, 5_000_000], dtype=pl.Int32).cast(pl.Date)
    pl.DataFrame({"t": days, "y": [1, 2, 3]}).write_parquet(path)
    section = {"kind": "parquet", "path": str(path), "target": ["y"], "time": "t", "window": {"length": 1}}
    with pytest.raises(DataError, match=r"column 't': rows 2, 3: found '-"):
        read_table(DATA.validate_python(section))
