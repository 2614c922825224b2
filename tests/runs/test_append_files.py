"""Files that only grow: a burst that fails halfway leaves nothing behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from rnnctl.errors import RunError
from rnnctl.runs import append_files
from rnnctl.runs.append_files import AppendFile, read_rows


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


def test_a_file_of_gigabytes_of_nothing_fills_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    dtype = np.dtype([("step", "<i8"), ("h", "<f4", (3,))])
    rows = np.zeros(4, dtype)
    rows["step"] = [1, 2, 3, 4]
    path.write_bytes(rows.tobytes() + b"cut")
    assert read_rows(path, dtype)["step"].tolist() == [1, 2, 3, 4]
    os.truncate(path, 2**36)
    with pytest.raises(RunError, match="its steps do not rise"):
        read_rows(path, dtype)
