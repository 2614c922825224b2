"""Files that only grow: a burst that fails halfway leaves nothing behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rnnctl.errors import RunError
from rnnctl.runs import append_files
from rnnctl.runs.append_files import AppendFile


def test_a_burst_that_fails_halfway_leaves_nothing_behind_a_shorter_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = AppendFile(tmp_path / "lines", b"head\n")
    real = os.pwrite

    def full(descriptor: int, data: memoryview, at: int) -> int:
        if len(data) > 4:
            return real(descriptor, data[:4], at)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(append_files.os, "pwrite", full)
    with pytest.raises(RunError, match="free some space"):
        file.append(b"lost\nlost\n")
    monkeypatch.undo()
    file.append(b"b\n")
    file.append(b"c\n")
    file.close()
    assert (tmp_path / "lines").read_bytes() == b"head\nb\nc\n"
