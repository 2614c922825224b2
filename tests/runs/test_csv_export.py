"""Tables for people: safe in a spreadsheet, exact in numbers, never over a file that is there."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.errors import RunError
from rnnctl.runs.csv_export import check_free, csv_text, write_table

DANGEROUS = tuple("=+-@\t\r")
FRAME = pl.DataFrame(
    {"label": ["=1+1", "-5e", "a", None, "+x", "@y", "\tz", "\rq"], "value": [-1.5, 2, 3, 4, 5, 6, 7, -8]}
)


def test_text_that_looks_like_a_formula_has_an_apostrophe_and_numbers_stay_numbers(tmp_path):
    write_table(tmp_path / "out.csv", FRAME)
    back = pl.read_csv(tmp_path / "out.csv")
    assert back["label"].to_list() == ["'=1+1", "'-5e", "a", None, "'+x", "'@y", "'\tz", "'\rq"]
    assert back["value"].to_list() == FRAME["value"].to_list()


def test_numbers_below_zero_that_come_through_as_text_stay_numbers():
    cells = ["-0.267", "-5", "-1,234.5", "-.5", "-5+1", "-1-2", "--5", "+49 1", "-", "-5\n", "-x1"]
    rows = list(csv.reader(io.StringIO(csv_text(pl.DataFrame({"t": cells})), newline="")))[1:]
    assert [after for (after,) in rows] == [*cells[:4], *(f"'{cell}" for cell in cells[4:])]


def test_names_of_columns_are_made_safe_too():
    assert csv_text(pl.DataFrame({"=cmd()": [1], "b": ["x"]})).startswith("'=cmd(),b\n")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.floats(allow_nan=False))
def test_no_cell_of_a_written_file_begins_dangerously_and_every_number_comes_back(texts, number):
    text = csv_text(pl.DataFrame({"t": texts, "n": [number] * len(texts)}))
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    for before, (after, value) in zip(texts, rows, strict=True):
        assert float(value) == number
        assert not after.startswith(DANGEROUS) or re.fullmatch(r"-[0-9.,]*[0-9]", after)
        assert after in (before, "'" + before)


def test_parquet_holds_texts_as_they_are(tmp_path):
    write_table(tmp_path / "out.parquet", FRAME)
    assert pl.read_parquet(tmp_path / "out.parquet").equals(FRAME)


def test_a_file_that_is_there_stays_unless_asked(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(RunError, match=r"there is such a file.*--force"):
        write_table(path, FRAME)
    assert path.read_text() == "mine"
    write_table(path, FRAME, force=True)
    assert path.read_text().startswith("label,value\n")
    with pytest.raises(RunError, match="this is a folder"):
        check_free(tmp_path, force=True)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RunError, match=r"there is no folder .*none; make it"):
        write_table(tmp_path / "none" / "out.csv", FRAME)


def test_a_place_that_cannot_be_written_is_told_before_anything_is_computed_and_nothing_is_left(tmp_path):
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    (tmp_path / "file").touch()
    places = {
        Path("/proc/a.csv"): "cannot write it",
        Path("/sys/a.csv"): "cannot write it",
        tmp_path / f"{'x' * 300}.csv": "cannot write it: File name too long",
        tmp_path / ("x" * 300) / "a.csv": "there is no folder",
        loop: "cannot write it: Too many levels of symbolic links",
        tmp_path / "file" / "a.csv": "there is no folder",
    }
    for path, told in places.items():
        with pytest.raises(RunError, match=told):
            check_free(path, force=True)
    check_free(tmp_path / "out.csv", force=False)
    check_free(Path("/dev/null"), force=True)
    assert {path.name for path in tmp_path.iterdir()} == {"loop.csv", "file"}
