"""Start-up: help, ``check`` and ``schema`` never wait for a framework."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rnnctl
from rnnctl.cli.commands import COMMANDS

HEAVY = {"tensorflow", "keras", "numpy", "polars", "pydantic", "rich", "yaml", "plotext"}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(rnnctl.__file__).parent.parent)}


def imported(*arguments: str) -> tuple[int, set[str]]:
    """Runs the command in a process of its own; gives its exit code and the heavy packages it imported."""
    code = (
        "import sys, json\nfrom rnnctl.cli.main import run\n"
        f"code = run({list(arguments)!r})\n"
        f"print(json.dumps([code, sorted({HEAVY!r} & set(sys.modules))]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    exit_code, modules = json.loads(done.stderr.splitlines()[-1])
    return exit_code, set(modules)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_but_click(arguments: list[str]) -> None:
    assert imported(*arguments) == (0, set())


def test_check_and_schema_never_import_a_framework(root: Path) -> None:
    code, modules = imported("check", str(root / "configs" / "first-step.yaml"))
    assert code == 0
    assert not modules & {"tensorflow", "keras"}
    code, modules = imported("schema")
    assert code == 0
    assert not modules & {"tensorflow", "keras", "numpy", "polars"}


def test_init_and_a_data_check_never_import_a_framework(root: Path) -> None:
    for arguments in (
        ["init", "--from", str(root / "data/sunspots.csv"), "-o", "-"],
        ["check", str(root / "configs/co2.yaml")],
    ):
        code, modules = imported(*arguments)
        assert code == 0
        assert not modules & {"tensorflow", "keras"}


def test_help_imports_few_modules_beside_clicks_own() -> None:
    code = (
        "import sys, click\nbefore = set(sys.modules)\nfrom rnnctl.cli.main import run\nrun(['train', '--help'])\n"
        "print(len(set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert int(done.stderr) <= 50
