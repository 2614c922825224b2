"""A run folder that was edited by hand: whatever stands in its files is told or read; nobody meets a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from cli.fakes import step, summary
from small import small_config

from rnnctl.config.dump import config_to_yaml
from rnnctl.errors import RnnctlError
from rnnctl.results.training import Snapshot, ValidationRecord
from rnnctl.runs.checkpoints import write_checkpoint
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.listing import entry_of
from rnnctl.runs.run_folder import RunFolder
from rnnctl.runs.run_record import read_run_record
from rnnctl.runs.trained_run import load_run
from rnnctl.workflows.report import report
from rnnctl.workflows.resume import resume_steps

FILES = (
    "config.yaml",
    "environment.json",
    "steps.jsonl",
    "gradient_norms.npy",
    "validation.jsonl",
    "summary.json",
    "weights.safetensors",
    "SHA256SUMS",
    "through_time/layout.json",
    "through_time/rows.bin",
    "checkpoints/step-2/checkpoint.json",
    "checkpoints/step-2/SHA256SUMS",
    "checkpoints/step-2/model.safetensors",
)
CONTENTS = (
    b"",
    b"\n\n",
    b"null",
    b"[]\n",
    b"{}\n",
    b"3\n",
    b'"<script>"\n',
    b"[" * 100_000,
    b"\xff\xfe\x00",
    b"\xff" * 64 + b"{}",
    b"\x93NUMPY\x03\x00\x02\x00\x00\x00{}",
    b'{"step": 1e999, "stopped": [], "steps": "../..", "states": {"h": -1}}\n',
    b'{"format": 99999999999999999999}\n',
    b'{"stopped": [], "steps": 1e999, "seconds": 1' + b"0" * 400 + b"}\n",
    b'{"stopped": "finished", "steps": 1e999, "reach": [1e999, 1], "seconds": 1e999}\n',
    b'{"format": null, "versions": [1], "data": 3}\n',
    b'{"format": 1, "versions": {"rnnctl": {}}, "data": [1], "command": 7, "cpu": 3}\n',
    b'{"event": "step", "step": "1", "gradient_norms": [], "non_finite": 3, "states": {"h": 1e18}}\n',
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with all its files, a checkpoint included."""
    weights = {"recurrent_0/kernel": np.ones((2, 3), np.float32)}
    with RunFolder.create(tmp_path_factory.mktemp("runs"), "a") as folder:
        folder.write_config(config_to_yaml(small_config()))
        folder.write_environment(describe_environment())
        folder.append_steps([step(1), step(2)])
        folder.append_validation(ValidationRecord(2, 1, 0.5, is_best=True))
        folder.append_through_time([step(1), step(2)], 10)
        folder.write_weights(weights)
        folder.write_summary(summary(steps=2))
        write_checkpoint(folder.path, Snapshot(2, weights, {"iteration": np.int64(2)}), {"config": {}})
    return folder.path


def test_the_run_that_is_edited_is_whole_before(whole: Path) -> None:
    assert sorted(FILES) == sorted(name for name in FILES if (whole / name).is_file())
    assert entry_of(whole).state == "done"
    assert load_run(whole).step is None


@pytest.mark.parametrize("name", FILES)
def test_whatever_stands_in_a_file_is_told_or_read(
    whole: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnctl.report.page._plotly", lambda: ("", 0, ""))  # it takes most of a page's time
    run = Path(shutil.copytree(whole, tmp_path / "a-1"))
    if name.startswith("checkpoints"):
        (run / "weights.safetensors").unlink()  # so that the checkpoint is read
    told = []
    for content in CONTENTS:
        (run / name).write_bytes(content)
        assert entry_of(run).name == "a-1"
        for read in (read_run_record, load_run, report, resume_steps):
            try:
                read(run)
            except RnnctlError as error:
                told.append(str(error))
    assert all(told)
    if name.endswith((".yaml", ".safetensors", "environment.json", "checkpoint.json", "SHA256SUMS")):
        assert len(told) >= len(CONTENTS) // 2  # a config, weights, …: nothing of this passes for them
