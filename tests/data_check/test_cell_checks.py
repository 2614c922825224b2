"""check names codes for missing values and a lost first row; the advice helps, and honest data is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rnnctl.config import load_config
from rnnctl.data_check.cell_checks import examine_cells
from rnnctl.sources.csv import CsvData
from rnnctl.tables.reading import read_table
from rnnctl.tables.sentinels import flattening
from rnnctl.workflows.init import starter_config

LEVELS = {"A": 12, "B": 430}


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


def test_a_code_of_series_at_different_levels_is_named_with_them(tmp_path: Path) -> None:
    wave = np.sin(np.arange(60) / 5)
    levels = {name: [f"{level * (1 + wave[row] / 9):.2f}" for row in range(60)] for name, level in LEVELS.items()}
    levels["A"][4] = levels["A"][9] = levels["B"][7] = "-99.99"
    path = tmp_path / "x.csv"
    path.write_text("s,t,y\n" + "".join(f"{s},{t},{y}\n" for s, ys in levels.items() for t, y in enumerate(ys)))
    keys = {"series": "s", "time": "t"}
    ((check, told),) = found(path, **keys)
    assert check == "sentinel"
    assert told.startswith(
        "'y' is -99.99 in 3 cells (lines 6, 11, 69), far from all others of series 'A' (2 cells), 'B' (1 cell); if "
        "that stands for a missing value, set data.missing_marks: [-99.99] and data.missing: drop"
    )
    assert not found(path, missing_marks=[-99.99], **keys)
    starter = starter_config(path, tmp_path)
    assert "missing_marks: [-99.99]" in starter
    path.write_text(path.read_text() + "".join(f"C,{t},{300 * y:.2f}\n" for t, y in enumerate(wave)) + "C,60,-99.99\n")
    ((_, told),) = found(path, **keys)
    assert "(lines 6, 11, 69)" in told
    assert told.endswith("leave those cells empty (data.missing_marks would take it out of series 'C' too)")
    assert "missing_marks" not in starter_config(path, tmp_path)
    path.write_text(path.read_text().replace("-99.99\n", "\n", 3))
    assert not found(path, missing="forward", **keys)


@pytest.mark.parametrize("written", ["1e30", "1E+30", "-3.5e25", "12345678912345678"])
def test_a_lone_value_that_makes_all_others_alike_is_told_until_it_is_a_mark(tmp_path: Path, written: str) -> None:
    cells = [f"{100 + 10 * np.sin(row / 5):.2f}" for row in range(60)]
    cells[4] = written
    path, config = tmp_path / "x.csv", tmp_path / "x.yaml"
    path.write_text("y\n" + "\n".join(cells))
    ((check, told),) = found(path)
    assert check == "sentinel"
    assert f"{float(written):g}" in f"{float(told.split()[2]):g}"
    assert "in 1 cell (line 6), so far that all others are alike once they are scaled; correct it" in told
    marks = told.split("data.missing_marks: ")[1].split(" and data.missing: drop")[0]
    config.write_text(f"data: {{kind: csv, path: x.csv, target: [y], window: {{length: 1}}, missing_marks: {marks}}}")
    table = load_config(config).data.table
    assert table is not None
    assert not found(path, missing_marks=table.missing_marks)


@pytest.mark.parametrize("rows", [200, 20_000])
@pytest.mark.parametrize("kind", ["lognormal", "pareto", "events"])
def test_honest_heavy_tails_have_no_lone_value(rows: int, kind: str) -> None:
    for seed in range(20):
        draw = np.random.default_rng(seed)
        tails = {"lognormal": draw.lognormal(0, 3, rows), "pareto": draw.pareto(1, rows) + 1}
        tails["events"] = np.where(draw.random(rows) < 0.02, draw.lognormal(0, 3, rows), 0)
        assert flattening(pl.Series(tails[kind])) == {}
        tails[kind][7] = 1e30
        assert flattening(pl.Series(tails[kind])) == {1e30: 1}


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
