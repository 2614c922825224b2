"""Large arrays are files: the same numbers, and a word where there is no room for one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from data.tabled import make

from rnnctl.data import table_arrays
from rnnctl.errors import DataError
from rnnctl.util import cache_folder


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_arrays, "MAPPED", 0)


def test_a_mapped_table_is_the_one_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "x,y\n" + "".join(f"{row},{row * row % 7}\n" for row in range(50))
    mapped = make(tmp_path, text, features=["x"], target=["y"], window={"length": 3})
    assert isinstance(mapped.train.values, np.memmap)
    monkeypatch.undo()
    plain = make(tmp_path, text, features=["x"], target=["y"], window={"length": 3})
    assert not isinstance(plain.train.values, np.memmap)
    np.testing.assert_array_equal(mapped.train.values, plain.train.values)
    np.testing.assert_array_equal(mapped.train.targets, plain.train.targets)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "file"))
    told = rf"400 bytes of prepared data cannot be kept on disk \({tmp_path}/file: File exists\); set RNNCTL"
    with pytest.raises(DataError, match=told):
        table_arrays.allocate(10, 10)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the system does not reserve room")
def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def _full(descriptor: int, begin: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "posix_fallocate", _full)
    with pytest.raises(DataError, match="No space left on device"):
        table_arrays.allocate(10, 10)
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == [cache_folder.TAG]
