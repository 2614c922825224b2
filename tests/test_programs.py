"""Compiled programs kept on disk: found again whole or not at all, by the processes that they were made for."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnctl import programs
from rnnctl.programs import LARGEST, SWITCH, Programs, cache_enabled, key_of
from rnnctl.util.cache_folder import NAME

DAY = 86400


@pytest.fixture
def home(tmp_path):
    return tmp_path / "programs"


def compiled(home, *names, key="key", content=b"code of "):
    """A process that compiles programs, and ends."""
    process = Programs(home, key)
    for name in names:
        (process.mine / f"{name}.pb").write_bytes(content + name.encode())
    process.close()


def found(home, key="key"):
    """What a process that begins now finds, by name."""
    process = Programs(home, key)
    there = {path.name: path.read_bytes() for path in process.mine.iterdir()}
    process.close()
    return there


def test_what_one_process_compiled_the_next_one_finds_and_its_own_folder_is_gone(home):
    compiled(home, "a", "b")
    assert [path.name for path in home.iterdir()] == ["key"]
    assert found(home) == {"a.pb": b"code of a", "b.pb": b"code of b"}
    assert found(home, "other key") == {}


def test_a_process_that_is_killed_leaves_what_it_stored_before(home):
    process = Programs(home, "key")
    (process.mine / "a.pb").write_bytes(b"code")
    process.save_new()
    (process.mine / "b.pb").write_bytes(b"code")
    assert list(found(home)) == ["a.pb"]


def test_processes_that_run_side_by_side_and_compile_the_same_keep_it_once(home):
    one, other = Programs(home, "key"), Programs(home, "key")
    for number, process in enumerate((one, other)):
        (process.mine / "a.pb").write_bytes(b"code %d" % number)
    one.close()
    other.close()
    assert len(list((home / "key").iterdir())) == 1
    assert found(home) == {"a.pb": b"code 0"}


def test_a_program_that_is_being_written_is_not_stored(home):
    process = Programs(home, "key")
    (process.mine / "a.pb.tmp").write_bytes(b"co")
    process.close()
    assert found(home) == {}


@pytest.mark.parametrize("harm", [b"", b"code of ", b"code of a and more", b"code of A"])
def test_a_damaged_program_is_neither_found_nor_left(home, harm):
    compiled(home, "a", "b")
    (kept,) = (home / "key").glob("a.pb.*")
    kept.write_bytes(harm)
    assert list(found(home)) == ["b.pb"]
    assert not kept.exists()
    compiled(home, "a")
    assert found(home)["a.pb"] == b"code of a"


def test_where_files_cannot_have_two_names_they_are_copied(home, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    compiled(home, "a")
    assert found(home) == {"a.pb": b"code of a"}


def test_the_oldest_programs_go_when_there_are_too_many_bytes(home, monkeypatch):
    for age, name in enumerate(["newer", "older", "oldest"], start=1):
        compiled(home, name)
        (path,) = (home / "key").glob(f"{name}.pb.*")
        os.utime(path, times=(0, time.time() - age * DAY))
    monkeypatch.setattr(programs, "LARGEST", len(b"code of new" + b"code of newer" + b"code of older"))
    compiled(home, "new")
    assert sorted(found(home)) == ["new.pb", "newer.pb", "older.pb"]
    assert LARGEST >= 2**25


def test_programs_of_other_keys_and_folders_of_processes_that_died_are_deleted_in_time(home):
    old, young = "0" * 32, "1" * 32
    compiled(home, "a", key=old)
    compiled(home, "a", key=young)
    (home / "thesis").mkdir()  # not named as ours
    dead, running = Programs(home, young).mine, Programs(home, young).mine
    for folder, days in ((home / old, 31), (home / young, 29), (dead, 8), (running, 6), (home / "thesis", 99)):
        os.utime(folder, times=(0, time.time() - days * DAY))
    compiled(home, "b")
    assert sorted(path.name for path in home.iterdir()) == sorted(["key", young, running.name, "thesis"])


def test_a_folder_that_others_can_write_to_is_not_used_for_it_holds_code(home):
    compiled(home, "a")
    (home / "key").chmod(0o770)
    with pytest.raises(OSError, match="others can write"):
        Programs(home, "key")


def test_a_full_disk_is_noticed_before_tensorflow_fails_on_it(home, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**28 - 1))
    with pytest.raises(OSError, match="full"):
        Programs(home, "key")


def test_the_key_tells_all_apart_that_changes_what_is_compiled(monkeypatch):
    key = key_of({"XLA_FLAGS": "--a", "HOME": "/one"})
    assert key_of({"XLA_FLAGS": "--a", "HOME": "/two", "TF_CPP_MIN_LOG_LEVEL": "0"}) == key
    keys = {key, key_of({"XLA_FLAGS": "--b"}), key_of({"XLA_FLAGS": "--a", "TF_ENABLE_ONEDNN_OPTS": "1"})}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(97)))
    keys.add(key_of({"XLA_FLAGS": "--a"}))
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "flags : fpu sse\n\nflags : other")
    keys.add(key_of({"XLA_FLAGS": "--a"}))
    monkeypatch.setattr(programs, "_tensorflow", lambda: ["another"])
    keys.add(key_of({"XLA_FLAGS": "--a"}))
    assert len(keys) == 6


@pytest.fixture
def none_yet(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "_programs", None)
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path))
    for name in (SWITCH, "TF_XLA_FLAGS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("before", [None, "--tf_xla_enable_lazy_compilation=false"])
def test_tensorflow_is_told_while_it_is_imported_and_no_process_after(none_yet, monkeypatch, before):
    if before is not None:
        monkeypatch.setenv("TF_XLA_FLAGS", before)
    with cache_enabled():
        *kept, folder, kinds = os.environ["TF_XLA_FLAGS"].split()
        assert " ".join(kept) == (before or "")
        assert Path(folder.partition("=")[2]).parent == none_yet / NAME / "programs"
        assert kinds.endswith("=CPU")
    assert os.environ.get("TF_XLA_FLAGS") == before
    programs._programs.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (SWITCH, "never"),
        ("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory=mine"),
        ("XLA_FLAGS", "--xla_dump_to=there"),
    ],
)
def test_whoever_wants_none_has_none(none_yet, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with cache_enabled():
        assert os.environ[name] == value
        assert "rnnctl" not in os.environ.get("TF_XLA_FLAGS", "")
    assert list(none_yet.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_no_obstacle(none_yet, monkeypatch):
    (none_yet / "file").write_text("")
    monkeypatch.setenv("RNNCTL_CACHE", str(none_yet / "file"))
    with cache_enabled():
        assert "TF_XLA_FLAGS" not in os.environ


TRAIN = [
    *("--set", "data.length=3", "--set", "data.split={validation: 4, test: 4}"),  # three time steps compile soonest
    *("--set", "training={epochs: 1, batch_size: 8}"),
    # Four initial states: TensorFlow would number such constants by where they lie in memory.
    *("--set", "model.layers=[{cell: lstm, units: 4}, {cell: lstm, units: 4}]", "--set", "data.outputs=4"),
]


@pytest.mark.slow
def test_runs_take_each_others_programs_and_give_the_same_bits_whatever_was_harmed(tmp_path, root):
    environment = os.environ | {"RNNCTL_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(root)}
    del environment[SWITCH]

    def run(*arguments: str) -> set[str]:
        """Runs a command, and gives the names of the programs that are kept then."""
        command = [sys.executable, "-m", "rnnctl", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
        assert (done.returncode, re.sub("note: compiling .*\n", "", done.stderr)) == (0, "")
        (key,) = (tmp_path / "cache" / NAME / "programs").iterdir()  # no folder of a process is left
        return {path.name for path in key.iterdir()}

    def weights(number: int) -> bytes:
        return (tmp_path / f"first-step-{number}" / "weights.safetensors").read_bytes()

    train = ["train", *TRAIN, "--quiet", "--out", str(tmp_path)]
    first = run(*train)
    assert len(first) == 2  # the step, the validation; NumPy runs the test
    # TensorFlow takes a program that has the right name or fails; where names differed there would be more of them.
    evaluate = "evaluate", str(tmp_path / "first-step-1"), "--engine", "tensorflow"
    both = run(*evaluate)
    assert (both > first, len(both)) == (True, 3)
    assert run(*evaluate) == both
    harmed = next((tmp_path / "cache" / NAME / "programs").glob(f"*/{min(first)}"))
    harmed.write_bytes(harmed.read_bytes()[:-1])
    again = run(*train)
    assert again >= both - {harmed.name}
    assert {name.rpartition(".")[0] for name in again} == {name.rpartition(".")[0] for name in both}
    assert weights(1) == weights(2)
