"""Titles, comments, tables without names, and rows that end in a separator: read alike in all ways, or named."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
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
    "what Excel says of tabs": ("sep=\t\r\nx\ty\r\n1\t5\r\n2\t6\r\n", {"separator": "\t"}, "y", 3),
    "a footer": ('x,y\n1,5\n2,6\n\nTotal,11\n"Source: us, ""you"""\n\n', {"skip_footer": 2}, "y", 2),
    "a footer without a line end": ("x,y\r\n1,5\r\n2,6\r\nTotal", {"skip_footer": 1}, "y", 2),
    "comments and a footer": ("# a\nx,y\n# b\n1,5\n2,6\n# c\nTotal\n", {"comment": "#", "skip_footer": 2}, "y", 4),
    "no names and a footer": ("1,5\n2,6\nTotal\n", {"header": ["x", "y"], "skip_footer": 1}, "y", 1),
    "Windows line ends": ("Title\r\nx,y\r\n1,5\r\n2,6\r\n", {"skip_lines": 1}, "y", 3),
}


PACKED: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "gzip": lambda text: gzip.compress(text.encode()),
    "UTF-16": lambda text: ("\ufeff" + text.removeprefix("\ufeff")).encode("utf-16-be"),
    "gzip of UTF-16": lambda text: gzip.compress(text.removeprefix("\ufeff").encode("utf-16")),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("cache", ["never", "always"])
@pytest.mark.parametrize(("text", "keys", "name", "line"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_gives_its_numbers_and_their_lines(
    text: str,
    keys: dict[str, Any],
    name: str,
    line: int,
    cache: str,
    packed: Callable[[str], bytes],
    tmp_path: Path,
    monkeypatch: Any,
) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "x.csv"
    path.write_bytes(packed(text))
    settings = {"target": [name], "features": [name], **keys}
    found: Table = read_table(section(path, cache=cache, **settings), block=7)
    assert found.frame[name].to_list() == [5, 6]
    assert found.lines([0]) == f"line {line}"
    assert found.parts[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_copy_of_another_layout_is_not_used(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "x.csv"
    path.write_text("7,8\n#1,5\n2,6\n")
    for keys, numbers in (
        ({"header": ["x", "y"], "comment": "#"}, [8, 6]),
        ({"header": ["x", "y"], "comment": "#", "skip_lines": 1}, [6]),
        ({"header": ["x", "y"], "skip_lines": 0}, [8, 5, 6]),
        ({"header": ["x", "y"], "skip_footer": 1}, [8, 5]),
    ):
        assert read_table(section(path, cache="always", **keys)).frame["y"].to_list() == numbers


@pytest.mark.parametrize(
    ("text", "keys", "told"),
    [
        ("sep=;\nx;y\n1;5\n", {}, "line 1: 'sep=;' says how the columns are separated; set data.separator: \";\""),
        ("1,5\n2,6\n", {"header": ["x", "y", "z"]}, "line 1 has 2 fields, and data.header names 3 columns"),
        ("1,5\n2,6\n", {"header": ["x"]}, "line 1 has 2 fields, and data.header names 1 column; name all of them"),
        (
            "1,5\n2,6\n",
            {"skip_footer": 2},
            "data.skip_footer leaves no line of the file; expected a line of column names",
        ),
        (
            "#a\n1\n",
            {"skip_lines": 1, "skip_footer": 1},
            "data.skip_lines and data.skip_footer leave no line of the file;",
        ),
        ("# a\nx,y\n1,5\n# b\n2\n", {"comment": "#"}, "the header has 2 fields, but line 5 has 1"),
        ("x,y\n1,5,\n2,6,\n3\n", {}, "but line 2 has 3, line 3 has 3, line 4 has 1; correct"),
        (
            "x,y\n1,5\n2\r3,6\n",
            {},
            "line 3: not a line of a CSV file (a carriage return stands in a cell without quotes)",
        ),
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
        ("ham,see you at home\nspam,win a prize\nham,so it was\nspam,free call\n", True),
        ("mood,text\nham,see you at home\nspam,win a prize\nham,so it was\n", False),
        ("text\nthe\ntext\nis\nthe\n", False),
    ],
)
def test_a_first_row_of_data_is_told_from_names(text: str, like_data: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert read_header(path, section(path).layout).like_data == like_data


@pytest.mark.parametrize(
    ("below", "keys", "footer"),
    [
        ("Source: us\n", {}, 1),
        ("\nSource: us\n\n", {}, 1),
        ("\nSource: us\nTotal,15\n", {}, 2),
        ("Source: us\nDaily\n", {"skip_footer": 1}, 2),
        ("Total,15\n", {"time": "x"}, 1),
        ("\nTotal,15\n,\n", {"time": "x"}, 2),
        ("Total,15\n", {"features": ["x"]}, 1),
        ("Source,us\n", {"time": "x", "features": ["y"], "columns": {}}, 1),
        ("2023-01-04,8\nx\n2023-01-05,6\n2023-01-06,7\n", {"time": "x"}, None),
        ("2023-01-04,8\nnone,6\n2023-01-06,7\n", {"time": "x"}, None),
    ],
)
def test_a_footer_is_left_out_as_the_message_says(
    below: str, keys: dict[str, Any], footer: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("x,y\n2023-01-01,4\n2023-01-02,5\n2023-01-03,6\n" + below)
    keys = {"columns": {"x": "date"}, "features": ["x", "y"], **keys}
    with pytest.raises(DataError) as raised:
        read_table(section(path, **keys))
    found = re.search(r"\(a source or a total below it\), set data.skip_footer: (\d+)", str(raised.value))
    assert (found and int(found[1])) == footer
    if footer is not None:
        assert read_table(section(path, **{**keys, "skip_footer": footer})).frame["y"].to_list() == [4, 5, 6]


def test_a_row_that_is_left_out_as_a_footer_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    text = "x,y\n" + "".join(f"2023-01-{day:02d},{day % 7}\n" for day in range(1, 31))
    for below, footer, told in (
        ("", 1, ["line 31 '2023-01-30,2'"]),
        ('Source: "us\n', 2, ["line 31 '2023-01-30,2'"]),
        ("Total,90\n", 1, []),
        ("Source: us\n\n", 1, []),
        ("Source\rus\n", 1, []),
    ):
        path.write_bytes((text + below).encode())
        notes = section(path, time="x", skip_footer=footer).load(seed=0, per_step=False).notes
        expected = [f"{path}: {row}: left out by data.skip_footer: {footer}, but looks like a row" for row in told]
        assert [note.partition(";")[0] for note in notes if "skip_footer" in note] == expected


def test_a_row_that_is_left_out_is_told_beside_unused_columns_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("n,n,x,y\n" + "".join(f"1,2,2023-01-{day:02d},{day % 7}\n" for day in range(1, 31)))
    found = section(path, time="x", skip_footer=1)
    assert (found.lost_footer() or "").startswith(
        f"{path}: line 31 '1,2,2023-01-30,2': left out by data.skip_footer: 1"
    )
