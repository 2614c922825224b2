from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from small import small_config

from rnnctl import __version__
from rnnctl.config.dump import config_to_yaml
from rnnctl.data.dataset import Preparation
from rnnctl.errors import ConfigError, RunError
from rnnctl.results.evaluation import Combination
from rnnctl.results.training import Snapshot
from rnnctl.runs.checkpoints import write_checkpoint
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.run_folder import RunFolder
from rnnctl.runs.trained_run import load_run, read_preparation

CONFIG = small_config()
COMBINED = small_config(data={"kind": "sine"}, training={"naive_weight": "auto"})
WEIGHTS = {"recurrent_0/kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run that left everything but its weights."""
    run = RunFolder.create(tmp_path, "small")
    run.write_config(config_to_yaml(CONFIG))
    run.write_environment(describe_environment())
    return run


def test_a_run_is_read_back_as_it_was_written(folder: RunFolder) -> None:
    folder.write_weights(WEIGHTS)
    run = load_run(folder.path)
    assert run.config == CONFIG
    assert run.step is None
    assert run.weights.keys() == WEIGHTS.keys()
    np.testing.assert_array_equal(run.weights["recurrent_0/kernel"], WEIGHTS["recurrent_0/kernel"])


def test_overrides_come_on_top_and_their_faults_are_told(folder: RunFolder) -> None:
    folder.write_weights(WEIGHTS)
    assert load_run(folder.path, ["seed=9"]).config.seed == 9
    with pytest.raises(ConfigError, match="seeed"):
        load_run(folder.path, ["seeed=9"])


def test_a_run_without_final_weights_is_read_at_its_newest_checkpoint(folder: RunFolder) -> None:
    for step in (2, 4):
        model = {path: weight + step for path, weight in WEIGHTS.items()}
        write_checkpoint(folder.path, Snapshot(step, model, {}), {})
    run = load_run(folder.path)
    assert run.step == 4
    np.testing.assert_array_equal(run.weights["recurrent_0/kernel"], WEIGHTS["recurrent_0/kernel"] + 4)


def test_a_run_killed_at_its_beginning_says_what_to_do_instead(folder: RunFolder) -> None:
    with pytest.raises(
        RunError, match=r"left no weights\.safetensors and no whole checkpoint.*inspect-gradients \S+ya"
    ):
        load_run(folder.path)


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"\xff" * 100, b"PK\x03\x04 a zip file"])
def test_weights_that_are_none_are_a_run_error(folder: RunFolder, data: bytes) -> None:
    (folder.path / "weights.safetensors").write_bytes(data)
    with pytest.raises(RunError, match=r"weights\.safetensors: these are not weights as rnnctl writes them"):
        load_run(folder.path)


@pytest.mark.parametrize(
    ("name", "read"),
    [("weights.safetensors", load_run), ("preparation.json", read_preparation), ("combination.json", load_run)],
)
def test_what_predictions_need_is_used_as_it_was_written_or_not_at_all(
    folder: RunFolder, name: str, read: Callable[[Path], object]
) -> None:
    folder.write_config(config_to_yaml(COMBINED))
    folder.write_preparation(Preparation())
    folder.write_weights(WEIGHTS)
    assert any("chosen at a run's end; to take it there: rnnctl resume" in note for note in load_run(folder.path).notes)
    combination = Combination(0.25, 7, chosen=True, metric="mae", errors={"0": 0.5, "1": 1.0})
    folder.write_combination(combination)
    assert (load_run(folder.path).combination, load_run(folder.path).notes) == (combination, ())
    weights = load_run(folder.path).weights
    read_preparation(folder.path)
    file = folder.path / name
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.write_bytes(data)
    told = rf"{name}: its bytes are not those that were written \(SHA-256 differs from SHA256SUMS\).*rnnctl train"
    with pytest.raises(RunError, match=told):
        read(folder.path)
    write_checkpoint(folder.path, Snapshot(4, weights, {}), {})
    file.unlink()  # as the message advises
    if name == "combination.json":
        with pytest.raises(
            RunError, match=r"combination\.json, which says what .* is gone: put it back .*rnnctl train"
        ):
            load_run(folder.path)
        file.write_text(json.dumps(asdict(combination), indent=2) + "\n")
    assert load_run(folder.path).step == (4 if name == "weights.safetensors" else None)


def test_weights_that_were_cut_off_are_a_run_error_in_a_run_that_has_no_sums(folder: RunFolder) -> None:
    folder.write_weights(WEIGHTS)
    (folder.path / "SHA256SUMS").unlink()
    assert load_run(folder.path).step is None
    file = folder.path / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(RunError, match="the file is cut off or was changed"):
        load_run(folder.path)


def test_a_config_of_another_version_says_which(folder: RunFolder) -> None:
    folder.write_weights(WEIGHTS)
    (folder.path / "config.yaml").write_text("data: {kind: dummy}\nnovelty: 1\n")
    with pytest.raises(ConfigError, match="novelty"):
        load_run(folder.path)
    file = folder.path / "environment.json"
    environment = json.loads(file.read_text())
    environment["versions"]["rnnctl"] = "99.0"
    file.write_text(json.dumps(environment))
    with pytest.raises(RunError, match=f"rnnctl 99.0 wrote this run, this is rnnctl {__version__}") as caught:
        load_run(folder.path)
    assert "novelty" in str(caught.value)


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no config\.yaml, so it is not a run"):
        load_run(tmp_path)
