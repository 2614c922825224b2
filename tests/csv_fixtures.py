"""Datasets from a few lines of CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnnctl.config.dataset import load_dataset
from rnnctl.config.schema import Config
from rnnctl.data import Dataset
from rnnctl.errors import DataError

Load = Callable[..., Dataset]
Refuse = Callable[..., str]


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that `load` and `refuse` write to, alone in its folder."""
    return tmp_path_factory.mktemp("tables") / "table.csv"


@pytest.fixture(scope="session")
def load(table: Path) -> Load:
    """Writes text (or bytes, or nothing where it is None) to a CSV file and loads it with some ``data`` settings."""

    def _load(text: str | bytes | None, *, return_sequences: bool = False, **settings: Any) -> Dataset:
        if text is not None:
            table.write_bytes(text.encode() if isinstance(text, str) else text)
        data = {"kind": "csv", "path": str(table), "target": ["y"], "window": {"length": 2}, "scale": "none"}
        data["split"] = {"validation": 0, "test": 0}
        model = {"return_sequences": return_sequences}
        return load_dataset(Config.model_validate({"data": data | settings, "model": model}))

    return _load


@pytest.fixture(scope="session")
def refuse(load: Load, table: Path) -> Refuse:
    """Loads a table that cannot be used, and returns the message with the file's path shortened to FILE."""

    def _refuse(text: str | bytes | None, **settings: Any) -> str:
        with pytest.raises(DataError) as raised:
            load(text, **settings)
        return str(raised.value).replace(str(settings.get("path", table)), "FILE")

    return _refuse
