"""The Python that ``rnnctl docs python`` shows runs as it stands."""

from __future__ import annotations

import re

import pytest

import rnnctl


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # by Keras' saving
def test_the_documented_python_runs(root, tmp_path, monkeypatch):
    text = (root / "rnnctl/docs/python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 6
    for folder in ("configs", "data"):
        (tmp_path / folder).symlink_to(root / folder)
    monkeypatch.chdir(tmp_path)
    load_config = rnnctl.load_config

    def shorter(path, overrides=()):
        return load_config(path, [*overrides, "training.epochs=2"])

    monkeypatch.setattr("rnnctl.config.load_config", shorter)
    monkeypatch.setattr("rnnctl.api.train.load_config", shorter)
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert names["run"].history.height == names["again"].summary.steps
