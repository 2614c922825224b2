"""What a CSV file may look like, and what is said of one that cannot be used: the whole text."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnctl.sources.csv import CsvData
from rnnctl.tables.csv_file import CsvFile, CsvFiles
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Part

THREE = "y\n1\n2\n3\n"
WORDS = (
    "correct them, or leave them empty and set data.missing: drop; if the column holds words, set data.columns: "
    "{{{}: category}}"
)

READABLE = {
    "a byte order mark, Windows line ends, quotes, an empty last line": (
        '\ufeff"y",x\r\n1,"a"\r\n"2",b\r\n3,c\r\n\r\n',
        {},
    ),
    "a separator inside quotes": ('y,x\n1,"a,b"\n2,"c ""d"", e"\n3,f\n', {}),
    "a line end inside quotes": ('x,y\n"a\nb",1\nc,2\nd,3', {}),
    "quotes inside a cell": ('y,x\n1,a "b" c\n2,b\n3,c\n', {}),
    "semicolons and decimal commas": ("x;y\na;1,0\nb;2\nc;3,00\n", {"separator": ";", "decimal_comma": True}),
    "tabs": ("x\ty\na\t1\nb\t2\nc\t3\n", {"separator": "\t"}),
    "spaces around numbers": ("x,y\na, 1\nb,2 \nc, 3 \n", {}),
    "empty lines before the header": ("\n\ny\n1\n2\n3\n", {}),
    "no line end after the last row": ("y\n1\n2\n3", {}),
    "exponents and signs": ("y\n+1\n2e0\n0.3E1\n", {}),
    "a twin of a column that is not used": ("x,x,y\n0,0,1\n0,0,2\n0,0,3\n", {}),
    "a first row of another length of digits": ("t,y\n1,1\n2.5,2\n3,3\n", {"time": "t"}),
}


@pytest.mark.parametrize(("text", "settings"), READABLE.values(), ids=READABLE)
def test_a_readable_table_gives_its_numbers(text: str, settings: dict[str, Any], load: Any) -> None:
    assert load(text, **settings).train.values.tolist() == [[1], [2], [3]]


SORTED_TIMES = {
    "integers": ("3", "10", "20"),
    "integers beyond what floats tell apart": ("1700000000000000001", "1700000000000000002", "1700000000000000003"),
    "floats": ("-0.5", "0.25", "1e3"),
    "months": ("2019-12", "2020-01", "2020-11"),
    "dates": ("2019-12-31", "2020-01-01", "2020-01-11"),
    "datetimes": ("2020-01-01T09:00:00.5", "2020-01-01T09:00:01", "2020-01-01T10:00:00"),
    "datetimes in minutes with a zone": ("2020-01-01 09:00+01:00", "2020-01-01 09:30Z", "2020-01-01 09:45Z"),
}


@pytest.mark.parametrize("times", SORTED_TIMES.values(), ids=SORTED_TIMES)
def test_rows_are_sorted_by_time_and_a_fact_tells(times: tuple[str, str, str], load: Any) -> None:
    one, two, three = times
    mixed = load(f"t,y\n{three},3\n{one},1\n{two},2\n", time="t")
    assert mixed.train.values.tolist() == [[1], [2], [3]]
    assert mixed.facts["order"] == "rows were not in time order; sorted by t"
    assert "order" not in load(f"t,y\n{one},1\n{two},2\n{three},3\n", time="t").facts


def test_rows_of_interleaved_series_are_grouped_in_the_order_of_first_appearance(load: Any) -> None:
    dataset = load("s,t,y\nb,1,1\na,1,10\nb,2,2\na,2,20\nb,3,3\na,3,30\n", time="t", series="s")
    assert dataset.train.values[:, 0].tolist() == [1, 2, 3, 10, 20, 30]
    assert dataset.train.starts.tolist() == [0, 3]
    assert "order" not in dataset.facts


def test_the_fingerprint_is_the_sha256_of_the_file(load: Any, table: Path) -> None:
    text = "y\n" + "".join(f"{number}\n" for number in range(100_000))
    dataset = load(text)
    assert dataset.fingerprints == {str(table): hashlib.sha256(text.encode()).hexdigest()}


@pytest.mark.parametrize("word", ["", "NA", "N/A", "NaN", "nan", "null", "None", '""'])
def test_each_word_for_a_missing_value_is_missing(word: str, load: Any, refuse: Any) -> None:
    text = f"x,y\n0,1\n0,2\n0,3\n0,{word}\n0,5\n0,6\n0,7\n"
    dataset = load(text, missing="drop")
    assert np.isnan(dataset.train.values[3, 0])
    assert dataset.train.starts.tolist() == [0, 4]
    assert (dataset.facts["missing_values"], dataset.facts["windows_dropped"]) == (1, 3)
    assert refuse(text) == (
        "FILE: values are missing: column 'y': line 5; fill them in, or set data.missing: drop to leave out every "
        "window "
        "that holds one (interpolate, forward and mask keep them)"
    )


REFUSED: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "empty file": ("", {}, "FILE: the file is empty; expected a line of column names, then rows of numbers"),
    "only empty lines": (
        "\n\r\n",
        {},
        "FILE: the file is empty; expected a line of column names, then rows of numbers",
    ),
    "header only": (
        "y,x\n\n\n",
        {},
        "FILE: the file holds column names and no rows; expected rows below them",
    ),
    "binary": (
        b"y\n\x00\x01",
        {},
        "FILE: this is a binary file (byte 0 at position 2); expected CSV in UTF-8; save it as CSV",
    ),
    "workbook": (
        b"PK\x03\x04\x00",
        {},
        "FILE: this is not a CSV file but a ZIP archive or an Excel workbook; save it as CSV",
    ),
    "half a character of UTF-16": (
        "\ufeffy\n1".encode("utf-16-le")[:-1],
        {},
        "FILE: the text in UTF-16 is damaged; save it as UTF-8",
    ),
    "UTF-32": ("\ufeffy\n1".encode("utf-32-le"), {}, "FILE: this is text in UTF-32; save it as UTF-8"),
    "Latin-1 after a byte order mark": (
        b"\xef\xbb\xbfname,y\n\nna\xefve,1\n",
        {},
        "FILE: line 3: byte 0xef is not UTF-8; save the file as UTF-8",
    ),
    "Latin-1 header": (b"nam\xe9,y\na,1\n", {}, "FILE: line 1: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    "Latin-1 far down": (
        b"n,y\n" + b"abc,1\n" * 200_000 + b"Jos\xe9,2\n",
        {},
        "FILE: line 200002: byte 0xe9 is not UTF-8; save the file as UTF-8",
    ),
    "old Mac line ends": (
        "y\r1\r2\r3",
        {},
        "FILE: lines end in a carriage return alone; save the file with line feeds (Unix or Windows)",
    ),
    "misspelt column": (
        "yaer,sun,z\n1,2,3\n",
        {"target": ["sun"], "time": "year"},
        "FILE: line 1: there is no column 'year', which data.time asks for; the columns are yaer, sun, z; did you mean "
        "'yaer'?",
    ),
    "marks between thousands": (
        "y;x\n1.234,5;1\n2.345,5;2\n",
        {"separator": ";", "decimal_comma": True},
        "FILE: column 'y': line 2 '1.234,5', line 3 '2.345,5': not a number; these look like numbers with a mark "
        'between the thousands: set data.thousands: "."',
    ),
    "too large for float32": (
        "y\n1\n2\n-1e39\n3\n",
        {},
        "FILE: column 'y': line 4: infinite, or too large for a number; expected a finite number up to 1e+38; "
        "correct it",
    ),
    "too large once scaled": (
        "y\n1\n1.00001\n1\n1e38\n",
        {"scale": "minmax", "split": {"validation": 0, "test": 1}},
        "FILE: column 'y': a value lies so far from those of the training rows (around 1, scale 1e-05) that it is too "
        "large for a float32 once scaled; correct it, or set data.scale: none",
    ),
    "several unknown columns": (
        "a,b\n1,2\n",
        {"target": ["a", "B"], "time": "time", "features": ["a", "B"]},
        "FILE: line 1: there is no column 'time', which data.time asks for; the columns are a, b; add it to "
        "the file, or correct data.time\n"
        "FILE: line 1: there is no column 'B', which data.target asks for; the columns are a, b; did you mean 'b'?",
    ),
    "text in several columns": (
        "y,x\n1,a\nb,2\n",
        {"target": ["y", "x"]},
        f"FILE: column 'y': line 3 'b': not a number; {WORDS.format('y')}\n"
        f"FILE: column 'x': line 2 'a': not a number; {WORDS.format('x')}",
    ),
    "unknown column": (
        "a,b\n1,2\n",
        {},
        "FILE: line 1: there is no column 'y', which data.target asks for; the columns are a, b; add it to the "
        "file, or correct data.target",
    ),
    "duplicate column": (
        "y,x,y\n1,2,3\n",
        {},
        "FILE: line 1: 2 columns are named 'y', which data.target asks for; give each a name of its own, in "
        "the file or by data.header (a list of all names) with data.skip_lines: 1",
    ),
    "series as feature": (
        "y,x\n1,2\n",
        {"series": "x", "features": ["x"]},
        "data.series: 'x' tells series apart and cannot be a feature or target too; remove it from data.features and "
        "data.target",
    ),
    "no header": (
        "1,2\n3,4\n",
        {},
        "FILE: line 1: the first line holds numbers (1, 2), not column names, where data.target asks for 'y'; add a "
        "line of column names, or set data.header to a list of all names",
    ),
    "semicolons": (
        "x;y\n1;2\n",
        {},
        "FILE: line 1: one column 'x;y' was found, with semicolons in it, where data.target asks for 'y'; if the "
        "columns "
        'are separated by semicolons, set data.separator: ";"',
    ),
    "tabs": (
        "x\ty\n1\t2\n",
        {},
        "FILE: line 1: one column 'x\\ty' was found, with tabs in it, where data.target asks for 'y'; if the columns "
        "are "
        'separated by tabs, set data.separator: "\\t"',
    ),
    "impossible separator": (
        "y\n1\n",
        {"separator": "é"},
        "data.separator: 'é' cannot separate columns; use one such as ',' or ';'",
    ),
    "decimal commas": (
        "x;y\n0;1,5\n0;2\n0;2,5\n",
        {"separator": ";"},
        "FILE: column 'y': line 2 '1,5', line 4 '2,5': not a number; these look like numbers with a decimal comma: set "
        "data.decimal_comma: true",
    ),
    "text among numbers": (
        "y\n1\nabc\n3\n1 2\n",
        {},
        f"FILE: column 'y': line 3 'abc', line 5 '1 2': not a number; {WORDS.format('y')}",
    ),
    "text below quoted line ends": (
        'x,y\n"a\nb",1\nc,bad\n',
        {},
        f"FILE: column 'y': line 4 'bad': not a number; {WORDS.format('y')}",
    ),
    "much text": (
        "y\n" + "why\n" * 12,
        {},
        "FILE: column 'y': "
        + ", ".join(f"line {line} 'why'" for line in range(2, 12))
        + f" and 2 more: not a number; {WORDS.format('y')}",
    ),
    "ragged": (
        "x,y\n1,2\n3\n4,5,6\n",
        {},
        "FILE: the header has 2 fields, but line 3 has 1, line 4 has 3; correct those lines, or quote text that "
        "holds a ','",
    ),
    "ragged beside the wanted column": (
        "y,x\n1,2\n3,4,5\n6,7\n",
        {},
        "FILE: the header has 2 fields, but line 3 has 3; correct that line, or quote text that holds a ','",
    ),
    "an empty field too many at the end of the last line": (
        "y,x\n1,2\n3,4,",
        {"features": ["y", "x"]},
        "FILE: the header has 2 fields, but line 3 has 3; correct that line, or quote text that holds a ','",
    ),
    "missing values in two columns": (
        "y,x\n1,\n,2\n3,\n",
        {"features": ["x", "y"]},
        "FILE: values are missing: column 'x': lines 2, 4; column 'y': line 3; fill them in, or set data.missing: "
        "interpolate, forward or mask (every window holds one, so that drop would leave none)",
    ),
    "infinity": (
        "y\n1\ninf\n-inf\n1e999\n",
        {},
        "FILE: column 'y': lines 3, 4, 5: infinite, or too large for a number; expected a finite number up to 1e+38; "
        "correct it",
    ),
    "duplicate times": (
        "t,y\n5,1\n2,3\n1,2\n2,4\n",
        {"time": "t"},
        "FILE: lines 3, 5 have the same time, t 2; keep one row for each time",
    ),
    "duplicate times in a series": (
        "s,t,y\na,2020-01-01,1\nb,2020-01-01,1\nb,2020-01-02,3\nb,2020-01-01,4\n",
        {"time": "t", "series": "s"},
        "FILE: lines 3, 5 of series 'b' have the same time, t 2020-01-01; keep one row for each time",
    ),
    "a time that is none": (
        "t,y\nJan 1,2\nJan 2,1\n",
        {"time": "t"},
        "FILE: column 't': lines 2, 3: found 'Jan 1', expected a number, or a date or datetime such as 2024-01-31 or "
        "2024-01-31T18:00:00; no cell is read: write them as 2024-01-31, 2024-01-31 "
        "13:30, 2024-03, 2024-Q1, 2024-H1 or 2024-W10, set "
        "data.time_format, or set data.time: null to keep the order of the file",
    ),
    "a time unlike the first": (
        "t,y\n2020-01-02,2\n01/02/2020,1\n",
        {"time": "t"},
        "FILE: column 't': line 3: found '01/02/2020', expected a time like that of the first row of table.csv, "
        "'2020-01-02'; rows without a time cannot be ordered: correct or remove them",
    ),
    "a missing time": (
        "t,y\n1,2\n,1\n",
        {"time": "t"},
        "FILE: column 't': line 3: found no time, expected a time like that of the first row of table.csv, '1'; rows "
        "without a time cannot be ordered: correct or remove them",
    ),
    "a missing series": (
        "s,y\na,2\n,1\n",
        {"series": "s"},
        "FILE: column 's': line 3: no series is named; fill in or remove the rows, or set data.series: null",
    ),
}


@pytest.mark.parametrize(("text", "settings", "message"), REFUSED.values(), ids=REFUSED)
def test_a_table_that_cannot_be_used_is_refused_with(
    text: str | bytes, settings: dict[str, Any], message: str, refuse: Any
) -> None:
    assert refuse(text, **settings) == message


@pytest.mark.parametrize("end", ['1,"', '1,"\r', '"', '1,"\n'])
@pytest.mark.parametrize("cache", ["never", "always"])
def test_a_file_that_ends_in_an_open_quote_is_refused(end: str, cache: str, refuse: Any) -> None:
    assert refuse(f"t,y\n1,2\n2,3\n{end}", cache=cache).startswith("FILE: ")


def test_a_text_that_ends_in_a_separator_may_end_the_file(load: Any) -> None:
    text = 's,y,w\na,1,"x,"\na,3,y\na,2,"z,"'
    dataset = load(text, series="s", target=["y"], features=["y", "w"], columns={"w": "category"})
    assert dataset.train.values[:, 0].tolist() == [1, 3, 2]
    assert dataset.inputs[1].tokens == ("<unknown>", "x,", "y", "z,")


def test_words_for_missing_values_do_not_make_numbers_text(table: Path) -> None:
    table.write_text("y,s\n1,NA\nNA,b\n")
    section = {"kind": "csv", "path": str(table), "target": ["y"], "series": "s", "window": {"length": 1}}
    (file,) = CsvFiles([table], CsvData.model_validate(section)).open({})
    columns = file.columns(table)
    assert columns["y"].dtype.is_float()
    assert columns["y"].to_list() == [1, None]
    assert columns["s"].to_list() == ["NA", "b"]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_fingerprint_is_of_what_was_read(packed: bool, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = gzip.compress(THREE.encode()) if packed else THREE.encode()
    table.write_bytes(content)
    checked = CsvFile.part

    def part(self: CsvFile, rows: int) -> Part:
        table.write_text("y\n7\n8\n9\n")  # another program writes the file once it has been read
        return checked(self, rows)

    monkeypatch.setattr(CsvFile, "part", part)
    data = CsvData.model_validate({"kind": "csv", "path": str(table), "target": ["y"], "window": {"length": 1}})
    assert read_table(data).fingerprints == {str(table): hashlib.sha256(content).hexdigest()}


def test_a_file_that_was_cut_off_in_its_last_row_is_refused(refuse: Any) -> None:
    told = "FILE: the header has 2 fields, but line 3 has 1; correct that line, or quote text that holds a ','"
    assert refuse("y,x\n1,2\n3", features=["y", "x"], missing="drop") == told
    assert refuse("y,x\n1,2\n3\n\n", cache="always") == told


def test_a_small_file_is_not_opened_to_see_its_size(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table.write_text("y\n1\n")
    data = CsvData.model_validate({"kind": "csv", "path": str(table), "target": ["y"], "window": {"length": 1}})
    monkeypatch.setattr("rnnctl.tables.csv_file.is_gzip", None)
    assert not CsvFiles([table], data).larger_than(1000)


def test_an_open_quote_is_refused(refuse: Any) -> None:
    told = refuse('y,x\n1,"a, b"\n2,"a\n3,b\n4,c\n')
    assert told.startswith("FILE: the file cannot be read as CSV: line 3: a quote is opened")


def test_a_pipe_is_refused_rather_than_waited_for(refuse: Any, table: Path) -> None:
    os.mkfifo(table.with_name("pipe.csv"))
    told = refuse(None, path=str(table.with_name("pipe.csv")))
    assert told == "FILE: this is a pipe or a device; save the data to a file, and give the path of that"


def test_a_misspelt_file_name_gets_the_nearest_one(load: Any, refuse: Any, table: Path) -> None:
    load(THREE)
    assert (
        refuse(None, path=str(table.with_name("tabel.csv"))) == "FILE: there is no such file; did you mean table.csv?"
    )
    assert refuse(None, path=str(table.with_name("q"))) == "FILE: there is no such file; correct the path"
    elsewhere = table.parent / "nowhere" / "table.csv"
    assert refuse(None, path=str(elsewhere)) == f"FILE: there is no folder {elsewhere.parent}; correct the path"


def test_a_folder_without_data_files_is_refused(refuse: Any, tmp_path: Path) -> None:
    message = (
        "FILE: this folder holds no CSV file (*.csv, *.csv.gz); give the path of the folder that does, of a file, or "
        "a pattern such as data/*.dat"
    )
    assert refuse(None, path=str(tmp_path)) == message


def test_rows_that_are_too_long_and_too_short_do_not_hide_each_other(refuse: Any) -> None:
    text = "a,y,b\n" + "1,2,3\n" * 100_000 + "1,2\n1,2,3,4\n" + "1,2,3\n" * 100_000
    assert refuse(text) == (
        "FILE: the header has 3 fields, but line 100002 has 2, line 100003 has 4; correct those lines, or "
        "quote "
        "text that holds a ','"
    )
