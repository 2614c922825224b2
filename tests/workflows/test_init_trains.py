"""Starter configs train as they are: a few steps of each."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rnnctl.config import load_config
from rnnctl.results.training import StepRecord
from rnnctl.workflows.init import starter_config
from rnnctl.workflows.train import train_steps

STEPS = 3


def losses(source: Path, folder: Path) -> list[float]:
    """The losses of the first steps of a file's starter config."""
    path = folder / "starter.yaml"
    path.write_text(starter_config(source, folder))
    config = load_config(path, ["training.epochs=null", f"training.steps={STEPS}", "model.layers.0.units=4"])
    return [event.loss for event in train_steps(config, out=None).events() if isinstance(event, StepRecord)]


def sales() -> pl.DataFrame:
    """Three shops over 90 days with a price, a holiday, a region that never changes in a shop, and a few gaps."""
    draw, days = np.random.default_rng(2), [date(2024, 1, 1) + timedelta(days=k) for k in range(90)]
    sold = [round(float(10 + 4 * np.sin(2 * np.pi * k / 7) + draw.normal()), 2) for k in range(90) for _ in "abc"]
    price: list[float | None] = draw.normal(5, 1, size=270).round(2).tolist()
    price[100] = None
    return pl.DataFrame(
        {
            "day": [day for day in days for _ in "abc"],
            "shop": list("abc") * 90,
            "region": ["north", "south", "north"] * 90,
            "holiday": ["yes" if k % 10 == 0 else "no" for k in range(90) for _ in "abc"],
            "price": price,
            "sold": sold,
        }
    )


@pytest.mark.slow
def test_a_panel_of_series_trains(tmp_path: Path) -> None:
    sales().write_csv(tmp_path / "sales.csv", separator=";", decimal_comma=True)
    found = losses(tmp_path / "sales.csv", tmp_path)
    assert len(found) == STEPS
    assert all(map(math.isfinite, found))


@pytest.mark.slow
def test_sequences_of_different_lengths_with_a_label_train(root: Path, tmp_path: Path) -> None:
    found = losses(root / "data" / "japanese_vowels.csv.gz", tmp_path)
    assert len(found) == STEPS
    assert all(map(math.isfinite, found))
