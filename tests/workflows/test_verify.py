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
from rnnctl.workflows.verify import _as_it_began, verify


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


COSINE = small_config(
    optimizer={"kind": "sgd", "learning_rate": {"kind": "cosine", "initial_learning_rate": 0.1}}, training={"steps": 90}
)


def _resumed(folder, *lines):
    text = "".join(
        json.dumps({"event": "resumed", "from_step": step, "length_before": length}) + "\n" for step, length in lines
    )
    (folder / "resumed.jsonl").write_text(text)


@pytest.mark.parametrize(
    ("lines", "steps", "limit"),
    [
        ([(20, None), (40, {"steps": 60, "epochs": None}), (60, {"steps": 70, "epochs": None})], 60, 40),
        ([(20, None)], 90, None),
        ([(0, {"steps": 60, "epochs": None})], 90, None),  # begun anew: all of the record is of the new length
        ([(40, {"steps": 60, "epochs": None}), (0, None), (50, {"steps": 70, "epochs": None})], 70, 50),
    ],
)
def test_a_cosine_is_compared_up_to_where_its_length_was_changed(tmp_path, lines, steps, limit):
    _resumed(tmp_path, *lines)
    config, found, notes = _as_it_began(tmp_path, COSINE)
    assert (config.training.steps, found, len(notes)) == (steps, limit, limit is not None)
    assert config.model_copy(update={"training": COSINE.training}) == COSINE


def test_a_length_that_no_run_has_is_told_with_its_line(tmp_path):
    for length in ({"steps": 0}, {"steps": 5, "epochs": 5}):
        _resumed(tmp_path, (20, None), (40, length))
        with pytest.raises(RunError, match=r"resumed\.jsonl:2: length_before: no run has this length"):
            _as_it_began(tmp_path, COSINE)
    _resumed(tmp_path, (40, {"steps": 60, "batch_size": "x"}))  # what is no length is not taken over
    assert _as_it_began(tmp_path, COSINE)[0].training.batch_size == COSINE.training.batch_size
