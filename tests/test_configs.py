"""Every shipped config is found by search, trained for a few steps, and does what its comment says."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import yaml
from bars import BARS

from rnnctl.config import load_config
from rnnctl.results.training import StepRecord, ValidationRecord
from rnnctl.scoring.measures import by_baseline
from rnnctl.workflows.train import train_steps

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = sorted(path for path in (ROOT / "configs").rglob("*") if path.is_file())
SHIPPED = {"first-step", "adding", "vanishing", "exploding", "gru", "lstm"} | {bar.config for bar in BARS}


def test_the_shipped_configs_are_there_and_nothing_else_is() -> None:
    assert {path.stem for path in CONFIGS} >= SHIPPED
    assert {path.suffix for path in CONFIGS} == {".yaml"}


WHOLE = {bar.config for bar in BARS if bar.quick}
"""Those that ``test_bars.py`` trains to their end."""


@pytest.mark.parametrize("path", [path for path in CONFIGS if path.stem not in WHOLE], ids=lambda path: path.stem)
def test_every_shipped_config_trains(path: Path, tmp_path: Path) -> None:
    config = load_config(path, ["training.epochs=null", "training.steps=3"])
    assert config.name == path.stem
    run = train_steps(config, out=tmp_path)
    events = list(run.events())
    steps = [event for event in events if isinstance(event, StepRecord)]
    assert [step.step for step in steps] == [1, 2, 3]
    assert all(math.isfinite(step.loss) and math.isfinite(step.gradient_norm) for step in steps)
    assert any(isinstance(event, ValidationRecord) for event in events) == (run.dataset.validation is not None)
    metrics = run.summary.metrics if run.summary else {}
    tested, baselines = by_baseline(metrics)
    assert bool(tested) == bool(baselines) == (run.dataset.test is not None)
    to_come = run.dataset.forecast or not run.dataset.task.labels
    assert ("naive" in baselines) == (run.dataset.test is not None and to_come)
    assert all(map(math.isfinite, metrics.values()))
    _does_what_it_says(config.name, steps[0])


def _does_what_it_says(name: str, first: StepRecord) -> None:
    norms = (first.state_gradient_norms or {}).get("recurrent_0/h", ())
    if name == "exploding":  # "some 100,000 times over 30 of them", and clipped to norm 1
        assert 1e4 < norms[0] / norms[-1] < 1e7
        assert first.gradient_norm > 10 * first.clipped_norm
        assert first.clipped_norm == pytest.approx(1, rel=1e-5)
    if name == "vanishing":  # "at least halves the gradient" at each of 99 steps back
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
