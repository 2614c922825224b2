"""The run folder: never overwritten, whole or not there, and every failure of the disk told."""

from __future__ import annotations

import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from safetensors.numpy import load_file

from rnnctl.errors import RunError
from rnnctl.results.evaluation import Combination
from rnnctl.results.training import StepRecord, Summary, ValidationRecord
from rnnctl.runs.environment import FORMAT
from rnnctl.runs.jsonl import read_steps
from rnnctl.runs.run_folder import RunFolder, safe_name
from rnnctl.runs.through_time import read_through_time

SUMMARY = Summary(2, 1, 1.5, 1.25, None, None, "finished", 0.5, 0.2, {"test_mae": float("nan")})


def records(first: int, last: int) -> list[StepRecord]:
    return [
        StepRecord(step, 1, 1 / step, 0.5, 0.5, {"w": 0.5}, 0.01, 0.0002, {"r/h": (float(step), 2.0 * step)})
        for step in range(first, last + 1)
    ]


@given(st.text(max_size=300))
def test_any_name_becomes_one_folder_inside_its_parent(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(f"{safe}-123456789".encode()) < 255
    assert not set(safe) & set('/\\\0\n\r\t :*?"<>|')
    assert safe not in (".", "..")
    assert not safe.startswith((".", "-"))


@pytest.mark.parametrize(
    ("name", "safe"),
    [("sunspots", "sunspots"), ("../../etc/passwd", "etc-passwd"), ("a\nb", "a-b"), ("", "run"), ("...", "run")],
)
def test_names_stay_recognisable(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_numbers_go_up_and_none_is_used_twice(tmp_path: Path) -> None:
    (tmp_path / "a-7").mkdir()
    (tmp_path / "a-x").mkdir()
    (tmp_path / "ab-30").mkdir()
    assert RunFolder.create(tmp_path, "a").path == tmp_path / "a-8"
    assert RunFolder.create(tmp_path, "a").path == tmp_path / "a-9"
    assert RunFolder.create(tmp_path / "new" / "er", "a").path == tmp_path / "new" / "er" / "a-1"


def test_a_file_of_that_name_is_not_overwritten_either(tmp_path: Path) -> None:
    (tmp_path / "a-1").write_text("mine")
    assert RunFolder.create(tmp_path, "a").path == tmp_path / "a-2"
    assert (tmp_path / "a-1").read_text() == "mine"


def test_runs_started_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: RunFolder.create(tmp_path, "a").path, range(40)))
    assert len(set(paths)) == 40


def test_everything_written_reads_back(tmp_path: Path) -> None:
    weights = {
        "recurrent_0/kernel": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "head/bias": np.ones(2, np.float32),
    }
    with RunFolder.create(tmp_path, "a") as folder:
        folder.write_config("name: a\n")
        folder.write_environment({"seed": 1})
        folder.append_steps(records(1, 3))
        folder.append_steps(records(4, 5))
        folder.append_validation(ValidationRecord(5, 1, 0.5, is_best=True))
        folder.append_through_time(records(1, 5), time_steps=2)
        folder.write_weights(weights)
        folder.write_summary(SUMMARY)
    assert [record.step for record in read_steps(folder.path / "steps.jsonl")] == [1, 2, 3, 4, 5]
    steps, norms = read_through_time(folder.path / "through_time")
    assert steps.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(norms["r/h"], [[s, 2 * s] for s in range(1, 6)])
    read = load_file(folder.path / "weights.safetensors")
    assert read.keys() == weights.keys()
    for path, array in weights.items():
        np.testing.assert_array_equal(read[path], array)
    assert json.loads((folder.path / "summary.json").read_text())["test_mae"] is None
    assert (folder.path / "config.yaml").read_text() == "name: a\n"
    assert not [path for path in folder.path.rglob("*") if "partial" in path.name]


def test_steps_are_on_disk_after_each_burst(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "a")
    folder.append_steps(records(1, 3))
    assert len(read_steps(folder.path / "steps.jsonl")) == 3
    folder.close()


def test_a_file_in_place_of_the_parent_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunError, match=r"runs: cannot create it: .*a file stands where a folder is needed.*--out"):
        RunFolder.create(tmp_path / "runs", "a")
    with pytest.raises(RunError, match="Not a directory"):
        RunFolder.create(tmp_path / "runs" / "deeper", "a")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device; free some space"),
        (errno.EACCES, "Permission denied; make it writable, or choose a folder that you may write to"),
        (errno.EROFS, "Read-only file system; choose a folder on a disk"),
        (errno.EIO, "Input/output error; check the disk"),
    ],
)
def test_a_disk_that_says_no_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    folder = RunFolder.create(tmp_path, "a")
    folder.append_steps(records(1, 2))
    folder.write_summary(SUMMARY)
    before = (folder.path / "summary.json").read_bytes()

    def refuse(descriptor: int, data: object, at: int = 0) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        patch.setattr(os, "pwrite", refuse)
        for write in (
            lambda: folder.append_steps(records(3, 3)),
            lambda: folder.write_summary(SUMMARY),
            lambda: folder.write_weights({"w": np.ones(2)}),
        ):
            with pytest.raises(RunError, match=words) as told:
                write()
            assert str(folder.path) in str(told.value)
    folder.close()
    assert len(read_steps(folder.path / "steps.jsonl")) == 2
    assert (folder.path / "summary.json").read_bytes() == before
    assert not (folder.path / "weights.safetensors").exists()
    assert not [path for path in folder.path.iterdir() if "partial" in path.name]


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = RunFolder.create(tmp_path, "a")
    before = sorted(path.name for path in folder.path.iterdir())
    monkeypatch.setattr("rnnctl.util.atomic.write_all", full)
    with pytest.raises(RunError, match=r"summary\.json: cannot write it: No space left on device"):
        folder.write_summary(SUMMARY)
    assert sorted(path.name for path in folder.path.iterdir()) == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which none can be made")
def test_a_place_where_no_folder_can_be_made_is_told() -> None:
    with pytest.raises(RunError, match=r"^/proc/x: cannot create it: .*; no such folder can be made there; .* --out"):
        RunFolder.create(Path("/proc/x"), "a")


def test_a_folder_that_vanished_is_told(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "a")
    shutil.rmtree(folder.path)
    with pytest.raises(RunError, match="No such file or directory; the folder was removed"):
        folder.append_steps(records(1, 1))
    folder.close()


def test_a_folder_that_vanishes_under_open_files_is_told(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "a")
    folder.append_steps(records(1, 1))
    shutil.rmtree(folder.path)
    with pytest.raises(RunError, match="No such file or directory; the folder was removed"):
        folder.append_steps(records(2, 1))
    folder.close()


def test_a_write_that_stops_early_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, at: real(descriptor, data[:7], at))
    folder = RunFolder.create(tmp_path, "a")
    folder.append_steps(records(1, 3))
    assert len(read_steps(folder.path / "steps.jsonl")) == 3
    folder.close()


def test_going_back_takes_away_what_tells_of_an_end_that_was_none(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "a")
    folder.write_environment({"format": FORMAT})
    folder.append_steps(records(1, 3))
    folder.write_summary(SUMMARY)
    folder.write_weights({"a": np.zeros(1)})
    folder.write_combination(Combination(0.5))
    (folder.path / "test.json").write_text("{}")
    folder.close()
    with RunFolder(folder.path) as again:
        again.rewind(2)[1]()
    ends = {"summary.json", "weights.safetensors", "SHA256SUMS", "combination.json", "test.json"}
    assert not ends & {path.name for path in folder.path.iterdir()}


def test_what_was_made_lasts_with_its_names_once_it_was_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    with RunFolder.create(tmp_path, "a") as folder:
        folder.append_steps(records(1, 1))
        folder.append_through_time(records(1, 1), 2)
        folder.append_validation(ValidationRecord(1, 1, 0.5, is_best=True))
        monkeypatch.setattr(os, "fsync", noted)
        folder.sync()
    files = [path for path in folder.path.rglob("*") if path.is_file() and path.name not in (".lock", "layout.json")]
    assert len(files) == 4
    assert {*files, folder.path.parent, folder.path, folder.path / "through_time"} <= set(synced)
    for path in files:  # the bytes before the name
        assert synced.index(path) < synced.index(path.parent)
