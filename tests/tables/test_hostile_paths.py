"""Paths of data that are no files, or that lead everywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnctl.errors import DataError
from rnnctl.sources.csv import CsvData
from rnnctl.tables import data_files
from rnnctl.tables.data_files import find_files, matching_files, read_head


def test_a_pattern_finds_what_it_means(tmp_path: Path) -> None:
    names = ["a.csv", "b.csv", "x/a.csv", "x/y/a.csv", "x/y/b.txt", ".hidden/a.csv", "x/.a.csv", "z[1]/a.csv"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def found(pattern: str) -> list[str]:
        files = (path for path in matching_files(tmp_path / pattern) if path.is_file())
        return sorted(str(path.relative_to(tmp_path)) for path in files)

    assert found("*.csv") == ["a.csv", "b.csv"]
    assert found("**/*.csv") == ["a.csv", "b.csv", "x/a.csv", "x/y/a.csv", "z[1]/a.csv"]
    assert found("*/a.csv") == ["x/a.csv", "z[1]/a.csv"]
    assert found("x/**/b.*") == ["x/y/b.txt"]
    assert found("x/**") == ["x/a.csv", "x/y/a.csv", "x/y/b.txt"]
    assert found("[ab].csv") == ["a.csv", "b.csv"]
    assert found("z[[]1]/*.csv") == ["z[1]/a.csv"]


def test_a_pattern_over_the_whole_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "MOST_ENTRIES", 50)
    for number in range(60):
        (tmp_path / f"f{number}").mkdir()
    with pytest.raises(DataError, match=r"looks through more than 50 files and folders; write more of the path before"):
        find_files(tmp_path / "**" / "*.csv", CsvData.file_format)
    (tmp_path / "f1" / "a.csv").touch()  # what is advised helps
    assert find_files(tmp_path / "f1" / "**" / "*.csv", CsvData.file_format) == (tmp_path / "f1" / "a.csv",)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.csv")
    for path, reason in (
        (tmp_path / "p.csv", "this is a pipe or a device"),
        (Path("/dev/zero"), "this is a pipe or a device"),
        (Path("/proc/self/mem"), "this is the system's own and no file"),
        (tmp_path / ("a" * 300), "File name too long"),
        (tmp_path / "a\0b", "null byte"),
    ):
        with pytest.raises(DataError, match=reason):
            read_head(find_files(path, CsvData.file_format)[0], "CSV", 1)
