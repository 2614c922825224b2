"""Titles, comments, tables without names, and rows that end in a separator: read alike in all ways, or named."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from rnnctl.errors import DataError
from rnnctl.sources.csv import CsvData
from rnnctl.tables.csv_header import read_header
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table


def section(path: Path, **keys: Any) -> CsvData:
    plain = {"kind": "csv", "path": str(path), "target": ["y"], "features": ["y"], "window": {"length": 1}}
    return CsvData.model_validate({**plain, **keys})


LAYOUTS: dict[str, tuple[str, dict[str, Any], str, int]] = {
    "title lines": ("Sales of 2023\n\nx,y\n1,5\n2,6\n", {"skip_lines": 2}, "y", 4),
    "a title with a quote": ('5" pipes\nx,y\n1,5\n2,6\n', {"skip_lines": 1}, "y", 3),
    "comments": ('# 5" pipes\nx,y\n# more\n1,5\n#\n2,6\n# end', {"comment": "#"}, "y", 4),
    "comments and quotes": ('x,y\n"a\n# no comment",5\n# "one\n2,6\n', {"comment": "#"}, "y", 2),
    "no names": ("1,5\n2,6\n", {"header": False, "target": ["column_2"]}, "column_2", 1),
    "no names, with a mark": ("\ufeff1,5\n2,6\n", {"header": False, "target": ["column_2"]}, "column_2", 1),
    "given names": ("1,5\n2,6\n", {"header": ["x", "y"]}, "y", 1),
    "names and units": ("x,y\ns,kg\n1,5\n2,6\n", {"header": ["x", "y"], "skip_lines": 2}, "y", 3),
    "repeated names": ("y,y\n1,5\n2,6\n", {"header": ["x", "y"], "skip_lines": 1}, "y", 2),
    "a separator at the end of each row": ("x,y\n1,5,\n2,6,\n", {}, "y", 2),
    "a separator at the end of each line": ("x,y,\n1,5,\n2,6,\n", {}, "y", 2),
    "names of rows": ("x,y\nr1,1,5\nr2,2,6\n", {}, "y", 2),
    "an index without a name": (",y\n1,5\n2,6\n", {"time": "column_1"}, "y", 2),
    "what Excel says of the separator": ("sep=;\nx;y\n1;5\n2;6\n", {"separator": ";"}, "y", 3),
    "Windows line ends": ("Title\r\nx,y\r\n1,5\r\n2,6\r\n", {"skip_lines": 1}, "y", 3),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("cache", ["never", "always"])
@pytest.mark.parametrize(("text", "keys", "name", "line"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_gives_its_numbers_and_their_lines(
    text: str, keys: dict[str, Any], name: str, line: int, cache: str, packed: bool, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "x.csv"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    settings = {"target": [name], "features": [name], **keys}
    found: Table = read_table(section(path, cache=cache, **settings), block=7)
    assert found.frame[name].to_list() == [5, 6]
    assert found.lines([0]) == f"line {line}"


def test_a_copy_of_another_layout_is_not_used(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "x.csv"
    path.write_text("7,8\n#1,5\n2,6\n")
    for keys, numbers in (
        ({"header": ["x", "y"], "comment": "#"}, [8, 6]),
        ({"header": ["x", "y"], "comment": "#", "skip_lines": 1}, [6]),
        ({"header": ["x", "y"], "skip_lines": 0}, [8, 5, 6]),
    ):
        assert read_table(section(path, cache="always", **keys)).frame["y"].to_list() == numbers


@pytest.mark.parametrize(
    ("text", "keys", "told"),
    [
        ("sep=;\nx;y\n1;5\n", {}, "line 1: 'sep=;' says how the columns are separated; set data.separator: \";\""),
        ("1,5\n2,6\n", {"header": ["x", "y", "z"]}, "line 1 has 2 fields, and data.header names 3 columns"),
        ("# a\nx,y\n1,5\n# b\n2\n", {"comment": "#"}, "line 5 has 1 field where the header has 2"),
        ("x,y\n1,5,\n2,6,\n3\n", {}, "line 4 has 1 field where the header has 2"),
        ("t\nx,y\n1,5\n2,a\n", {"skip_lines": 1}, "column 'y': line 4 'a': not a number"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, keys: dict[str, Any], told: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(DataError) as raised:
        read_table(section(path, **keys))
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("text", "like_data"),
    [
        ("2023-01-01,100.00\n2023-01-02,107.87\n2023-01-03,109\n", True),
        ("2023-01-01,A,100.00\n2023-01-02,A,107.87\n2023-01-03,B,109\n", True),
        ("1.5,2.5\n1,2\n3,4\n", True),
        ("day,y\n2023-01-02,107.87\n", False),
        ("country,2019,2020\nGermany,5,6\n", False),
        ("0,1,2\n5,6,7\n", False),
        ("2019,y\n5,6\n", False),
    ],
)
def test_a_first_row_of_data_is_told_from_names(text: str, like_data: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert read_header(path, section(path)).like_data == like_data
