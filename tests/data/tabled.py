"""Datasets of any task from a few lines of CSV; where outputs stand is left to the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data import Dataset, Sequences


def settings_of(path: Path, **settings: Any) -> Config:
    """The config of a table in a file."""
    data = {"kind": "csv", "path": str(path), "scale": "none", "split": {"validation": 0, "test": 0}} | settings
    model = {"return_sequences": True} if data.pop("each", False) else {}
    return Config.model_validate({"data": data, "model": model, "seed": 3})


def make(folder: Path, text: str, **settings: Any) -> Dataset:
    """Writes text to a file and loads it."""
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return load_dataset(settings_of(path, **settings))


def shown(part: Sequences | None) -> list[tuple[Any, Any]]:
    """Inputs and targets of every sequence, what is padded left away."""
    if part is None:
        return []
    found = []
    for place in range(len(part)):
        batch = part.gather([place])
        found.append((batch.inputs[0].tolist(), batch.targets[0].tolist()))
    return found


def words(codes: Any, tokens: tuple[str, ...]) -> list[str]:
    """Codes as the tokens that they stand for."""
    return [tokens[int(code)] for code in np.ravel(codes)]
