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
from rnnctl.schema.column_kinds import EPOCHS, EXCEL
from rnnctl.sources import Data
from rnnctl.tables.date_forms import forms_of, parse_dates, written
from rnnctl.tables.epochs import epoch_of, of_epoch, since_epoch
from rnnctl.tables.frames import column_of
from rnnctl.tables.month_names import NAMES
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.tables.time_zones import notes_on_form

DATA: TypeAdapter[Any] = TypeAdapter(Data)
SINCE_1970 = [unit for unit in EPOCHS if unit != EXCEL]


def read(path: Path, block: int = 1 << 24, **settings: Any) -> Table:
    kind = "parquet" if path.suffix == ".parquet" else "csv"
    section = {"kind": kind, "path": str(path), "target": ["y"], "time": "t", "window": {"length": 1}}
    return read_table(DATA.validate_python(section | settings), block=block)


def of_cells(folder: Path, *cells: object, ending: str = "csv", **settings: Any) -> Table:
    path = folder / f"table.{ending}"
    if ending == "parquet":
        pl.DataFrame({"t": cells, "y": range(len(cells))}).write_parquet(path)
    else:
        text = "t,y\n" + "".join(f'"{cell}",{place}\n' for place, cell in enumerate(cells))
        path.write_bytes(gzip.compress(text.encode()) if ending == "csv.gz" else text.encode())
    return read(path, **settings)


def refused(folder: Path, *cells: object, **settings: Any) -> str:
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
    "Czech, with capitals": (["Leden 2024", "Březen 2024", "Říjen 2024"], ["Květen 2025", "Prosinec 2025"]),
    "Russian, with capitals": (["Январь 2024", "Март 2024", "Октябрь 2024"], ["Май 2025", "Декабрь 2025"]),
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


LABELS: dict[str, tuple[list[str], list[date]]] = {
    "KW %V/%G": (["KW 10/2023", "KW 11/2023"], [date(2023, 3, 6), date(2023, 3, 13)]),
    "Week %-V %G": (["Week 9 2023", "Week 10 2023"], [date(2023, 2, 27), date(2023, 3, 6)]),
    "%-V. KW %G": (["9. KW 2023", "10. KW 2023"], [date(2023, 2, 27), date(2023, 3, 6)]),
    "%G-S%V": (["2020-S02", "2020-S10"], [date(2020, 1, 6), date(2020, 3, 2)]),
    "%q. Quartal %Y": (["1. Quartal 2000", "4. Quartal 2000"], [date(2000, 1, 1), date(2000, 10, 1)]),
    "%q%1O quarter %Y": (
        ["1st quarter 2020", "2nd quarter 2020", "3rd quarter 2020", "4th quarter 2020"],
        [date(2020, 1, 1), date(2020, 4, 1), date(2020, 7, 1), date(2020, 10, 1)],
    ),
    "%q%3O trimestre %Y": (["1er trimestre 2020", "3ème trimestre 2020"], [date(2020, 1, 1), date(2020, 7, 1)]),
    "%qT %Y": (["3T 2020", "4T 2020"], [date(2020, 7, 1), date(2020, 10, 1)]),
    "%YH%Q": (["1985H1", "1985H2"], [date(1985, 1, 1), date(1985, 7, 1)]),
    "H%Q %Y": (["H2 1985", "H1 1986"], [date(1985, 7, 1), date(1986, 1, 1)]),
    "%Y-S%Q": (["2020-S1", "2020-S2"], [date(2020, 1, 1), date(2020, 7, 1)]),
    "%Q. Halbjahr %Y": (["2. Halbjahr 1999", "1. Halbjahr 2000"], [date(1999, 7, 1), date(2000, 1, 1)]),
    "%Q%2O semestre %Y": (["1er semestre 2020", "2e semestre 2020"], [date(2020, 1, 1), date(2020, 7, 1)]),
    "%Y/%2N": (["1998/99", "1999/00"], [date(1998, 1, 1), date(1999, 1, 1)]),
    "%Y-%2N": (["2001-02", "2002-03", "2003-04"], [date(year, 1, 1) for year in (2001, 2002, 2003)]),
    "%Y/%N": (["2009/2010", "2010/2011"], [date(2009, 1, 1), date(2010, 1, 1)]),
    "%Y-%m": (["2001-02", "2001-03", "2001-04"], [date(2001, month, 1) for month in (2, 3, 4)]),
    "FY%Y": (["FY1999", "FY2000"], [date(1999, 1, 1), date(2000, 1, 1)]),
    "Q%q FY%y": (["Q1 FY04", "Q4 FY10"], [date(2004, 1, 1), date(2010, 10, 1)]),
    "Q%q FY%Y": (["Q1 FY2004", "Q4 FY2010"], [date(2004, 1, 1), date(2010, 10, 1)]),
    "FY%y Q%q": (["FY04 Q1", "FY10 Q4"], [date(2004, 1, 1), date(2010, 10, 1)]),
    "FY%Y-Q%q": (["FY2004-Q1", "FY2010-Q4"], [date(2004, 1, 1), date(2010, 10, 1)]),
    "%qQFY%y": (["1QFY24", "3QFY25"], [date(2024, 1, 1), date(2025, 7, 1)]),
    "H%Q FY%y": (["H1 FY24", "H2 FY25"], [date(2024, 1, 1), date(2025, 7, 1)]),
    "FY%Y/%2N Q%q": (["FY2023/24 Q1", "FY2024/25 Q3"], [date(2023, 1, 1), date(2024, 7, 1)]),
    "%Y年%-m月": (["2012年1月", "2012年12月"], [date(2012, 1, 1), date(2012, 12, 1)]),
    "%Y年%m月": (["2012年01月", "2012年12月"], [date(2012, 1, 1), date(2012, 12, 1)]),
    "%Y年%m月%d日": (["2023年01月02日", "2023年11月03日"], [date(2023, 1, 2), date(2023, 11, 3)]),
    "%Y年%-m月%-d日": (["2023年1月2日", "2023年11月13日"], [date(2023, 1, 2), date(2023, 11, 13)]),
    "%Y년 %-m월 %-d일": (["2023년 1월 2일", "2023년 11월 13일"], [date(2023, 1, 2), date(2023, 11, 13)]),
    "%d/%m/%Y %Hh%M": (["02/01/2023 00h00", "13/01/2023 17h45"], [datetime(2023, 1, 2), datetime(2023, 1, 13, 17, 45)]),
    "%d/%m/%Y %-Hh%M": (
        ["02/01/2023 7h30", "13/01/2023 17h45"],
        [datetime(2023, 1, 2, 7, 30), datetime(2023, 1, 13, 17, 45)],
    ),
    "%YM%m": (["2020M03", "2020M12"], [date(2020, 3, 1), date(2020, 12, 1)]),
    "%d.%m.%Y %H:%M - %60J": (
        ["01.02.2023 23:00 - 02.02.2023 00:00", "13.02.2023 00:00 - 13.02.2023 01:00"],
        [datetime(2023, 2, 1, 23), datetime(2023, 2, 13)],
    ),
    "%Y-%m-%d %H:%M – %30L": (
        ["2023-02-01 23:30 – 00:00", "2023-02-02 00:00 – 00:30"],
        [datetime(2023, 2, 1, 23, 30), datetime(2023, 2, 2)],
    ),
    "%Y-%m-%dT%H:%M/%60J": (
        ["2023-02-01T23:00/2023-02-02T00:00", "2023-02-02T00:00/2023-02-02T01:00"],
        [datetime(2023, 2, 1, 23), datetime(2023, 2, 2)],
    ),
    "%Y-%m-%d %H:%M-%30L": (
        [f"2023-02-13 {at // 2:02}:{at % 2 * 30:02}-{(at + 1) // 2:02}:{(at + 1) % 2 * 30:02}" for at in range(9)],
        [datetime(2023, 2, 13, at // 2, at % 2 * 30) for at in range(9)],
    ),
    "%d/%m/%Y - %8640J": (
        ["23/01/2023 - 29/01/2023", "30/01/2023 - 05/02/2023"],
        [date(2023, 1, 23), date(2023, 1, 30)],
    ),
    "%Y-%m-%d/%8640J": (
        ["2023-01-23/2023-01-29", "2023-01-30/2023-02-05"],
        [date(2023, 1, 23), date(2023, 1, 30)],
    ),
    "%-m/%-d/%Y %-I %p": (
        ["1/2/2023 3 PM", "1/13/2023 12 AM"],
        [datetime(2023, 1, 2, 15), datetime(2023, 1, 13)],
    ),
    "%m/%d/%Y %H": (["01/13/2023 01", "01/13/2023 13"], [datetime(2023, 1, 13, 1), datetime(2023, 1, 13, 13)]),
    "%Y-%m-%d %H:%M:%S,%3f": (
        ["2023-01-13 00:00:00,000", "2023-01-13 06:00:00,000"],
        [datetime(2023, 1, 13), datetime(2023, 1, 13, 6)],
    ),
    "%G-W%V-%u": (["2024-W05-1", "2024-W52-7"], [date(2024, 1, 29), date(2024, 12, 29)]),
    "%GW%V%u": (["2024W051", "2024W527"], [date(2024, 1, 29), date(2024, 12, 29)]),
    "%y-%b": (["98-Nov", "98-Dec", "99-Jan"], [date(1998, 11, 1), date(1998, 12, 1), date(1999, 1, 1)]),
    "%Y:%q": (
        [f"{1950 + at // 4}:{at % 4 + 1}" for at in range(12)],
        [date(1950 + at // 4, at % 4 * 3 + 1, 1) for at in range(12)],
    ),
    "Q%q-%y": (["Q3-49", "Q3-50", "Q1-99"], [date(2049, 7, 1), date(1950, 7, 1), date(1999, 1, 1)]),
    "%b-%-d-%Y": (["Jan-1-1995", "Jan-13-1995"], [date(1995, 1, 1), date(1995, 1, 13)]),
    "%Y-%b-%d": (["2023-Jan-01", "2023-Dec-31"], [date(2023, 1, 1), date(2023, 12, 31)]),
    "%-d%O %B %Y": (
        ["1st January 2023", "22nd January 2023", "13th August 2023"],
        [date(2023, 1, 1), date(2023, 1, 22), date(2023, 8, 13)],
    ),
    "%B %-d%O, %Y": (["January 2nd, 2023", "March 11th, 2023"], [date(2023, 1, 2), date(2023, 3, 11)]),
    "%G/%V": (["2023/13", "2023/14"], [date(2023, 3, 27), date(2023, 4, 3)]),
    "%Y-%j": (["2023-001", "2023-365"], [date(2023, 1, 1), date(2023, 12, 31)]),
    "%Y%j": (["2023001", "2023365"], [date(2023, 1, 1), date(2023, 12, 31)]),
    "%Y%m%d%H": (["2023010123", "2023010200"], [datetime(2023, 1, 1, 23), datetime(2023, 1, 2)]),
    "%d%^b%Y:%H:%M:%S%.f": (
        ["01JAN2023:00:30:00", "28FEB2023:12:00:00"],
        [datetime(2023, 1, 1, 0, 30), datetime(2023, 2, 28, 12)],
    ),
    "%a %b %d %H:%M:%S%.f %Y": (
        ["Sun Jan 01 00:00:00 2023", "Mon Jan 16 01:00:00 2023"],
        [datetime(2023, 1, 1), datetime(2023, 1, 16, 1)],
    ),
    "%Y-%m-%d_%H:%M:%S%.f": (
        ["2023-01-13_00:00:00", "2023-01-13_06:00:00"],
        [datetime(2023, 1, 13), datetime(2023, 1, 13, 6)],
    ),
    "%d.%m.%Y %H:%M Uhr": (
        ["13.01.2023 00:00 Uhr", "13.01.2023 06:00 Uhr"],
        [datetime(2023, 1, 13), datetime(2023, 1, 13, 6)],
    ),
}


@pytest.mark.parametrize("form", LABELS)
def test_labels_of_longer_times_are_read_and_written_the_same_again(form: str, tmp_path: Path) -> None:
    cells, expected = LABELS[form]
    table = of_cells(tmp_path, *cells)
    assert table.forms["t"].partition(NAMES)[0] == form
    assert table.frame.get_column("t").to_list() == expected
    assert written(table.frame, table.forms).get_column("t").to_list() == cells
    assert of_cells(tmp_path, *cells, time_format=form).frame.equals(table.frame)
    assert ("fiscal years" in "".join(notes_on_form(form))) == ("FY" in form and "q" in form.lower())


@pytest.mark.parametrize("ending", [" UTC", " GMT", "Z", "utc", "+00:00"])
def test_a_name_of_the_offset_zero_is_read_as_that_and_written_in_it_again(ending: str, tmp_path: Path) -> None:
    cells = [f"2023-03-26 {hour:02}:30{ending}" for hour in range(3)]
    moments = [datetime(2023, 3, 26, hour, 30, tzinfo=UTC) for hour in range(3)]
    for zone in (None, "Europe/Berlin"):
        table = of_cells(tmp_path, *cells, time_zone=zone)
        times = table.frame.get_column("t")
        assert times.dt.convert_time_zone("UTC").to_list() == moments
        assert times.dt.hour()[0] == (0 if zone is None else 1)
        if ending != "+00:00":
            assert written(table.frame, table.forms).get_column("t").to_list() == cells


@pytest.mark.parametrize(
    "cell",
    [
        "2024-W05-8",
        "1998/98",
        "1998/2000",
        "H3 2020",
        "5. Quartal 2000",
        "KW 54/2023",
        "T1-1001",
        "S1",
        "2 t",
        "3 h 20",
    ],
)
def test_what_only_looks_like_a_label_of_a_time_is_none(cell: str) -> None:
    assert not any(parse_dates(pl.Series([cell]), form).is_not_null().any() for form in forms_of(cell))


@pytest.mark.parametrize("cells", [["01-Jan", "02-Jan", "03-Jan"], ["13-Jan", "14-Jan", "13-Feb"]])
def test_days_without_a_year_are_no_months(cells: list[str], tmp_path: Path) -> None:
    assert "column 't': lines 2, 3, 4: found '" in refused(tmp_path, *cells)


def test_the_first_quarters_of_years_may_be_months(tmp_path: Path) -> None:
    assert of_cells(tmp_path, "1950:1", "1950:2", "1950:12").frame["t"].to_list()[2] == date(1950, 12, 1)
    told = refused(tmp_path, "1950:1", "1950:2", "1950:3")
    assert 'set data.time_format: "%Y:%m" or data.time_format: "%Y:%q"' in told


MIDNIGHT, SIX = datetime(2023, 3, 14), datetime(2023, 3, 14, 6)


@pytest.mark.parametrize(
    ("cells", "expected", "again"),
    [
        (["13.03.2023 1:00", "13.03.2023 24:00"], [datetime(2023, 3, 13, 1), MIDNIGHT], None),
        (["2023-03-13T23:00", "2023-03-13T24:00"], [datetime(2023, 3, 13, 23), MIDNIGHT], None),
        (["202303132300", "202303132400"], [datetime(2023, 3, 13, 23), MIDNIGHT], None),
        (["13.03.2023 00:00", "13.03.2023 24:00"], [datetime(2023, 3, 13), MIDNIGHT], ["14.03.2023 00:00"]),
        (["2023-03-14", "2023-03-14 06:00:00"], [MIDNIGHT, SIX], ["2023-03-14 06:00:00"]),
        (["2023-03-14 06:00:00", "2023-03-14"], [SIX, MIDNIGHT], ["2023-03-14 00:00:00"]),
        (["03/14/2023", "03/14/2023 06:00"], [MIDNIGHT, SIX], ["03/14/2023 06:00"]),
        (["2023-03-13", "2023-03-14 00:00:00"], [date(2023, 3, 13), date(2023, 3, 14)], ["2023-03-14"]),
        (["2023-03-13T00:00", "2023-03-14"], [datetime(2023, 3, 13), MIDNIGHT], ["2023-03-14T00:00"]),
    ],
)
def test_hour_24_and_a_date_alone_are_midnight(
    cells: list[str], expected: list[Any], again: list[str] | None, tmp_path: Path
) -> None:
    table = of_cells(tmp_path, *cells)
    assert table.frame.get_column("t").to_list() == expected
    assert written(table.frame, table.forms).get_column("t").to_list()[-1:] == (again or cells[-1:])


@pytest.mark.parametrize("apart", [False, True], ids=["one column", "date and clock"])
@pytest.mark.parametrize(
    ("minutes", "day"), [(15, "%d.%m.%Y"), (30, "%Y-%m-%d"), (60, "%d/%m/%Y"), (20, "%d. März %Y")]
)
def test_midnight_as_24_beside_quarters_of_hours_is_written_as_it_is_read(
    minutes: int, day: str, apart: bool, tmp_path: Path
) -> None:
    times = [datetime(2023, 3, 12) + timedelta(minutes=minutes * (step + 1)) for step in range(3 * 1440 // minutes)]
    days = [(time - timedelta(minutes=1)).strftime(day) for time in times]
    clocks = [f"{time:%H:%M}".replace("00:00", "24:00") for time in times]
    cells = days if apart else [f"{date} {clock}" for date, clock in zip(days, clocks, strict=True)]
    pl.DataFrame({"t": cells, "u": clocks, "y": range(len(times))}).write_csv(tmp_path / "t.csv")
    table = read(tmp_path / "t.csv", time=["t", "u"] if apart else "t")
    assert column_of(table.frame, table.data.time or "").to_list() == times
    again = written(table.frame, table.forms)
    assert again.get_column("t").to_list() == cells
    assert not apart or again.get_column("u").to_list() == clocks
    assert "midnight is written 24:00: it is 00:00 of the next day" in "".join(
        note for form in table.forms.values() for note in notes_on_form(form)
    )


@pytest.mark.parametrize("cell", ["2023-03-13 24:30", "2023-03-13 24:00:01", "2023-03-13 25:00", "2023-02-30"])
def test_hours_after_24_are_none(cell: str, tmp_path: Path) -> None:
    told = refused(tmp_path, "2023-03-13 23:00:00", cell)
    assert f"found '{cell}'" in told
    assert ("write the times with their offset from UTC" in told) == (" 25:" in cell)


def test_a_form_that_no_cell_is_in_is_to_be_corrected_or_left_out(tmp_path: Path) -> None:
    told = refused(tmp_path, "2023-03-13", "2023-03-14", time_format="%d.%m.%Y")
    assert told.endswith(
        "expected a time in the form '%d.%m.%Y' (data.time_format); no cell is in this form: correct "
        "data.time_format, or leave it out"
    )
    assert of_cells(tmp_path, "2023-03-13", "2023-03-14").frame.get_column("t").to_list()[0] == date(2023, 3, 13)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("unit", SINCE_1970)
def test_numbers_that_count_from_1970_are_times_where_the_config_says_so(
    unit: str, ending: str, tmp_path: Path
) -> None:
    moments = [datetime(2024, 2, 29, 12, 0, 1), datetime(2024, 2, 29, 12, 15, 1), datetime(1969, 12, 31, 23)]
    numbers = [int(moment.replace(tzinfo=UTC).timestamp()) * EPOCHS[unit] for moment in moments]
    table = of_cells(tmp_path, *numbers, ending=ending, time_format=unit)
    assert table.frame.get_column("t").to_list() == moments
    assert written(table.frame, table.forms).get_column("t").to_list() == numbers
    assert "count from 1970" in "".join(notes_on_form(table.forms["t"]))
    assert of_cells(tmp_path, *numbers, ending=ending).frame.get_column("t").to_list() == numbers


@pytest.mark.parametrize("dtype", [pl.Int16, pl.Int32, pl.UInt32, pl.UInt64, pl.Float32])
@pytest.mark.parametrize("unit", SINCE_1970)
def test_numbers_that_count_from_1970_are_read_and_recognised_in_each_type(unit: str, dtype: type[pl.DataType]) -> None:
    small = pl.Series([0, 1000, None], dtype=dtype)
    seconds = [None if cell is None else int(cell) // EPOCHS[unit] for cell in small]
    found = of_epoch(small, unit).dt.epoch("ns") // 10**9
    assert found.to_list() == seconds
    assert since_epoch(of_epoch(small, unit), unit)[0] == 0
    assert not epoch_of(small, named=True)
    times = [1_700_000_000 + 3840 * row for row in range(20)]
    now = (pl.Series(times) * EPOCHS[unit]).cast(dtype, strict=False)
    if not now.has_nulls():
        assert epoch_of(now, named=True) == unit
    if dtype == pl.Float32 and unit == "epoch_s":  # which holds these exactly
        assert of_epoch(now, unit).dt.epoch("s").to_list() == times
    assert dtype != pl.UInt64 or of_epoch(pl.Series([1 << 63], dtype=dtype), unit).null_count()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_fractions_of_seconds_after_1970_are_kept(ending: str, tmp_path: Path) -> None:
    table = of_cells(tmp_path, 1.0, 1.5, ending=ending, time_format="epoch_s")
    assert table.frame.get_column("t").to_list() == [
        datetime(1970, 1, 1, 0, 0, 1),
        datetime(1970, 1, 1, 0, 0, 1, 500_000),
    ]
    assert written(table.frame, table.forms).get_column("t").to_list() == [1.0, 1.5]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_days_of_spreadsheets_are_read_and_written_again(ending: str, tmp_path: Path) -> None:
    midnights = [datetime(1999, 12, 31), datetime(2024, 2, 29), datetime(1969, 12, 31)]
    days = [(moment - datetime(1899, 12, 30)).days for moment in midnights]
    table = of_cells(tmp_path, *days, ending=ending, time_format=EXCEL)
    assert table.frame.get_column("t").to_list() == midnights
    assert written(table.frame, table.forms).get_column("t").to_list() == days
    assert "45292 is 2024-01-01" in "".join(notes_on_form(EXCEL))
    table = of_cells(tmp_path, 45292.041667, 45292.083333, ending=ending, time_format=EXCEL)  # as they are exported
    assert table.frame.get_column("t").to_list() == [datetime(2024, 1, 1, 1), datetime(2024, 1, 1, 2)]
    numbers = pl.Series(range(45292, 45400))
    assert (epoch_of(numbers, named=True, dates=True), epoch_of(numbers, named=True)) == (EXCEL, "")


def test_a_number_of_no_year_is_no_time(tmp_path: Path) -> None:
    assert f"found '{1 << 62}'" in refused(tmp_path, 1, 1 << 62, time_format="epoch_s")


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
