from __future__ import annotations

import math
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from made_runs import WEIGHTS, made_run, made_step, open_run, spoil

from rnnctl.errors import RunError
from rnnctl.runs.run_record import read_run_record


def test_all_that_a_run_left_is_read(tmp_path: Path) -> None:
    run = read_run_record(made_run(tmp_path))
    assert (run.name, run.entry.state, run.notes, run.resumed, run.test) == ("small-1", "done", (), (), None)
    assert run.config is not None
    assert run.settings["model"]["layers"][0]["units"] == 3
    assert run.steps.step.tolist() == list(range(1, 9))
    assert [check.loss for check in run.validations] == [0.6, 0.7]
    np.testing.assert_allclose(run.through_time["recurrent_0/h"][-1], 0.5 ** np.arange(5, -1, -1))
    assert run.through_time_steps.tolist() == list(range(1, 9))


def test_what_is_damaged_is_left_out_and_told_and_the_rest_is_read(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    spoil(path / "steps.jsonl", 3, b"<script>")
    spoil(path / "validation.jsonl", 0, b"{")
    (path / "summary.json").write_text("{")
    (path / "test.json").write_text("[]")
    (path / "through_time" / "layout.json").write_text('{"states": 7}')
    (path / "resumed.jsonl").write_text('{"from_step": 4}\ngarbage\n{"from_step": null}\n')
    run = read_run_record(path)
    assert len(run.steps.step) == 7
    assert len(run.validations) == 1
    assert (run.summary, run.test, run.through_time, run.resumed) == (None, None, {}, (4,))
    told = "\n".join(run.notes)
    for name in ("steps.jsonl", "validation.jsonl", "summary.json", "test.json", "layout.json", "resumed.jsonl"):
        assert name in told
    assert len(run.notes) == 6


def test_norms_per_weight_are_read_from_the_table(tmp_path: Path) -> None:
    odd = [made_step(n, gradient_norms=dict.fromkeys(WEIGHTS, n / 3)) for n in range(1, 4)]
    path = made_run(tmp_path, records=[*odd, made_step(4, gradient_norms=dict.fromkeys(WEIGHTS, math.inf))])
    run = read_run_record(path)
    assert run.notes == ()
    assert list(run.steps.gradient_norms) == list(WEIGHTS)
    norms = np.float32(run.steps.gradient_norms[WEIGHTS[2]])
    assert norms.tobytes() == np.array([1 / 3, 2 / 3, 1, np.nan], np.float32).tobytes()


def test_a_table_of_norms_that_was_cut_off_or_removed_is_told(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    spoil(path / "steps.jsonl", 3, b"<script>")
    table = path / "gradient_norms.npy"
    table.write_bytes(table.read_bytes()[:-21])  # a row and a byte
    run = read_run_record(path)
    assert f"{table}: it lacks 2 steps of steps.jsonl" in run.notes
    np.testing.assert_array_equal(run.steps.gradient_norms[WEIGHTS[0]], [0.25] * 5 + [np.nan] * 2)
    table.unlink()
    run = read_run_record(path)
    assert run.steps.gradient_norms == {}
    assert "gradient_norms.npy: cannot read it: No such file" in run.notes[-1]


def test_a_config_that_no_longer_validates_is_shown_as_it_stands(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    text = (path / "config.yaml").read_text() + "from_the_future: {a: 1}\n"
    (path / "config.yaml").write_text(text)
    run = read_run_record(path)
    assert run.config is None
    assert run.config_text == text
    assert run.settings["from_the_future"] == {"a": 1}
    (note,) = run.notes
    assert "not valid for this rnnctl" in note
    assert "from_the_future" in note
    (path / "config.yaml").write_text("a: [\n")
    assert read_run_record(path).settings == {}


def test_what_leads_out_of_a_run_and_a_newer_one_are_errors(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    (tmp_path / "secret").write_text("secret")
    (path / "steps.jsonl").unlink()
    (path / "steps.jsonl").symlink_to(tmp_path / "secret")
    with pytest.raises(RunError, match="link that leads out of the run folder"):
        read_run_record(path)
    newer = made_run(tmp_path)
    (newer / "environment.json").write_text('{"format": 99, "versions": {"rnnctl": "9.9"}}')
    with pytest.raises(RunError, match=r"rnnctl 9\.9 wrote this run in format 99"):
        read_run_record(newer)
    with pytest.raises(RunError, match=r"holds no config\.yaml"):
        read_run_record(tmp_path)


def test_a_run_is_read_while_another_thread_writes_it_and_its_checkpoints_come_and_go(tmp_path: Path) -> None:
    with open_run(tmp_path, steps=4) as folder:
        done = threading.Event()

        def write() -> None:
            number = 4
            while not done.is_set() and number < 3000:
                beside = folder.path / "checkpoints" / ".step-1.partial"
                beside.mkdir(parents=True, exist_ok=True)
                (beside / "model.safetensors").write_bytes(b"0" * 100)
                number += 1
                folder.append_steps([made_step(number)])
                folder.append_through_time([made_step(number)], 6, 4)
                shutil.rmtree(beside)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            counts = [len(run.steps.step) for run in (read_run_record(folder.path) for _ in range(25)) if not run.notes]
        finally:
            done.set()
            writer.join()
        assert counts == sorted(counts)
        assert len(counts) == 25
        assert counts[-1] > counts[0] >= 4


def test_a_pipe_in_a_run_folder_blocks_nothing(tmp_path: Path) -> None:
    path = made_run(tmp_path)
    os.mkfifo(path / "test.json")
    with pytest.raises(RunError, match="neither a file nor a folder"):
        read_run_record(path)
