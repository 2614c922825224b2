"""Files that a user named: whole or not at all, through links, and never over a device."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from rnnctl.errors import RunError
from rnnctl.runs.run_files import write_output
from rnnctl.util import atomic


def test_a_file_is_written_over_and_nothing_is_left_beside(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("old")
    write_output(path, "∂\n".encode())
    assert path.read_bytes() == "∂\n".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.html"]


def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.html"
    path.write_text("old")

    def full(descriptor, data):
        os.write(descriptor, data[:1])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(atomic, "write_all", full)
    with pytest.raises(RunError, match=r"a\.html: cannot write it: No space left on device; choose another file"):
        write_output(path, b"new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.html"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "a.csv"
    link.symlink_to(tmp_path / "there" / "b.csv")
    write_output(link, b"1")
    assert link.is_symlink()
    assert (tmp_path / "there" / "b.csv").read_bytes() == b"1"


def test_a_pipe_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        write_output(pipe, b"page")
        assert read.result(timeout=10) == b"page"
    assert pipe.is_fifo()


def test_a_folder_and_one_that_is_not_there_are_told(tmp_path):
    with pytest.raises(RunError, match="cannot write it: Is a directory; choose another file"):
        write_output(tmp_path, b"")
    with pytest.raises(RunError, match="cannot write it: No such file or directory; choose another file"):
        write_output(tmp_path / "no" / "a.html", b"")


def test_two_processes_writing_one_file_do_not_share_what_they_write_beside(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    real = atomic.write_all

    def meanwhile(descriptor, data):
        real(descriptor, data)
        if data == b"first":
            monkeypatch.setattr(os, "getpid", lambda: 1)
            write_output(path, b"second, longer")
            assert path.read_bytes() == b"second, longer"

    monkeypatch.setattr(atomic, "write_all", meanwhile)
    write_output(path, b"first")
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]
