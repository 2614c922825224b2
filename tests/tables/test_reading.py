"""Tables from files of every kind: folders, patterns, gzip, several files, and what each kind of column becomes."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter

from rnnctl.errors import DataError
from rnnctl.sources import Data
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table

DATA: TypeAdapter[Any] = TypeAdapter(Data)


def read(path: Path, *, kind: str = "csv", **settings: Any) -> Table:
    section = {"kind": kind, "path": str(path), "target": ["y"], "window": {"length": 1}}
    return read_table(DATA.validate_python(section | settings))


def refused(path: Path, **settings: Any) -> str:
    """The message, with the path's folder shortened to DIR."""
    with pytest.raises(DataError) as raised:
        read(path, **settings)
    folder = path if path.is_dir() else path.parent
    return str(raised.value).replace(str(folder), "DIR")


def write(folder: Path, **files: str | bytes) -> None:
    """Writes files; ``a_csv`` is named ``a.csv``, and ``.gz`` ones are packed."""
    for name, text in files.items():
        content = text.encode() if isinstance(text, str) else text
        file = folder / name.replace("_", ".")
        file.write_bytes(gzip.compress(content, mtime=0) if file.suffix == ".gz" else content)


def values(table: Table, name: str = "y") -> list[Any]:
    return table.frame.get_column(name).to_list()


def test_a_folders_data_files_follow_each_other_by_name_and_nothing_else_counts(tmp_path: Path) -> None:
    write(tmp_path, b_csv="y\n3\n", a_csv="y\n1\n2\n", c_csv_gz="y\n4\n", notes_txt="y\n9\n", Z_CSV="y\n0\n")
    write(tmp_path, **{"_hidden_csv": "x\n"})
    (tmp_path / "old.csv").mkdir()
    table = read(tmp_path)
    assert values(table) == [0, 1, 2, 3, 4]
    assert table.data.path == tmp_path
    expected = {
        str(tmp_path / name): hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for name in ("Z.CSV", "a.csv", "b.csv", "c.csv.gz")
    }
    assert table.fingerprints == expected


def test_a_pattern_finds_files_in_the_order_of_their_names_at_any_depth(tmp_path: Path) -> None:
    for name in ("x/b", "x/a", "y"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    write(tmp_path / "x/a", p1_dat="y\n2\n")
    write(tmp_path / "x/b", p1_dat="y\n3\n", p2_txt="z\n")
    write(tmp_path / "y", p0_dat="y\n4\n")
    assert values(read(tmp_path / "**" / "p*.dat")) == [2, 3, 4]
    table = read(tmp_path / "x" / "?" / "p[0-9].dat")
    assert values(table) == [2, 3]
    assert table.lines([0, 1]) == "a/p1.dat line 2, b/p1.dat line 2"


def test_a_name_with_brackets_is_a_file_where_there_is_one(tmp_path: Path) -> None:
    write(tmp_path, **{"a[1]_csv": "y\n1\n"})
    assert values(read(tmp_path / "a[1].csv")) == [1]


def test_gzip_is_known_by_its_content_whatever_the_name(tmp_path: Path) -> None:
    text = 'w,y\n"a\nb",1\nc,2\n\n'
    (tmp_path / "plain.gz").write_text(text)
    (tmp_path / "packed.csv").write_bytes(gzip.compress(text.encode()[:9]) + gzip.compress(text.encode()[9:]))
    packed = read(tmp_path / "packed.csv")
    assert values(read(tmp_path / "plain.gz")) == values(packed) == [1, 2]
    assert packed.lines([1]) == "line 4"


def test_places_are_named_by_file_where_there_are_several(tmp_path: Path) -> None:
    write(tmp_path, a_csv='w,y\n"x\n",1\nx,2\n', b_csv="y,w\n3,x\n4,x\n5,x\n")
    table = read(tmp_path)
    assert table.lines([1]) == "a.csv line 4"
    assert table.lines([4]) == "b.csv line 4"
    assert table.lines([0, 2, 3]) == "a.csv line 2, b.csv lines 2, 3"
    single = read(tmp_path / "b.csv")
    assert single.lines([0]) == "line 2"
    assert single.lines([0, 2]) == "lines 2, 4"
    assert single.lines([0] * 12) == f"lines {', '.join(['2'] * 10)} and 2 more"
    assert read(tmp_path / "b*").lines([0]) == "b.csv line 2"


def test_only_wanted_columns_are_read_each_once(tmp_path: Path) -> None:
    write(tmp_path, t_csv="s,k,y,t,x,part,z\na,0,1,2,3,train,no\n")
    wanted = {"time": "t", "series": "s", "features": ["k", "x", "y"], "known": ["k"], "static": ["x"]}
    table = read(tmp_path / "t.csv", **wanted)
    assert table.frame.columns == ["t", "s", "k", "y", "x"]
    assert table.frame.rows() == [(2, "a", 0.0, 1.0, 3.0)]
    whole = {"task": "per_step", "window": None, "series": "s", "features": ["x", "z"], "columns": {"z": "boolean"}}
    table = read(tmp_path / "t.csv", **whole, split={"column": "part"})
    assert table.frame.columns == ["s", "part", "x", "z", "y"]
    assert table.frame.rows() == [("a", "train", 3.0, False, 1.0)]


@pytest.mark.parametrize("cache", ["never", "always"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_called_like_a_pattern_is_that_column_alone(
    kind: str, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    frame = pl.DataFrame({"^a.*$": [1, None], "ab": [3, 4], "*": [5, 6], "^c?$": ["", "NA"]})
    path = tmp_path / "t"
    frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
    wanted = {"target": ["*"], "features": ["^a.*$", "^c?$"], "columns": {"^c?$": "category"}}
    table = read(path, kind=kind, cache=cache, **wanted)
    assert table.frame.columns == ["^a.*$", "^c?$", "*"]
    assert table.frame.rows() == [(1, None, 5), (None, "NA", 6)]


KINDS: dict[str, tuple[str, Any, list[Any], pl.DataType]] = {
    "numbers": ("number", ["1", "NA", "", " 2.5", "nan"], [1, None, None, 2.5, None], pl.Float64()),
    "whole numbers": ("number", ["1", "2"], [1, 2], pl.Float64()),
    "booleans": (
        "boolean",
        ["true", "No", "T", "n", "1", "0", "", "NA", " YES "],
        [True, False, True, False, True, False, None, None, True],
        pl.Boolean(),
    ),
    "categories": ("category", ["1", "01", "", "NA", "1.0", " a"], ["1", "01", None, "NA", "1.0", " a"], pl.String()),
    "words": ("words", ['"a, b"', '"say ""yes"""', '""'], ["a, b", 'say "yes"', None], pl.String()),
    "characters": ("characters", ['"a\nb"', "é"], ["a\nb", "é"], pl.String()),
    "dates": (
        "date",
        ["", "2020-02-29", "NA", " 2020-03-01"],
        [None, datetime.date(2020, 2, 29), None, datetime.date(2020, 3, 1)],
        pl.Date(),
    ),
    "months": ("date", ["2020-02"], [datetime.date(2020, 2, 1)], pl.Date()),
    "datetimes": (
        "date",
        ["2020-02-29 10:00", "", "2020-02-29 11:30"],
        [datetime.datetime(2020, 2, 29, 10), None, datetime.datetime(2020, 2, 29, 11, 30)],
        pl.Datetime("us"),
    ),
    "no date at all": ("date", ["", ""], [None, None], pl.Date()),
}


@pytest.mark.parametrize("form", ["csv", "gz", "folder"])
@pytest.mark.parametrize(("kind", "cells", "expected", "dtype"), KINDS.values(), ids=KINDS)
def test_each_kind_of_column_becomes_its_type(
    form: str, kind: str, cells: list[str], expected: list[Any], dtype: pl.DataType, tmp_path: Path
) -> None:
    rows = [f"{place},{cell}\n" for place, cell in enumerate(cells)]
    whole, half = "y,x\n" + "".join(rows), len(rows) // 2
    if form == "folder":
        write(tmp_path, a_csv="y,x\n" + "".join(rows[:half]) or "y,x\n", b_csv="y,x\n" + "".join(rows[half:]))
        if not half:
            (tmp_path / "a.csv").unlink()
        path = tmp_path
    else:
        path = tmp_path / f"t.{form}"
        path.write_bytes(gzip.compress(whole.encode()) if form == "gz" else whole.encode())
    table = read(path, features=["x"], columns={"x": kind}, **({} if kind not in ("words", "characters") else TEXT))
    assert values(table, "x") == expected
    assert table.frame.schema["x"] == dtype


TEXT = {"task": "per_sequence", "window": None}


def test_a_word_for_missing_in_numbers_leaves_the_same_word_in_categories(tmp_path: Path) -> None:
    write(tmp_path, t_csv="c,y,s\nNA,1,None\nnan,NA,b\n")
    table = read(tmp_path / "t.csv", features=["c"], columns={"c": "category"}, series="s")
    assert values(table, "c") == ["NA", "nan"]
    assert values(table) == [1, None]
    assert values(table, "s") == ["None", "b"]


def test_times_that_are_whole_in_one_file_and_not_in_another_are_numbers(tmp_path: Path) -> None:
    write(tmp_path, a_csv="t,y\n1,1\n", b_csv="t,y\n2.5,2\n")
    assert values(read(tmp_path, time="t"), "t") == [1.0, 2.5]


def test_a_series_column_may_be_a_category_too(tmp_path: Path) -> None:
    write(tmp_path, t_csv="s,y\n1,1\n1,2\n")
    table = read(tmp_path / "t.csv", series="s", features=["s", "y"], columns={"s": "category"})
    assert values(table, "s") == ["1", "1"]


BAD_CELLS = {
    "boolean": (
        "boolean",
        "y,x\n1,yes\n2,maybe\n",
        "DIR/FILE: column 'x': line 3 'maybe': neither yes nor no (true/false, yes/no, t/f, y/n, 1/0); correct them, "
        "or leave them empty and set data.missing: drop",
    ),
    "date": (
        "date",
        "y,x\n1,2020-01-01\n2,01/02/2020\n3,2020-Jan-01\n",
        "DIR/FILE: column 'x': line 3 '01/02/2020', line 4 '2020-Jan-01': not a date or datetime such as "
        "2024-01-31 or 2024-01-31T18:00:00, all in one form; correct them, or leave them empty and set data.missing: "
        "drop",
    ),
    "no dates at all": (
        "date",
        "y,x\n1,Monday\n",
        "DIR/FILE: column 'x': line 2 'Monday': not a date or datetime such as 2024-01-31 or 2024-01-31T18:00:00, all "
        "in one form; correct them, or leave them empty and set data.missing: drop",
    ),
    "number": (
        "number",
        'y,x\n1,"a"\n',
        "DIR/FILE: column 'x': line 2 'a': not a number; correct them, or leave them empty and set data.missing: drop; "
        "if the column holds words, set data.columns: {x: category}",
    ),
    "ragged": (
        "category",
        "y,x\n1,a\n2\n3,b,c\n",
        "DIR/FILE: the header has 2 fields, but line 3 has 1, line 4 has 3; correct those lines, or quote text "
        "that holds a ','",
    ),
    "Latin-1": (
        "category",
        b"y,x\n1,a\n2,\xe9\n",
        "DIR/FILE: line 3: byte 0xe9 is not UTF-8; save the file as UTF-8",
    ),
    "header only": (
        "category",
        "y,x\n\n",
        "DIR/FILE: the file holds column names and no rows; expected rows below them",
    ),
    "empty": ("date", "", "DIR/FILE: the file is empty; expected a line of column names, then rows of numbers"),
    "no such column": (
        "boolean",
        "y,X\n1,2\n",
        "DIR/FILE: line 1: there is no column 'x', which data.features asks for; the columns are y, X; did you mean "
        "'X'?",
    ),
}


@pytest.mark.parametrize("form", ["csv", "gz", "second of two"])
@pytest.mark.parametrize(("kind", "text", "message"), BAD_CELLS.values(), ids=BAD_CELLS)
def test_what_is_wrong_is_said_alike_of_plain_packed_and_further_files(
    form: str, kind: str, text: str | bytes, message: str, tmp_path: Path
) -> None:
    content = text.encode() if isinstance(text, str) else text
    name = "b.csv" if form != "gz" else "b.csv.gz"
    write(tmp_path, **{name.replace(".", "_"): content})
    path = tmp_path / name
    if form == "second of two":
        write(tmp_path, a_csv="x,y\n,1\n")
        path = tmp_path
        message = message.replace(
            "asks for; the columns are y, X; did you mean 'X'?",
            "asks for and a.csv has; the columns are y, X; is 'X' the same? name it alike in all files",
        )
    assert refused(path, features=["x"], columns={"x": kind}) == message.replace("FILE", name)


def test_open_quotes_are_told_with_their_line_in_gzip_too(tmp_path: Path) -> None:
    write(tmp_path, b_csv_gz='y,x\n1,"a, b"\n2,"a\n3,b\n4,c\n')
    told = refused(tmp_path / "b.csv.gz", features=["x"], columns={"x": "category"})
    assert "line 3" in told
    assert "quote" in told


def test_files_that_disagree_on_columns_are_told_by_file_and_column(tmp_path: Path) -> None:
    write(tmp_path, a_csv="x,y,z\n1,1,1\n", b_csv="z,y\n2,2\n")
    assert values(read(tmp_path, features=["z"]), "z") == [1, 2]
    assert refused(tmp_path, features=["x"]) == (
        "DIR/b.csv: line 1: there is no column 'x', which data.features asks for and a.csv has; the columns are z, y; "
        "give all files the same columns, or leave this one out of data.path"
    )


def test_a_time_unlike_the_first_files_names_that_file(tmp_path: Path) -> None:
    write(tmp_path, a_csv="t,y\n2020-01-01,1\n", b_csv="t,y\n2020-01-02,1\n3,1\n")
    assert refused(tmp_path, time="t") == (
        "DIR/b.csv: column 't': line 3: found '3', expected a time like that of the first row of a.csv, '2020-01-01'; "
        "rows without a time cannot be ordered: correct or remove them"
    )


def test_a_pattern_that_matches_nothing_says_where_was_looked_and_what_is_near(tmp_path: Path) -> None:
    write(tmp_path, a_csv="y\n1\n")
    where = "DIR/*.cvs: no file matches this pattern; looked in DIR, which holds a.csv"
    assert refused(tmp_path / "*.cvs") == f"{where}; did you mean a.csv?"
    assert refused(tmp_path / "q*") == "DIR/q*: no file matches this pattern; looked in DIR, which holds a.csv; " + (
        "correct the path"
    )
    nowhere = tmp_path / "nowhere"
    assert refused(nowhere / "*.csv") == f"DIR/*.csv: there is no folder {nowhere}; correct the path".replace(
        str(nowhere), "DIR"
    )
    (tmp_path / "bare").mkdir()
    assert refused(tmp_path / "bare" / "*") == (
        "DIR/*: no file matches this pattern; looked in DIR, which holds nothing; correct the path"
    )


def test_a_folder_of_other_files_says_which(tmp_path: Path) -> None:
    assert refused(tmp_path, kind="parquet").startswith("DIR: this folder holds no Parquet file (*.parquet); give")
    write(tmp_path, a_csv="y\n1\n")
    assert refused(tmp_path, kind="parquet") == (
        "DIR: this folder holds no Parquet file (*.parquet), but CSV files such as a.csv; set data.kind: csv"
    )


@pytest.mark.parametrize("cut", ["short", "flipped"])
def test_a_damaged_gzip_file_is_refused(cut: str, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"y\n" + os.urandom(3000).hex().encode() + b"\n"))
    if cut == "flipped":
        packed[-6] ^= 1
    (tmp_path / "a.csv").write_bytes(packed[: -20 if cut == "short" else None])
    told = refused(tmp_path / "a.csv")
    assert told.startswith("DIR/a.csv: the gzip file is " + ("cut off" if cut == "short" else "damaged"))
    assert told.endswith("; download or copy it again")


def test_uses_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, t_csv="s,y\na,1\n")
    told = refused(tmp_path / "t.csv", time="s", features=["s", "y"], columns={"s": "category"})
    assert told == (
        "data.time: 's' orders the rows and cannot be a column of category too; take it out of data.columns"
    )
    told = refused(tmp_path / "t.csv", series="s", target=["s"], columns={"s": "category"})
    assert told.startswith("data.series: 's' tells series apart")


def test_a_csv_section_with_a_parquet_file_says_so_and_the_other_way_round(tmp_path: Path) -> None:
    pl.DataFrame({"y": [1.0]}).write_parquet(tmp_path / "a.parquet")
    write(tmp_path, a_csv="y\n1\n")
    assert refused(tmp_path / "a.parquet") == (
        "DIR/a.parquet: this is not a CSV file but Parquet; set data.kind: parquet"
    )
    assert refused(tmp_path / "a.csv", kind="parquet") == (
        "DIR/a.csv: this is not a Parquet file but text; if it is a CSV file, set data.kind: csv"
    )
