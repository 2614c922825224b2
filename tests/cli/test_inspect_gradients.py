"""``inspect-gradients``: what it asks the workflow for, what it writes, and its exit codes."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from examined import HEALTHY, VANISHING, examination

from rnnctl.cli.main import run
from rnnctl.results import SCHEMA_VERSION, Examination

WORKFLOW = "rnnctl.workflows.inspect_gradients"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a handmade examination in the workflow's place; holds what was asked of it."""
    seen: dict[str, Any] = {"found": examination()}

    def inspect(subject: Any, overrides: Any, **options: Any) -> Examination:
        seen.update(options, subject=subject, overrides=overrides)
        return seen["found"]

    monkeypatch.setattr(f"{WORKFLOW}.inspect_gradients", inspect)
    return seen


def test_options_reach_the_workflow(asked: dict[str, Any]) -> None:
    assert run(["inspect-gradients", "--steps", "7", "--sequences", "5", "--float64", "--values", "--try"]) == 0
    assert (asked["steps"], asked["sequences"]) == (7, 5)
    assert asked["float64"]
    assert asked["values"]
    assert asked["try_advice"]
    assert asked["subject"] is None


def test_trials_are_told_on_a_terminal_and_not_in_a_pipe(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect-gradients", "--try"]) == 0
    assert asked["tell"] is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run(["inspect-gradients", "--try"]) == 0
    asked["tell"]("trial 1 of 3: as it is")
    assert capsys.readouterr().err == "trial 1 of 3: as it is\n"


def test_a_folder_is_a_run(asked: dict[str, Any], tmp_path: Path) -> None:
    assert run(["inspect-gradients", str(tmp_path), "--set", "seed=1"]) == 0
    assert asked["subject"] == str(tmp_path)
    assert asked["overrides"] == ("seed=1",)


def test_a_pipe_gets_the_screen_without_escape_codes(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect-gradients"]) == 0
    out = capsys.readouterr().out
    assert "\nvanishing    the gradient reaches 10 of 40 time steps back\n" in out
    assert "\x1b" not in out


def test_json_is_one_object_with_the_fields_of_the_findings(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect-gradients", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {field.name for field in fields(Examination)} < told.keys()
    assert told["event"] == "examination"
    assert told["schema_version"] == SCHEMA_VERSION
    assert told["verdict"] == "vanishing"
    assert told["layers"][0]["reach_steps"] == 10
    assert told["layers"][0]["state_gradient_norms"]["h"][-1] == 0.5
    assert told["variables"][2]["norm"] is None
    assert told["non_finite"] == {"variables.2.norm": "nan"}
    assert [cause["because"] for cause in told["causes"]] == list(VANISHING.because)
    assert told["advice"][1] == {"changes": {"model.layers.0.cell": "gru"}, "why": VANISHING.advice[1].why}


def test_a_verdict_that_must_not_be_exits_with_5_and_says_why_in_one_line(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect-gradients", "--fail-on", "exploding, Vanishing"]) == 5
    captured = capsys.readouterr()
    assert captured.err == (
        "error: vanishing-example: vanishing (recurrent_0): the gradient reaches 10 of 40 time steps back\n"
    )
    assert "vanishing    the gradient" in captured.out


def test_other_verdicts_do_not_fail(asked: dict[str, Any]) -> None:
    assert run(["inspect-gradients", "--fail-on", "exploding,non-finite,bad-data,bad data"]) == 0
    asked["found"] = examination(verdict="healthy", verdicts=(HEALTHY,))
    assert run(["inspect-gradients", "--fail-on", "vanishing"]) == 0


@pytest.mark.parametrize("words", ["vanishin", "healthy", "", "vanishing,,dead", "vanishing;dead"])
def test_an_unknown_word_is_a_usage_error_before_any_work(
    words: str, asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect-gradients", "--fail-on", words]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "allowed, separated by commas: bad-data, non-finite, exploding, dead" in told
    assert ("did you mean 'vanishing'?" in told) == (words in {"vanishin", "vanishing;dead"})
    assert "config" not in asked


def test_a_page_is_written_beside_the_screen_even_when_a_check_fails(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run(["inspect-gradients", "--json", "--html", str(page), "--fail-on", "vanishing"]) == 5
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 1
    assert f"page {page}\n" in captured.err
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_told(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inspect-gradients", "--html", str(tmp_path / "no" / "page.html")]) == 1
    assert "cannot write it: No such file or directory; choose another file" in capsys.readouterr().err


def test_the_explanation_examines_nothing(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect-gradients", "no-such-file.yaml", "--explain"]) == 0
    assert "decay_per_step" in capsys.readouterr().out
    assert "config" not in asked


def test_a_folder_that_is_no_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect-gradients", str(tmp_path)]) == 1
    assert "this folder holds no config.yaml, so it is not a run" in capsys.readouterr().err
