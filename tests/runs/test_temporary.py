"""Where no temporary folder can be written to, another one is used, or it is said what to set."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import rnnctl
from rnnctl.errors import RnnctlError
from rnnctl.runs import temporary
from rnnctl.runs.temporary import ensure_temporary_folder


@pytest.fixture(autouse=True)
def no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "no such folder")])
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(temporary, "IN_MEMORY", tmp_path / "memory")


def test_the_folder_that_the_user_names_is_used_first_and_made(tmp_path: Path) -> None:
    ensure_temporary_folder(tmp_path / "my runs")
    with tempfile.TemporaryDirectory() as made:
        assert Path(made).parent == tmp_path / "my runs"
    assert list((tmp_path / "my runs").iterdir()) == []
    ensure_temporary_folder(tmp_path / "another")
    assert tempfile.gettempdir() == str(tmp_path / "my runs")


def test_a_folder_that_cannot_be_written_to_gives_way_to_the_cache_and_that_to_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    ensure_temporary_folder(tmp_path / "file")
    assert Path(tempfile.gettempdir()).parent == tmp_path / "cache"
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "file"))
    ensure_temporary_folder()
    assert tempfile.gettempdir() == str(tmp_path / "memory")


def test_where_nothing_can_be_written_the_variable_to_set_is_named_and_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RNNCTL_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(temporary, "IN_MEMORY", tmp_path / "file" / "memory")
    with pytest.raises(RnnctlError, match="no folder for temporary files that can be written to; set TMPDIR to one"):
        ensure_temporary_folder()
    monkeypatch.undo()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    ensure_temporary_folder(tmp_path / "unused")
    assert tempfile.gettempdir() == str(tmp_path)
    assert not (tmp_path / "unused").exists()


def test_a_usable_temporary_folder_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path)])
    ensure_temporary_folder(tmp_path / "unused")
    assert tempfile.gettempdir() == str(tmp_path)
    assert not (tmp_path / "unused").exists()


def test_a_run_is_trained_where_the_output_folder_alone_can_be_written_to(tmp_path: Path) -> None:
    program = (
        "import sys, tempfile\ntempfile._candidate_tempdir_list = lambda: ['/no/such/folder']\n"
        "from rnnctl.cli.main import run\nsys.exit(run(sys.argv[1:]))\n"
    )
    (tmp_path / "file").write_text("")
    environment = os.environ | {
        "PYTHONPATH": str(Path(rnnctl.__file__).parents[1]),
        "TMPDIR": str(tmp_path / "missing"),
        "RNNCTL_CACHE": str(tmp_path / "file"),
    }
    command = ["train", "--steps", "2", "--quiet", "--out", str(tmp_path / "runs")]
    done = subprocess.run(
        [sys.executable, "-c", program, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "runs").iterdir()
    assert (made / "weights.safetensors").exists()
