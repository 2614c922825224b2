"""Runs that trackers follow, shared by their tests."""

from __future__ import annotations

import shutil
from pathlib import Path

from small import small_config, with_split

from rnnctl.results.training import StepRecord
from rnnctl.trackers.following import Following
from rnnctl.workflows.train import TrainRun

CONFIG = small_config(
    data=with_split(),
    training={"steps": 9, "batch_size": 4},
    checkpoints={"steps": 2, "keep": 3},
    gradients={"every": 2},
)
"""Nine steps in epochs of three, with validation, test, checkpoints, and norms through time at every second step."""


def refuse(message: str) -> None:
    """A ``tell`` for trackers that must not fail."""
    raise AssertionError(message)


def killed_after_five(out: Path, tracker: object) -> tuple[Path, list[StepRecord]]:
    """A run that went to step 5 and kept nothing later than its checkpoint of step 4; its folder and its steps."""
    run = TrainRun(CONFIG, out, ["rnnctl", "train"], until=5, following=Following([tracker], refuse))
    steps = list(run)
    shutil.rmtree(run.folder / "checkpoints" / "step-5")
    (run.folder / "summary.json").unlink()
    return run.folder, steps
