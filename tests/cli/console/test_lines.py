"""The lines around the steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cli.fakes import PLAIN, header, step, summary

from rnnctl.cli.console.columns import choose_columns
from rnnctl.cli.console.lines import header_lines, labelled, summary_lines, validation_text
from rnnctl.cli.console.style import Style
from rnnctl.results.training import Summary, ValidationRecord
from rnnctl.util.printing import printable


def test_the_header_says_what_is_trained() -> None:
    wide = Style(120, terminal=True, colour=False)
    assert header_lines(header(), wide) == (
        "first-step   SimpleRNN 64 · 6,208 weights · mse · sgd 0.01 · 32 sequences × 10 time steps × 32 features"
    )


@pytest.mark.parametrize("width", [50, 60, 80, 100])
@pytest.mark.parametrize("name", ["a", "first-step", "x" * 40])
def test_a_header_is_broken_between_its_parts(width: int, name: str) -> None:
    text = header_lines(header(name=name), Style(width, terminal=True, colour=False))
    assert all(len(line) <= width for line in text.split("\n"))
    assert " ".join(text.replace(" · ", " ").split()) == (
        f"{name} SimpleRNN 64 6,208 weights mse sgd 0.01 32 sequences × 10 time steps × 32 features"
    )


def test_a_name_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in header_lines(header(name="a\x1b[2Jb"), PLAIN)
    assert printable("a\x1b[31m\u202eb\nc") == "a\\x1b[31m\\u202eb\nc"


def test_a_validation_stands_below_the_losses() -> None:
    columns = choose_columns(header(), step(), 100)
    record = ValidationRecord(8, 2, 0.25, is_best=True)
    assert validation_text(record, columns, PLAIN) == "  val    0.25000   epoch 2 · best so far"


def test_the_header_says_where_training_truncates() -> None:
    wide = Style(160, terminal=True, colour=False)
    told = header_lines(replace(header(), time_steps=5000, truncated=100), wide)
    assert told.endswith("32 sequences × 5,000 time steps × 32 features · truncated at 100 time steps")


def test_the_summary_is_one_line_where_there_is_no_more_to_tell() -> None:
    assert summary_lines(summary(), Path("runs/first-step-1"), 3, PLAIN) == (
        "loss 1.4158 → 1.4135 in 3 steps (0.2 ms a step) · run folder runs/first-step-1"
    )


def test_waiting_for_batches_is_told_where_it_is_much() -> None:
    told = replace(summary(), input_wait=0.125)
    assert summary_lines(told, None, 3, PLAIN) == (
        "loss 1.4158 → 1.4135 in 3 steps (0.2 ms a step, 12 % of it waiting for batches)"
    )
    assert summary_lines(replace(told, input_wait=0.04), None, 3, PLAIN) == summary_lines(summary(), None, 3, PLAIN)


def test_validation_early_stop_and_test_metrics_have_a_line_each() -> None:
    metrics = {"test_mae": 12.31, "test_rmse": 16.0, "naive_mae": 22.5, "naive_rmse": 30.0}
    told = Summary(80, 8, 1.0, 0.5, 0.25, 3, "early stopping", 8.0, 1.5, metrics)
    assert summary_lines(told, None, 100, PLAIN).split("\n") == [
        "loss 1.0000 → 0.50000 in 80 steps (1.5 ms a step)",
        "validation 0.2500 at best, after epoch 3",
        "stopped early after 80 of 100 steps: no better validation loss since epoch 3",
        "test MAE 12.31 (naive 22.50) · RMSE 16.00 (naive 30.00)",
    ]


def test_a_run_whose_validation_was_never_finite_has_diverged_and_shows_no_test() -> None:
    metrics = {"test_mae": 2e28, "naive_mae": 22.5}
    told = Summary(80, 8, 1.0, 3e20, None, None, "early stopping", 8.0, 1.5, metrics)
    lines = summary_lines(told, None, 100, PLAIN).split("\n")
    assert len(lines) == 2
    assert lines[1] == (
        "stopped early after 80 of 100 steps, diverged: the validation loss was never finite, so no checkpoint is "
        "worth scoring; lower optimizer.learning_rate, or set optimizer.global_clipnorm, and train again"
    )


def test_the_last_line_says_what_the_network_is_worth() -> None:
    metrics = {"test_mae": 12.36, "naive_mae": 22.45}
    worth = "beats repeating last year by 45 % (MAE 12.36 instead of 22.45)"
    told = replace(summary(), metrics=metrics, worth=worth)
    assert summary_lines(told, None, 3, PLAIN).split("\n")[1:] == ["test MAE 12.36 (naive 22.45)", worth]


def test_a_run_that_diverged_says_so_in_place_of_its_test() -> None:
    told = replace(summary(), metrics={"test_mae": float("nan"), "naive_mae": 22.5}, worth="diverged: so")
    assert summary_lines(told, None, 3, PLAIN).split("\n")[1:] == ["diverged: so"]


@pytest.mark.parametrize(
    ("stopped", "words", "end"),
    [
        ("interrupted", "interrupted after", "what was done is kept"),
        ("non-finite", "not finite", "every step is kept, the non-finite weights are not"),
    ],
)
def test_an_early_end_is_told_in_one_line(stopped: str, words: str, end: str) -> None:
    lines = summary_lines(summary(stopped=stopped), None, 1000, PLAIN).split("\n")
    assert len(lines) == 2
    assert words in lines[1]
    assert "3 of 1,000 steps" in lines[1]
    assert lines[1].endswith(end)


def test_a_percent_sign_stays_beside_its_number() -> None:
    text = "reset 0.57 (shut 0.05 %, open 0 %) · share 27 %"
    for width in range(50, 80):
        lines = labelled("gates", [text], Style(width, terminal=False, colour=False))
        assert not any(line.strip().startswith("%") for line in lines)
        assert " ".join(" ".join(lines).split()) == f"gates {text}"


def test_a_folder_below_the_current_one_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert summary_lines(summary(), tmp_path / "runs" / "a-1", 3, PLAIN).endswith("run folder runs/a-1")
    assert summary_lines(summary(), Path("/else/a-1"), 3, PLAIN).endswith("run folder /else/a-1")
