"""Every shipped config loads, and does what its comment says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from bars import BARS

from rnnctl.config import load_config
from rnnctl.results.training import StepRecord
from rnnctl.workflows.train import train_steps

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = sorted(path for path in (ROOT / "configs").rglob("*") if path.is_file())
SHIPPED = {"first-step", "adding", "vanishing", "exploding", "gru", "lstm"} | {bar.config for bar in BARS}


def test_the_shipped_configs_are_there_and_nothing_else_is() -> None:
    assert {path.stem for path in CONFIGS} >= SHIPPED
    assert {path.suffix for path in CONFIGS} == {".yaml"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_is_called_as_its_file(path: Path) -> None:
    assert load_config(path).name == path.stem


@pytest.mark.parametrize("name", ["exploding", "vanishing"])
def test_gradients_are_as_the_comment_of_the_config_says(name: str) -> None:
    """``rnnctl smoke`` trains every shipped config for a few steps, and ``test_bars.py`` some to their end."""
    config = load_config(ROOT / "configs" / f"{name}.yaml", ["training.epochs=null", "training.steps=1"])
    (first,) = (event for event in train_steps(config).events() if isinstance(event, StepRecord))
    norms = (first.state_gradient_norms or {})["recurrent_0/h"]
    if name == "exploding":  # "some 100,000 times over 30 of them", and clipped to norm 1
        assert 1e4 < norms[0] / norms[-1] < 1e7
        assert first.gradient_norm > 10 * first.clipped_norm
        assert first.clipped_norm == pytest.approx(1, rel=1e-5)
    else:  # "at least halves the gradient" at each of 99 steps back
        assert norms[0] / norms[-1] < 0.5**98


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_paths_are_relative_so_that_a_config_works_wherever_the_clone_lies(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))["data"]
    assert not Path(data.get("path", "")).is_absolute()


def test_no_shipped_file_names_a_folder_of_one_machine_or_a_package_index() -> None:
    # Put together here so that this file does not hold them.
    words = re.compile(
        "|".join(["/ho" + "me/", "/Us" + "ers/", "/wo" + "rk/", "index-" + "url", "pypi" + r"\.org/simple"])
    )
    files = [
        path
        for folder in ("rnnctl", "configs", "data", "tests", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    files += [ROOT / name for name in ("README.md", "CHANGELOG.md", "constraints.txt", "pyproject.toml")]
    found = [str(path.relative_to(ROOT)) for path in files if words.search(path.read_text("utf-8", "replace"))]
    assert found == []
