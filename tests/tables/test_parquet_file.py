"""Tables from Parquet files: every type that can be read, and what is said of those that cannot."""

from __future__ import annotations

import datetime
import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter

from rnnctl.errors import DataError
from rnnctl.sources import Data
from rnnctl.starter.column_guess import describe_columns
from rnnctl.starter.sample import read_sample
from rnnctl.starter.wishes import Wishes
from rnnctl.tables.reading import read_table
from rnnctl.tables.table import Table
from rnnctl.workflows.init import fault_of, make_starter

DATA: TypeAdapter[Any] = TypeAdapter(Data)


def read(path: Path, **settings: Any) -> Table:
    section = {"kind": "parquet", "path": str(path), "target": ["y"], "window": {"length": 1}}
    return read_table(DATA.validate_python(section | settings))


def refused(path: Path, **settings: Any) -> str:
    """The message, with the path's folder shortened to DIR."""
    with pytest.raises(DataError) as raised:
        read(path, **settings)
    folder = path if path.is_dir() else path.parent
    return str(raised.value).replace(str(folder), "DIR")


DAY, HOUR = datetime.date(2020, 2, 29), datetime.datetime(2020, 2, 29, 10)

READABLE: dict[str, tuple[str, pl.Series, list[Any], pl.DataType]] = {
    "float32": ("number", pl.Series([1.5, float("nan"), None], dtype=pl.Float32), [1.5, None, None], pl.Float64()),
    "int8": ("number", pl.Series([1, -2, None], dtype=pl.Int8), [1, -2, None], pl.Float64()),
    "uint64": ("number", pl.Series([2**60, 0, None], dtype=pl.UInt64), [2.0**60, 0, None], pl.Float64()),
    "all missing": ("number", pl.Series([None, None]), [None, None], pl.Float64()),
    "numbers as text": ("number", pl.Series([" 1.5", "NA", None, "-2"]), [1.5, None, None, -2], pl.Float64()),
    "numbers as categories": ("number", pl.Series(["1", "2"], dtype=pl.Categorical), [1, 2], pl.Float64()),
    "floats as categories": ("category", pl.Series([7.0, float("nan"), None]), ["7", None, None], pl.String()),
    "floats as booleans": ("boolean", pl.Series([1.0, 0.0, None]), [True, False, None], pl.Boolean()),
    "booleans": ("boolean", pl.Series([True, None]), [True, None], pl.Boolean()),
    "booleans as 1 and 0": ("boolean", pl.Series([1, 0, None]), [True, False, None], pl.Boolean()),
    "booleans as words": ("boolean", pl.Series(["Yes", "f", "NA"]), [True, False, None], pl.Boolean()),
    "strings": ("category", pl.Series(["a", "", None]), ["a", None, None], pl.String()),
    "categories": ("category", pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"], pl.String()),
    "enums": ("category", pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"])), ["a", "b"], pl.String()),
    "whole numbers as categories": ("category", pl.Series([7, None]), ["7", None], pl.String()),
    "dates": ("date", pl.Series([DAY, None]), [DAY, None], pl.Date()),
    "datetimes": ("date", pl.Series([HOUR], dtype=pl.Datetime("ns")), [HOUR], pl.Datetime("ns")),
    "dates as whole numbers": ("date", pl.Series([20200229, None]), [DAY, None], pl.Date()),
    "dates as text": ("date", pl.Series(["", "2020-02-29"]), [None, DAY], pl.Date()),
}


@pytest.mark.parametrize(("kind", "column", "expected", "dtype"), READABLE.values(), ids=READABLE)
def test_a_column_of_this_type_is_read(
    kind: str, column: pl.Series, expected: list[Any], dtype: pl.DataType, tmp_path: Path
) -> None:
    pl.DataFrame({"z": column, "x": column, "y": [1.0] * len(column)}).write_parquet(tmp_path / "t.parquet")
    table = read(tmp_path / "t.parquet", features=["x"], columns={"x": kind})
    assert table.frame.columns == ["x", "y"]
    assert table.frame.get_column("x").to_list() == expected
    assert table.frame.schema["x"] == dtype


PART = pl.Series([1.5, 2.5] * 30)
HOURS = [float(row % 24) for row in range(60)]
TYPED: dict[str, tuple[dict[str, pl.Series], str, str]] = {
    "codes": ({"t": pl.Series(range(60)), "y": pl.Series(HOURS)}, "time: t", ""),
    "no times of day": (
        {"t": pl.Series([10**17] * 60).cast(pl.Datetime("ms")), "y": pl.Series(HOURS)},
        "target: [y]",
        "years",
    ),
    "ids": ({"pid": pl.Series([row // 6 for row in range(60)], dtype=pl.Float64), "x": PART}, "series: pid", ""),
    "text": ({"t": pl.Series(range(60)), "y": PART.cast(pl.String)}, "target: [y]", ""),
    "commas": ({"x": PART, "y": pl.Series(["1,5", "2,5"] * 30)}, "target: [x]", "save them as numbers"),
    "units": ({"x": PART, "y": pl.Series(["1.5 kW", "2.5 kW"] * 30)}, "target: [x]", "save them as numbers"),
}


@pytest.mark.parametrize("case", TYPED)
def test_init_writes_nothing_that_check_refuses(case: str, tmp_path: Path) -> None:
    columns, line, told = TYPED[case]
    pl.DataFrame(columns).write_parquet(tmp_path / "t.parquet")
    starter = make_starter(tmp_path / "t.parquet", tmp_path, Wishes())
    (tmp_path / "t.yaml").write_text(starter.text)
    assert f"\n  {line}" in starter.text
    assert told in str(starter.remarks)
    assert fault_of(tmp_path / "t.yaml") is None


TIMES = {
    "integers": (pl.Series([3, 1], dtype=pl.UInt16), pl.Int64()),
    "floats": (pl.Series([0.5, 1.5], dtype=pl.Float32), pl.Float64()),
    "dates": (pl.Series([DAY, DAY]), pl.Date()),
    "datetimes": (pl.Series([HOUR, HOUR]), pl.Datetime("us")),
    "text": (pl.Series(["2020-02-29T10:00:00", "2020-02-29T10:00:00"]), pl.Datetime("us")),
}


@pytest.mark.parametrize(("column", "dtype"), TIMES.values(), ids=TIMES)
def test_times_of_this_type_are_read(column: pl.Series, dtype: pl.DataType, tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": column, "s": [1, 2], "part": ["train", None], "x": [0, 0], "y": [1, 2]})
    frame.write_parquet(tmp_path / "t.parquet")
    settings = {"task": "per_step", "window": None, "features": ["x"], "time": "t", "series": "s"}
    table = read(tmp_path / "t.parquet", **settings, split={"column": "part"})
    assert table.frame.schema == {
        "t": dtype,
        "s": pl.String(),
        "part": pl.String(),
        **dict.fromkeys("xy", pl.Float64()),
    }


def test_decimals_of_a_database_are_the_nearest_floats_and_its_codes_stay_whole(tmp_path: Path) -> None:
    written = ["0.10", "29.99", "-123456789012345.67", "90071992547409.93"]
    codes = ["9007199254740992", "9007199254740993", "7", "12345678901234567890"]
    settings = {"task": "per_step", "window": None, "features": ["x"], "series": "s"}
    for precision in (20, 38):
        columns = {
            "s": pl.Series([Decimal(code) for code in codes], dtype=pl.Decimal(precision, 0)),
            "x": pl.Series(range(4), dtype=pl.Decimal(9, 0)),
            "y": pl.Series([Decimal(cell) for cell in written], dtype=pl.Decimal(precision, 2)),
        }
        pl.DataFrame(columns).write_parquet(path := tmp_path / f"{precision}.parquet")
        frame = read(path, **settings).frame
        assert frame["y"].to_list() == [float(cell) for cell in written]
        assert frame["x"].to_list() == [0.0, 1.0, 2.0, 3.0]
        assert frame["s"].to_list() == codes  # two of which are one number of float64
        guesses = {one.name: one for one in describe_columns(read_sample(path))}
        assert guesses["y"].values.to_list() == [float(cell) for cell in written]
        assert guesses["s"].distinct == 4


REFUSED: dict[str, tuple[str, pl.Series, str]] = {
    "list": (
        "number",
        pl.Series([[1.0], [2.0]]),
        "holds List(Float64); take what is in it out into columns of their own",
    ),
    "struct": (
        "category",
        pl.Series([{"a": 1}, {"a": 2}]),
        "holds Struct({'a': Int64}); take what is in it out into columns of their own",
    ),
    "time of day": (
        "date",
        pl.Series([datetime.time(1), None]),
        "holds Time; save it as a number, such as its seconds",
    ),
    "duration": (
        "number",
        pl.Series([datetime.timedelta(1), None]),
        "holds Duration(time_unit='us'); save it as a number, such as its seconds",
    ),
    "binary": ("words", pl.Series([b"a", b"b"]), "holds Binary; save it as text or numbers"),
    "text as numbers": (
        "number",
        pl.Series(["1", "a"]),
        "row 2 'a': not a number; correct them, or leave them empty and set data.missing: drop; if the column "
        "holds words, set data.columns: {x: category}",
    ),
    "booleans as numbers": (
        "number",
        pl.Series([True, False]),
        "holds Boolean; expected numbers; set data.columns: {x: boolean}",
    ),
    "dates as numbers": ("number", pl.Series([DAY, DAY]), "holds Date; expected numbers; set data.columns: {x: date}"),
    "floats with decimals as categories": (
        "category",
        pl.Series([1.0, 2.5]),
        "row 2 '2.5': neither a word nor a whole number; save the column as text, or use it as numbers",
    ),
    "text with a comma as numbers": (
        "number",
        pl.Series(["1,5", "2,5"]),
        "row 1 '1,5', row 2 '2,5': not a number; these look like numbers with a mark between thousands or before "
        "decimals; save them as numbers",
    ),
    "numbers that are no dates": (
        "date",
        pl.Series([2019, 2020]),
        "row 1 '2019', row 2 '2020': not a date or datetime such as 2024-01-31 or 2024-01-31T18:00:00, all in one "
        "form; correct them, or leave them empty and set data.missing: drop",
    ),
    "a number that is neither yes nor no": (
        "boolean",
        pl.Series([1, 2]),
        "row 2 '2': neither yes nor no (true/false, yes/no, t/f, y/n, 1/0); correct them, or leave them empty and set "
        "data.missing: drop",
    ),
    "a date in words": (
        "date",
        pl.Series(["2020-01-01", "Monday"]),
        "row 2 'Monday': not a date or datetime such as 2024-01-31 or 2024-01-31T18:00:00, all in one form; correct "
        "them, or leave them empty and set data.missing: drop",
    ),
}


@pytest.mark.parametrize(("kind", "column", "message"), REFUSED.values(), ids=REFUSED)
def test_a_column_that_cannot_be_read_is_refused_with(
    kind: str, column: pl.Series, message: str, tmp_path: Path
) -> None:
    pl.DataFrame({"x": column, "y": [1, 2]}).write_parquet(tmp_path / "t.parquet")
    settings = {"task": "per_sequence", "window": None} if kind == "words" else {}
    told = refused(tmp_path / "t.parquet", features=["x"], columns={"x": kind}, **settings)
    assert told.replace(" 'x' ", " 'x': ") == f"DIR/t.parquet: column 'x': {message}"


def test_a_column_of_an_unreadable_type_is_left_alone_where_it_is_not_wanted(tmp_path: Path) -> None:
    pl.DataFrame({"x": [[1], [2]], "y": [1, 2]}).write_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").frame.rows() == [(1.0,), (2.0,)]


def test_files_of_a_folder_follow_each_other_and_rows_are_named_by_file(tmp_path: Path) -> None:
    pl.DataFrame({"y": [1, 2], "x": [0, 0]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"x": [0.5], "y": [3.5]}).write_parquet(tmp_path / "b.parquet")
    table = read(tmp_path)
    assert table.frame.get_column("y").to_list() == [1, 2, 3.5]
    assert table.lines([1]) == "a.parquet row 2"
    assert table.lines([0, 1, 2]) == "a.parquet rows 1, 2, b.parquet row 1"
    assert read(tmp_path / "a.parquet").lines([1]) == "row 2"
    assert table.fingerprints == {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(tmp_path.iterdir())
    }


def test_missing_columns_get_the_nearest_name(tmp_path: Path) -> None:
    pl.DataFrame({"Y": [1]}).write_parquet(tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet") == (
        "DIR/a.parquet: there is no column 'y', which data.target asks for; the columns are Y; did you mean 'Y'?"
    )
    pl.DataFrame({"y": [1]}).write_parquet(tmp_path / "A.parquet")
    assert refused(tmp_path) == (
        "DIR/a.parquet: there is no column 'y', which data.target asks for and A.parquet has; the columns are Y; is "
        "'Y' the same? name it alike in all files"
    )


def test_rows_without_a_time_or_series_are_told(tmp_path: Path) -> None:
    pl.DataFrame({"t": [1, None, None], "s": ["a", "", "b"], "y": [1, 2, 3]}).write_parquet(tmp_path / "t.parquet")
    assert refused(tmp_path / "t.parquet", time="t") == (
        "DIR/t.parquet: column 't': rows 2, 3: found no time, expected a time like that of the first row; rows without "
        "a time cannot be ordered: correct or remove them"
    )
    large = pl.DataFrame({"t": pl.Series([1, 2**63 + 1], dtype=pl.UInt64), "y": [1, 2]})
    large.write_parquet(tmp_path / "large.parquet")
    assert refused(tmp_path / "large.parquet", time="t") == (
        "DIR/large.parquet: column 't': row 2: found '9223372036854775809', expected a time like that of the first "
        "row; rows without a time cannot be ordered: correct or remove them"
    )
    assert refused(tmp_path / "t.parquet", series="s") == (
        "DIR/t.parquet: column 's': row 2: no series is named; fill in or remove the rows, or set data.series: null"
    )


def test_times_of_different_types_in_different_files_are_refused(tmp_path: Path) -> None:
    pl.DataFrame({"t": [1], "y": [1]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"t": [DAY], "y": [1]}).write_parquet(tmp_path / "b.parquet")
    assert refused(tmp_path, time="t") == (
        "DIR/b.parquet: column 't' holds Date, and Int64 in a.parquet; give it one type in all files"
    )


@pytest.mark.parametrize("keep", [0, 3, 4, 8, 200, -1])
def test_a_file_that_was_cut_off_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"y": list(range(1000))}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:keep])
    told = refused(path)
    assert told.startswith("DIR/t.parquet: ")
    assert ("is empty" in told) if keep == 0 else ("cut off" in told or "not a Parquet file" in told)


def test_a_file_that_is_damaged_inside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"y": list(range(1000))}).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) - 8) + content[-4:])
    assert refused(path).startswith("DIR/t.parquet: the Parquet file is damaged (")


OTHERS = {
    "gzip": (b"\x1f\x8b\x08", "gzip; unpack it first"),
    "workbook": (b"PK\x03\x04\0\0", "a ZIP archive or an Excel workbook; save it as Parquet"),
}


@pytest.mark.parametrize(("content", "message"), OTHERS.values(), ids=OTHERS)
def test_another_kind_of_file_is_refused_with(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    assert refused(tmp_path / "t.parquet") == f"DIR/t.parquet: this is not a Parquet file but {message}"


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"y": []}, schema={"y": pl.Float64}).write_parquet(tmp_path / "t.parquet")
    told = refused(tmp_path / "t.parquet")
    assert told == "DIR/t.parquet: the file holds column names and no rows; expected rows below them"


def test_a_missing_file_gets_the_nearest_name(tmp_path: Path) -> None:
    pl.DataFrame({"y": [1]}).write_parquet(tmp_path / "table.parquet")
    told = refused(tmp_path / "tabel.parquet")
    assert told == "DIR/tabel.parquet: there is no such file; did you mean table.parquet?"


def test_marks_among_whole_numbers_are_missing(tmp_path: Path) -> None:
    days = [20240229, -999, 20240301]
    pl.DataFrame({"y": [1.0, -999, 3], "b": [1, -999, 0], "d": days}).write_parquet(tmp_path / "t.parquet")
    columns = {"b": "boolean", "d": "date"}
    found = read(tmp_path / "t.parquet", features=["b", "d"], columns=columns, missing_marks=[-999]).frame
    assert found.get_column("y").to_list() == [1, None, 3]
    assert found.get_column("b").to_list() == [True, None, False]
    assert found.get_column("d").to_list() == [datetime.date(2024, 2, 29), None, datetime.date(2024, 3, 1)]
