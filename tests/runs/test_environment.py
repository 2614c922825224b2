"""What a run ran on."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from rnnctl.runs import environment
from rnnctl.runs.environment import describe_environment


def test_it_tells_command_seed_versions_machine_and_data() -> None:
    told = describe_environment(["rnnctl", "train"], seed=7, fingerprints={"a.csv": "00ff"}, threads=2)
    assert json.loads(json.dumps(told)) == told
    assert told["command"] == ["rnnctl", "train"]
    assert (told["seed"], told["data"], told["threads"]) == (7, {"a.csv": "00ff"}, 2)
    assert told["versions"]["numpy"] == version("numpy")
    assert told["python"] == sys.version.split()[0]
    assert told["cpu"]["count"] >= told["cpu"]["usable"] >= 1
    assert told["cpu"]["model"]


def test_the_commit_is_that_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert describe_environment()["git_commit"] is None
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    try:
        subprocess.run([*git, "init", "-q"], check=True)
    except FileNotFoundError:
        pytest.skip("needs git")
    assert describe_environment()["git_commit"] is None
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert describe_environment()["git_commit"] == head


def test_a_machine_without_git_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert describe_environment()["git_commit"] is None


def test_describing_imports_none_of_the_packages() -> None:
    code = (
        "import sys; from rnnctl.runs.environment import describe_environment; describe_environment(); "
        "print(sorted({'tensorflow', 'keras', 'polars', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_tensorflow_without_gpu_support_is_named_by_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(name: str) -> str:
        if name == "tensorflow":
            raise PackageNotFoundError
        return f"version of {name}"

    monkeypatch.setattr(environment, "version", installed)
    assert environment.package_versions()["tensorflow"] == "version of tensorflow-cpu"
