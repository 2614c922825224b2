from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rnnctl.errors import RunError
from rnnctl.runs.lock import RunLock, is_locked

HOLD = "import sys; from pathlib import Path; from rnnctl.runs.lock import RunLock; lock = RunLock(Path(sys.argv[1])); "
ROOT = str(Path(__file__).parents[2])


def _process(folder: Path, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD + "print('held', flush=True); " + then, str(folder)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": ROOT},
    )


def test_another_process_is_kept_out_until_the_first_dies_however_it_dies(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)
    with _process(tmp_path, "sys.stdin.read()") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert is_locked(tmp_path)
        with pytest.raises(RunError, match=rf"process {other.pid} is training this run now"):
            RunLock(tmp_path)
        other.kill()
        other.wait()
    assert not is_locked(tmp_path)
    lock = RunLock(tmp_path)
    assert is_locked(tmp_path)
    lock.release()
    lock.release()
    assert not is_locked(tmp_path)


def test_who_only_asks_keeps_no_writer_out(tmp_path: Path) -> None:
    RunLock(tmp_path).release()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            is_locked(tmp_path)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(50):
            RunLock(tmp_path).release()
    finally:
        done.set()
        asking.join()


def test_a_full_disk_leaves_no_lock_even_while_its_error_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, data: bytes, at: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", refuse)
        with pytest.raises(RunError, match="No space left") as kept:
            RunLock(tmp_path)
    RunLock(tmp_path).release()
    assert kept.value


def test_a_process_that_forks_keeps_its_lock_when_the_child_ends(tmp_path: Path) -> None:
    fork = "import os; child = os.fork(); child or sys.exit(); os.waitpid(child, 0); print('alone', flush=True); "
    with _process(tmp_path, fork + "sys.stdin.read()") as other:
        assert other.stdout is not None
        assert [other.stdout.readline() for _ in range(2)] == ["held\n", "alone\n"]
        assert is_locked(tmp_path)
        other.kill()


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(RunError, match=r"\.lock"):
        RunLock(tmp_path)
    assert (tmp_path / "precious").read_text() == "keep"
