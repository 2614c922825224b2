"""Whole numbers that float64 would merge are names: ids beyond 2**53, and those with zeros before."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest

from rnnctl.config.load import load_config
from rnnctl.starter.column_guess import describe_columns
from rnnctl.starter.sample import read_sample
from rnnctl.starter.wishes import Wishes
from rnnctl.tables.reading import read_table
from rnnctl.workflows.init import make_starter

IDS = ("12345678901234567890", "12345678901234567891", "007", "7")


@pytest.mark.parametrize("ids", [IDS, ("9007199254740992", "9007199254740993"), ("00", "0", "1")])
def test_ids_that_differ_in_a_digit_are_series_of_their_own(ids: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [f"{one},2024-0{t // 28 + 1}-{t % 28 + 1:02},{math.sin(t):.3f}" for one in ids for t in range(84)]
    path.write_text("id,day,y\n" + "\n".join(rows) + "\n")
    column = describe_columns(read_sample(path))[0]
    assert (column.distinct, column.values.unique(maintain_order=True).to_list()) == (len(ids), list(ids))
    starter = make_starter(path, tmp_path, Wishes())
    assert f"# {len(ids)} of 84 rows" in starter.text
    (tmp_path / "x.yaml").write_text(starter.text)
    table = read_table(load_config(tmp_path / "x.yaml").data)
    assert table.frame["id"].unique(maintain_order=True).to_list() == list(ids)


def test_large_ids_of_parquet_are_kept_apart(tmp_path: Path) -> None:
    ids = [2**53, 2**53 + 1] * 5
    pl.DataFrame({"id": ids, "y": range(10)}).write_parquet(tmp_path / "x.parquet")
    column = describe_columns(read_sample(tmp_path / "x.parquet"))[0]
    assert (column.kind, column.distinct) == ("category", 2)


@pytest.mark.parametrize("cells", [["01", "02", "03"], ["1", "2.0", "2"], ["5", "5", "6"]])
def test_numbers_that_are_kept_apart_stay_numbers(cells: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,y\n" + "".join(f"{cell},{k}\n" for k, cell in enumerate(cells * 4)))
    assert describe_columns(read_sample(tmp_path / "x.csv"))[0].kind == "number"
