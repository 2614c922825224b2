"""check names codes for missing values and a lost first row; the advice helps, and honest data is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rnnctl.data_check.cell_checks import examine_cells
from rnnctl.sources.csv import CsvData
from rnnctl.tables.reading import read_table


def found(path: Path, **keys: Any) -> list[tuple[str, str]]:
    plain = {"kind": "csv", "path": str(path), "target": ["y"], "window": {"length": 1}}
    table = read_table(CsvData.model_validate({**plain, **keys}))
    return [(finding.topic, finding.message) for finding in examine_cells(table)]


def test_a_code_is_named_with_its_lines_until_it_is_a_mark(tmp_path: Path) -> None:
    cells = [f"{100 + 10 * np.sin(row / 5):.2f}" for row in range(60)]
    cells[4] = cells[30] = "-999"
    path = tmp_path / "x.csv"
    path.write_text("y\n" + "\n".join(cells))
    ((check, told),) = found(path)
    assert check == "sentinel"
    assert told.startswith("'y' is -999 in 2 cells (lines 6, 32), far from all others")
    assert "data.missing_marks: [-999] and data.missing: drop" in told
    assert not found(path, missing_marks=[-999])


def test_honest_data_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    draw = np.random.default_rng(0)
    path.write_text("y\n" + "\n".join(map(str, draw.poisson(0.7, 200))))
    assert not found(path)
    path.write_text("y\n" + "\n".join(map(str, np.minimum(draw.gamma(2, 400, 500), 999).round())))
    assert not found(path)


def test_a_lost_first_row_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("2023-01-01,100.00\n2023-01-02,107.87\n2023-01-03,109.85\n")
    ((check, told),) = found(path, target=["100.00"], time="2023-01-01")
    assert check == "header"
    assert "line 1 names the columns 2023-01-01, 100.00, which look like data" in told
    assert not found(path, header=False, target=["column_2"], time="column_1")
