"""``kill -9`` at random moments: nothing but the steps after the last checkpoint is lost.

Once in every run of the tests; as often as ``RNNCTL_KILLS`` says (50, to be thorough) where it is set.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from small import small_config, with_split

from rnnctl.config.dump import config_to_yaml
from rnnctl.runs.checkpoints import checkpoint_steps
from rnnctl.runs.checkpoints_reading import newest_whole
from rnnctl.runs.jsonl import read_steps
from rnnctl.workflows.train import train_steps

KILLS = int(os.environ.get("RNNCTL_KILLS", "1"))
CONFIG = small_config(
    data=with_split(),
    model={"layers": [{"cell": "simple_rnn", "units": 3, "dropout": 0.2}]},
    optimizer={"kind": "adam", "learning_rate": 0.01},
    training={"steps": 3_000 if KILLS < 10 else 200_000, "batch_size": 4},
    checkpoints={"steps": 100},
)
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


def _rnnctl(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rnnctl", *arguments, "--quiet"]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_as_one_that_is_not(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(config_to_yaml(CONFIG))
    chance = random.Random(0)
    process = _rnnctl("train", str(tmp_path / "small.yaml"), "--out", str(tmp_path / "runs"))
    run = tmp_path / "runs" / "small-1"
    kills = 0
    while kills < KILLS:
        before = checkpoint_steps(run) if run.exists() else []
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None:
            if run.exists() and checkpoint_steps(run)[-1:] > before[-1:]:
                break
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.3))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
        found, wrong = newest_whole(run)
        assert wrong == ()
        assert found is not None
        assert len(read_steps(run / "steps.jsonl")) >= found.snapshot.step
        process = _rnnctl("resume", str(run))
    _, told = process.communicate(timeout=300)
    assert process.returncode == 0, told.decode()
    assert kills
    whole = train_steps(CONFIG)
    losses = [record.loss for record in whole]
    lines = read_steps(run / "steps.jsonl")
    assert [line.step for line in lines] == list(range(1, len(losses) + 1))
    np.testing.assert_array_equal(np.float32([line.loss for line in lines]), np.float32(losses))
    from rnnctl.model.weights import weight_arrays

    for path, weight in load_file(run / "weights.safetensors").items():
        np.testing.assert_array_equal(weight, weight_arrays(whole.model)[path])
    assert json.loads((run / "summary.json").read_text())["steps"] == len(losses)
