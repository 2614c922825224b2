"""The script that prints rnnctl/docs/performance.md's speed table: its shapes and its cells, from a handmade report."""

from __future__ import annotations

from bench.speed_table import SHAPES, table_row

from rnnctl.config import load_config

ROWS = {
    "ours": 1.0,
    "ours_weight_norms": 1.04,
    "ours_no_norms": 1.06,
    "keras_default": 0.1,
    "keras_best": 0.5,
    "torch": None,
    "jax": 1.0,
    "floor": 1.31,
}
REPORT = {
    "agrees": True,
    "rows": [
        {"key": key, "ratio": ratio, "milliseconds": 0.2, "compile_seconds": 1.25 if key == "ours" else None}
        for key, ratio in ROWS.items()
    ],
}


def test_a_cell_over_its_bound_is_bold_and_fails():
    line, kept = table_row(SHAPES[0], REPORT)
    assert line == (
        "| SimpleRNN 32×10×32→64 | 0.2 | 0.10 (≤ 0.12) | 0.50 (≤ 0.55) | – | 1.00 (≤ 1) | **1.31** (≤ 1.3) "
        "| 1.04 (≤ 1.05) | **1.06** (≤ 1.05) | 1.2 s |"
    )
    assert not kept


def test_every_shape_is_a_config():
    for shape in SHAPES:
        config = load_config(None, [part for part in shape.overrides if part != "--set"])
        assert config.model.layers[0].cell == shape.cell
        assert (config.data.length, config.training.batch_size) == (shape.time_steps, shape.batch)
