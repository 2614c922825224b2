"""Writes a config and returns what loading it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnctl.config import load_config
from rnnctl.errors import ConfigError

Faults = Callable[..., list[str]]


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Gives the lines of the ConfigError that a config (text or bytes) with overrides raises; [] if it loads."""
    monkeypatch.chdir(tmp_path)

    def load(text: str | bytes, *overrides: str) -> list[str]:
        data = text if isinstance(text, bytes) else text.encode()
        Path("c.yaml").write_bytes(data)
        try:
            load_config("c.yaml", overrides)
        except ConfigError as error:
            if error.exit_code != 2:
                raise
            return str(error).split("\n")
        return []

    return load
