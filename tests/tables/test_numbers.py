"""Numbers as people write them come back exactly, or are refused with what to do; what is open is not guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from rnnctl.errors import DataError
from rnnctl.schema.number_form import NumberForm
from rnnctl.sources.csv import CsvData
from rnnctl.tables.number_search import FORMS, search
from rnnctl.tables.numbers import parse_numbers
from rnnctl.tables.reading import read_table
from rnnctl.tables.sentinels import sentinels

WINDOW = {"window": {"length": 1}}


def parsed(cell: str, form: NumberForm) -> float | None:
    return parse_numbers(pl.Series([cell]), form)[0]


READ = {
    ("−5", NumberForm()): -5,
    ("–5", NumberForm()): -5,
    ("(1.2)", NumberForm()): -1.2,
    ("1.2-", NumberForm()): -1.2,
    ("1e3", NumberForm()): 1000,
    ("+5", NumberForm()): 5,
    ("- 5", NumberForm()): -5,
    ("1,051", NumberForm(".", ",")): 1051,
    ("1,234,567.89", NumberForm(".", ",")): 1234567.89,
    ("12,34,567", NumberForm(".", ",")): 1234567,
    ("(1,051.50)", NumberForm(".", ",")): -1051.5,
    ("-1.234.567,89", NumberForm(",", ".")): -1234567.89,
    ("1'051", NumberForm(".", "'")): 1051,
    ("1’051.25", NumberForm(".", "'")): 1051.25,
    ("1 051", NumberForm(".", " ")): 1051,
    ("1\u00a0051,5", NumberForm(",", " ")): 1051.5,
    ("1\u202f051", NumberForm(",", " ")): 1051,
    ("1\u2009051", NumberForm(",", " ")): 1051,
    ("12 kg", NumberForm(unit="kg")): 12,
    ("12kg", NumberForm(unit="kg")): 12,
    ("7", NumberForm(unit="kg")): 7,
    ("-3 °C", NumberForm(unit="°C")): -3,
    ("45.2 %", NumberForm(unit="%")): 45.2,
    ("(5.0)%", NumberForm(unit="%")): -5,
    ("€ 1,051.20", NumberForm(".", ",", "€")): 1051.2,
    ("-$5", NumberForm(unit="$")): -5,
    ("$-5", NumberForm(unit="$")): -5,
    ("($5)", NumberForm(unit="$")): -5,
    ("5 m s−1", NumberForm(unit="m s-1")): 5,
    ("0.07 MW", NumberForm(unit="kW")): 70,
    ("350.1K", NumberForm(unit="M")): 0.3501,
    ("1.5B", NumberForm(unit="M")): 1500,
    ("-1,250.5 W", NumberForm(".", ",", "kW")): -1.2505,
    ("(3 KW)", NumberForm(unit="kW")): -3,
    ("5e2 W", NumberForm(unit="kW")): 0.5,
    ("0.5 mg/m³ p", NumberForm(unit="µg/m³", notes=("p",))): 500,
    ("500 W", NumberForm(unit="kW", notes=("W",))): 0.5,
    ("1013.2 hPa", NumberForm(unit="Pa")): 101320,
    ("106.2*", NumberForm(notes=("*",))): 106.2,
    ("*106.2", NumberForm(notes=("*",))): 106.2,
    ("99.8p", NumberForm(notes=("p", "*"))): 99.8,
    ("99.8 p*", NumberForm(notes=("p", "*"))): 99.8,
    ("12,3 bep", NumberForm(",", notes=("b", "e", "p"))): 12.3,
    ("1,234 (e)", NumberForm(".", ",", notes=("(e)",))): 1234,
    ("1 234 1)", NumberForm(",", " ", notes=("1)",))): 1234,
    ("5.1²", NumberForm(notes=("²",))): 5.1,
    ("(1)", NumberForm(notes=("(1)",))): -1,
    ("(1) (1)", NumberForm(notes=("(1)",))): -1,
    ("(4.5)*", NumberForm(notes=("*",))): -4.5,
    ("1e3e", NumberForm(notes=("e",))): 1000,
    ("1e3", NumberForm(notes=("e",))): 1000,
    ("5 % r", NumberForm(unit="%", notes=("r",))): 5,
    ("5r %", NumberForm(unit="%", notes=("r",))): 5,
    ("5 m²", NumberForm(unit="m²", notes=("²",))): 5,
}


@pytest.mark.parametrize(("cell", "form"), READ)
def test_a_number_is_read_as_it_is_meant(cell: str, form: NumberForm) -> None:
    assert parsed(cell, form) == READ[cell, form]


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("1,051", NumberForm()),
        ("1.5", NumberForm(",")),
        ("1.167", NumberForm(",")),
        ("12,34", NumberForm(".", ",")),
        ("0,123", NumberForm(".", ",")),
        ("1,0511", NumberForm(".", ",")),
        ("1 05", NumberForm(",", " ")),
        ("12 lb", NumberForm(unit="kg")),
        ("12 mW", NumberForm(unit="MW")),
        ("12 kB", NumberForm(unit="MB")),
        ("12 mg/l", NumberForm(unit="mg/m³")),
        ("12 min", NumberForm(unit="m")),
        ("1kg2", NumberForm(unit="kg")),
        ("12 kg 5", NumberForm(unit="kg")),
        ("--5", NumberForm()),
        ("(-5)", NumberForm()),
        ("(5", NumberForm()),
        ("5-3", NumberForm()),
        ("1 2", NumberForm()),
        ("01.01.2023", NumberForm(",", ".")),
        ("12 kg", NumberForm(notes=("g",))),
        ("12 1)", NumberForm(notes=("2)",))),
        ("121)", NumberForm(notes=("1)",))),
        ("p", NumberForm(notes=("p",))),
    ],
)
def test_what_is_no_number_of_that_form_is_not_read(cell: str, form: NumberForm) -> None:
    assert parsed(cell, form) is None


def written(number: float, form: NumberForm, negative: str, before: bool) -> str:
    """A number in a form: grouped by Python's own formatting, then the marks changed."""
    text = f"{abs(number):,}" if form.thousands else f"{abs(number)}"
    text = text.replace(".", "D").replace(",", form.thousands).replace("D", form.decimal)
    text = f"{form.unit} {text}" if form.unit and before else f"{text} {form.unit}" if form.unit else text
    if not (number < 0):
        return text
    return negative.format(text)


numbers = st.one_of(
    st.integers(-(10**12), 10**12), st.floats(-1e9, 1e9, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-3)
)


@settings(max_examples=150, deadline=None)
@given(
    cells=st.lists(numbers, min_size=1, max_size=30),
    form=st.sampled_from([form._replace(unit=unit) for form in FORMS for unit in ("", "kg", "%", "€")]),
    negative=st.sampled_from(["-{}", "−{}", "({})", "{}-"]),
    before=st.booleans(),
)
def test_numbers_in_any_form_come_back_exactly(
    cells: list[float], form: NumberForm, negative: str, before: bool
) -> None:
    text = pl.Series([written(cell, form, negative, before and form.unit == "€") for cell in cells])
    assert parse_numbers(text, form).to_list() == [float(cell) for cell in cells]


SEARCHED: dict[str, tuple[dict[str, list[str]], NumberForm | None]] = {
    "commas before three digits beside whole numbers": ({"a": ["1,051", "995", "1,200"]}, NumberForm(".", ",")),
    "points likewise": ({"a": ["1.051", "995"]}, NumberForm(",", ".")),
    "points beside decimal commas": ({"a": ["1.011", "900"], "b": ["11,7", "12"]}, NumberForm(",", ".")),
    "all commas before three digits": ({"a": ["1,051", "1,995"]}, None),
    "the same beside another column's points": ({"a": ["1,051", "1,995"], "b": ["0.5", "1"]}, NumberForm(".", ",")),
    "decimals of three digits": ({"a": ["1.051", "1.995"]}, NumberForm()),
    "the same beside another column's decimals": ({"a": ["1.051", "1.995"], "b": ["0.5", "1"]}, NumberForm()),
    "commas likewise": ({"a": ["1,051", "1,995"], "b": ["0,5", "1"]}, NumberForm(",")),
    "whole numbers beside another column's decimals": ({"a": ["1.051", "995"], "b": ["0.5", "1"]}, NumberForm()),
    "a number below one": ({"a": ["0.125", "1.051", "995"]}, NumberForm()),
    "apostrophes": ({"a": ["1'051", "995.5"]}, NumberForm(".", "'")),
    "spaces": ({"a": ["1 051", "995,5"]}, NumberForm(",", " ")),
    "several points": ({"a": ["1.234.567,89", "3"]}, NumberForm(",", ".")),
    "several commas": ({"a": ["1,234,567.89", "3"]}, NumberForm(".", ",")),
    "Indian groups": ({"a": ["12,34,567", "3"]}, NumberForm(".", ",")),
    "four digits stand without a mark": ({"a": ["12.345", "1051", "995"]}, NumberForm(",", ".")),
    "a large number without a mark": ({"a": ["1,051", "12000"]}, None),
    "plain": ({"a": ["1.5", "2"]}, NumberForm()),
}


@pytest.mark.parametrize(("columns", "form"), SEARCHED.values(), ids=SEARCHED)
def test_the_form_of_a_files_numbers_is_found_or_left_open(
    columns: dict[str, list[str]], form: NumberForm | None
) -> None:
    found = search({name: pl.Series(cells) for name, cells in columns.items()})
    assert found.form == form
    mixed = {"a": ["1.051", "995"], "b": ["0.5", "1"]}
    assert bool(found.doubts) == (form is None or columns in ({"a": ["1.051", "1.995"]}, mixed))
    assert (found.mixed and bool(found.doubts)) == (columns == mixed)


UNITS = {
    "%": ["45.2 %", "-", "3 %", "4%", "5 %"],
    "€": ["€ 1,051.20", "€ 3.00"],
    "$": ["$5", "-$6"],
    "km/h": ["7 km/h", "8 km/h"],
    "°C": ["20 °C", "-3 °C"],
    "µg/m³": ["5 µg/m³", "6 µg/m³"],
    "m3": ["3 m3", "4 m3"],
}


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_found(unit: str) -> None:
    assert search({"a": pl.Series(UNITS[unit])}).columns["a"].unit == unit


@pytest.mark.parametrize(
    "cells",
    [
        ["H1", "H2", "H3"],
        ["1st", "2nd"],
        ["12 kg", "500 lb", "3 kg"],
        ["12 kg", "500 g", "3"],
        ["12 kB", "500 MB", "3 kB"],
        ["12 MW", "500 mW", "3 MW"],
        ["5k", "900", "6k"],
        ["12 Main Street", "7 Oak Av", "9 Elm Street", "1 a", "2 b", "3 c"],
        ["2023-W01", "2023-W02"],
        ["red", "green"],
    ],
)
def test_what_is_no_single_unit_is_none(cells: list[str]) -> None:
    found = search({"a": pl.Series(cells)})
    assert "a" not in found.columns or not found.columns["a"].unit


BASE = [f"{100 + row * 0.7:.1f}" for row in range(30)]
NOTES: dict[str, tuple[list[str], dict[str, int]]] = {
    **{
        mark: ([f"{cell}{mark}" if row % 6 == 3 else cell for row, cell in enumerate(BASE)], {mark.strip(): 5})
        for mark in ("*", "p", " r", " (e)", "²", "b", " bep", " 1)", "[1]", "(1)", " [p]", "†", " est.", " r/")
    },
    "before": ([f"*{cell}" if row % 6 == 3 else cell for row, cell in enumerate(BASE)], {"*": 5}),
    "two": ([f"{cell} p*" if row > 24 else cell for row, cell in enumerate(BASE)], {"*": 5, "p": 5}),
    "beside a unit": ([f"{cell} s*" if row > 24 else f"{cell} s" for row, cell in enumerate(BASE)], {"*": 5}),
    "beside missing ones": ([": c", ":", *BASE[2:28], "126.9c", ":"], {"c": 2}),
    "a unit": ([f"{cell} s" for cell in BASE], {}),
    "an area": ([f"{cell} m²" for cell in BASE], {}),
    "a unit of most": ([f"{cell} s" if row % 3 else cell for row, cell in enumerate(BASE)], {}),
    "billions": ([f"{row / 9 + 1:.1f}b" if row % 4 == 0 else f"{900 + row}" for row in range(30)], {}),
    "zeros without a unit": (["0" if row % 3 else f"{row + 1} s" for row in range(30)], {}),
    "counts with shares": ([f"{row} ({row % 12})" for row in range(30)], {}),
    "thousands": ([f"{cell}k" if row % 6 == 3 else cell for row, cell in enumerate(BASE)], {}),
    "times": ([f"2023-01-{row + 1:02}T10:00Z" for row in range(30)], {}),
}


@pytest.mark.parametrize(("cells", "notes"), NOTES.values(), ids=NOTES)
def test_marks_of_footnotes_are_told_from_units_and_change_no_number(cells: list[str], notes: dict[str, int]) -> None:
    found = search({"a": pl.Series(cells)})
    assert (dict(found.columns["a"].notes) if "a" in found.columns else {}) == notes
    if notes:
        column, form = found.columns["a"], found.form_of("a")
        with_marks = parse_numbers(pl.Series(cells), form._replace(notes=tuple(notes)))
        assert parse_numbers(column.cells, form).equals(with_marks)
        if not column.marks:
            assert with_marks.to_list() == list(map(float, BASE))


def test_marks_for_missing_values_are_found_among_numbers_alone() -> None:
    found = search({"a": pl.Series(["1", "2", "3", "x", "closed", "closed"]), "note": pl.Series(["x", "y"] * 3)})
    assert dict(found.columns["a"].marks) == {"x": 1, "closed": 2}
    assert list(found.columns) == ["a"]
    assert not search({"a": pl.Series(["1"] * 20 + ["closd"])}).columns["a"].marks


draw = np.random.default_rng(0)
WAVE = (100 + 10 * np.sin(np.arange(120) / 5) + draw.normal(size=120)).round(2)


@pytest.mark.parametrize("code", [-999, 9999, 999.9, -99, -9999, 1e30, -32768, -200, -1])
def test_a_code_for_missing_values_is_found(code: float) -> None:
    values = WAVE.copy()
    values[[3, 40, 77]] = code
    assert sentinels(pl.Series(values)) == {code: 3}


HONEST = {
    "zero-inflated sales": draw.poisson(0.7, 300).astype(float),
    "a sensor capped at its maximum": np.minimum(draw.gamma(2, 400, 500), 999).round(),
    "a sensor capped below": np.maximum(draw.normal(0, 60, 500), -99).round(),
    "closed on Sundays": np.where(np.arange(120) % 7 == 0, 0.0, WAVE * 10),
    "prices": draw.choice([4.99, 9.99, 19.99, 49.99, 99.99, 14.99, 7.99, 29.99, 39.99], 300),
    "changes": draw.choice([-1.0, 0, 1, 2, 3, 4, 5, 6, 7, 8], 300),
    "temperatures": draw.normal(0, 10, 300).round(1),
    "one event": np.where(np.arange(120) == 5, 9999.0, WAVE),
    "few values": draw.choice([1.0, 2, 3, 99], 300),
}


@pytest.mark.parametrize("values", HONEST.values(), ids=HONEST)
def test_honest_data_holds_no_code(values: np.ndarray[Any, Any]) -> None:
    assert sentinels(pl.Series(values)) == {}


def loaded(path: Path, text: str, **settings: Any) -> pl.DataFrame:
    path.write_text(text)
    section = {"kind": "csv", "path": str(path), "target": ["y"], **WINDOW, **settings}
    return read_table(CsvData.model_validate(section)).frame


FORMS_OF_FILES: dict[str, tuple[str, dict[str, Any], list[float | None]]] = {
    "thousands": ("x\ty\na\t1,051\nb\t995\n", {"separator": "\t", "thousands": ","}, [1051, 995]),
    "quoted thousands": ('x,y\na,"1,051.5"\nb,"-2,995"\n', {"thousands": ","}, [1051.5, -2995]),
    "German": ("x;y\na;1.167\nb;11,7\n", {"separator": ";", "decimal_comma": True, "thousands": "."}, [1167, 11.7]),
    "marks": (
        "x,y\na,1\nb,-\nc,?\nd, n.a. \ne,-999\nf,-999.0\n-,2\n",
        {"missing_marks": ["-", "?", "n.a.", -999]},
        [1, None, None, None, None, None, 2],
    ),
    "footnotes": (
        "x,y\na,1*\nb,-2 p\nc,: p\nd,*\ne,3\nf,(1)\n",
        {"footnote_marks": ["*", "p", "(1)"], "missing_marks": [":"]},
        [1, -2, None, None, 3, -1],
    ),
    "a unit": ("x,y\na,1 kg\nb,\nc,-2kg\n", {"columns": {"y": {"kind": "number", "unit": "kg"}}}, [1, None, -2]),
    "a unit and marks": (
        "x,y\na,1 %\nb,-\nc,999\n",
        {"columns": {"y": {"kind": "number", "unit": "%"}}, "missing_marks": ["-", 999]},
        [1, None, None],
    ),
}


@pytest.mark.parametrize(("text", "keys", "numbers"), FORMS_OF_FILES.values(), ids=FORMS_OF_FILES)
def test_all_ways_of_reading_a_file_read_alike(
    text: str, keys: dict[str, Any], numbers: list[float | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    plain = loaded(tmp_path / "x.csv", text, **keys)
    assert plain["y"].to_list() == numbers
    assert plain.equals(loaded(tmp_path / "x.csv", text, cache="always", **keys))
    section = CsvData.model_validate(
        {"kind": "csv", "path": str(tmp_path / "x.csv"), "target": ["y"], **WINDOW, **keys}
    )
    (file,) = section.open_files(8).open({})
    assert pl.concat([file.typed(piece.read(), 0) for piece in file.pieces()])["y"].to_list() == numbers


def test_a_converted_copy_is_not_used_for_other_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    text, kept = "y\n1 kg\n-999\n5\n", {"cache": "always", "columns": {"y": {"kind": "number", "unit": "kg"}}}
    assert loaded(tmp_path / "x.csv", text, **kept)["y"].to_list() == [1, -999, 5]
    assert loaded(tmp_path / "x.csv", text, missing_marks=[-999], **kept)["y"].to_list() == [1, None, 5]


ADVISED: dict[str, tuple[str, dict[str, Any], str, dict[str, Any], list[float | None]]] = {
    "thousands": (
        "x;y\na;1,051\nb;995\n",
        {"separator": ";"},
        'set data.thousands: ","',
        {"thousands": ","},
        [1051, 995],
    ),
    "thousands beside decimal commas": (
        "x;y\na;1.051\nb;99,5\n",
        {"separator": ";", "decimal_comma": True},
        'set data.thousands: "."',
        {"thousands": "."},
        [1051, 99.5],
    ),
    "a unit": (
        "x,y\na,1 kg\nb,2\n",
        {},
        'set data.columns: {y: {kind: number, unit: "kg"}}',
        {"columns": {"y": {"kind": "number", "unit": "kg"}}},
        [1, 2],
    ),
    "footnotes": (
        "y\n1 *\n2\n3p\n",
        {},
        'set data.footnote_marks: ["*", "p"]',
        {"footnote_marks": ["*", "p"]},
        [1, 2, 3],
    ),
    "one more footnote": (
        "y\n1*\n2\n3 (e)\n",
        {"footnote_marks": ["*"]},
        'set data.footnote_marks: ["*", "(e)"]',
        {"footnote_marks": ["*", "(e)"]},
        [1, 2, 3],
    ),
    "thousands and footnotes": (
        "x;y\na;1,051 p\nb;995.5\n",
        {"separator": ";"},
        'set data.thousands: "," and data.footnote_marks: ["p"]',
        {"thousands": ",", "footnote_marks": ["p"]},
        [1051, 995.5],
    ),
    "a missing value with a footnote": (
        "x,y\na,: c\nb,2\nc,3c\n",
        {"footnote_marks": ["c"]},
        'set data.missing_marks: [":"]',
        {"missing_marks": [":"]},
        [None, 2, 3],
    ),
    "yes and no": ("y\nyes\nNo\n", {}, "set data.columns: {y: boolean}", {"columns": {"y": "boolean"}}, [True, False]),
    "a mark": ("x,y\na,-\nb,2\n", {}, 'set data.missing_marks: ["-"]', {"missing_marks": ["-"]}, [None, 2]),
    "one more mark": (
        "x,y\na,-\nb,2\nc,..\n",
        {"missing_marks": ["-"]},
        'set data.missing_marks: ["-", ".."]',
        {"missing_marks": ["-", ".."]},
        [None, 2, None],
    ),
}


@pytest.mark.parametrize(("text", "keys", "advice", "followed", "numbers"), ADVISED.values(), ids=ADVISED)
def test_following_the_advice_helps(
    text: str,
    keys: dict[str, Any],
    advice: str,
    followed: dict[str, Any],
    numbers: list[float | None],
    tmp_path: Path,
) -> None:
    with pytest.raises(DataError) as raised:
        loaded(tmp_path / "x.csv", text, **keys)
    assert advice in str(raised.value)
    assert loaded(tmp_path / "x.csv", text, **{**keys, **followed})["y"].to_list() == numbers


def test_a_mark_that_could_be_either_is_asked(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        loaded(tmp_path / "x.csv", "x;y\na;1,051\nb;1,995\n", separator=";")
    assert str(raised.value).endswith(
        "line 2 '1,051', line 3 '1,995': not a number; does its mark stand between thousands or before decimals? set "
        'data.thousands: ",", or set data.decimal_comma: true'
    )


def test_a_cell_in_another_unit_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        loaded(tmp_path / "x.csv", "y\n1 kg\n900 lb\n2 t\n", columns={"y": {"kind": "number", "unit": "kg"}})
    assert str(raised.value).endswith(
        "column 'y': line 3 '900 lb', line 4 '2 t': not a number; they are in 'lb', and the unit of the column is 'kg' "
        "(data.columns); write all its numbers in one unit"
    )


def test_marks_that_contradict_each_other_are_refused() -> None:
    section = {"kind": "csv", "path": "x.csv", "target": ["y"], **WINDOW, "thousands": "."}
    with pytest.raises(ValueError, match="decimal_comma: true"):
        CsvData.model_validate(section)
