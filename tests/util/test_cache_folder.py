"""The folder of the cache where there is no usual place for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnctl.config import load_config
from rnnctl.errors import DataError
from rnnctl.sources.csv import CsvData
from rnnctl.tables.reading import read_table
from rnnctl.util.cache_folder import TAG, cache_folder


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the system gives no home folder."""

    def nobody(number: int) -> None:
        raise KeyError(number)

    for name in ("HOME", "XDG_CACHE_HOME", "RNNCTL_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_is_told_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="this user has no home folder; set RNNCTL_CACHE"):
        cache_folder()
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path))
    assert (cache_folder() / TAG).is_file()


def test_a_cache_that_is_no_folder_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", "/dev/null")
    (tmp_path / "d.csv").write_text("y\n1\n2\n")
    data = CsvData.model_validate(
        {"kind": "csv", "path": tmp_path / "d.csv", "target": ["y"], "window": {"length": 3}, "cache": "always"}
    )
    with pytest.raises(DataError, match=r"kept \(/dev/null: File exists\), as data.cache: always asks"):
        read_table(data)


@pytest.mark.usefixtures("homeless")
def test_a_path_below_the_home_of_a_user_without_one_is_a_file_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("data: {kind: csv, path: ~/d.csv, target: [y], window: {length: 3}}\n")
    assert load_config(str(path)).data.path == tmp_path / "~" / "d.csv"


def test_a_folder_that_another_process_marks_in_the_meantime_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path))
    mark = (cache_folder() / TAG).read_bytes()
    (cache_folder() / "tables").mkdir()
    (cache_folder() / TAG).unlink()
    listed = Path.iterdir

    def list_late(folder: Path) -> object:
        names = list(listed(folder))
        (folder / TAG).write_bytes(mark)
        return names

    monkeypatch.setattr(Path, "iterdir", list_late)
    assert cache_folder().is_dir()
