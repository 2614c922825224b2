"""Dates and times in the forms that people write them in: read where the column tells the form, told where not."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydantic import TypeAdapter, ValidationError

from rnnctl.errors import DataError
from rnnctl.sources import Data
from rnnctl.tables.date_forms import forms_of, written
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.tables.time_zones import notes_on_form

DATA: TypeAdapter[Any] = TypeAdapter(Data)


def read(path: Path, block: int = 1 << 24, **settings: Any) -> Table:
    kind = "parquet" if path.suffix == ".parquet" else "csv"
    section = {"kind": kind, "path": str(path), "target": ["y"], "time": "t", "window": {"length": 1}}
    return read_table(DATA.validate_python(section | settings), block=block)


def of_cells(folder: Path, *cells: str, ending: str = "csv", **settings: Any) -> Table:
    path = folder / f"table.{ending}"
    if ending == "parquet":
        pl.DataFrame({"t": cells, "y": range(len(cells))}).write_parquet(path)
    else:
        text = "t,y\n" + "".join(f'"{cell}",{place}\n' for place, cell in enumerate(cells))
        path.write_bytes(gzip.compress(text.encode()) if ending == "csv.gz" else text.encode())
    return read(path, **settings)


def refused(folder: Path, *cells: str, **settings: Any) -> str:
    with pytest.raises(DataError) as raised:
        of_cells(folder, *cells, **settings)
    return str(raised.value).replace(str(folder), "DIR")


DAYS = (
    *("%d.%m.%Y", "%-d.%-m.%Y", "%m/%d/%Y", "%-m/%-d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y-%-m-%-d", "%Y.%m.%d"),
    *("%Y-%m-%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%-d %B %Y", "%b %-d, %Y"),
)
CLOCKS = ("", " %H:%M", "T%H:%M:%S", " %-H:%M", " %I:%M %p", " %-I:%M:%S%p", "T%H:%M:%SZ", ", %H:%M")


@given(
    day=st.sampled_from(DAYS),
    clock=st.sampled_from(CLOCKS),
    times=st.lists(st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 31)), min_size=1, max_size=20, unique=True),
    ending=st.sampled_from(["csv", "csv.gz", "parquet"]),
    cache=st.sampled_from(["never", "always"]),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_times_are_read_as_pythons_strftime_wrote_them_and_written_the_same_again(
    tmp_path: Path, day: str, clock: str, times: list[datetime], ending: str, cache: str
) -> None:
    # A day that is no month tells the form of a whole column; a day and hour of one digit, how it is padded.
    times = [*(time.replace(second=0, microsecond=0) for time in times), datetime(2024, 3, 31), datetime(2024, 5, 2, 4)]
    form = day + clock
    cells = [time.strftime(form) for time in times]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
        table = of_cells(tmp_path, *cells, ending=ending, cache=cache)
    expected = [time.date() if not clock else time.replace(tzinfo=UTC) if "Z" in clock else time for time in times]
    assert table.frame.get_column("t").to_list() == expected
    assert written(table.frame, table.forms).get_column("t").to_list() == cells


MONTHS: dict[str, tuple[list[str], list[str]]] = {
    "German": (["1. Januar 2024", "28. März 2024", "3. Oktober 2024"], ["1. Mai 2025", "10. Dezember 2025"]),
    "German, short": (["Jan-24", "Mrz-24", "Okt-24"], ["Mai-25", "Dez-25"]),
    "German, with points": (["1. Jan. 2024", "28. März 2024", "3. Okt. 2024"], ["1. Mai 2025", "10. Dez. 2025"]),
    "Austrian": (["1 Jänner 2024", "28 März 2024", "3 Oktober 2024"], ["1 Mai 2025", "10 Dezember 2025"]),
    "French": (["1 janvier 2024", "28 mars 2024", "3 octobre 2024"], ["1 mai 2025", "10 décembre 2025"]),
    "French, with points": (["1 janv. 2024", "28 mars 2024", "3 oct. 2024"], ["1 mai 2025", "10 déc. 2025"]),
    "French, in capitals": (["01-JANV-24", "28-MARS-24", "03-OCT-24"], ["01-MAI-25", "10-DÉC-25"]),
    "Spanish": (["1 de enero de 2024", "28 de marzo de 2024", "3 de octubre de 2024"],
                ["1 de mayo de 2025", "10 de diciembre de 2025"]),
    "Spanish, short": (["01-ene-24", "28-mar-24", "03-oct-24"], ["01-may-25", "10-dic-25"]),
    "Italian": (["1 gennaio 2024", "28 marzo 2024", "3 ottobre 2024"], ["1 maggio 2025", "10 dicembre 2025"]),
    "Italian, short": (["gen-24", "mar-24", "ott-24"], ["mag-25", "dic-25"]),
    "Dutch": (["1 januari 2024", "28 maart 2024", "3 oktober 2024"], ["1 mei 2025", "10 december 2025"]),
    "Dutch, short": (["1 jan 2024", "28 mrt 2024", "3 okt 2024"], ["1 mei 2025", "10 dec 2025"]),
    "Portuguese": (["1 de janeiro de 2024", "28 de março de 2024", "3 de outubro de 2024"],
                   ["1 de maio de 2025", "10 de dezembro de 2025"]),
    "Portuguese, short": (["jan/24", "mar/24", "out/24"], ["mai/25", "dez/25"]),
    "Danish": (["1. januar 2024", "28. marts 2024", "3. oktober 2024"], ["1. maj 2025", "10. december 2025"]),
    "Norwegian": (["1. januar 2024", "28. mars 2024", "3. oktober 2024"], ["1. mai 2025", "10. desember 2025"]),
    "Swedish": (["1 januari 2024", "28 mars 2024", "3 oktober 2024"], ["1 maj 2025", "10 december 2025"]),
    "Finnish": (["1. tammikuu 2024", "28. maaliskuu 2024", "3. lokakuu 2024"],
                ["1. toukokuu 2025", "10. joulukuu 2025"]),
    "Polish": (["1 stycznia 2024", "28 marca 2024", "3 października 2024"], ["1 maja 2025", "10 grudnia 2025"]),
    "Polish, short": (["sty-24", "mar-24", "paź-24"], ["maj-25", "gru-25"]),
    "Czech": (["1. ledna 2024", "28. března 2024", "3. října 2024"], ["1. května 2025", "10. prosince 2025"]),
    "Turkish": (["1 Ocak 2024", "28 Mart 2024", "3 Ekim 2024"], ["1 Mayıs 2025", "10 Aralık 2025"]),
    "Russian": (["1 января 2024", "28 марта 2024", "3 октября 2024"], ["1 мая 2025", "10 декабря 2025"]),
    "Russian, short": (["янв-24", "мар-24", "окт-24"], ["май-25", "дек-25"]),
    "English, with points": (["Jan. 1, 2024", "Mar. 28, 2024", "Sept. 3, 2024"], ["May 1, 2025", "Dec. 10, 2025"]),
    "English, small": (["01-jan-24", "28-mar-24", "03-may-24"], ["01-may-25", "10-dec-25"]),
}  # fmt: skip


@pytest.mark.parametrize("cache", ["never", "always"])
@pytest.mark.parametrize(("cells", "later"), MONTHS.values(), ids=MONTHS)
def test_months_are_read_in_their_language_and_later_ones_are_written_in_it(
    cells: list[str], later: list[str], cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    table = of_cells(tmp_path, *cells, cache=cache)
    days = (1, 28, 3) if any(cell[:2] in ("1 ", "1.", "01") or "1," in cell for cell in cells) else (1, 1, 1)
    months = (1, 3, {"Sep": 9, "may": 5}.get(cells[2].lstrip("0123-")[:3], 10))
    expected = [date(2024, month, day) for month, day in zip(months, days, strict=True)]
    assert table.frame.get_column("t").to_list() == expected
    future = [date(2025, 5, 1), date(2025, 12, 10)]
    frame = pl.DataFrame({"t": [*expected, *future]})
    assert written(frame, table.forms).get_column("t").to_list() == [*cells, *later]
    assert not list(notes_on_form(table.forms["t"]))


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            ["Jan 2024", "Feb 2024", "Apr 2024"],
            "English, German, Dutch, Danish, Norwegian or Swedish; those that the file lacks are written in English",
        ),
        (
            ["Mai 2024", "Nov 2024"],
            "German, French, Portuguese or Norwegian; those that the file lacks are written in German",
        ),
    ],
)
def test_months_of_more_than_one_language_are_told(cells: list[str], told: str, tmp_path: Path) -> None:
    table = of_cells(tmp_path, *cells)
    assert list(notes_on_form(table.forms["t"])) == [f"the names of months are {told}"]
    assert written(table.frame, table.forms).get_column("t").to_list() == cells


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_a_day_that_is_no_month_tells_the_form_wherever_it_stands(ending: str, tmp_path: Path) -> None:
    cells = [*["01/02/2024"] * 300, "02/13/2024"]
    times = of_cells(tmp_path, *cells, ending=ending, block=256).frame.get_column("t")
    assert times[0] == date(2024, 1, 2)
    assert times[-1] == date(2024, 2, 13)


UNTOLD = {
    "slashes": ("01/02/2024", '"%d/%m/%Y" or data.time_format: "%m/%d/%Y"'),
    "dots": ("1.2.2024 10:00", '"%d.%m.%Y %H:%M" or data.time_format: "%m.%d.%Y %H:%M"'),
    "a year of two digits": ("31.12.24", '"%d.%m.%y" or data.time_format: "%y.%m.%d"'),
}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(("cell", "todo"), UNTOLD.values(), ids=UNTOLD)
def test_what_can_be_read_in_two_ways_is_not_guessed(cell: str, todo: str, ending: str, tmp_path: Path) -> None:
    assert refused(tmp_path, cell, cell.replace("24", "25"), ending=ending) == (
        f"DIR/table.{ending}: column 't': the first cell is {cell!r}, and no row of the column tells which of its "
        f"numbers is the day, which the month and which the year; set data.time_format: {todo}"
    )


def test_the_config_may_tell_the_form(tmp_path: Path) -> None:
    table = of_cells(tmp_path, "01/02/2024", "02/02/2024", time_format="%d/%m/%Y")
    assert table.frame.get_column("t").to_list() == [date(2024, 2, 1), date(2024, 2, 2)]
    table = of_cells(tmp_path, "31.12.24", " 1.1.25", time_format="%d.%m.%y")
    assert table.frame.get_column("t").to_list() == [date(2024, 12, 31), date(2025, 1, 1)]
    table = of_cells(tmp_path, "12:30 on 2024-02", time_format="%H:%M on %Y-%m")
    assert table.frame.get_column("t").to_list() == [datetime(2024, 2, 1, 12, 30)]
    table = of_cells(tmp_path, "2023", "2024", time_format="%Y")
    assert table.frame.get_column("t").to_list() == [date(2023, 1, 1), date(2024, 1, 1)]


def test_whole_numbers_that_are_dates_are_numbers_where_that_is_said(tmp_path: Path) -> None:
    assert of_cells(tmp_path, "20240131", "20240201").frame.get_column("t")[0] == date(2024, 1, 31)
    table = of_cells(tmp_path, "20240131", "20240132", time_format="number")
    assert table.frame.get_column("t").to_list() == [20240131, 20240132]
    assert refused(tmp_path, "20240131", "20240132") == (
        "DIR/table.csv: column 't': line 3: found '20240132', expected a time like that of the first row of "
        "table.csv, '20240131'; rows without a time cannot be ordered: correct or remove them"
    )
    assert of_cells(tmp_path, "20231301", "20231302").frame.get_column("t").to_list() == [20231301, 20231302]


def test_a_cell_of_another_form_is_told_with_its_line(tmp_path: Path) -> None:
    assert refused(tmp_path, "31/12/2024", "12/31/2024") == (
        "DIR/table.csv: column 't': line 3: found '12/31/2024', expected a time like that of the first row "
        "of table.csv, '31/12/2024'; rows without a time cannot be ordered: correct or remove them"
    )
    assert "line 2: found '31.12.2024', expected a time in the form '%Y-%m-%d' (data.time_format)" in refused(
        tmp_path, "31.12.2024", time_format="%Y-%m-%d"
    )


def test_a_cell_of_another_form_is_told_with_its_row_in_parquet(tmp_path: Path) -> None:
    assert refused(tmp_path, "31/12/2024", "12/31/2024", ending="parquet") == (
        "DIR/table.parquet: column 't': row 2: found '12/31/2024', expected a time like that of the first row; rows "
        "without a time cannot be ordered: correct or remove them"
    )


def test_a_column_of_dates_has_a_form_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("d,y\n,1\n01.02.2024,2\n03.02.2024,3\n")
    wanted = {"time": None, "features": ["d"]}
    with pytest.raises(DataError) as raised:
        read(path, **wanted, columns={"d": "date"})
    assert str(raised.value).endswith(
        'set data.columns: {d: {kind: date, format: "%d.%m.%Y"}} or data.columns: {d: {kind: date, format: "%m.%d.%Y"}}'
    )
    table = read(path, **wanted, columns={"d": {"kind": "date", "format": "%d.%m.%Y"}})
    assert table.frame.get_column("d").to_list() == [None, date(2024, 2, 1), date(2024, 2, 3)]
    path.write_text("d,y\n,1\n01.02.2024,2\n31.02.2024,3\n13.02.2024,3\n")
    with pytest.raises(DataError, match=r"column 'd': line 4 '31.02.2024': not a date"):
        read(path, **wanted, columns={"d": "date"})


@pytest.mark.parametrize("form", ["d.m.Y", "%H:%M", "%", ""])
def test_what_is_no_form_of_dates_is_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is no form of dates"):
        read(tmp_path / "table.csv", time_format=form)


@given(st.text(max_size=30) | st.from_regex(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ]\d{1,2}:\d\d)?", fullmatch=True))
def test_any_text_has_forms_that_are_told_apart(text: str) -> None:
    forms = forms_of(text)
    assert len(set(forms)) == len(forms)


def test_a_text_of_a_form_is_that_day_in_python_too() -> None:
    for k in range(400):
        day = date(2024, 1, 1) + timedelta(days=k)
        for form in ("%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d", "%d %b %Y"):
            text = day.strftime(form)
            read_again = {datetime.strptime(text, found.replace("%-", "%")).date() for found in forms_of(text)}
            assert day in read_again
