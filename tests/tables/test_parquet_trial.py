"""A Parquet file that would end the process is refused; others are read once in a process of their own."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import polars as pl
import pytest
from fuzz.generators import GENERATORS

from rnnctl.errors import DataError
from rnnctl.tables import parquet_scan, parquet_trial
from rnnctl.tables.parquet_trial import check_readable, trust


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(parquet_scan, "check_readable", check_readable)
    pl.DataFrame({"y": [1.0, 2.0, 3.0]}).write_parquet(tmp_path / "x.parquet")
    return tmp_path / "x.parquet"


def ending(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_trial, "_READ", f"import os; os.kill(os.getpid(), {int(code)})")


def test_what_ends_the_process_is_told_and_a_file_that_was_read_is_tried_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parquet_scan.count_rows(path, ["y"]) == 3
    ending(signal.SIGABRT, monkeypatch)
    assert parquet_scan.count_rows(path, ["y"]) == 3  # it is the same file
    pl.DataFrame({"y": [1.0, 2.0]}).write_parquet(path)
    for _ in range(2):
        with pytest.raises(DataError, match=r"x.parquet: the Parquet file is damaged \(its pages cannot be read\)"):
            parquet_scan.count_rows(path, ["y"])
    trust(path)
    assert parquet_scan.count_rows(path, ["y"]) == 2


def test_a_process_that_the_system_ends_says_nothing_of_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ending(signal.SIGKILL, monkeypatch)
    assert parquet_scan.count_rows(path, ["y"]) == 3


def test_a_module_in_the_working_folder_is_not_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    Path("polars.py").write_text("import os; os.abort()")
    check_readable(path)


def test_the_file_of_the_campaign_that_ended_the_process_is_answered(path: Path) -> None:
    GENERATORS["parquet"](random.Random("parquet 20261551"), path.parent)
    (other,) = (file for file in path.parent.rglob("*") if file.is_file() and file.name != path.name)
    with pytest.raises(DataError):
        check_readable(other)
