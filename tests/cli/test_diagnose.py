"""``diagnose``: what it asks the workflow for, what it writes, and its exit codes; and once the whole way."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from rnnctl.cli.console.diagnosis import diagnosis_text
from rnnctl.cli.console.style import Style
from rnnctl.cli.fail_on import fail_on_causes
from rnnctl.cli.main import run
from rnnctl.config import load_config
from rnnctl.diagnosis.causes import CAUSES
from rnnctl.errors import CheckFailedError
from rnnctl.report.diagnosis import diagnosis_page
from rnnctl.report.diagnosis_words import facts_of, skills_of
from rnnctl.results.diagnosis import Advice, Cause, CourseFacts, Diagnosis, ProbeFacts, RateTest
from rnnctl.runs.run_folder import STEPS

CAUSE = Cause(
    "learning rate too low",
    0.9,
    "The steps are so small that training ends before it has begun.",
    ("a step changes the weights by 2e-05 of their size, where 0.001 is usual",),
    (Advice({"optimizer.learning_rate": 0.01}, "the best rate of the test"),),
)
COURSE = CourseFacts("as it is", {}, 50, 50, tuple(1.0 / step for step in range(1, 51)), ((50, 0.5),), 0.01, 0.02)
BEST = replace(
    COURSE,
    label="learning_rate: 0.01",
    changes={"optimizer.learning_rate": 0.01},
    skill=0.8,
    spread=0.01,
    seeds=2,
    best=True,
    other_losses=(COURSE.losses,),
)
RATES = RateTest((1e-4, 1e-3, 1e-2, 1e-1, 1.0), (0.9, 0.5, 0.1, 0.2, None), 40, 1e-4, 1e-2, 1.0)
FOUND = Diagnosis(
    name="small",
    state="as it is, 50 of 50 steps",
    model="GRU 8",
    cause=CAUSE.word,
    causes=(CAUSE,),
    metric="MAE 0.9, mean 1.0",
    course=COURSE,
    reference=replace(COURSE, label="reference", skill=0.85),
    rates=RATES,
    probe=ProbeFacts(0.7),
    verdict="healthy",
)
TRIED = replace(
    FOUND,
    tried=(COURSE, BEST),
    recommendation="learning_rate: 0.01: a skill of 0.80",
    changes={"optimizer.learning_rate": 0.01},
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a handmade diagnosis in the workflow's place; holds what was asked of it."""
    seen: dict[str, Any] = {}

    def diagnose(subject: Any, overrides: Any, *, minutes: Any, tell: Any) -> Diagnosis:
        seen.update(subject=subject, overrides=overrides, minutes=minutes, tell=tell)
        return FOUND if minutes is None else TRIED

    monkeypatch.setattr("rnnctl.workflows.diagnose.diagnose", diagnose)
    return seen


def test_the_screen_says_cause_evidence_advice_and_skill(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diagnose", "--set", "seed=1"]) == 0
    assert asked["minutes"] is None
    assert asked["overrides"] == ("seed=1",)
    out = capsys.readouterr().out
    assert "learning rate too low" in out
    assert "(sure)" in out
    assert "--set optimizer.learning_rate=0.01" in out
    assert "good from 0.01 on: loss 0.100 after 40 steps; at 0.0001, as configured, 0.900" in out
    assert "← do this" not in out


def test_try_shows_what_was_tried_and_writes_the_config(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "fixed.yaml"
    assert run(["diagnose", "--try", "-o", str(out)]) == 0
    assert asked["minutes"] == 2.0
    lines = capsys.readouterr().out.splitlines()
    (marked,) = [line for line in lines if "← do this" in line]
    assert "learning_rate: 0.01" in marked
    assert load_config(out).optimizer.learning_rate == 0.01
    assert run(["diagnose", "--minutes", "0.5", "-o", str(out)]) == 2  # it is there already
    assert "--force" in capsys.readouterr().err
    assert run(["diagnose", "--minutes", "0.5", "-o", str(out), "--force"]) == 0
    assert asked["minutes"] == 0.5


def test_a_config_is_written_by_try_alone(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "-o", "x.yaml"]) == 2
    assert "--try" in capsys.readouterr().err
    assert not asked


def test_json_holds_all_fields(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "--json", "--try"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {field.name for field in fields(Diagnosis)} < told.keys()
    assert told["event"] == "diagnosis"
    assert told["cause"] == told["causes"][0]["word"] == "learning rate too low"
    assert told["changes"] == {"optimizer.learning_rate": 0.01}
    assert told["tried"][1]["best"] is True


@pytest.mark.parametrize(
    ("words", "code"),
    [("learning-rate-too-low", 5), ("any", 5), ("exploding", 0), ("exploding,learning-rate-too-low", 5), ("healty", 2)],
)
def test_fail_on(asked: dict[str, Any], words: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "--fail-on", words]) == code
    if code == 5:
        assert "learning rate too low: The steps are so small" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["train", "--fail-on", "learning-rate-to-low"], "did you mean 'learning-rate-too-low'?"),
        (["train", "--fail-on", "any", "--no-run-folder"], "leave out --no-run-folder"),
        (["resume", "runs/none", "--fail-on", "healthy"], "there is no 'healthy'"),
        (["inspect-gradients", "--fail-on", "vanishing,learning rate too low"], "rnnctl diagnose --fail-on"),
    ],
)
def test_all_commands_read_the_words_alike(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    assert reason in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("word", "sure", "unwanted", "fails"),
    [
        ("exploding", 0.5, ("exploding",), True),
        ("exploding", 0.5, ("any",), True),
        ("exploding", 0.49, ("any",), False),
        ("exploding", 0.9, ("dead units",), False),
        ("healthy", 0.9, ("any",), False),
        ("noise floor", 0.9, ("any",), False),
        ("noise floor", 0.9, ("noise floor",), True),
    ],
)
def test_a_cause_counts_from_likely_on(word: str, sure: float, unwanted: tuple[str, ...], fails: bool) -> None:
    with pytest.raises(CheckFailedError, match=f"^net: {word}: .+ Look.$") if fails else nullcontext():
        cause = replace(CAUSE, word=word, sure=sure, fault=CAUSES[word].fault)
        fail_on_causes("net", [cause], unwanted, "Look.")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_do_this_is_not_what_a_narrow_terminal_leaves_out(width: int) -> None:
    lines = diagnosis_text(TRIED, Style(width=width, terminal=False, colour=False)).split("\n")
    assert max(map(len, lines)) <= width
    (marked,) = [line for line in lines if line.endswith("← do this")]
    assert "0.800" in marked


def test_the_page_holds_cause_pictures_and_table() -> None:
    page = diagnosis_page(TRIED)
    for text in (
        CAUSE.sentence,
        "Learning-rate test",
        "What was tried",
        "Learning curves",
        "--set optimizer.learning_rate=0.01",
        "← do this",
    ):
        assert text in page
    assert "<script src" not in page


def test_a_course_that_is_short_of_its_end_says_so_and_what_is_unknown_leaves_no_gap() -> None:
    part = replace(FOUND, course=replace(COURSE, of=1200), metric="")
    assert next(iter(skills_of(part))) == "as it is after 50 of 1,200 steps"
    assert next(iter(skills_of(FOUND))) == "as it is"
    assert facts_of(part) == ["GRU 8", "as it is, 50 of 50 steps"]


@pytest.mark.parametrize("minutes", ["nan", "0", "-1", "two"])
def test_minutes_are_a_number_above_0(asked: dict[str, Any], minutes: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "--try", "--minutes", minutes]) == 2
    assert "--minutes" in capsys.readouterr().err
    assert not asked


@pytest.mark.slow
def test_a_rate_that_is_far_too_low_is_found_the_whole_way(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["optimizer.learning_rate=1e-5", "data.sequences=200", "training.epochs=8", "model.layers.0.units=8"]
    options = [part for setting in settings for part in ("--set", setting)]
    assert (
        run(["diagnose", str(root / "configs/gru.yaml"), *options, "--json", "--fail-on", "learning-rate-too-low"]) == 5
    )
    told = json.loads(capsys.readouterr().out)
    assert told["cause"] == "learning rate too low"
    assert told["course"]["skill"] < 0 < told["reference"]["skill"]

    training = ["train", str(root / "configs/gru.yaml"), *options, "--out", str(tmp_path), "--json"]
    assert run([*training, "--fail-on", "learning-rate-too-low"]) == 5
    (run_folder,) = tmp_path.iterdir()
    out, err = capsys.readouterr()
    assert "likeliest cause: learning rate too low: " in err
    assert f"To look closer: rnnctl diagnose {run_folder}" in err
    told = json.loads(out.splitlines()[-1])
    assert (told["event"], told["cause"], told["causes"][0]["word"]) == ("causes", *2 * ["learning rate too low"])
    assert run(["diagnose", str(run_folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cause"] == "learning rate too low"
    assert told["reference"] is None

    (run_folder / STEPS).unlink()
    assert run(["diagnose", str(run_folder)]) == 1
    err = capsys.readouterr().err
    assert "no step is recorded" in err
    assert f"look at its config instead: rnnctl diagnose {run_folder / 'config.yaml'}" in err
