"""``--tensorboard`` and ``--mlflow``: what they make of what was typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli.fakes import FakeRun, step, summary

from rnnctl.cli.main import run
from rnnctl.cli.tracking import DEFAULT, left_behind
from rnnctl.trackers import tracker as tracker_module
from rnnctl.trackers.mlflow import NOTE
from rnnctl.trackers.tensorboard import FOLDER


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What trackers were made of; none of their packages is needed."""
    made: list[tuple[Any, ...]] = []
    monkeypatch.setattr("rnnctl.trackers.tensorboard.TensorBoard", lambda *told: made.append(("tensorboard", *told)))
    monkeypatch.setattr("rnnctl.trackers.mlflow.Mlflow", lambda *told: made.append(("mlflow", *told)))
    monkeypatch.setattr(
        "rnnctl.workflows.train.train_steps", lambda config, **more: FakeRun([step(1), summary(steps=1)])
    )
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return made


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], []),
        (["--tensorboard"], [("tensorboard", None)]),
        (["--tensorboard", "tb"], [("tensorboard", Path("tb"))]),
        (["--tensorboard=tb", "--mlflow"], [("tensorboard", Path("tb")), ("mlflow", None, Path("runs"))]),
        (["--mlflow", "sqlite:///a.db", "--out", "o"], [("mlflow", "sqlite:///a.db", Path("o"))]),
        (["--no-run-folder", "--mlflow=file:x", "--tensorboard=y"], None),
    ],
)
def test_each_is_made_as_it_was_asked_for(made: list[Any], arguments: list[str], expected: list[Any] | None) -> None:
    assert run(["train", *arguments]) == 0
    assert made == ([("tensorboard", Path("y")), ("mlflow", "file:x", None)] if expected is None else expected)


@pytest.mark.parametrize("option", ["--tensorboard", "--mlflow"])
def test_a_config_behind_an_option_is_not_taken_for_its_value(
    made: list[Any], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", option, "configs/gru.yaml"]) == 2
    assert f"{option} took 'configs/gru.yaml' for its" in capsys.readouterr().err
    assert made == []


@pytest.mark.parametrize("option", ["--tensorboard", "--mlflow"])
def test_a_run_without_a_folder_needs_to_know_where_to(
    made: list[Any], option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["train", "--no-run-folder", option]) == 2
    assert f"{option} without" in capsys.readouterr().err
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:1")
    assert run(["train", "--no-run-folder", option]) == (0 if option == "--mlflow" else 2)


@pytest.mark.parametrize(("option", "module"), [("--tensorboard", "tensorboard"), ("--mlflow", "mlflow")])
@pytest.mark.parametrize("command", ["train", "resume"])
def test_what_is_not_installed_is_told_before_anything_is_done(
    command: str, option: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(tracker_module, "find_spec", lambda name: None)
    monkeypatch.chdir(tmp_path)
    assert run([command, *(["runs/a-1"] if command == "resume" else []), option]) == 2
    told = capsys.readouterr()
    assert told.err == (
        f"error: {option} needs {module}, which rnnctl does not install by itself; "
        f"install it with: pip install 'rnnctl[{module}]'\n"
    )
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_goes_on_is_followed_beside_its_own_folder(
    made: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: dict[str, Any] = {}

    def prepare(path: Path, **more: Any) -> FakeRun:
        taken.update(more)
        run = FakeRun([step(1), summary(steps=1)])
        run.notices = ()
        return run

    monkeypatch.setattr("rnnctl.workflows.resume.resume_steps", prepare)
    monkeypatch.chdir(tmp_path)
    assert run(["resume", "elsewhere/a-1", "--tensorboard", "--mlflow"]) == 0
    assert made == [("tensorboard", None), ("mlflow", None, tmp_path / "elsewhere")]
    assert taken["following"]


def test_who_followed_a_run_and_is_not_asked_to_follow_on_is_named(tmp_path: Path) -> None:
    assert left_behind(tmp_path, None, None) == []
    (tmp_path / NOTE).write_text("{}")
    (tmp_path / FOLDER).mkdir()
    assert [notice.split()[0] for notice in left_behind(tmp_path, None, None)] == ["TensorBoard", "MLflow"]
    assert [notice.rpartition(" ")[2] for notice in left_behind(tmp_path, "tb", None)] == ["--mlflow"]
    assert left_behind(tmp_path, DEFAULT, DEFAULT) == []
