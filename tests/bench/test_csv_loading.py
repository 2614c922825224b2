from __future__ import annotations

import polars as pl
from bench.csv_loading import FEATURES, measure


def test_the_same_file_is_read_both_ways(tmp_path):
    cost = measure(tmp_path, rows=2000, turns=2)
    assert min(cost) > 0
    assert pl.read_csv(tmp_path / "table.csv").shape == (2000, len(FEATURES) + 1)
