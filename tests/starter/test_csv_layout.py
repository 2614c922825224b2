"""Layouts of CSV files that ``init`` finds: what it writes passes ``check``, and no row is lost."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rnnctl.cli.main import run
from rnnctl.config.load import load_config
from rnnctl.errors import DataError
from rnnctl.starter.sample import read_sample
from rnnctl.tables.reading import read_table
from rnnctl.workflows.init import starter_config

DAYS = [date(2023, 1, 1) + timedelta(days=k) for k in range(90)]
PAIRS = [(round(50 + 20 * math.sin(k / 5), 2), round(10 + 3 * math.cos(k / 3) + k / 100, 2)) for k in range(90)]


def rows(separator: str = ",", decimal: str = ".", more: str = "") -> str:
    lines = (separator.join([str(day), f"{a:.2f}", f"{b:.2f}"]) for day, (a, b) in zip(DAYS, PAIRS, strict=True))
    return "".join(f"{line}{more}\n" for line in lines).replace(".", decimal)


def indexed() -> str:
    return "".join(f"{place},{line}\n" for place, line in enumerate(rows().splitlines()))


NAMES = ["day", "y", "z"]
NONE = ["column_1", "column_2", "column_3"]
LAYOUTS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "no names": (rows(), {"header": False}, NONE),
    "no names, Windows, with a mark": ("\ufeff" + rows().replace("\n", "\r\n"), {"header": False}, NONE),
    "no names, decimal commas": (rows(";", ","), {"header": False, "separator": ";"}, NONE),
    "no names, a text that occurs once": (
        "".join(f"x{k},{line}\n" for k, line in enumerate(rows().splitlines())),
        {"header": False},
        [*NONE, "column_4"],
    ),
    "a missing value in the first row": ("2022-12-31,NA,5\n" + rows(), {"header": False}, NONE),
    "titles": ("Sales, 2023\n\nday,y,z\n" + rows(), {"skip_lines": 2}, NAMES),
    "titles of a workbook": ("Sales,,\n,,\nday,y,z\n" + rows(), {"skip_lines": 2}, NAMES),
    "titles as wide as all columns but one": (
        "Report\nof the meter\nday,y\n" + "".join(line.rpartition(",")[0] + "\n" for line in rows().splitlines()),
        {"skip_lines": 2},
        ["day", "y"],
    ),
    "titles above semicolons": (
        "Umsatz, Tag\nday;y;z\n" + rows(";", ","),
        {"skip_lines": 1, "separator": ";"},
        NAMES,
    ),
    "a title, no names": ("Sales\n" + rows(), {"skip_lines": 1, "header": False}, NONE),
    "comments": ('# 5" pipes, a, b\n# made\nday,y,z\n' + rows() + "# end\n", {"comment": "#"}, NAMES),
    "comments as wide as the table": ("# a,b,c\nday,y,z\n" + rows(), {"comment": "#"}, NAMES),
    "comments of another mark": ("// made\nday,y,z\n" + rows(), {"comment": "//"}, NAMES),
    "names in a comment": ("# made\n# day,y,z\n" + rows(), {"comment": "#", "header": tuple(NAMES)}, NAMES),
    "units": ("day,y,z\n,kg,°C\n" + rows(), {"skip_lines": 2, "header": tuple(NAMES)}, NAMES),
    "units below a title": (
        "X\nday;y;z\n-;[kg];[m/s]\n" + rows(";", ","),
        {"skip_lines": 3, "header": tuple(NAMES), "separator": ";"},
        NAMES,
    ),
    "two lines of names": (
        "day,T,T\n,min,max\n" + rows(),
        {"skip_lines": 2, "header": ("day", "T min", "T max")},
        ["day", "T min", "T max"],
    ),
    "names that repeat": (
        "day,T,T\n" + rows(),
        {"skip_lines": 1, "header": ("day", "T", "T (3)")},
        ["day", "T", "T (3)"],
    ),
    "what Excel says of the separator": ("sep=;\nday;y;z\n" + rows(";"), {"separator": ";"}, NAMES),
    "that above a title": ("sep=;\nA\nday;y;z\n" + rows(";"), {"separator": ";", "skip_lines": 2}, NAMES),
    "an index without a name": (",day,y,z\n" + indexed(), {}, ["column_1", *NAMES]),
    "an index without a field": ("day,y,z\n" + indexed(), {}, ["column_1", *NAMES]),
    "a separator at each end": ("day,y,z\n" + rows(more=","), {}, [*NAMES, "column_4"]),
    "a name of two lines": ('"day\nof",y,z\n' + rows(), {}, ["day\nof", "y", "z"]),
    "a first row without values": ("day,y,z\n2022-12-31,-,NA\n" + rows(), {}, NAMES),
    "texts that begin with a mark": (
        "day,tag,y\n" + "".join(f"{day},#a,{a}\n" for day, (a, _) in zip(DAYS, PAIRS, strict=True)),
        {},
        ["day", "tag", "y"],
    ),
    "cells that begin with a mark": (
        "tag,y,day\n" + "".join(f"#{day:%a},{a},{day}\n" for day, (a, _) in zip(DAYS, PAIRS, strict=True)),
        {},
        ["tag", "y", "day"],
    ),
    "lines of a cell that begin with a mark": (
        "day,text,y\n" + "".join(f'{day},"a\n# b",{a}\n' for day, (a, _) in zip(DAYS, PAIRS, strict=True)),
        {},
        ["day", "text", "y"],
    ),
    "a source": ("day,y,z\n" + rows() + "Source: us\n", {"skip_footer": 1}, NAMES),
    "a source and a total": ("day,y,z\n" + rows() + '\n"Source: us, you"\n\nTotal,1,2\n', {"skip_footer": 2}, NAMES),
    "a footer of a workbook": ("day,y,z\n" + rows() + ",,\nSource: us,,\n", {"skip_footer": 2}, NAMES),
    "a total of series": (
        "item,day,y\n" + "".join(f"{'ab'[k // 45]},{DAYS[k]},{PAIRS[k][0]}\n" for k in range(90)) + "Total,,9000\n",
        {"skip_footer": 1},
        ["item", "day", "y"],
    ),
    "comments, semicolons and a footer": (
        "# a\nday;y;z\n" + rows(";", ",") + "Summe;1;2\n# b\n",
        {"comment": "#", "separator": ";", "skip_footer": 2},
        NAMES,
    ),
    "one column of decimal commas": ("y\n" + "".join(f"{a:.2f}\n".replace(".", ",") for a, _ in PAIRS), {}, ["y"]),
}


@pytest.mark.parametrize(("text", "keys", "names"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_is_found_and_passes_check(
    text: str, keys: dict[str, Any], names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    Path("x.csv").write_text(text, encoding="utf-8", newline="")
    sample = read_sample(Path("x.csv"))
    assert sample.frame.columns == names
    for command in (["init", "x.csv", "-o", "x.yaml"], ["check", "x.yaml"]):
        assert run(command) == 0
    data = load_config(Path("x.yaml")).data
    separator = data.separator if names == ["y"] else ","
    default = {"separator": separator, "skip_lines": 0, "skip_footer": 0, "comment": None, "header": True}
    assert {key: getattr(data, key) for key in default} == {**default, **keys}
    table = read_table(data)
    count = sum(str(day) in text for day in (date(2022, 12, 31), *DAYS)) if names != ["y"] else len(DAYS)
    assert table.frame.height == sample.rows == count
    for key in keys.keys() - {"separator"}:
        line = next(at for at, line in enumerate(Path("x.yaml").read_text().splitlines()) if f"  {key}:" in line)
        above, own = Path("x.yaml").read_text().splitlines()[line - 1 : line + 1]
        assert "#" in own.split(":", 1)[1] or above.lstrip().startswith("#")


def test_what_could_be_a_row_or_names_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,2\n" + "3,4\n" * 9)
    with pytest.raises(DataError) as raised:
        read_sample(path)
    assert "line 1: the first line holds numbers (1, 2), not column names" in str(raised.value)


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\n \n", b"\xff\xfe", b"\xfe\xff\0\n"])
@pytest.mark.parametrize("name", ["x.txt", "x.csv"])
def test_a_byte_order_mark_alone_is_an_empty_file(text: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(DataError, match="the file is empty; expected a line of column names"):
        read_sample(tmp_path / name)


def test_columns_of_lists_alone_are_named(tmp_path: Path) -> None:
    pl.DataFrame({"a": [[1, 2]] * 9}).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"no column holds single values.*\n  column 'a': it holds List\(Int64\)"):
        read_sample(tmp_path / "x.parquet")


def test_a_line_below_the_table_hides_no_column(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n" + "1,2\n" * 9 + "Source: us\n")
    assert read_sample(tmp_path / "x.csv").frame.columns == ["a", "b"]


@pytest.mark.parametrize("text", ["0,1\n5,6\n", "2019,2020\n5,6\n"])
def test_names_that_count_are_names(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text)
    assert read_sample(tmp_path / "x.csv").rows == 1


def test_years_and_months_without_names_get_names(tmp_path: Path) -> None:
    months = "".join(f"{1958 + k // 12},{k % 12 + 1},{1958 + k / 12 + 0.04:.3f},{k * k % 97}.5\n" for k in range(60))
    path = tmp_path / "x.csv"
    path.write_text(months)
    text = starter_config(path, tmp_path)
    assert "\n  header: [year, month, column_3, column_4]" in text
    assert "\n  time: [year, month]" in text
    assert "\n  target: [column_4]" in text  # column_3 is the time again
    path.write_text("".join(f"{1950 + k},{','.join(str(k * m % 89) for m in range(1, 13))}\n" for k in range(20)))
    text = starter_config(path, tmp_path)
    assert "\n  wide: {names: month, values: value}" in text
    path.write_text(months.replace("1959,1,", "1959,2,"))
    assert "\n  header: false" in starter_config(path, tmp_path)
