from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from runs.crashing import WatchedDisk, after_power_cut, same, snapshot

from rnnctl.errors import RunError
from rnnctl.results.training import Snapshot
from rnnctl.runs import checkpoints
from rnnctl.runs.checkpoints import checkpoint_steps, keep_newest, remove_after, sums_text, write_checkpoint
from rnnctl.runs.checkpoints_reading import DamagedError, newest_whole, read_checkpoint


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with checkpoints at steps 1 and 2."""
    folder = tmp_path / "run"
    folder.mkdir()
    for step in (1, 2):
        write_checkpoint(folder, snapshot(step), {"epoch": step})
    return folder


def _newest(run: Path) -> tuple[int | None, tuple[str, ...]]:
    found, wrong = newest_whole(run)
    if found is not None:
        assert same(found.snapshot, snapshot(found.snapshot.step))
    if not wrong:
        assert all(read_checkpoint(run, step).path for step in checkpoint_steps(run)), "all are whole"
    return (None if found is None else found.snapshot.step), wrong


def _names(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def test_a_checkpoint_is_read_back_to_the_last_bit(run: Path) -> None:
    assert _newest(run) == (2, ())
    assert read_checkpoint(run, 1).about["epoch"] == 1
    assert _names(run) == ["step-1", "step-2"]


def test_its_sums_are_those_that_sha256sum_checks(run: Path) -> None:
    folder = run / "checkpoints" / "step-2"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert len(list(folder.iterdir())) == len((folder / "SHA256SUMS").read_text().splitlines()) + 1


def test_the_newest_and_the_best_are_kept(run: Path) -> None:
    for step in (3, 4, 5):
        write_checkpoint(run, snapshot(step), {})
        keep_newest(run, 2, best=2)
    assert checkpoint_steps(run) == [2, 4, 5]
    remove_after(run, 4)
    assert checkpoint_steps(run) == [2, 4]


@pytest.mark.parametrize(
    "name", ["model.safetensors", "optimizer.safetensors", "best.safetensors", "checkpoint.json", "SHA256SUMS"]
)
def test_one_flipped_bit_or_one_lost_byte_anywhere_is_noticed_and_the_one_before_is_used(run: Path, name: str) -> None:
    path = run / "checkpoints" / "step-2" / name
    whole = path.read_bytes()
    for place in range(len(whole)):
        for changed in (whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :], whole[:place]):
            path.write_bytes(changed)
            with pytest.raises(DamagedError, match=r"step-2"):
                read_checkpoint(run, 2)
    step, wrong = _newest(run)
    assert (step, len(wrong)) == (1, 1)
    assert "step-2" in wrong[0]
    path.unlink()
    assert _newest(run)[0] == 1
    path.symlink_to(run / "checkpoints" / "step-1" / name)
    assert _newest(run)[0] == 1


def test_the_process_dies_at_every_call_in_turn_and_a_whole_checkpoint_is_always_left(tmp_path: Path) -> None:
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(here.parents[1]), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(here / "crash_at_every_call.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    calls = done.stdout.strip().split(",")
    assert calls.count("sync") == 5
    assert set(calls) > {"write", "rename", "sync_folder", "remove", "remove_folder"}
    renamed = calls.index("rename") + 1
    for call in range(1, len(calls) + 1):
        run = tmp_path / str(call)
        assert _newest(run) == (4 if call > renamed else 3, ()), f"after a death at call {call}, {calls[call - 1]}"
        assert 1 in checkpoint_steps(run)  # the best one
        write_checkpoint(run, snapshot(4), {})  # going on takes what is left for nothing
        keep_newest(run, 2, best=1)
        remove_after(run, 4)
        assert checkpoint_steps(run) == [1, 3, 4]
        assert _names(run) == ["step-1", "step-3", "step-4"]


@pytest.mark.parametrize("keep_names", [True, False])
def test_the_power_is_cut_after_every_call_and_what_is_called_a_checkpoint_is_whole(
    run: Path, tmp_path: Path, keep_names: bool
) -> None:
    before = tmp_path / "before"
    shutil.copytree(run, before)
    with WatchedDisk() as disk:
        write_checkpoint(run, snapshot(3), {})
        written = len(disk.journal)
        keep_newest(run, 2, None)
    for calls in range(len(disk.journal) + 1):
        left = tmp_path / f"after-{calls}"
        after_power_cut(before, disk.journal[:calls], run, left, keep_names=keep_names)
        step, wrong = _newest(left)
        assert wrong == ()
        assert step == 3 if calls >= written else step in {2, 3}
        shutil.rmtree(left)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.ENOENT, errno.EDQUOT])
def test_a_disk_that_says_no_at_any_call_is_told_and_the_checkpoints_before_stay(run: Path, number: int) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    with WatchedDisk() as whole:
        write_checkpoint(run, snapshot(3), {})
    shutil.rmtree(run / "checkpoints" / "step-3")
    for call in range(1, len(whole.calls)):  # the last one syncs the name of what is whole already
        told = pytest.raises(RunError, match=rf"step-3: cannot write it: {os.strerror(number)}")
        with told, WatchedDisk(call, fail):
            write_checkpoint(run, snapshot(3), {})
        assert _newest(run) == (2, ())
        assert _names(run) == ["step-1", "step-2"], "nothing half-written stays"
    write_checkpoint(run, snapshot(3), {})
    assert _newest(run) == (3, ())


def test_an_interrupt_in_the_middle_leaves_nothing_behind(run: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), WatchedDisk(6, interrupt):
        write_checkpoint(run, snapshot(3), {})
    assert _names(run) == ["step-1", "step-2"]


def test_what_is_abandoned_makes_no_further_file_and_leaves_nothing(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    real = checkpoints.arrays_to_bytes
    monkeypatch.setattr(checkpoints, "arrays_to_bytes", lambda arrays: made.append(arrays) or real(arrays))
    cancelled = Event()
    cancelled.set()
    with pytest.raises(RunError, match=r"step-3: cannot write it: Operation canceled"):
        write_checkpoint(run, snapshot(3, best=True), {}, cancelled)
    assert len(made) == 1
    assert _names(run) == ["step-1", "step-2"]


def _reseal(folder: Path) -> None:
    """Hashes that vouch for whatever is there, as a hostile writer would make them."""
    names = [line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()]
    (folder / "SHA256SUMS").write_bytes(sums_text({name: (folder / name).read_bytes() for name in names}))


def _header(fields: object, *, length: int | None = None, data: bytes = b"") -> bytes:
    text = json.dumps(fields).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


LYING = {
    "a header longer than the file": _header({}, length=2**62),
    "a header of no JSON": struct.pack("<Q", 4) + b"\xff\xfe{}",
    "an array beyond the end": _header(
        {"a": {"dtype": "F32", "shape": [1000], "data_offsets": [0, 4000]}}, data=b"1234"
    ),
    "a shape that is not its bytes'": _header(
        {"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 4]}}, data=b"1234"
    ),
    "a shape whose product overflows": _header(
        {"a": {"dtype": "F32", "shape": [2**62, 8], "data_offsets": [0, 4]}}, data=b"1234"
    ),
    "offsets that go back": _header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, data=b"1234"),
    "a kind of number that is none": _header(
        {"a": {"dtype": "PICKLE", "shape": [1], "data_offsets": [0, 4]}}, data=b"1234"
    ),
    "a list": _header([1, 2]),
    "nothing": b"",
}


@pytest.mark.parametrize("lie", LYING)
def test_a_lying_safetensors_header_is_damage_even_where_its_hash_is_right(run: Path, lie: str) -> None:
    folder = run / "checkpoints" / "step-2"
    (folder / "model.safetensors").write_bytes(LYING[lie])
    _reseal(folder)
    step, wrong = _newest(run)
    assert step == 1
    assert "model.safetensors: these are not arrays as rnnctl writes them" in wrong[0]


def test_a_newer_format_is_told_and_nothing_older_is_taken_for_it(run: Path) -> None:
    position = run / "checkpoints" / "step-2" / "checkpoint.json"
    position.write_text(json.dumps(json.loads(position.read_text()) | {"format": 2}))
    _reseal(position.parent)
    with pytest.raises(RunError, match="format 2 and this rnnctl reads format 1: a newer rnnctl wrote it"):
        newest_whole(run)


@pytest.mark.parametrize("fields", [[], {}, {"format": 1}, {"format": 1, "step": 1, "files": 3}])
def test_a_position_that_is_none_is_damage(run: Path, fields: object) -> None:
    position = run / "checkpoints" / "step-2" / "checkpoint.json"
    position.write_text(json.dumps(fields))
    _reseal(position.parent)
    assert _newest(run)[0] == 1


def test_a_checkpoint_under_another_ones_name_is_damage(run: Path) -> None:
    shutil.copytree(run / "checkpoints" / "step-1", run / "checkpoints" / "step-9")
    assert _newest(run)[0] == 2


def test_scalars_and_empty_arrays_keep_their_shapes(tmp_path: Path) -> None:
    model = {"a": np.array(1.5, np.float32), "b": np.zeros((0, 3), np.float32), "c": np.arange(6.0).reshape(2, 3).T}
    write_checkpoint(tmp_path, Snapshot(1, model, {}), {})
    read = read_checkpoint(tmp_path, 1).snapshot.model
    assert {name: array.shape for name, array in read.items()} == {"a": (), "b": (0, 3), "c": (3, 2)}
    np.testing.assert_array_equal(read["c"], model["c"])


@pytest.mark.parametrize("name", ["step-1", ".step-3.partial", ".step-9.old"])
def test_a_link_in_place_of_a_checkpoint_goes_and_what_it_leads_to_stays(run: Path, name: str) -> None:
    kept, link = run / "kept", run / "checkpoints" / name
    if link.exists():
        link.rename(kept)
    else:
        shutil.copytree(run / "checkpoints" / "step-1", kept)
    link.symlink_to(kept)
    before = {path: path.read_bytes() for path in kept.iterdir()}
    write_checkpoint(run, snapshot(3), {})
    keep_newest(run, 2, None)
    remove_after(run, 3)
    assert not os.path.lexists(run / "checkpoints" / "step-1")
    assert {path: path.read_bytes() for path in kept.iterdir()} == before
    assert _newest(run) == (3, ())
