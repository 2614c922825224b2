"""Decimal marks that most likely stand between thousands are told, honest ones are not; the advice helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnctl.data_check.cell_checks import examine_cells
from rnnctl.sources.csv import CsvData
from rnnctl.tables import thousands_check
from rnnctl.tables.reading import read_table


def told(path: Path, cells: list[str], other: str = "5", **keys: Any) -> tuple[list[str], list[float]]:
    path.write_text("\n".join(["y;z", *(f"{cell};{other}" for cell in cells)]) + "\n")
    plain = {"kind": "csv", "path": str(path), "target": ["y"], "features": ["y", "z"], "window": {"length": 1}}
    table = read_table(CsvData.model_validate({**plain, "separator": ";", **keys}))
    found = [finding.message for finding in examine_cells(table) if finding.topic == "thousands"]
    return found, table.frame["y"].to_list()


@pytest.mark.parametrize(
    ("cells", "keys", "advice", "right"),
    [
        (
            ["995", "1,051", "870", "2,310"],
            {"decimal_comma": True},
            'set data.decimal_comma: false and data.thousands: ","',
            {"thousands": ","},
        ),
        (
            ["995", "1.051", "870", "2.310"],
            {},
            'set data.decimal_comma: true and data.thousands: "."',
            {"decimal_comma": True, "thousands": "."},
        ),
    ],
)
def test_marks_between_thousands_are_told(
    cells: list[str], keys: dict[str, Any], advice: str, right: dict[str, Any], tmp_path: Path
) -> None:
    (message,), misread = told(tmp_path / "x.csv", cells, **keys)
    assert misread == [995, 1.051, 870, 2.31]
    assert f"line 3 {cells[1]!r}, line 5 {cells[3]!r}" in message
    assert advice in message
    assert told(tmp_path / "x.csv", cells, **right) == ([], [995, 1051, 870, 2310])


@pytest.mark.parametrize(
    ("cells", "other"),
    [
        (["995", "1,05", "870"], "5"),
        (["12,5", "0,123", "3"], "5"),
        (["995", "0,123", "870"], "5"),
        (["1,051", "2,310"], "5"),
        (["995", "1,051", "870"], "12,5"),
        (["1500", "1,051", "870"], "5"),
    ],
)
def test_honest_decimal_commas_are_no_fault(cells: list[str], other: str, tmp_path: Path) -> None:
    assert told(tmp_path / "x.csv", cells, other, decimal_comma=True)[0] == []


def test_of_many_columns_those_that_may_be_misread_are_looked_at_and_none_is_searched_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, names = tmp_path / "x.csv", [f"c{place}" for place in range(400)]
    section = CsvData.model_validate({"kind": "csv", "path": str(path), "target": names, "window": {"length": 1}})
    monkeypatch.setattr(thousands_check, "_MOST", 2)
    cells = [["7"] * 399 + [last] for last in ("995", "1.051", "870", "2.310")]
    path.write_text("\n".join(map(",".join, [names, *cells])) + "\n")
    assert list(section.misread_numbers()) == ["c399"]
    path.write_text("\n".join(map(",".join, [names, *([cell] * 400 for cell in ("995", "1.5"))])) + "\n")
    monkeypatch.setattr(thousands_check, "search", None)
    assert section.misread_numbers() == {}
