from __future__ import annotations

import json

import numpy as np
import pytest
from small import small_config, with_split

from rnnctl.errors import RunError
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.environment import describe_environment
from rnnctl.runs.run_folder import RunFolder
from rnnctl.training.build import prepare
from rnnctl.workflows import run_writer
from rnnctl.workflows.run_writer import BURST, SECONDS, RunWriter
from rnnctl.workflows.train import train_steps

SUMMARY = Summary(1, 0, 1.0, 1.0, None, None, "finished", 1.0, 1.0)


def _record(step):
    return StepRecord(step, 1, 1.0, 1.0, 1.0, {"a": 1.0}, 0.1, 0.1, {"r/h": (1.0, 2.0, 3.0, 4.0)})


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until a test moves it."""
    now = [100.0]
    monkeypatch.setattr(run_writer.time, "monotonic", lambda: now[0])
    return now


def _writer(out):
    environment = describe_environment(["rnnctl", "train"], seed=3)
    return RunWriter.create(RunFolder.create(out, "small"), prepare(small_config()), environment, lambda step: {})


def _steps(writer):
    path = writer.path / "steps.jsonl"
    return [json.loads(line)["step"] for line in path.read_text().splitlines()] if path.exists() else []


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = train_steps(small_config(data=with_split(), training={"steps": 2, "batch_size": 4}))
    list(run.events())
    assert run.summary.steps == 2
    assert run.validations
    assert run.folder is None
    assert list(tmp_path.iterdir()) == []


def test_config_and_environment_are_there_before_the_first_step(tmp_path):
    writer = _writer(tmp_path)
    assert {path.name for path in writer.path.iterdir()} == {".lock", "config.yaml", "environment.json"}
    environment = json.loads((writer.path / "environment.json").read_text())
    assert environment["command"] == ["rnnctl", "train"]
    assert environment["seed"] == 3


def test_records_are_written_in_bursts(tmp_path, clock):
    with _writer(tmp_path) as writer:
        for step in range(1, BURST):
            writer.add(_record(step))
        assert _steps(writer) == []
        writer.add(_record(BURST))
        assert _steps(writer) == list(range(1, BURST + 1))
        writer.add(_record(BURST + 1))
    assert _steps(writer) == list(range(1, BURST + 2))


def test_slow_steps_do_not_wait_for_a_burst(tmp_path, clock):
    with _writer(tmp_path) as writer:
        writer.add(_record(1))
        assert _steps(writer) == []
        clock[0] += SECONDS
        writer.add(_record(2))
        assert _steps(writer) == [1, 2]
        writer.add(_record(3))
        assert _steps(writer) == [1, 2]


def test_a_validation_is_written_at_once_after_the_steps_before_it(tmp_path, clock):
    with _writer(tmp_path) as writer:
        writer.add(_record(1))
        writer.add(ValidationRecord(1, 1, 0.5, is_best=True))
        assert _steps(writer) == [1]
        validation = json.loads((writer.path / "validation.jsonl").read_text())
        assert (validation["epoch"], validation["loss"], validation["is_best"]) == (1, 0.5, True)


def test_norms_through_time_are_kept_beside_the_steps(tmp_path):
    with _writer(tmp_path) as writer:
        writer.add(_record(1))
        writer.add(_record(2))
    layout = json.loads((writer.path / "through_time" / "layout.json").read_text())
    assert layout["states"] == {"r/h": 4}
    rows = np.fromfile(writer.path / "through_time" / "rows.bin", dtype=[("step", "<i8"), ("h", "<f4", 4)])
    assert rows["step"].tolist() == [1, 2]
    assert rows["h"].tolist() == [[1, 2, 3, 4]] * 2


def test_an_error_while_training_still_leaves_what_was_done(tmp_path):
    writer = _writer(tmp_path)
    writer.add(_record(1))
    with pytest.raises(ZeroDivisionError), writer:
        _ = 1 / 0
    assert _steps(writer) == [1]
    assert not (writer.path / "summary.json").exists()


def test_a_full_disk_is_told_once_and_the_files_are_closed(tmp_path, monkeypatch):
    closed = []

    def full(*_):
        raise RunError("steps.jsonl: cannot write: No space left on device")

    monkeypatch.setattr(RunFolder, "append_steps", full)
    monkeypatch.setattr(RunFolder, "close", lambda _: closed.append(True))
    with pytest.raises(RunError, match="No space left"), _writer(tmp_path) as writer:
        writer.add(_record(1))
    assert closed == [True]


def test_the_summary_is_written_last(tmp_path, monkeypatch):
    order = []
    for name in ("append_steps", "write_weights", "write_summary"):
        monkeypatch.setattr(RunFolder, name, lambda *_, name=name: order.append(name))
    with _writer(tmp_path) as writer:
        writer.add(_record(1))
        writer.write_weights({})
        writer.finish(SUMMARY)
    assert order == ["append_steps", "write_weights", "write_summary"]


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file"):
        _writer(tmp_path / "file")
