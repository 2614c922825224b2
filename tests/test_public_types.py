"""The public API is complete to a type checker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import rnnctl

SCRIPT = """
from typing import assert_type

import polars as pl

import rnnctl

run = rnnctl.train("configs/sunspots.yaml", data=pl.DataFrame())
assert_type(run, rnnctl.Run)
assert_type(run.summary, rnnctl.Summary)
assert_type(run.summary.metrics["test_mae"], float)
assert_type(run.history, pl.DataFrame)
assert_type(run.predict(horizon=12), pl.DataFrame)
assert_type(run.evaluate(), rnnctl.Evaluation)
assert_type(run.inspect_gradients().layers[0], rnnctl.LayerFindings)
assert_type(run.diagnose().causes[0], rnnctl.Cause)
assert_type(rnnctl.diagnose("c.yaml", minutes=1.0), rnnctl.Diagnosis)
assert_type(rnnctl.open_run(run.path).save("kept"), rnnctl.Run)
assert_type(rnnctl.predict(run), rnnctl.Prediction)
assert_type(rnnctl.verify(run), rnnctl.VerifyReport)
for step in rnnctl.train_steps(rnnctl.load_config("c.yaml"), following=rnnctl.Following([rnnctl.TensorBoard()])):
    assert_type(step.gradient_norms["head/bias"], float)
try:
    rnnctl.resume(run, steps=10)
except rnnctl.ConfigError as error:
    assert_type(error.faults[0], rnnctl.Fault)
run.no_such_thing  # type: ignore[attr-defined]
rnnctl.no_such_thing  # type: ignore[attr-defined]
rnnctl.train(7)  # type: ignore[arg-type]
"""


def test_a_users_script_passes_mypy_strictly(root: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [
            sys.executable,
            *["-m", "mypy", "--strict", "--follow-imports=silent", "--no-incremental", "--config-file="],
            script,
        ],
        env=os.environ | {"MYPYPATH": str(root)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("Success: no issues found in 1 source file\n", 0)


def test_every_public_name_is_there() -> None:
    assert len(rnnctl.__all__) > 40
    assert all(getattr(rnnctl, name) is not None for name in rnnctl.__all__)
