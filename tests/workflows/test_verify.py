from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from small import small_config, with_split

from rnnctl.cli.main import run as command
from rnnctl.errors import RunError
from rnnctl.workflows.train import TrainRun
from rnnctl.workflows.verify import verify


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A run of seven steps with dropout, interrupted in the middle of its third epoch."""
    model = {"layers": [{"cell": "simple_rnn", "units": 3, "dropout": 0.2}]}
    config = small_config(data=with_split(), model=model, training={"epochs": 5, "batch_size": 4})
    run = TrainRun(config, tmp_path_factory.mktemp("runs"), (), until=7)
    list(run.events())
    return run.folder


@pytest.fixture
def folder(recorded, tmp_path):
    return Path(shutil.copytree(recorded, tmp_path / "small-1"))


def test_a_run_comes_out_with_the_same_bits_and_the_folder_is_only_read(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    report = verify(folder)
    assert (report.same, report.steps, report.weights, report.environment) == (True, 7, (), ())
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_first_step_and_weight_that_differ_are_named_and_what_differs_in_the_environment(folder, capsys):
    table = np.load(folder / "gradient_norms.npy", mmap_mode="r+")
    norm = np.nextafter(table["recurrent_0/bias"][3], np.float32(1))
    table["recurrent_0/bias"][3] = norm
    table.flush()
    environment = json.loads((folder / "environment.json").read_text())
    environment["versions"]["keras"] = "2.0"
    (folder / "environment.json").write_text(json.dumps(environment))
    assert command(["verify", str(folder)]) == 5
    told = capsys.readouterr().out
    assert "step 4 differs; all before it are the same" in told
    assert f"gradient norm of recurrent_0/bias: recorded {norm:.9g}" in told
    assert "not as it was: versions.keras was 2.0 and is" in told


def test_norms_through_time_and_final_weights_are_compared_too(folder):
    rows = folder / "through_time" / "rows.bin"
    whole = rows.read_bytes()
    rows.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    report = verify(folder)
    assert (report.step, len(report.differences)) == (7, 1)
    assert report.differences[0].what.endswith("of recurrent_0/h at time step 4")
    assert verify(folder, steps=6).same
    rows.write_bytes(whole)
    weights = load_file(folder / "weights.safetensors")
    weights["head/kernel"] = np.nextafter(weights["head/kernel"], np.float32(9))
    save_file(weights, folder / "weights.safetensors")
    assert verify(folder).weights == ("head/kernel",)


def test_a_run_whose_norms_per_weight_were_removed_cannot_be_verified(folder):
    (folder / "gradient_norms.npy").unlink()
    with pytest.raises(RunError, match=r"gradient_norms\.npy: the norms per weight are not there"):
        verify(folder)


def test_a_run_without_steps_cannot_be_verified(folder):
    (folder / "steps.jsonl").unlink()
    with pytest.raises(RunError, match="recorded no step"):
        verify(folder)


def test_norms_through_time_of_another_length_are_a_difference(folder):
    states = {"recurrent_0/h": 3}
    (folder / "through_time" / "layout.json").write_text(json.dumps({"states": states}))
    rows = np.zeros(7, np.dtype([("step", "<i8"), ("recurrent_0/h", "<f4", (3,))]))
    rows["step"] = np.arange(1, 8)
    (folder / "through_time" / "rows.bin").write_bytes(rows.tobytes())
    report = verify(folder)
    (found,) = report.differences
    assert (report.step, found.what) == (1, "number of time steps of recurrent_0/h")
    assert (found.recorded, found.again) == (3, 4)
