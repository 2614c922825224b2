"""Start-up: help, ``check``, ``init`` and ``schema`` never wait for a framework."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_runs import made_run

import rnnctl
from rnnctl.cli.commands import COMMANDS
from rnnctl.config import load_config
from rnnctl.model.shapes import weight_shapes
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.run_folder import RunFolder
from rnnctl.training.build import prepare

HEAVY = {"tensorflow", "keras", "numpy", "polars", "pydantic", "rich", "yaml", "plotext"}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rnnctl.__file__).parent.parent)}

PROGRAM = f"""
import sys, json, click
before = set(sys.modules)
from rnnctl.cli.main import run
for arguments in json.loads(sys.argv[1]):
    code = run(arguments)
    new = set(sys.modules) - before
    print(json.dumps([arguments, code, sorted({HEAVY!r} & new), len(new)]), file=sys.stderr)
"""


def imported(*commands: list[str]) -> list[tuple[list[str], int, set[str], int]]:
    """Runs commands one after the other in one process of their own.

    Gives of each its exit code, the heavy packages and the number of modules beside Click's that were imported so far.
    """
    command = [sys.executable, "-c", PROGRAM, json.dumps(commands)]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=True)
    found = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("[[")]
    assert [arguments for arguments, *_ in found] == list(commands)
    return [(arguments, code, set(heavy), count) for arguments, code, heavy, count in found]


def test_help_imports_nothing_but_click_and_few_modules_beside() -> None:
    helps = [["train", "--help"], ["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)]
    found = imported(*helps)
    assert [(arguments, code, heavy) for arguments, code, heavy, _ in found if code or heavy] == []
    assert found[0][-1] <= 50


def test_schema_init_and_check_never_import_a_framework(root: Path) -> None:
    schema, *others = imported(
        ["schema"],
        ["check", str(root / "configs" / "first-step.yaml")],
        ["init", "--from", str(root / "data/sunspots.csv"), "-o", "-"],
        ["check", str(root / "configs/co2.yaml")],
    )
    assert not schema[2] & {"tensorflow", "keras", "numpy", "polars"}
    for arguments, code, heavy, _ in (schema, *others):
        assert (arguments, code, heavy & {"tensorflow", "keras"}) == (arguments, 0, set())


@pytest.mark.slow
def test_predict_and_evaluate_of_a_small_run_never_import_a_framework(root: Path, tmp_path: Path) -> None:
    config = load_config(root / "configs/sunspots.yaml")
    dataset = prepare(config).dataset
    assert dataset.preparation is not None
    run = made_run(tmp_path, config=config, name="sunspots")
    random = np.random.default_rng(0)
    shapes = weight_shapes(config.model, dataset.signature)
    with RunFolder(run) as folder:
        folder.write_preparation(dataset.preparation)
        folder.write_environment(describe_environment(fingerprints=dataset.fingerprints))
        folder.write_weights({path: 0.1 * random.normal(size=s).astype(np.float32) for path, s in shapes.items()})
    commands = [[*command, str(run)] for command in (("predict", "--horizon", "11"), ("evaluate",))]
    for arguments, code, heavy, _ in imported(*commands, [*commands[1], "--interval", "80", "--json"]):
        assert (arguments, code, heavy & {"tensorflow", "keras", "rich", "plotly"}) == (arguments, 0, set())
